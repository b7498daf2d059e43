/** Breaches in our own store: documents with their view, and the rows of affected people (ports BreachPeople, BreachProjection). */
import type { BreachInput } from '../../domain/breach/run.js';
import type { BreachPeople, BreachPersonState, BreachProjection } from '../../domain/ports/breaches.js';
import {
  guarded,
  StoreError,
  storeError,
  type Collection,
  type Db,
  type Document,
  type MongoClient,
} from './connect.js';
import { COLLECTIONS, type IdempotencyDoc } from './documents.js';

const BREACHES = 'breaches';
const PEOPLE = 'breach_people';

export interface BreachDoc {
  readonly _id: string;
  readonly operator: string;
  /** `pending` until the workflow was started; the API starts what stays behind. */
  readonly start: 'pending' | 'done';
  readonly startTriedMs: number;
  readonly input: BreachInput;
  readonly revision: number;
  readonly view: Readonly<Record<string, unknown>>;
  readonly createdMs: number;
}

interface PersonDoc {
  /** `<breach>/<salted hash>` */
  readonly _id: string;
  readonly breachId: string;
  readonly page: string;
  readonly n: number;
  readonly tell: boolean;
  readonly organisations: readonly string[];
  readonly unattributed: boolean;
  readonly state: BreachPersonState;
  readonly attempts: number;
  readonly code: string | null;
  readonly at: string | null;
}

export async function ensureBreachIndexes(db: Db): Promise<void> {
  await guarded(async () => {
    await db.collection(BREACHES).createIndexes([
      { key: { operator: 1, createdMs: 1 }, name: 'operator' },
      { key: { start: 1 }, name: 'start' },
    ]);
    await db.collection(PEOPLE).createIndexes([
      { key: { breachId: 1, tell: 1, state: 1 }, name: 'work' },
      { key: { breachId: 1, organisations: 1 }, name: 'organisation' },
    ]);
  });
}

export interface BreachIntake {
  readonly breach: BreachDoc;
  readonly idempotency: IdempotencyDoc;
  readonly keyDoc: { readonly _id: string };
  readonly vaultDocs: readonly { readonly _id: string }[];
}

