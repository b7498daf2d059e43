import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { ensureIndexes } from './indexes.js';
import { commitIntake, type IntakeDocuments } from './intake.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase('intake_store');
  await ensureIndexes(database.db);
});
afterAll(() => database.drop());

const COLLECTIONS = ['idempotency', 'keys', 'vault', 'requests'] as const;
const counts = (): Promise<number[]> =>
  Promise.all(COLLECTIONS.map((name) => database.db.collection(name).countDocuments({})));

function documents(key: string, request: string, vault = [`${request}/subject`]): IntakeDocuments {
  return {
    request: { _id: request, forgetting: null } as never,
    idempotency: {
      _id: key,
      fingerprint: 'f',
      state: 'done',
      startedMs: 0,
      response: null,
      requestId: request,
      expiresAt: new Date('2999-01-01'),
    },
    keyDoc: { _id: request },
    vaultDocs: vault.map((_id) => ({ _id })),
  };
}

test('all four kinds of documents, or none', async () => {
  expect(await commitIntake(database.client, database.db, documents('k1', 'r1'))).toBe('committed');
  expect(await counts()).toEqual([1, 1, 1, 1]);
  // The second vault entry cannot be written: the whole intake must leave nothing.
  await expect(
    commitIntake(database.client, database.db, documents('k2', 'r2', ['r2/subject', 'r1/subject'])),
  ).rejects.toMatchObject({ code: 'duplicate' });
  expect(await counts()).toEqual([1, 1, 1, 1]);
});

test('the same idempotency record is met, not written over', async () => {
  expect(await commitIntake(database.client, database.db, documents('k1', 'r9'))).toBe('duplicate');
  expect(await counts()).toEqual([1, 1, 1, 1]);
  expect(await database.db.collection('idempotency').findOne({ _id: 'k1' as never })).toMatchObject({
    requestId: 'r1',
  });
});

test('of twenty at once under one key, one is committed', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, i) => commitIntake(database.client, database.db, documents('k3', `p${i}`))),
  );
  expect(outcomes.filter((o) => o === 'committed')).toHaveLength(1);
  expect(await counts()).toEqual([2, 2, 2, 2]);
});
