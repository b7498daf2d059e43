/** Offline check of a ledger export: what docs/ledger.md tells a stranger to do, in the same order. */
import type { LedgerEntry } from '../ports/ledgers.js';
import { failed, ok, parseCanonical, type CheckTools, type Finding } from './check-tools.js';
import { ledgerOrigin, parseCheckpoint, verifyCheckpoint, type ParsedCheckpoint } from './checkpoint.js';
import { entryHash, entryLeaf, GENESIS_HASH } from './entry.js';
import { EMPTY_FRONTIER, frontierRoot, pushLeaf, type Frontier } from './frontier.js';
import { hashBytes, isHashText } from './hash-text.js';
import { equalBytes, verifyInclusion } from './merkle.js';

interface ExportLine {
  readonly entry: LedgerEntry;
  readonly inclusionProof?: readonly string[];
}

/** Last line of an export. */
export interface ExportFooter {
  readonly checkpoint: string;
  readonly keyId: string;
  readonly version: 1;
}

/** The footer of an export's text; null when the last line is none. Judges nothing. */
export function exportFooter(text: string): ExportFooter | null {
  const lines = text.split('\n');
  const footer = parseCanonical(lines.at(-2) ?? '');
  return text.endsWith('\n') && isFooter(footer) ? footer : null;
}

/**
 * Checks the text of an export. A whole ledger (no proofs): dense sequence, chain, root and signature. A part (a proof
 * with every entry): inclusion of each and the chain where two follow each other; what was left out cannot be seen.
 * Stops at the first line that does not hold. Never throws.
 */
export function checkExport(text: string, tools: CheckTools): Finding[] {
  const footer = exportFooter(text);
  if (footer === null) return [failed('the last line is not a checkpoint: the export is cut off or was changed')];
  if (footer.keyId !== tools.keyId) return [failed(`made with another key (${footer.keyId})`)];
  let checkpoint: ParsedCheckpoint;
  try {
    checkpoint = parseCheckpoint(footer.checkpoint);
  } catch {
    return [failed('the checkpoint is not a signed note of a transparency log')];
  }
  if (!verifyCheckpoint(checkpoint, tools.publicKey, tools))
    return [failed('the checkpoint is not signed by this key, or was changed')];
  const findings = [
    ok(`checkpoint of ${checkpoint.origin}, ${checkpoint.size} entries, signed by key ${footer.keyId}`),
  ];

  const texts = text.split('\n').slice(0, -2);
  const lines: ExportLine[] = [];
  for (const [i, line] of texts.entries()) {
    const value = parseCanonical(line);
    if (!isLine(value)) return [...findings, failed(`line ${i + 1} is not the canonical JSON of an entry`)];
    const problem = checkLine(value, lines.at(-1), checkpoint, tools);
    if (problem !== null) return [...findings, failed(`line ${i + 1}: ${problem}`)];
    lines.push(value);
  }
  findings.push(ok(`${lines.length} entries: each one's hash fits its content`));
  const proofs = lines.filter((line) => line.inclusionProof !== undefined).length;
  return proofs === 0 && (lines.length > 0 || checkpoint.size === 0)
    ? [...findings, ...checkWhole(lines, checkpoint, tools), ...open(true)]
    : [...findings, ...checkPart(lines, proofs, checkpoint), ...open(false)];
}

function checkLine(
  line: ExportLine,
  before: ExportLine | undefined,
  checkpoint: ParsedCheckpoint,
  tools: CheckTools,
): string | null {
  const { entry } = line;
  if (ledgerOrigin(entry.operator) !== checkpoint.origin) return 'entry of another ledger';
  if (entryHash(entry, tools.sha256) !== entry.hash) return 'the entry was changed: its hash does not fit';
  if (entry.seq >= checkpoint.size) return 'the entry is outside the checkpoint';
  const follows = before === undefined ? entry.seq === 0 : entry.seq === before.entry.seq + 1;
  if (before !== undefined && entry.seq <= before.entry.seq) return 'entries are out of order';
  if (follows && entry.prevHash !== (before?.entry.hash ?? GENESIS_HASH)) return 'the chain is broken here';
  if (line.inclusionProof === undefined) return null;
  const claim = {
    index: entry.seq,
    size: checkpoint.size,
    leaf: entryLeaf(entry.hash, tools.sha256),
    proof: line.inclusionProof.map(hashBytes),
    root: checkpoint.root,
  };
  return verifyInclusion(claim, tools.sha256) ? null : 'the entry is not in the tree of the checkpoint';
}

function checkWhole(lines: readonly ExportLine[], checkpoint: ParsedCheckpoint, tools: CheckTools): Finding[] {
  // Ascending and inside the checkpoint was checked, so a right number of entries is a dense sequence from 0.
  if (lines.length !== checkpoint.size)
    return [failed(`${lines.length} entries, but the checkpoint has ${checkpoint.size}: some are missing`)];
  let frontier: Frontier = EMPTY_FRONTIER;
  for (const { entry } of lines)
    frontier = pushLeaf(frontier, entryLeaf(entry.hash, tools.sha256), tools.sha256).frontier;
  if (!equalBytes(frontierRoot(frontier, tools.sha256), checkpoint.root))
    return [failed('the entries do not have the root of the checkpoint')];
  return [ok('the whole ledger: sequence without a gap, unbroken chain, and the root of the checkpoint')];
}

function checkPart(lines: readonly ExportLine[], proofs: number, checkpoint: ParsedCheckpoint): Finding[] {
  return proofs === lines.length
    ? [ok(`part of the ledger: ${lines.length} entries are in the tree of ${checkpoint.size}`)]
    : [failed('only some entries have a proof')];
}

function open(whole: boolean): Finding[] {
  const texts = [
    'not checked here: that this key is the operator\u2019s (compare it with the one the operator publishes)',
  ];
  if (whole)
    texts.push(
      'not checked here: that no other history was shown to somebody else (compare checkpoints, ask for a consistency proof)',
    );
  else texts.push('not checked here: whether further entries belong to this part (only the whole ledger shows that)');
  return texts.map((text) => ({ result: 'open', text }));
}

function isLine(value: unknown): value is ExportLine {
  if (typeof value !== 'object' || value === null) return false;
  const { entry, inclusionProof, ...rest } = value as Record<string, unknown>;
  if (typeof entry !== 'object' || entry === null || Object.keys(rest).length > 0) return false;
  const { operator, seq, hash, prevHash } = entry as Record<string, unknown>;
  return (
    typeof operator === 'string' &&
    Number.isSafeInteger(seq) &&
    (seq as number) >= 0 &&
    isHashText(hash) &&
    isHashText(prevHash) &&
    (inclusionProof === undefined || (Array.isArray(inclusionProof) && inclusionProof.every(isHashText)))
  );
}

function isFooter(value: unknown): value is ExportFooter {
  if (typeof value !== 'object' || value === null) return false;
  const { checkpoint, keyId, version, ...rest } = value as Record<string, unknown>;
  return typeof checkpoint === 'string' && typeof keyId === 'string' && version === 1 && Object.keys(rest).length === 0;
}
