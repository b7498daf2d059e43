/** What closing an account leaves behind (docs/account-closure.md): counts, dates, and one keyed hash per identifier. */
import type { Instant } from '../words.js';

export interface ClosureRow {
  /** `cls_` + keyed hash of operator and account reference: one closure per account. */
  readonly id: string;
  readonly operator: string;
  readonly policyHash: string;
  readonly requestedAt: Instant;
  /** Nothing is erased before; null = at once. */
  readonly exportUntil: Instant | null;
  readonly state: 'export_offered' | 'erasing' | 'live_erased' | 'fully_erased';
  readonly records: number;
  readonly held: number;
  readonly people: number;
  /** RFC 6962 root over the people's commitments, once nothing is left in the live systems. */
  readonly peopleRoot: string | null;
  readonly liveErasedAt: Instant | null;
  readonly backupsUntil: Instant | null;
}

export interface Closures {
  /** Idempotent: an account that is being closed stays as it is. */
  begin(row: ClosureRow): Promise<void>;
  update(id: string, change: Partial<Omit<ClosureRow, 'id' | 'operator'>>): Promise<void>;
  get(id: string): Promise<ClosureRow | null>;
  /** One row per person (by the first identifier of a record that lets her sign in, else of any record). Idempotent. */
  people(id: string, operator: string, hashes: readonly string[]): Promise<void>;
  /** Sorted. */
  hashesOf(id: string): Promise<readonly string[]>;
}
