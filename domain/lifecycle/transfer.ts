/** What a run knows of a package's review and of its way to another controller; package.ts moves it. */
import type { Instant } from '../words.js';

/** The way to another controller, as far as a run may know: no address, no name. */
export interface TransferRun {
  /** `failed`: only somebody else can mend it (another key, an address that is refused). `given_up`: its time is over. */
  state: 'unconfirmed' | 'ready' | 'sent' | 'failed' | 'given_up';
  confirmedAt: Instant | null;
  /** Principal that said so: `subject` by a code, or an officer who recorded it. */
  confirmedBy: string | null;
  sentAt: Instant | null;
  /** SHA-256 of the receiver's signed receipt, hex. */
  receipt: string | null;
  error: string | null;
  attempts: number;
  nextAttemptAt: Instant | null;
  /** After this instant it is given up, and the answer says so. Set when the package is released. */
  endsAt: Instant | null;
}

/** Places that a reviewer opened or held back (domain/packages/review.ts). */
export interface PackageReviewRun {
  readonly disclose: readonly string[];
  readonly withhold: readonly string[];
}

export function newTransfer(): TransferRun {
  return {
    state: 'unconfirmed',
    confirmedAt: null,
    confirmedBy: null,
    sentAt: null,
    receipt: null,
    error: null,
    attempts: 0,
    nextAttemptAt: null,
    endsAt: null,
  };
}
