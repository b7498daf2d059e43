import { MongoClient, MongoBulkWriteError, type Db, type Document } from 'mongodb';
import { seedSendgrid, seedStripe, type Counterpart } from './counterparts.js';
import { defigoSeed } from './defigo.js';
import { faktrySeed } from './faktry.js';
import { infentreSeed } from './infentre.js';
import { itefySeed } from './itefy.js';
import { itpaysSeed } from './itpays.js';
import type { OperatorSeed } from './operator-seed.js';

type MakeSeed = (options: { readonly count: number; readonly now: Date; readonly seed: string }) => OperatorSeed;
const OPERATORS = {
  infentre: infentreSeed,
  defigo: defigoSeed,
  itefy: itefySeed,
  faktry: faktrySeed,
  itpays: itpaysSeed,
} as const satisfies Readonly<Record<string, MakeSeed>>;
export type SeededOperator = keyof typeof OPERATORS;
/** @public */
export const SEEDED_OPERATORS = Object.keys(OPERATORS) as readonly SeededOperator[];

/** Notes what was seeded, so that a restarted stack never brings erased people back. */
const MARKER = 'habeas_seed';
const BATCH = 1_000;

export interface SeedOptions {
  readonly operator: SeededOperator;
  /** The operator's own database server, with the database in the URL or in `database`. */
  readonly mongoUrl: string;
  readonly database?: string;
  readonly stripe?: Counterpart;
  readonly sendgrid?: Counterpart;
  /** How many people beside the cast; default 1,000. */
  readonly count?: number;
  /** Records are dated back from here; default the host's time. */
  readonly now?: Date;
  readonly seed?: string;
}

export interface SeedResult {
  /** False: the operator was seeded before, and nothing was written. */
  readonly seeded: boolean;
  readonly records: Readonly<Record<string, number>>;
  readonly customers: number;
  readonly contacts: number;
}

/**
 * Loads the invented people of one operator: its own application's records, and a part of them as Stripe customers and
 * SendGrid contacts. Once per database: whoever was erased since stays erased over restarts. A run that was cut off is
 * completed by the next one. The same seed and `now` give the same records.
 */
export async function seedOperator(options: SeedOptions): Promise<SeedResult> {
  const client = await MongoClient.connect(options.mongoUrl, { writeConcern: { w: 'majority' } });
  try {
    const db = client.db(options.database);
    const marker = db.collection<{ _id: string } & SeedResult>(MARKER);
    const before = await marker.findOne({ _id: options.operator });
    if (before !== null)
      return { seeded: false, records: before.records, customers: before.customers, contacts: before.contacts };

    const make: MakeSeed = OPERATORS[options.operator];
    const seed = make({
      count: options.count ?? 1_000,
      now: options.now ?? new Date(),
      seed: options.seed ?? 'habeas',
    });
    const customers =
      options.stripe === undefined
        ? new Map<string, string>()
        : await seedStripe(options.stripe, options.operator, seed.payers);
    await Promise.all(Object.keys(seed.collections).map((name) => indexes(db, name, seed.indexes[name] ?? [])));
    for (const [name, { field, days }] of Object.entries(seed.ttl ?? {}))
      await db.collection(name).createIndex({ [field]: 1 }, { expireAfterSeconds: days * 86_400 });
    for (const [name, documents] of Object.entries(seed.collections))
      await insert(db, name, withCustomers(seed, name, documents, customers));
    if (options.sendgrid !== undefined) await seedSendgrid(options.sendgrid, seed.contacts, seed.unsubscribed);

    const result: SeedResult = {
      seeded: true,
      records: Object.fromEntries(
        Object.entries(seed.collections).map(([name, documents]) => [name, documents.length]),
      ),
      customers: customers.size,
      contacts: options.sendgrid === undefined ? 0 : new Set(seed.contacts.map((person) => person.email)).size,
    };
    await marker.insertOne({ _id: options.operator, ...result });
    return result;
  } finally {
    await client.close();
  }
}

/** Account records carry the id of their customer. */
function withCustomers(
  seed: OperatorSeed,
  collection: string,
  documents: readonly Document[],
  customers: ReadonlyMap<string, string>,
): readonly Document[] {
  const payerOf = seed.payerOf ?? ownAddress;
  return documents.map((document) => {
    const payer = payerOf(collection, document);
    const stripeCustomerId = payer === undefined ? undefined : customers.get(payer);
    return stripeCustomerId === undefined ? document : { ...document, stripeCustomerId };
  });
}

function ownAddress(collection: string, document: Document): string | undefined {
  return collection === 'users' || collection === 'admins' ? String(document['emailNorm']) : undefined;
}

async function indexes(db: Db, collection: string, fields: readonly string[]): Promise<void> {
  if (fields.length > 0)
    await db.collection(collection).createIndexes(fields.map((field) => ({ key: { [field]: 1 } })));
}

async function insert(db: Db, collection: string, documents: readonly Document[]): Promise<void> {
  for (let at = 0; at < documents.length; at += BATCH) {
    try {
      await db.collection(collection).insertMany(documents.slice(at, at + BATCH), { ordered: false });
    } catch (error) {
      // A record that is there already comes from an earlier run that was cut off.
      const all = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
      if (all.length === 0 || all.some((one) => one.code !== 11_000)) throw error;
    }
  }
}
