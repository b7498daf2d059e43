import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

export interface FakeContact {
  readonly id: string;
  readonly email: string;
  readonly alternate_emails?: readonly string[];
  readonly first_name?: string;
  readonly last_name?: string;
  readonly phone_number_id?: string;
  readonly external_id?: string;
  readonly anonymous_id?: string;
  readonly address_line_1?: string;
  readonly address_line_2?: string;
  readonly city?: string;
  readonly state_province_region?: string;
  readonly postal_code?: string;
  readonly country?: string;
  readonly list_ids: readonly string[];
  readonly custom_fields?: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface FakeJob {
  readonly id: string;
  /** Contacts to delete. */
  readonly ids: readonly string[];
  /** Contacts to create or update, and lists that they join; absent = a deletion. */
  readonly upsert?: {
    readonly contacts: readonly (Partial<FakeContact> & { email: string })[];
    readonly lists: readonly string[];
  };
  readonly startedAt: number;
  readonly dueAt: number;
  status: 'pending' | 'completed' | 'errored';
  deleted: number;
  errored: number;
  finishedAt: number | null;
}

/** What one account (the main one is `''`, the others are subusers) holds beside contacts. */
export interface FakeAccount {
  global: string[];
  groups: { id: number; name: string; suppressed: string[] }[];
  spamReports: { email: string; created: number; ip: string }[];
  bounces: { email: string; created: number; reason: string; status: string }[];
  blocks: { email: string; created: number; reason: string; status: string }[];
  invalidEmails: { email: string; created: number; reason: string }[];
  scopes: string[];
  /** Mail records by recipient; an erase job removes them. */
  activity: Record<string, number>;
}

/** Ways in which this counterpart misbehaves on request; counts are used up, flags stay until changed. */
export interface FaultScript {
  /** Next calls that answer 429, with `Reset` as an instant or as seconds. */
  rateLimit?: { times: number; reset: 'epoch' | 'seconds' | 'none'; seconds: number };
  /** Next calls that answer this status. */
  fail?: { times: number; status: number };
  /** Next calls whose connection is cut without an answer. */
  reset?: { times: number };
  /** Next calls of this operation only (id in the facts table); absent = every call. */
  only?: string;
  /** Deletions are accepted, the job completes, and nothing goes. */
  keepsContacts?: boolean;
  /** Upserts are accepted, the job completes, and nothing is written. */
  ignoresUpserts?: boolean;
  /** Deletion jobs end as `errored`, with this many contacts left. */
  jobErrors?: number;
  /** How long a deletion job takes, in milliseconds of the job clock. */
  jobMs?: number;
  /** Addresses whose search result is an error of the vendor, inside a 200. */
  searchErrors?: string[];
  /** How long a deleted contact is still found by the search. */
  searchLagMs?: number;
  /** Erase jobs take the suppressions with them. */
  dropsSuppressions?: boolean;
  /** Removals from lists are accepted, and nobody leaves. */
  keepsOnLists?: boolean;
  /** Unsubscribes are accepted and not kept. */
  forgetsUnsubscribes?: boolean;
  /** Addresses that the erase job refuses as invalid. */
  invalidAddresses?: string[];
}

export interface FakeState {
  /** Keys that are accepted; empty = every key. */
  keys: string[];
  contacts: FakeContact[];
  lists: { id: string; name: string }[];
  /** Deleted, but still found by the search until this instant of the job clock. */
  lagging: { contact: FakeContact; until: number }[];
  accounts: Record<string, FakeAccount>;
  jobs: FakeJob[];
  eraseJobs: { id: string; account: string; addresses: readonly string[] }[];
  faults: FaultScript;
  clock: { offsetMs: number; frozenAt: number | null };
  violations: { code: string; method: string; path: string }[];
  nextId: number;
}

export const ALL_SCOPES = [
  'marketing.read',
  'marketing.update',
  'asm.groups.suppressions.read',
  'asm.suppressions.global.create',
  'suppression.read',
  'recipients.erasejob.create',
];

export function emptyAccount(): FakeAccount {
  return {
    global: [],
    groups: [],
    spamReports: [],
    bounces: [],
    blocks: [],
    invalidEmails: [],
    scopes: [...ALL_SCOPES],
    activity: {},
  };
}

export function emptyState(): FakeState {
  return {
    keys: [],
    contacts: [],
    lists: [],
    lagging: [],
    accounts: { '': emptyAccount() },
    jobs: [],
    eraseJobs: [],
    faults: {},
    clock: { offsetMs: 0, frozenAt: null },
    violations: [],
    nextId: 1,
  };
}

/** State in memory, written to a file before each answer: what was answered survives kill -9. */
export class StateFile {
  state: FakeState;
  readonly #file: string | null;

  constructor(file: string | null) {
    this.#file = file;
    this.state = file === null ? emptyState() : (load(file) ?? emptyState());
  }

  reset(): void {
    this.state = emptyState();
  }

  save(): void {
    if (this.#file === null) return;
    const draft = `${this.#file}.new`;
    const handle = openSync(draft, 'w', 0o600);
    writeSync(handle, JSON.stringify(this.state));
    fsyncSync(handle);
    closeSync(handle);
    renameSync(draft, this.#file);
  }

  /** The job clock in milliseconds: host time plus what tests moved it by, or where they stopped it. */
  now(): number {
    const { offsetMs, frozenAt } = this.state.clock;
    return (frozenAt ?? Date.now()) + offsetMs;
  }
}

function load(file: string): FakeState | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  return { ...emptyState(), ...(JSON.parse(text) as Partial<FakeState>) };
}
