import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BSON, Decimal128, Long, MongoServerError, type Document } from 'mongodb';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { ConnectorError } from '../../domain/ports/connector.js';
import type { GuardRule } from '../../domain/policy/types.js';
import { mapError } from './errors.js';
import { mongoConnector } from './index.js';
import { bench, dataset, INFENTRE, listSink, proven, step, system, targetsFrom, type Bench } from './pack.fixture.js';

let mongo: TestDatabase;
const open: Bench[] = [];

beforeAll(async () => {
  mongo = await testDatabase('mongoops');
});
afterAll(async () => {
  await Promise.all(open.map((b) => b.connector.close()));
  await mongo.drop();
});
beforeEach(async () => {
  for (const { name } of await mongo.db.listCollections({}, { nameOnly: true }).toArray())
    await mongo.db.dropCollection(name);
});

function over(datasets: typeof INFENTRE): Bench {
  const made = bench(mongo.url, mongo.name, datasets);
  open.push(made);
  return made;
}
const put = async (collection: string, ...documents: Record<string, unknown>[]): Promise<void> => {
  await mongo.db.collection(collection).insertMany(documents.map((d) => ({ organisationId: 'o1', ...d })) as never[]);
};

async function collected(datasets: typeof INFENTRE, identifiers = [proven('email', 'ana@example.se')]) {
  const made = over(datasets);
  const found = await made.find(identifiers);
  const targets = targetsFrom(found, datasets, 'collect');
  const sink = listSink();
  const counts = await made.connector.collect({ ...step(targets, identifiers), sink });
  return { counts, entries: sink.entries };
}

describe('collect', () => {
  test('values that JSON cannot hold keep their meaning (M11)', async () => {
    await put('users', {
      _id: 'u1',
      email: 'ana@example.se',
      price: Decimal128.fromString('19.90'),
      big: Long.fromString('9007199254740993'),
      small: Long.fromString('12'),
      born: new Date('1949-05-01T00:00:00Z'),
      seen: new Date('2026-01-02T03:04:05.678Z'),
      raw: new BSON.Binary(Buffer.from([1, 2])),
      none: null,
      minusZero: new BSON.Double(-0),
      passwordHash: 'never leaves',
      nested: { token: 'never leaves', kept: 1.5 },
    });
    const { entries, counts } = await collected(INFENTRE);
    expect(counts).toEqual({ 'app/users/o1': 1 });
    expect(entries).toEqual([
      {
        system: 'app',
        dataset: 'users',
        organisation: 'o1',
        others: [],
        data: {
          _id: 'u1',
          organisationId: 'o1',
          email: 'ana@example.se',
          price: { $numberDecimal: '19.90' },
          big: { $numberLong: '9007199254740993' },
          small: 12,
          born: { $date: { $numberLong: '-652320000000' } },
          seen: { $date: '2026-01-02T03:04:05.678Z' },
          raw: { $binary: { base64: 'AQI=', subType: '00' } },
          none: null,
          minusZero: { $numberDouble: '-0.0' },
          nested: { kept: 1.5 },
        },
      },
    ]);
  });

  test("of somebody else's order only her own element leaves", async () => {
    await put('orders', {
      _id: 1,
      userId: 'u2',
      buyerName: 'Bo',
      contacts: [
        { email: 'bo@example.se', name: 'Bo' },
        { email: 'Ana@example.se', name: 'Ana', note: 'by Bo' },
      ],
    });
    const { entries } = await collected(INFENTRE);
    expect(entries.map((e) => e.data)).toEqual([{ _id: 1, contacts: [{ email: 'Ana@example.se', name: 'Ana' }] }]);
  });

  test('fields that may name others are listed, records to be looked at are left out', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('messages', { _id: 1, userId: 'u1', text: 'Bo said …' });
    await put('profiles', { _id: 'p', userId: 'u9', alternateEmail: 'ana@example.se' });
    const { entries, counts } = await collected(INFENTRE);
    expect(counts).toEqual({ 'app/users/o1': 1, 'app/messages/o1': 1, 'app/profiles/o1/review': 0 });
    expect(entries.map((e) => [e.dataset, e.others])).toEqual([
      ['users', []],
      ['messages', ['text']],
    ]);
  });
});

