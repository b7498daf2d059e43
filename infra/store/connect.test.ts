import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { StoreError, connectStore, guarded, storeError } from './connect.js';

let base: TestDatabase;
const urlOf = (name: string): string => base.url.replace('/?', `/${name}?`);

beforeAll(async () => {
  base = await testDatabase('store');
});
afterAll(() => base.drop());

async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

describe('connectStore', () => {
  it('opens two databases, reads and writes with majority, answers ping', async () => {
    const store = await connectStore({ url: urlOf(base.name), ledgerUrl: urlOf(`${base.name}_l`) });
    await store.ping();
    expect([store.db.databaseName, store.ledgerDb.databaseName]).toEqual([base.name, `${base.name}_l`]);
    expect(store.db.writeConcern?.w).toBe('majority');
    expect(store.db.readConcern?.level).toBe('majority');
    expect(store.db.readPreference.mode).toBe('primary');
    await store.close();
    expect(await errorOf(() => store.ping())).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('takes a ledger database beside it when none is named, and refuses one and the same', async () => {
    const store = await connectStore({ url: urlOf(base.name) });
    expect(store.ledgerDb.databaseName).toBe(`${base.name}_ledger`);
    await store.close();
    expect(
      await errorOf(() => connectStore({ url: urlOf(base.name), ledgerUrl: `${urlOf(base.name)}&appName=x` })),
    ).toMatchObject({ code: 'config' });
  });

  it('counts commands with name and collection', async () => {
    const seen: string[] = [];
    const store = await connectStore({
      url: urlOf(base.name),
      onCommand: (name, collection) => seen.push(`${name} ${collection}`),
    });
    seen.length = 0;
    await store.db.collection('things').insertMany([{ a: 1 }, { a: 2 }]);
    await store.db.collection('things').find({ a: 1 }).toArray();
    expect(seen).toEqual(['insert things', 'find things']);
    await store.close();
  });

  it('says unavailable when nobody listens, without the address', async () => {
    const error = await errorOf(() => connectStore({ url: 'mongodb://user:geheim@127.0.0.1:1/x', waitMs: 300 }));
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(String(error)).toBe('StoreError: store: unavailable');
    expect((error as Error).cause).toBeUndefined();
  });

  it('refuses an address that cannot be read, without quoting it', async () => {
    const error = await errorOf(() => connectStore({ url: 'http://user:geheim@example.com' }));
    expect(error).toMatchObject({ code: 'config' });
    expect(String(error)).not.toContain('geheim');
  });
});

describe('storeError', () => {
  it('keeps the value of a duplicate key out of everything', async () => {
    const things = base.db.collection<{ _id: string; email: string }>('unique');
    await things.createIndex({ email: 1 }, { unique: true });
    await things.insertOne({ _id: 'a', email: 'kari@example.no' });
    const error = await errorOf(() => guarded(() => things.insertOne({ _id: 'b', email: 'kari@example.no' })));
    expect(error).toMatchObject({ code: 'duplicate', driverCode: 11000 });
    const bulk = await errorOf(() =>
      guarded(() => things.bulkWrite([{ insertOne: { document: { _id: 'c', email: 'kari@example.no' } } }])),
    );
    expect(bulk).toMatchObject({ code: 'duplicate', driverCode: 11000 });
    for (const each of [error, bulk])
      expect(JSON.stringify(each) + String(each) + String((each as Error).stack)).not.toContain('kari');
  });

  it('knows a write conflict of two transactions', async () => {
    const things = base.db.collection<{ _id: string; n: number }>('conflict');
    await things.insertOne({ _id: 'a', n: 0 });
    const [one, two] = [base.client.startSession(), base.client.startSession()];
    one.startTransaction();
    two.startTransaction();
    await things.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: one });
    const error = await errorOf(() =>
      guarded(() => things.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: two })),
    );
    expect(error).toMatchObject({ code: 'conflict', retryable: true });
    await one.abortTransaction();
    await two.abortTransaction();
    await Promise.all([one.endSession(), two.endSession()]);
  });

  it('calls everything else a bug and passes its own kind', () => {
    expect(storeError(new Error('kari@example.no'))).toMatchObject({ code: 'bug', message: 'store: bug' });
    const own = new StoreError('conflict');
    expect(storeError(own)).toBe(own);
  });
});
