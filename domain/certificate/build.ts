/** Makes a certificate from plain facts. Pure: instants, ids, proofs and the signing function come from the caller. */
import type { RequestClock } from '../clock/types.js';
import { canonicalBytes } from '../ledger/canonical-json.js';
import { parseCheckpoint, type Sign } from '../ledger/checkpoint.js';
import { toBase64Url } from '../ledger/base64.js';
import { isHashText } from '../ledger/hash-text.js';
import type { Sha256 } from '../ledger/merkle.js';
import type { Pack } from '../policy/types.js';
import { bySystemAndDataset, dataMap } from './data-map.js';
import {
  CERTIFICATE_VERSION,
  NO_OPERATION,
  type Certificate,
  type CertificateBody,
  type CertificateClock,
  type CertificateSystem,
} from './types.js';

/** A row of the plan as it ended; the connector is looked up in the pack. */
export type CertificateStep = Omit<CertificateSystem, 'connector' | 'hold'> & {
  readonly basis: string | null;
  readonly until: string | null;
};

export type CertificateInput = Omit<CertificateBody, 'version' | 'clock' | 'dataMap' | 'systems'> & {
  readonly clock: RequestClock;
  readonly pack: Pick<Pack, 'systems'>;
  readonly steps: readonly CertificateStep[];
  /** Systems that answered discovery: a dataset of theirs without a step was searched and holds nothing of the person. */
  readonly searched: readonly string[];
  /** Datasets that the request was narrowed to; null = all. */
  readonly scopeDatasets: readonly string[] | null;
};

export type CertificateErrorCode =
  | 'undeclared_dataset'
  | 'unverified_done'
  | 'bad_count'
  | 'bad_hash'
  | 'not_covered'
  | 'not_closed'
  | 'no_entries';

/**
 * The facts do not make a certificate that would verify. `undeclared_dataset`: a step outside the pack. `unverified_done`:
 * a `done` without read-back. `bad_count`, `bad_hash`: malformed. `not_covered`: a ledger entry outside the checkpoint's
 * tree or out of order. `not_closed`: final without `closedAt`. `no_entries`: nothing of the request is in the ledger.
 */
export class CertificateError extends Error {
  readonly code: CertificateErrorCode;

  constructor(code: CertificateErrorCode) {
    super(`certificate: ${code}`);
    this.name = 'CertificateError';
    this.code = code;
  }
}

/**
 * The body to be signed. Every declared dataset gets at least one row: where the request had nothing to do there, the row
 * has operation `none` and outcome `not_found` (searched), `pending` (not searched yet, interim) or `skipped` (outside the
 * scope, or closed before anything was searched), so that nothing can be left out without showing.
 * Errors: CertificateError; CheckpointError; CanonicalJsonError.
 */
export function buildCertificate(input: CertificateInput, sha256: Sha256): CertificateBody {
  const map = dataMap(input.pack, sha256);
  const connectors = new Map(input.pack.systems.map((system) => [system.id, system.connector]));
  const declared = new Set(map.datasets.map(keyOf));
  if (input.steps.some((step) => !declared.has(keyOf(step)))) throw new CertificateError('undeclared_dataset');
  checkFacts(input);

  const rows = input.steps.map((step): CertificateSystem => rowOf(step, connectors.get(step.system) ?? ''));
  const told = new Set(rows.map(keyOf));
  for (const { system, dataset } of map.datasets) {
    if (told.has(keyOf({ system, dataset }))) continue;
    const inScope = input.scopeDatasets === null || input.scopeDatasets.includes(dataset);
    const searched = inScope && input.searched.includes(system);
    rows.push({
      system,
      dataset,
      organisation: null,
      connector: connectors.get(system) ?? '',
      operation: NO_OPERATION,
      approved: null,
      records: 0,
      outcome: searched ? 'not_found' : inScope && !input.final ? 'pending' : 'skipped',
      verifiedAt: null,
      method: searched ? 'discovery' : null,
      hold: null,
    });
  }
  rows.sort(
    (a, b) =>
      bySystemAndDataset(a, b) ||
      compare(a.organisation ?? '', b.organisation ?? '') ||
      compare(a.operation, b.operation),
  );

  return {
    version: CERTIFICATE_VERSION,
    certificateId: input.certificateId,
    final: input.final,
    simulatedTime: input.simulatedTime,
    requestId: input.requestId,
    operator: input.operator,
    right: input.right,
    outcome: input.outcome,
    receivedAt: input.receivedAt,
    closedAt: input.closedAt,
    clock: clockOf(input.clock),
    policy: { version: input.policy.version, hash: input.policy.hash },
    dataMap: map,
    systems: rows,
    approvals: input.approvals.map(({ kind, organisation, decidedAt, planHash, decision }) => ({
      kind,
      organisation,
      decidedAt,
      planHash,
      decision,
    })),
    backups: input.backups.map(({ system, lastExpiresAt, state }) => ({ system, lastExpiresAt, state })),
    ledger: {
      checkpoint: input.ledger.checkpoint,
      entries: input.ledger.entries.map(({ seq, hash, inclusionProof }) => ({
        seq,
        hash,
        inclusionProof: [...inclusionProof],
      })),
    },
    subjectCommitment: input.subjectCommitment,
    issuedAt: input.issuedAt,
    keyId: input.keyId,
  };
}

/** Signs a body; `bytes` are the file, exactly (RFC 8785, no newline). */
export function signCertificate(
  body: CertificateBody,
  sign: Sign,
): { readonly certificate: Certificate; readonly bytes: Uint8Array } {
  const certificate: Certificate = { ...body, signature: toBase64Url(sign(canonicalBytes(body))) };
  return { certificate, bytes: canonicalBytes(certificate) };
}

function checkFacts(input: CertificateInput): void {
  for (const step of input.steps) {
    if (step.outcome === 'done' && (step.verifiedAt === null || step.method === null))
      throw new CertificateError('unverified_done');
    if (!isCount(step.records) || (step.approved !== null && !isCount(step.approved)))
      throw new CertificateError('bad_count');
  }
  if (input.final && input.closedAt === null) throw new CertificateError('not_closed');
  const hashes = [input.policy.hash, input.subjectCommitment, ...input.approvals.map((a) => a.planHash)];
  if (!hashes.every(isHashText)) throw new CertificateError('bad_hash');
  const { size } = parseCheckpoint(input.ledger.checkpoint);
  if (input.ledger.entries.length === 0) throw new CertificateError('no_entries');
  let last = -1;
  for (const entry of input.ledger.entries) {
    if (!isCount(entry.seq) || entry.seq <= last || entry.seq >= size) throw new CertificateError('not_covered');
    if (![entry.hash, ...entry.inclusionProof].every(isHashText)) throw new CertificateError('bad_hash');
    last = entry.seq;
  }
}

function rowOf(step: CertificateStep, connector: string): CertificateSystem {
  return {
    system: step.system,
    dataset: step.dataset,
    organisation: step.organisation,
    connector,
    operation: step.operation,
    approved: step.approved,
    records: step.records,
    outcome: step.outcome,
    verifiedAt: step.verifiedAt,
    method: step.method,
    hold: step.basis === null ? null : { basis: step.basis, until: step.until },
  };
}

function clockOf({ trace: _, at: __, ...clock }: RequestClock): CertificateClock {
  return clock;
}

function keyOf(row: { readonly system: string; readonly dataset: string }): string {
  return `${row.system}/${row.dataset}`;
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