describe('guard and mark', () => {
  const rule: GuardRule = {
    id: 'owner_of_active_account',
    rights: ['erasure'],
    datasets: ['users'],
    system: 'app',
    collection: 'accounts',
    query: { ownerId: '$userId', status: 'active' },
    ref: 'accountNo',
    unblock: [],
    blockedFor: 'P90D',
  };

  test('blocks while a record matches, names accounts only', async () => {
    await put(
      'accounts',
      { _id: 1, ownerId: 'u1', status: 'active', accountNo: 'A-1' },
      { _id: 2, ownerId: 'u1', status: 'cancelled', accountNo: 'A-2' },
      { _id: 3, ownerId: 'u2', status: 'active', accountNo: 'A-3' },
    );
    const { connector } = over(INFENTRE);
    const ask = (identifiers: Parameters<NonNullable<typeof connector.guard>>[0]['identifiers'], guard = rule) =>
      connector.guard?.({ guard, identifiers });
    expect(await ask([proven('userId', 'u1')])).toEqual({ id: rule.id, state: 'blocking', refs: ['A-1'] });
    expect(await ask([{ type: 'userId', value: 'u1', trust: 'system' }])).toMatchObject({ state: 'blocking' });
    expect(await ask([{ type: 'userId', value: 'u1', trust: 'unproven' }])).toMatchObject({ state: 'clear' });
    expect(await ask([{ type: 'userId', value: 'u1', trust: 'declared' }])).toMatchObject({ state: 'clear' });
    expect(await ask([])).toEqual({ id: rule.id, state: 'clear', refs: [] });
    await put('accounts', { _id: 4, ownerEmail: 'ANA@example.se', status: 'active', accountNo: 'A-4' });
    expect(
      await ask([proven('email', 'ana@example.se')], { ...rule, query: { ownerEmail: '$email', status: ['active'] } }),
    ).toMatchObject({ refs: ['A-4'] });
  });

  test.each([
    [{ $where: '1' }],
    [{ ownerId: { $ne: null } }],
    [{ status: 'active' }],
    [{ ownerId: '$userId', status: '$x y' }],
  ])('query %j is refused', async (query) => {
    const call = over(INFENTRE).connector.guard?.({ guard: { ...rule, query }, identifiers: [proven('userId', 'u1')] });
    await expect(call).rejects.toMatchObject({ code: 'config' });
  });

  test('the mark is set and removed on the guarded records alone, and creates none', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' }, { _id: 'u2', email: 'bo@example.se' });
    const made = over(INFENTRE);
    const targets = targetsFrom(await made.find([proven('email', 'ana@example.se')]), INFENTRE);
    const marked = async (): Promise<unknown[]> =>
      (await mongo.db.collection('users').find({ erasing: true }).toArray()).map((d) => d['_id']);
    await made.connector.mark?.({ targets, on: true });
    expect(await marked()).toEqual(['u1']);
    await made.connector.mark?.({ targets, on: false });
    expect(
      await mongo.db
        .collection('users')
        .find({ erasing: { $exists: true } })
        .toArray(),
    ).toEqual([]);
    await mongo.db.collection('users').deleteOne({ _id: 'u1' } as Document);
    await made.connector.mark?.({ targets, on: true });
    expect(await mongo.db.collection('users').countDocuments()).toBe(1);
  });
});

