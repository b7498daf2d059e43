import type { Document } from 'mongodb';
import type { Person } from './people.js';

/** Everything invented for one operator, before it is written. */
export interface OperatorSeed {
  readonly collections: Readonly<Record<string, Document[]>>;
  /** Ascending single-field indexes per collection. */
  readonly indexes: Readonly<Record<string, readonly string[]>>;
  /** Who becomes a Stripe customer. */
  readonly payers: readonly Person[];
  /** Who becomes a SendGrid contact. */
  readonly contacts: readonly Person[];
  readonly unsubscribed: readonly string[];
}
