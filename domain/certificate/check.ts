/** Offline check of a certificate: what docs/certificate.md tells a stranger to do, in the same order. */
import { canonicalBytes, canonicalJson } from '../ledger/canonical-json.js';
import { failed, ok, parseCanonical, type CheckTools, type Finding } from '../ledger/check-tools.js';
import { ledgerOrigin, parseCheckpoint, verifyCheckpoint, type ParsedCheckpoint } from '../ledger/checkpoint.js';
import { fromBase64Url } from '../ledger/base64.js';
import { entryLeaf } from '../ledger/entry.js';
import { hashBytes, isHashText } from '../ledger/hash-text.js';
import { verifyInclusion, type Sha256 } from '../ledger/merkle.js';
import { bySystemAndDataset, dataMapRoot } from './data-map.js';
import { CERTIFICATE_VERSION, NO_OPERATION, type Certificate } from './types.js';

/**
 * Checks the text of a certificate file. Stops at the first thing without which the rest means nothing (bytes, shape,
 * signature); otherwise reports everything. Never throws.
 */
export function checkCertificate(text: string, tools: CheckTools): Finding[] {
  const value = parseCanonical(text);
  if (value === null || typeof value !== 'object')
    return [failed('the bytes are not the canonical JSON of a certificate (RFC 8785)')];
  const findings = [ok('bytes are canonical JSON (RFC 8785)')];
  if (!isCertificate(value))
    return [...findings, failed('not a certificate of version 1: a field is missing or of another kind')];
  const { signature, ...body } = value;
  if (value.keyId !== tools.keyId) return [...findings, failed(`made with another key (${value.keyId})`)];
  const bytes = fromBase64Url(signature);
  if (bytes?.length !== 64 || !tools.verify(tools.publicKey, canonicalBytes(body), bytes)) {
    return [...findings, failed('the signature does not fit: the certificate was changed, or is not by this key')];
  }
  findings.push(ok(`signature by key ${value.keyId}`));
  findings.push(...checkLedger(value, tools), ...checkDataMap(value, tools.sha256), ...checkCounts(value));
  return [...findings, ...openQuestions(value)];
}

function checkLedger(certificate: Certificate, tools: CheckTools): Finding[] {
  let checkpoint: ParsedCheckpoint;
  try {
    checkpoint = parseCheckpoint(certificate.ledger.checkpoint);
  } catch {
    return [failed('the checkpoint is not a signed note of a transparency log')];
  }
  if (checkpoint.origin !== ledgerOrigin(certificate.operator)) return [failed('the checkpoint is of another ledger')];
  if (!verifyCheckpoint(checkpoint, tools.publicKey, tools))
    return [failed('the checkpoint is not signed by this key')];
  const findings = [ok(`checkpoint of ${checkpoint.origin}, ${checkpoint.size} entries, signed`)];
  const { entries } = certificate.ledger;
  const ascending = entries.every((entry, i) => i === 0 || entry.seq > (entries[i - 1]?.seq ?? -1));
  if (entries.length === 0 || !ascending)
    return [...findings, failed('the ledger entries are not listed in ascending order')];
  const missing = entries.filter(
    (entry) =>
      !verifyInclusion(
        {
          index: entry.seq,
          size: checkpoint.size,
          leaf: entryLeaf(entry.hash, tools.sha256),
          proof: entry.inclusionProof.map(hashBytes),
          root: checkpoint.root,
        },
        tools.sha256,
      ),
  );
  findings.push(
    missing.length === 0
      ? ok(`${entries.length} ledger entries are in that tree`)
      : failed(
          `${missing.length} of ${entries.length} ledger entries are not in that tree (first: ${missing[0]?.seq})`,
        ),
  );
  return findings;
}

function checkDataMap(certificate: Certificate, sha256: Sha256): Finding[] {
  const { root, datasets } = certificate.dataMap;
  const sorted = datasets.every((row, i) => i === 0 || bySystemAndDataset(datasets[i - 1] ?? row, row) < 0);
  if (!sorted) return [failed('the data map is not sorted, or names a dataset twice')];
  if (dataMapRoot(datasets, sha256) !== root) return [failed('the data map does not have the root that it claims')];
  const key = (row: { readonly system: string; readonly dataset: string }): string =>
    canonicalJson([row.system, row.dataset]);
  const declared = new Set(datasets.map(key));
  const answered = new Set(certificate.systems.map(key));
  const unanswered = datasets.filter((row) => !answered.has(key(row)));
  const undeclared = certificate.systems.filter((row) => !declared.has(key(row)));
  const findings = [ok(`data map of ${datasets.length} datasets has its root`)];
  if (unanswered.length > 0)
    findings.push(failed(`nothing is said of ${unanswered.map((row) => `${row.system}/${row.dataset}`).join(', ')}`));
  if (undeclared.length > 0)
    findings.push(
      failed(
        `a system is reported that the data map does not declare: ${undeclared[0]?.system}/${undeclared[0]?.dataset}`,
      ),
    );
  if (unanswered.length + undeclared.length === 0) findings.push(ok('every declared dataset is answered for'));
  return findings;
}