describe('health, settings, errors', () => {
  test('healthcheck names server, access and missing indexes and changes nothing', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1' });
    await mongo.db.collection('usage').createIndex({ userId: 1 });
    const health = await over(INFENTRE).connector.healthcheck();
    expect(health.ok).toBe(true);
    const of = (name: string): string | undefined => health.checks.find((c) => c.name === name)?.detail;
    expect(of('server')).toMatch(/^(SecantusDB|MongoDB) \d/);
    expect(of('access:users')).toBe('reads and writes');
    expect(of('access:orders')).toBe('warning: collection does not exist');
    expect(of('index:users.email')).toContain('emailNorm');
    expect(of('index:usage.userId')).toBeUndefined();
    expect(await mongo.db.collection('users').countDocuments()).toBe(1);
    expect((await mongo.db.listCollections().toArray()).map((c) => c.name).sort()).toEqual(['usage', 'users']);
  });

  test('a server that is away is unhealthy and retryable', async () => {
    const made = bench('mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200', 'x', INFENTRE, { timeoutMs: 300 });
    open.push(made);
    expect(await made.connector.healthcheck()).toEqual({
      ok: false,
      checks: [{ name: 'ping', ok: false, detail: 'unavailable' }],
    });
    await expect(made.find([proven('email', 'ana@example.se')])).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
  });

  test.each([
    [{}, 'url'],
    [{ url: 'http://x' }, 'url'],
    [{ url: 'mongodb://h/d', maxRecords: 0 }, 'maxRecords'],
    [{ url: 'mongodb://h/d', readConcern: 'none' }, 'readConcern'],
  ])('settings %j name what is wrong, not its value', (settings, name) => {
    const tools = { settings, worldNow: () => new Date(0), holdUntil: () => null };
    expect(() => mongoConnector(system(INFENTRE), tools)).toThrow(`setting ${name}`);
  });

  test.each([
    ['a link to nowhere', dataset('a', { links: [{ from: 'x', to: 'nowhere.y', trust: 'system' }] })],
    ['an operator as a path', dataset('a', { identifiers: { email: ['$where'] } })],
    ['masking _id', dataset('a', { erase: { kind: 'mask', paths: ['_id'] } })],
    ['a redaction', dataset('a', { erase: { kind: 'redact' } })],
    ['a system collection', dataset('a', { collection: 'system.users' })],
  ])('%s is refused', (_name, policy) => {
    const tools = { settings: { url: 'mongodb://h/d' }, worldNow: () => new Date(0), holdUntil: () => null };
    expect(() => mongoConnector(system([policy]), tools)).toThrow(ConnectorError);
  });

  test('no database named anywhere is a mistake, not the database "test"', async () => {
    const made = mongoConnector(system(INFENTRE), {
      settings: { url: mongo.url },
      worldNow: () => new Date(0),
      holdUntil: () => null,
    });
    await expect(
      made.discover({
        right: 'erasure',
        identifiers: [],
        onlyOrganisation: null,
        datasets: null,
        heartbeat: () => undefined,
      }),
    ).rejects.toMatchObject({ code: 'config' });
    await made.close();
  });

  test("a driver's message never travels: it quotes values", async () => {
    await mongo.db.collection('keys').createIndex({ email: 1 }, { unique: true });
    await mongo.db.collection('keys').insertOne({ email: 'ana@example.se' });
    const error: unknown = await mongo.db.collection('keys').insertOne({ email: 'ana@example.se' }).catch(mapError);
    expect(error).toMatchObject({ code: 'conflict', status: 11000, retryable: true });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('ana@');
  });

  test.each([
    [13, 'scope'],
    [18, 'auth'],
    [50, 'timeout'],
    [91, 'unavailable'],
    [112, 'conflict'],
    [121, 'precondition'],
    [2, 'bug'],
  ])('server error %i is %s', (code, expected) => {
    expect(mapError(new MongoServerError({ message: 'ana@example.se', code }))).toMatchObject({
      code: expected,
      status: code,
    });
  });

  test('an error that is not the driver’s passes unchanged', () => {
    const cancelled = new Error('cancelled');
    expect(mapError(cancelled)).toBe(cancelled);
  });

  test('describe tells what it takes and yields', () => {
    expect(over(INFENTRE).connector.describe()).toMatchObject({
      connector: 'mongodb',
      takes: ['email', 'userId'],
      yields: ['customerId', 'email', 'userId'],
      irreversible: true,
    });
  });
});
