import type { Document } from 'mongodb';
import type { Person } from './people.js';

/** Everything invented for one operator, before it is written. */
export interface OperatorSeed {
  readonly collections: Readonly<Record<string, Document[]>>;
  /** Ascending single-field indexes per collection. */
  readonly indexes: Readonly<Record<string, readonly string[]>>;
  /** Collections that the store empties by itself, by the age of a date. */
  readonly ttl?: Readonly<Record<string, { readonly field: string; readonly days: number }>>;
  /** Who becomes a Stripe customer. */
  readonly payers: readonly Person[];
  /** Address of the payer whose customer id a record carries; default: the account's own address. */
  readonly payerOf?: (collection: string, document: Document) => string | undefined;
  /** Who becomes a SendGrid contact. */
  readonly contacts: readonly Person[];
  readonly unsubscribed: readonly string[];
}
