/**
 * The two ledgers (design.md section 6): what happened (`Ledger`, person-free, provable) and what was deleted
 * (`DeletionLedger`, internal ids and keyed hashes, replayed after a restore). Both live in a database of their own.
 */
import type { CivilDate, Instant, Stamp } from '../words.js';

/** Fields that the caller gives; sequence, chain hash and batch come from the sealer. */
export interface LedgerDraft {
  /** Makes the insert idempotent: `<requestId>/<what>/<n>`; an id that exists is left as it is. */
  readonly id: string;
  readonly operator: string;
  /** Case time for things of a request, else world time. */
  readonly at: Instant;
  readonly actor: {
    readonly kind: 'person' | 'machine' | 'organisation' | 'system' | 'subject' | 'anonymous';
    readonly role: string;
    readonly id: string;
  };
  /** What was done: `request.received`, `approval.decided`, `step.verified`, … */
  readonly action: string;
  readonly requestId: string | null;
  readonly code: string | null;
  readonly purposeCode: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly policyHash: string | null;
  /** Salted commitment to personal data that the entry is about; the salt stays in the vault. */
  readonly commitment: string | null;
}

/** interfaces.md section 8, plus `recordedAt` and `sealedAt` (world time). */
export interface LedgerEntry extends LedgerDraft {
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
  readonly recordedAt: Instant;
  readonly sealedAt: Instant;
}

export interface Ledger {
  /** One insert command for all drafts; existing ids are skipped (exactly-once under retry). */
  append(drafts: readonly LedgerDraft[]): Promise<void>;
  /** Seals everything recorded so far for the operator (or waits for the sealer that holds the lease); returns the tree size. */
  seal(operator: string): Promise<{ readonly size: number }>;
}

export interface DeletionEntry {
  /** `<requestId>/<partKey>/<generation>` */
  readonly id: string;
  readonly requestId: string;
  readonly operator: string;
  readonly system: string;
  readonly dataset: string;
  readonly operation: string;
  readonly state: 'intent' | 'effective';
  /** Internal record ids (canonical text). */
  readonly ids: readonly string[];
  /** Keyed hashes of normalised identifiers (version prefix `k1:`), never values. */
  readonly hashes: readonly string[];
  readonly startedAt: Stamp;
  readonly effectiveAt: Stamp | null;
}

export interface DeletionLedger {
  /** Majority write of `intent` entries, before the first destructive write. Existing ids keep their `startedAt`; new record ids are added. */
  intend(entries: readonly DeletionEntry[]): Promise<void>;
  /** After read-back. Idempotent; the first `effectiveAt` wins. */
  effective(ids: readonly string[], at: Stamp): Promise<void>;
  /** Entries of one request, for the backup question and the certificate. */
  ofRequest(requestId: string): Promise<readonly DeletionEntry[]>;
}

/**
 * Something that must happen on a day that no open request will see: the end of a hold that outlives its request
 * (design.md section 8). Internal ids only.
 */
export interface DueRow {
  /** `<requestId>/<partKey>/<dueOn or open>` */
  readonly id: string;
  readonly requestId: string;
  readonly operator: string;
  readonly system: string;
  readonly dataset: string;
  readonly organisation: string | null;
  readonly operation: string;
  /** The records, by their ids in canonical text. */
  readonly records: readonly { readonly id: string; readonly kind: string; readonly createdAt: Instant | null }[];
  /** Internal references under which events may name them. */
  readonly refs: readonly string[];
  readonly law: string;
  /** First day on which the records may go; null = until an event says so. */
  readonly dueOn: CivilDate | null;
  readonly policyHash: string;
  readonly partHash: string;
  readonly state: 'waiting' | 'done';
}

export interface DueRows {
  /** Idempotent by id; a row that is done stays done. */
  put(rows: readonly DueRow[]): Promise<void>;
  /** Waiting rows whose day has come, oldest first. */
  due(operator: string, on: CivilDate, limit: number): Promise<readonly DueRow[]>;
  byId(id: string): Promise<DueRow | null>;
  /** Waiting rows that an event's reference concerns. */
  byRef(operator: string, ref: string): Promise<readonly DueRow[]>;
  /** Moves the day (a hold was released: today; a record is still held: later). */
  move(id: string, dueOn: CivilDate | null): Promise<void>;
  done(id: string): Promise<void>;
}

/** One row per (request, part, generation) in Habeas' own store: intent → applied → verified. */
export interface JournalRow {
  readonly id: string;
  readonly requestId: string;
  readonly operator: string;
  readonly system: string;
  readonly part: string;
  readonly operation: string;
  readonly state: 'intent' | 'verified';
  readonly targets: number;
  readonly startedAt: Stamp;
  readonly verifiedAt: Stamp | null;
  /** How often an attempt began; more than one tells of a crash or a retry. */
  readonly attempts: number;
}

export interface Journal {
  begin(rows: readonly Omit<JournalRow, 'state' | 'verifiedAt' | 'attempts'>[]): Promise<void>;
  verified(ids: readonly string[], at: Stamp): Promise<void>;
  ofRequest(requestId: string): Promise<readonly JournalRow[]>;
}
