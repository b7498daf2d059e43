/**
 * The connector contract (design.md section 5): what every system that holds people can be asked.
 * A connector knows one vendor and nothing of workflows, ledgers or other connectors. It must be safe to call any
 * operation again: activities are at-least-once. It never logs or throws personal data: vendor answers are reduced to
 * a ConnectorError with a stable code.
 */
import type { Identifier, Found, Part, Ref } from '../plan/types.js';
import type { DatasetPolicy, GuardRule, StopRule, SystemPolicy } from '../policy/types.js';
import type { Anchor } from '../holds/placed.js';
import type { CivilDate, Instant, Right } from '../words.js';

export interface ConnectorDescription {
  readonly connector: string;
  readonly version: string;
  readonly vendorApiVersion: string | null;
  /** Identifier types that discovery takes as input and can yield. */
  readonly takes: readonly string[];
  readonly yields: readonly string[];
  readonly completeness: 'exhaustive' | 'by_reference' | 'best_effort';
  readonly caveats: readonly string[];
  readonly irreversible: boolean;
  readonly asynchronous: boolean;
}

export interface Health {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** Ticks for long work: forwards to the activity's heartbeat; throws when the attempt was cancelled. */
export type Heartbeat = (cursor?: unknown) => void;

export interface DiscoverInput {
  readonly right: Right;
  readonly identifiers: readonly Identifier[];
  /** Where an organisation started the request: part of every query, never a filter afterwards. */
  readonly onlyOrganisation: string | null;
  /** Only these datasets; null = all. */
  readonly datasets: readonly string[] | null;
  /** Day on which holds are judged (case time); absent = the host's today. */
  readonly asOf?: CivilDate;
  readonly heartbeat: Heartbeat;
}

export interface PartTargets {
  readonly part: Part;
  readonly refs: readonly Ref[];
}

/** One corrected field of a part, with its value; null removes it. Personal data. */
export interface FieldValue {
  readonly field: string;
  readonly value: string | number | boolean | null;
  /** The request names this very field: it is set also where it is missing. A copy is corrected only where it exists. */
  readonly named?: boolean;
}

/** What the parts of other rights than erasure and access need to know. */
export interface Orders {
  /** Rectification: corrected fields by part key. */
  readonly changes: Readonly<Record<string, readonly FieldValue[]>>;
  /** Objection, withdrawal: the stop rules that apply, by part key. */
  readonly stops: Readonly<Record<string, readonly StopRule[]>>;
  /** Restriction: sets the flag, or takes it back. */
  readonly restrict: 'set' | 'lift';
}

export interface ApplyInput {
  readonly requestId: string;
  /** As for discovery: where an organisation started the request, part of every query. */
  readonly onlyOrganisation?: string | null;
  /** Absent: an erasure, which needs none. */
  readonly orders?: Orders;
  readonly asOf?: CivilDate;
  readonly targets: readonly PartTargets[];
  /** Account closure: processor records go as a whole, whatever the erase rule for one person says. */
  readonly whole?: boolean;
  readonly identifiers: readonly Identifier[];
  /** Raised when a vendor job vanished or a part is applied again after a sweep: part of every idempotency key. */
  readonly generation: number;
  /** What an earlier attempt of the same generation left (vendor job ids); `save` persists before polling. */
  readonly memory: StepMemory;
  readonly heartbeat: Heartbeat;
}

/** Small durable notes of one (request, system, generation): vendor job ids, never personal data in clear logs; stored in the vault. */
export interface StepMemory {
  get(name: string): Promise<unknown>;
  save(name: string, value: unknown): Promise<void>;
}

/** What one part came to. Only `verify` may say that something is gone. */
export type ApplyResult =
  | { readonly key: string; readonly kind: 'applied'; readonly touched: number }
  | { readonly key: string; readonly kind: 'retained'; readonly basis: string }
  | { readonly key: string; readonly kind: 'scheduled'; readonly at: Instant; readonly why: string }
  | { readonly key: string; readonly kind: 'manual'; readonly why: string }
  | { readonly key: string; readonly kind: 'review'; readonly why: string }
  | { readonly key: string; readonly kind: 'referred'; readonly to: string };

export interface VerifyInput {
  readonly requestId: string;
  /** As for discovery: where an organisation started the request, part of every query. */
  readonly onlyOrganisation?: string | null;
  readonly asOf?: CivilDate;
  /** Absent: an erasure, which needs none. */
  readonly orders?: Orders;
  readonly targets: readonly PartTargets[];
  readonly identifiers: readonly Identifier[];
  readonly generation: number;
  readonly memory: StepMemory;
  readonly heartbeat: Heartbeat;
}

export interface VerifyResult {
  readonly key: string;
  /** `applied`: read back as ordered (corrected, restricted, stopped). */
  readonly verdict: 'gone' | 'redacted' | 'kept' | 'applied' | 'stillPresent' | 'unverifiable';
  /** Records still holding the person, or for `kept` the records read back as intended. */
  readonly remaining: number;
  /** Records left out of `remaining` because a hold keeps them; absent where the system knows no holds. */
  readonly held?: number;
  /** How it was checked, as a code for the certificate (`absent_by_id_majority_read`, `tombstone`, `search_not_found`, …). */
  readonly method: string;
}

/** Receives collected records one by one; the sink encrypts and hashes. `others` = paths that may name somebody else. */
export interface CollectSink {
  record(entry: {
    readonly system: string;
    readonly dataset: string;
    readonly organisation: string | null;
    readonly data: Record<string, unknown>;
    readonly others: readonly string[];
  }): Promise<void>;
}

export interface CollectInput {
  readonly requestId: string;
  readonly targets: readonly PartTargets[];
  readonly identifiers: readonly Identifier[];
  readonly sink: CollectSink;
  readonly heartbeat: Heartbeat;
}

export interface GuardInput {
  readonly guard: GuardRule;
  readonly identifiers: readonly Identifier[];
}

export interface GuardResult {
  readonly id: string;
  readonly state: 'clear' | 'blocking';
  /** References of what blocks (account ids), never a person. */
  readonly refs: readonly string[];
}

export interface Connector {
  describe(): ConnectorDescription;
  healthcheck(): Promise<Health>;
  discover(input: DiscoverInput): Promise<Found>;
  /** Streams the records of the given targets into the sink; returns how many per part key. */
  collect(input: CollectInput): Promise<Readonly<Record<string, number>>>;
  /** Idempotent. Asynchronous vendors persist the job id in `memory`, then throw ConnectorError.pending until it ended. */
  apply(input: ApplyInput): Promise<readonly ApplyResult[]>;
  /** Separate read path; never trusts what apply saw. */
  verify(input: VerifyInput): Promise<readonly VerifyResult[]>;
  /** Only where the pack has guards on this system. */
  guard?(input: GuardInput): Promise<GuardResult>;
  /** Records of a dataset whose maximum is over (retention schedules); only where a connector can list a dataset. */
  expired?(input: ExpiredInput): Promise<Expired>;
  /** Records of a customer account (account closure); only where a connector can list a dataset. */
  accountPage?(input: AccountInput): Promise<AccountPage>;
  countAccount?(input: Omit<AccountInput, 'skip' | 'limit'>): Promise<number>;
  /** How many records of a dataset have a field that must not be there. */
  forbidden?(dataset: DatasetPolicy): Promise<readonly { readonly field: string; readonly records: number }[]>;
  /** Everybody in the records of a dataset that a predicate selects (breaches); only where a connector can list a dataset. */
  affected?(input: AffectedInput): Promise<{ readonly records: number }>;
  /** Sets or removes the `erasing` mark on guarded records (majority), so that the application stops writing. */
  mark?(input: { readonly targets: readonly PartTargets[]; readonly on: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface AccountInput {
  readonly dataset: DatasetPolicy;
  /** Value of the dataset's `account` field. */
  readonly account: string;
  /** Records that stay and were seen. */
  readonly skip: number;
  readonly limit: number;
  readonly asOf?: CivilDate;
  readonly heartbeat: Heartbeat;
}

export interface AccountPage {
  /** With the identifiers that each record declares as `matchedBy`. Personal data. */
  readonly refs: readonly Ref[];
  readonly held: number;
  /** Records looked at; fewer than the limit = the end. */
  readonly read: number;
}

export interface ExpiredInput {
  readonly dataset: DatasetPolicy;
  readonly timeZone: string;
  /** Local day of the pass; a record is expired on the day by whose end it must be gone. */
  readonly today: CivilDate;
  /** Reported contacts, settlements and ends of service: they move a record's own dates. */
  readonly anchors: readonly Anchor[];
  readonly limit: number;
  readonly heartbeat: Heartbeat;
}

export interface Expired {
  /** With the identifiers that each record declares as `matchedBy`. Personal data. */
  readonly refs: readonly Ref[];
  /** More than `limit` are expired: the pass comes again. */
  readonly more: boolean;
  /** Records that have none of the dates from which their time runs. */
  readonly undated: number;
}

/** Which records a breach reached: equal values, and a window of time. Values are literals, never operators. */
export interface AffectedPredicate {
  readonly filter: Readonly<Record<string, string | number | boolean | null>>;
  /** Field with the record's time; required when `from` or `to` is given. */
  readonly on: string | null;
  /** From this instant on, and before this one. */
  readonly from: Instant | null;
  readonly to: Instant | null;
}

/** One person in one record. Somebody may come several times. */
export interface AffectedPerson {
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
  readonly email: string | null;
  /** As stored (`nb`, `sv-SE`, …); null = not known. */
  readonly language: string | null;
  readonly organisation: string | null;
}

export interface AffectedInput {
  readonly dataset: string;
  readonly predicate: AffectedPredicate;
  /** Takes people in batches of at most a few hundred. */
  readonly take: (people: readonly AffectedPerson[]) => Promise<void>;
  readonly heartbeat: Heartbeat;
}

export interface ConnectorTools {
  /** Settings with `${NAME}` resolved. */
  readonly settings: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Host time; connectors use it for vendor windows only. */
  readonly worldNow: () => Date;
  /** End of a hold, computed by domain/holds for a record's date: kept through this day (null = open). */
  readonly holdUntil: (
    dataset: DatasetPolicy,
    documentOn: string | null,
    flagged: boolean,
    asOf?: CivilDate,
  ) => Ref['hold'];
}

export type ConnectorFactory = (system: SystemPolicy, tools: ConnectorTools) => Connector;

/** Backups are asked other questions than live systems. */
export interface BackupCopy {
  readonly backupId: string;
  /** World time of the snapshot; null = unknown, treated as holding everybody. */
  readonly takenAt: Instant | null;
  readonly expiresAt: Instant | null;
}

export interface BackupInventory {
  healthcheck(): Promise<Health>;
  /** A real listing, never configuration. */
  list(): Promise<readonly BackupCopy[]>;
}

export const CONNECTOR_ERROR_CODES = [
  // retryable
  'unavailable',
  'timeout',
  'rate_limited',
  'conflict',
  'pending',
  // fatal
  'auth',
  'scope',
  'config',
  'wrong_mode',
  'validation',
  'precondition',
  'too_many_targets',
  'bug',
] as const;
export type ConnectorErrorCode = (typeof CONNECTOR_ERROR_CODES)[number];

const RETRYABLE: ReadonlySet<ConnectorErrorCode> = new Set([
  'unavailable',
  'timeout',
  'rate_limited',
  'conflict',
  'pending',
]);

/**
 * The only error that a connector may throw. `message` is made of the code, the connector and a constant detail;
 * vendor bodies, addresses and ids never enter it.
 */
export class ConnectorError extends Error {
  static readonly NAME = 'ConnectorError';
  readonly code: ConnectorErrorCode;
  readonly retryable: boolean;
  /** Milliseconds after which another attempt makes sense; undefined = the caller's own backoff. */
  readonly afterMs: number | undefined;
  /** HTTP status or driver code number, for the ledger. */
  readonly status: number | undefined;

  constructor(code: ConnectorErrorCode, detail: string, options: { afterMs?: number; status?: number } = {}) {
    super(`${code}: ${detail}`);
    this.name = ConnectorError.NAME;
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.afterMs = options.afterMs;
    this.status = options.status;
  }
}
