/**
 * What outlives a request without naming anybody: which records are restricted (GDPR Art. 18), by internal ids, and who
 * must not be written to (Art. 21(3)), by keyed hashes. In the ledger's own database: a restored copy must know both.
 */
import type { Instant } from '../words.js';

export interface RestrictedRecord {
  readonly operator: string;
  readonly system: string;
  readonly dataset: string;
  /** Canonical record id, and its plain text where it has one: what readers know the record by. */
  readonly ref: string;
  readonly name: string | null;
  readonly requestId: string;
  /** `art-18`, or why it is restricted by itself (`art-18-1-a`, `art-18-1-d`). */
  readonly reason: string;
  /** Case time. */
  readonly since: Instant;
}

export interface Restrictions {
  /** Written before the flag is set, so that a reader who asks is never too early. Idempotent; a lifted row stays lifted. */
  set(records: readonly RestrictedRecord[]): Promise<void>;
  /** After the read-back that the flag is gone. */
  lift(requestId: string, system: string, dataset: string, at: Instant): Promise<void>;
  /** Oldest restriction in force of the record that `ref` names, by canonical id or plain text. */
  inForce(operator: string, dataset: string, ref: string): Promise<RestrictedRecord | null>;
  /** Of these records, those that other requests keep restricted. */
  keptByOthers(
    of: Pick<RestrictedRecord, 'operator' | 'system' | 'dataset' | 'requestId'>,
    refs: readonly string[],
  ): Promise<ReadonlySet<string>>;
}

export interface Suppression {
  readonly operator: string;
  /** Keyed hash of an identifier. */
  readonly hash: string;
  readonly purpose: string;
  readonly requestId: string;
  readonly since: Instant;
}

export interface Suppressions {
  /** Idempotent by operator, purpose and hash: the first one stays. */
  remember(entries: readonly Suppression[]): Promise<void>;
  /** Purposes that are suppressed for any of these hashes. */
  purposesOf(operator: string, hashes: readonly string[]): Promise<readonly string[]>;
}
