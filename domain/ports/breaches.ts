/**
 * What a breach keeps beside the vault: its read model, and one row per affected person. A row's key is a salted hash of
 * what the person is known by, whose salt comes from the breach's own data key: it tells nothing once that key is gone.
 */
import type { BreachCounts } from '../breach/run.js';
import type { Instant } from '../words.js';

export type BreachPersonState = 'found' | 'intent' | 'told' | 'no_contact' | 'undeliverable';

export interface BreachPersonDraft {
  readonly key: string;
  /** Vault entry with her contact, and her place in it. */
  readonly page: string;
  readonly n: number;
  /** The operator itself is the controller of some of it: it tells her (Art. 34). Else her organisation decides. */
  readonly tell: boolean;
  readonly organisations: readonly string[];
  /** In data of an organisation that the record does not name. */
  readonly unattributed: boolean;
}

export interface BreachPersonRow {
  readonly key: string;
  readonly page: string;
  readonly n: number;
  readonly state: BreachPersonState;
  readonly attempts: number;
}

export interface BreachPeople {
  /** Which of these are rows already. */
  known(breachId: string, keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Adds rows; one that is there keeps page and state, and takes on `tell` and organisations. Idempotent. */
  add(breachId: string, drafts: readonly BreachPersonDraft[]): Promise<void>;
  /** People who are to be told and were not, in a stable order. */
  open(breachId: string, limit: number): Promise<readonly BreachPersonRow[]>;
  /** Recorded before a mail is handed over; false when somebody else settled the row meanwhile. */
  begin(breachId: string, key: string, at: Instant): Promise<boolean>;
  settle(
    breachId: string,
    key: string,
    state: 'told' | 'no_contact' | 'undeliverable',
    code: string | null,
    at: Instant,
  ): Promise<void>;
  counts(breachId: string): Promise<BreachCounts>;
}

/** The read model; only ever forward by revision. */
export interface BreachProjection {
  project(breachId: string, revision: number, view: Readonly<Record<string, unknown>>): Promise<void>;
}