export interface BreachStore {
  /** One transaction: idempotency record, data key, vault entries, document. `duplicate`: nothing was written. */
  commit(documents: BreachIntake): Promise<'committed' | 'duplicate'>;
  get(id: string): Promise<BreachDoc | null>;
  /** Newest first; `operators` null = all; `before` = ms of the last one seen. */
  list(query: {
    readonly operators: readonly string[] | null;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<readonly BreachDoc[]>;
  started(id: string): Promise<void>;
  /** Not started since `beforeMs`. */
  unstarted(beforeMs: number, limit: number): Promise<readonly BreachDoc[]>;
  /** Compare-and-set, so that one of several processes tries. */
  claimStart(doc: BreachDoc, nowMs: number): Promise<boolean>;
}

export function createBreachStore(client: MongoClient, db: Db): BreachStore {
  const breaches = db.collection<BreachDoc>(BREACHES);
  return {
    async commit({ breach, idempotency, keyDoc, vaultDocs }) {
      const session = client.startSession();
      try {
        await session.withTransaction(
          async () => {
            await db.collection<IdempotencyDoc>(COLLECTIONS.idempotency).insertOne(idempotency, { session });
            await db.collection<Document>('keys').insertOne(keyDoc as unknown as Document, { session });
            await db.collection<Document>('vault').insertMany(vaultDocs as unknown as Document[], { session });
            await breaches.insertOne(breach, { session });
          },
          { writeConcern: { w: 'majority' }, readConcern: { level: 'snapshot' } },
        );
        return 'committed';
      } catch (error) {
        const failure = storeError(error);
        if (failure.code !== 'duplicate') throw failure;
        return 'duplicate';
      } finally {
        await session.endSession();
      }
    },
    get: (id) => guarded(() => breaches.findOne({ _id: id })),
    list: ({ operators, before, limit }) =>
      guarded(() =>
        breaches
          .find({
            ...(operators === null ? {} : { operator: { $in: [...operators] } }),
            ...(before === null ? {} : { createdMs: { $lt: before } }),
          })
          .sort({ createdMs: -1 })
          .limit(limit)
          .toArray(),
      ),
    async started(id) {
      await guarded(() => breaches.updateOne({ _id: id }, { $set: { start: 'done' } }));
    },
    unstarted: (beforeMs, limit) =>
      guarded(() =>
        breaches
          .find({ start: 'pending', startTriedMs: { $lt: beforeMs } })
          .limit(limit)
          .toArray(),
      ),
    async claimStart(doc, nowMs) {
      const done = await guarded(() =>
        breaches.updateOne(
          { _id: doc._id, start: 'pending', startTriedMs: doc.startTriedMs },
          { $set: { startTriedMs: nowMs } },
        ),
      );
      return done.modifiedCount === 1;
    },
  };
}

export function createBreachProjection(db: Db): BreachProjection {
  const breaches = db.collection<BreachDoc>(BREACHES);
  return {
    async project(breachId, revision, view) {
      await guarded(() =>
        breaches.updateOne({ _id: breachId, revision: { $lt: revision } }, { $set: { revision, view } }),
      );
    },
  };
}

const OPEN: readonly BreachPersonState[] = ['found', 'intent'];

export function createBreachPeople(db: Db): BreachPeople {
  const people: Collection<PersonDoc> = db.collection<PersonDoc>(PEOPLE);
  const idOf = (breachId: string, key: string): string => `${breachId}/${key}`;
  const keyOf = (doc: Pick<PersonDoc, '_id' | 'breachId'>): string => doc._id.slice(doc.breachId.length + 1);
  return {
    async known(breachId, keys) {
      const docs = await guarded(() =>
        people
          .find({ _id: { $in: keys.map((key) => idOf(breachId, key)) } }, { projection: { breachId: 1 } })
          .toArray(),
      );
      return new Set(docs.map(keyOf));
    },
    async add(breachId, drafts) {
      if (drafts.length === 0) return;
      const writes = drafts.map(({ key, page, n, tell, organisations, unattributed }) => ({
        updateOne: {
          filter: { _id: idOf(breachId, key) },
          update: {
            $setOnInsert: {
              breachId,
              page,
              n,
              state: 'found' as const,
              attempts: 0,
              code: null,
              at: null,
              ...(tell ? {} : { tell: false }),
              ...(unattributed ? {} : { unattributed: false }),
              ...(organisations.length > 0 ? {} : { organisations: [] }),
            },
            ...(tell || unattributed
              ? { $set: { ...(tell ? { tell: true } : {}), ...(unattributed ? { unattributed: true } : {}) } }
              : {}),
            ...(organisations.length > 0 ? { $addToSet: { organisations: { $each: [...organisations] } } } : {}),
          },
          upsert: true,
        },
      }));
      // Two attempts may upsert the same row at once: the second finds it there.
      for (let attempt = 0; ; attempt += 1) {
        try {
          await guarded(() => people.bulkWrite(writes, { ordered: false }));
          return;
        } catch (error) {
          if (attempt > 0 || !(error instanceof StoreError) || error.code !== 'duplicate') throw error;
        }
      }
    },
    async open(breachId, limit) {
      const docs = await guarded(() =>
        people
          .find({ breachId, tell: true, state: { $in: [...OPEN] } })
          .limit(limit)
          .toArray(),
      );
      return docs.map((doc) => ({
        key: keyOf(doc),
        page: doc.page,
        n: doc.n,
        state: doc.state,
        attempts: doc.attempts,
      }));
    },
    async begin(breachId, key, at) {
      const done = await guarded(() =>
        people.updateOne(
          { _id: idOf(breachId, key), state: { $in: [...OPEN] } },
          { $set: { state: 'intent', at }, $inc: { attempts: 1 } },
        ),
      );
      return done.matchedCount === 1;
    },
    async settle(breachId, key, state, code, at) {
      await guarded(() =>
        people.updateOne({ _id: idOf(breachId, key), state: { $in: [...OPEN] } }, { $set: { state, code, at } }),
      );
    },
    async counts(breachId) {
      const count = (
        more: Partial<Record<'tell' | 'state' | 'unattributed' | 'organisations', unknown>>,
      ): Promise<number> => guarded(() => people.countDocuments({ breachId, ...more } as Document));
      const [all, tell, told, noContact, undeliverable, unattributed, names] = await Promise.all([
        count({}),
        count({ tell: true }),
        count({ tell: true, state: 'told' }),
        count({ tell: true, state: 'no_contact' }),
        count({ tell: true, state: 'undeliverable' }),
        count({ unattributed: true }),
        guarded(() => people.distinct('organisations', { breachId })),
      ]);
      const organisations = [];
      for (const organisation of names.map(String).sort())
        organisations.push({ organisation, people: await count({ organisations: organisation }) });
      return { people: all, tell, told, noContact, undeliverable, unattributed, organisations };
    },
  };
}
