/** How the ledger rests in its database: collections, documents, indexes. */
import { Binary, type Collection, type Db } from '../store/connect.js';
import { canonicalJson } from '../../domain/ledger/canonical-json.js';
import type { LedgerDraft, LedgerEntry } from '../../domain/ports/ledgers.js';
import { LedgerError } from './errors.js';

/**
 * One entry. Until it is sealed it has `pendingOf` and none of the fields behind it; sealing swaps them in one update.
 * Everything that the hash covers is immutable once inserted.
 */
export interface EntryDocument {
  /** The draft's own id: makes the insert idempotent. */
  readonly _id: string;
  readonly operator: string;
  readonly at: string;
  /** `at` in ms, for ranges. */
  readonly atMs: number;
  readonly actor: { readonly kind: string; readonly role: string; readonly id: string };
  readonly action: string;
  readonly requestId: string | null;
  readonly code: string | null;
  readonly purposeCode: string | null;
  /** Canonical JSON text: kept to the byte, whatever keys it holds. */
  readonly before: string | null;
  readonly after: string | null;
  readonly policyHash: string | null;
  readonly commitment: string | null;
  readonly recordedAt: string;
  /** Place within its insert: keeps the order of one `append`. */
  readonly place: number;
  /** The operator while unsealed; the sealer finds its work by it. */
  readonly pendingOf?: string;
  /** `<operator>/<seq, 12 digits>`: one unique key for look-ups and dense ranges. */
  readonly slot?: string;
  readonly seq?: number;
  readonly prevHash?: string;
  readonly hash?: string;
  readonly sealedAt?: string;
  /** Complete subtrees that this leaf finishes, lowest first (domain/ledger/frontier.ts). */
  readonly nodes?: readonly Binary[];
}

/** State of one operator's tree; the only place where sealers meet. */
export interface HeadDocument {
  readonly _id: string;
  readonly size: number;
  readonly lastHash: string;
  readonly frontier: readonly Binary[];
  readonly root: string;
  /** Signed note over (size, root); null only while the ledger is empty. */
  readonly checkpoint: string | null;
  readonly keyId: string | null;
  readonly sealedAt: string | null;
  /** What is being sealed: written first, so that anybody can finish it and everybody finishes it alike. */
  readonly plan: { readonly from: number; readonly ids: readonly string[]; readonly sealedAt: string } | null;
  readonly lease: { readonly owner: string | null; readonly until: Date };
}

export interface LedgerCollections {
  readonly entries: Collection<EntryDocument>;
  readonly heads: Collection<HeadDocument>;
}

const MAX_ENTRY_BYTES = 65_536;

/** Majority for every write and read, whatever the client's defaults are. */
export function ledgerCollections(db: Db): LedgerCollections {
  const options = { writeConcern: { w: 'majority' as const }, readConcern: { level: 'majority' as const } };
  return {
    entries: db.collection<EntryDocument>('ledger_entries', options),
    heads: db.collection<HeadDocument>('ledger_heads', options),
  };
}

/** Creates the indexes of the ledger; safe to repeat. */
export async function ensureLedgerIndexes(db: Db): Promise<void> {
  const { entries } = ledgerCollections(db);
  await entries.createIndex({ slot: 1 }, { unique: true, sparse: true });
  await entries.createIndex({ pendingOf: 1 }, { sparse: true });
  await entries.createIndex({ requestId: 1 });
}

/** Key of a place in an operator's ledger; sorts as the numbers do. */
export function slotOf(operator: string, seq: number): string {
  return `${operator}/${String(seq).padStart(12, '0')}`;
}

/** Checks a draft and gives its document. Throws LedgerError `invalid_entry`, `entry_too_large`. */
export function draftDocument(draft: LedgerDraft, recordedAt: string, place: number): EntryDocument {
  const atMs = Date.parse(draft.at);
  if (
    !isId(draft.id) ||
    !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(draft.operator) ||
    !isInstant(draft.at) ||
    Number.isNaN(atMs)
  ) {
    throw new LedgerError('invalid_entry', 'id, operator or at');
  }
  const document = {
    _id: draft.id,
    operator: draft.operator,
    at: draft.at,
    atMs,
    actor: { kind: draft.actor.kind, role: draft.actor.role, id: draft.actor.id },
    action: draft.action,
    requestId: draft.requestId,
    code: draft.code,
    purposeCode: draft.purposeCode,
    before: textOf(draft.before),
    after: textOf(draft.after),
    policyHash: draft.policyHash,
    commitment: draft.commitment,
    recordedAt,
    place,
    pendingOf: draft.operator,
  };
  // What cannot be hashed must be refused here: once recorded it would stop the sealer for good.
  if (new TextEncoder().encode(textOf(document) ?? '').length > MAX_ENTRY_BYTES)
    throw new LedgerError('entry_too_large');
  return document;
}

/** The draft as it was given, from its document. */
export function draftOf(document: EntryDocument): LedgerDraft & { readonly recordedAt: string } {
  return {
    id: document._id,
    operator: document.operator,
    at: document.at,
    actor: document.actor as LedgerDraft['actor'],
    action: document.action,
    requestId: document.requestId,
    code: document.code,
    purposeCode: document.purposeCode,
    before: valueOf(document.before),
    after: valueOf(document.after),
    policyHash: document.policyHash,
    commitment: document.commitment,
    recordedAt: document.recordedAt,
  };
}

/** A sealed entry; null while it is pending. */
export function entryOf(document: EntryDocument): LedgerEntry | null {
  const { seq, prevHash, hash, sealedAt } = document;
  if (seq === undefined || prevHash === undefined || hash === undefined || sealedAt === undefined) return null;
  return { ...draftOf(document), seq, prevHash, hash, sealedAt };
}

export function bytesOf(binary: Binary): Uint8Array {
  return Uint8Array.from(binary.value());
}

export function binaryOf(bytes: Uint8Array): Binary {
  return new Binary(bytes);
}

function textOf(value: unknown): string | null {
  if (value === null) return null;
  try {
    return canonicalJson(value);
  } catch (error) {
    throw new LedgerError(
      'invalid_entry',
      error instanceof Error && 'code' in error ? String(error.code) : 'not canonical',
    );
  }
}

function valueOf(text: string | null): Readonly<Record<string, unknown>> | null {
  return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
}

/** RFC 3339 with an offset or Z. */
function isInstant(text: string): boolean {
  return typeof text === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text);
}

function isId(id: string): boolean {
  return typeof id === 'string' && id.length > 0 && id.length <= 300;
}