const FULFILLED: ReadonlySet<string> = new Set(['done', 'done_by_hand', 'not_found', 'referred']);
const DONE: ReadonlySet<string> = new Set(['done', 'done_by_hand']);

function checkCounts(certificate: Certificate): Finding[] {
  const { systems, outcome } = certificate;
  const problems: string[] = [];
  const worked = systems.filter((row) => row.operation !== NO_OPERATION);
  if (systems.some((row) => row.outcome === 'done' && (row.verifiedAt === null || row.method === null)))
    problems.push('a step is done without having been read back');
  if (systems.some((row) => row.outcome === 'retained' && row.hold === null))
    problems.push('something is retained without a basis');
  if (systems.some((row) => row.operation === NO_OPERATION && row.records !== 0))
    problems.push('records are counted where nothing was done');
  if (outcome === 'fulfilled' && worked.some((row) => !FULFILLED.has(row.outcome)))
    problems.push('the outcome is fulfilled, but a step is not');
  if (outcome === 'partially_fulfilled' && !worked.some((row) => DONE.has(row.outcome)))
    problems.push('the outcome is partially fulfilled, but nothing was done');
  if (
    outcome === 'nothing_found' &&
    systems.some((row) => row.outcome !== 'not_found' && row.operation !== NO_OPERATION)
  )
    problems.push('the outcome is nothing found, but something was');
  if (certificate.final && (certificate.closedAt === null || outcome === null))
    problems.push('it is final without an end');
  return problems.length === 0
    ? [ok(`outcome and counts of ${systems.length} rows fit together`)]
    : problems.map(failed);
}

function openQuestions(certificate: Certificate): Finding[] {
  const texts = [
    'not checked here: that this key is the operator\u2019s (compare it with the one the operator publishes)',
    'not checked here: what the ledger entries say (a ledger export of the request shows them)',
    'not checked here: the person (the salt in the subject\u2019s letter opens the commitment)',
  ];
  if (!certificate.final) texts.unshift('this is the interim certificate: a final one follows when the request closes');
  if (certificate.simulatedTime) texts.unshift('the request\u2019s time was moved forward: dates in it are simulated');
  for (const backup of certificate.backups) {
    if (backup.state !== 'gone')
      texts.unshift(
        `backups of ${backup.system}: ${backup.state}${backup.lastExpiresAt === null ? '' : `, last copy expires ${backup.lastExpiresAt}`}`,
      );
  }
  return texts.map((text) => ({ result: 'open' as const, text }));
}

/** Shape of everything that the checks read. Unknown further fields are allowed: they are signed like the rest. */
function isCertificate(value: object): value is Certificate {
  const c = value as Record<string, unknown>;
  return (
    c['version'] === CERTIFICATE_VERSION &&
    ['certificateId', 'requestId', 'operator', 'right', 'receivedAt', 'issuedAt', 'keyId', 'signature'].every((name) =>
      isText(c[name]),
    ) &&
    typeof c['final'] === 'boolean' &&
    typeof c['simulatedTime'] === 'boolean' &&
    isTextOrNull(c['outcome']) &&
    isTextOrNull(c['closedAt']) &&
    isRecord(c['clock']) &&
    isRecord(c['policy']) &&
    isText(c['policy']['version']) &&
    isHashText(c['policy']['hash']) &&
    isHashText(c['subjectCommitment']) &&
    isRecord(c['dataMap']) &&
    isHashText(c['dataMap']['root']) &&
    isListOf(
      c['dataMap']['datasets'],
      (row) => isText(row['system']) && isText(row['dataset']) && isHashText(row['hash']),
    ) &&
    isListOf(c['systems'], isSystemRow) &&
    isListOf(c['approvals'], (row) => isText(row['kind']) && isText(row['decision']) && isHashText(row['planHash'])) &&
    isListOf(
      c['backups'],
      (row) => isText(row['system']) && isText(row['state']) && isTextOrNull(row['lastExpiresAt']),
    ) &&
    isRecord(c['ledger']) &&
    isText(c['ledger']['checkpoint']) &&
    isListOf(
      c['ledger']['entries'],
      (row) =>
        isCount(row['seq']) &&
        isHashText(row['hash']) &&
        Array.isArray(row['inclusionProof']) &&
        row['inclusionProof'].every(isHashText),
    )
  );
}

function isSystemRow(row: Record<string, unknown>): boolean {
  return (
    ['system', 'dataset', 'connector', 'operation', 'outcome'].every((name) => isText(row[name])) &&
    isTextOrNull(row['organisation']) &&
    isCount(row['records']) &&
    (row['approved'] === null || isCount(row['approved'])) &&
    isTextOrNull(row['verifiedAt']) &&
    isTextOrNull(row['method']) &&
    (row['hold'] === null ||
      (isRecord(row['hold']) && isText(row['hold']['basis']) && isTextOrNull(row['hold']['until'])))
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, check: (row: Record<string, unknown>) => boolean): boolean =>
  Array.isArray(value) && value.every((row) => isRecord(row) && check(row));
