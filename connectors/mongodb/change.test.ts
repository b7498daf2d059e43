import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { Double, Int32, Long, type Document } from 'mongodb';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import type { Identifier } from '../../domain/plan/types.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { FieldValue, PartTargets, StepMemory } from '../../domain/ports/connector.js';
import { allIdentifiers, bench, dataset, memory, proven, targetsFrom, type Bench } from './pack.fixture.js';

let mongo: TestDatabase;
const open: Bench[] = [];

beforeAll(async () => {
  mongo = await testDatabase('mongochange');
});
afterAll(async () => {
  await Promise.all(open.map((b) => b.connector.close()));
  await mongo.drop();
});
beforeEach(async () => {
  for (const { name } of await mongo.db.listCollections({}, { nameOnly: true }).toArray())
    await mongo.db.dropCollection(name);
});

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;
const DATASETS: readonly DatasetPolicy[] = [
  dataset('users', {
    identifiers: { email: ['email', 'oldEmails'], userId: ['_id'] },
    links: [{ from: '_id', to: 'orders.userId', trust: 'system' }],
    createdAt: 'createdAt',
    signIn: true,
    fields: {
      email: field,
      oldEmails: field,
      name: field,
      'home.city': field,
      size: { ...field, type: 'number' },
      born: { ...field, type: 'date' },
      member: { ...field, type: 'boolean' },
    },
  }),
  // One dataset with what is hers as a whole and with elements of several people.
  dataset('orders', {
    identifiers: { userId: ['userId', 'contacts.userId'], email: ['contacts.email'] },
    fields: { buyerName: field, 'contacts.name': field, 'contacts.email': field, 'lines.label': field },
  }),
  dataset('letters', { identifiers: { email: ['to'] }, fields: { to: field, name: field } }),
  dataset('profiles', {
    identifiers: { userId: ['userId'], email: ['alternateEmail'] },
    declared: ['email'],
    fields: { displayName: field },
  }),
];

const put = async (collection: string, ...documents: Record<string, unknown>[]): Promise<void> => {
  await mongo.db.collection(collection).insertMany(documents.map((d) => ({ organisationId: 'o1', ...d })) as never[]);
};
const get = (collection: string, id: unknown): Promise<Document | null> =>
  mongo.db.collection(collection).findOne({ _id: id } as Document);
const raw = async (collection: string, id: unknown): Promise<string> => {
  const [bytes] = await mongo.db
    .collection(collection)
    .find({ _id: id } as Document, { raw: true })
    .toArray();
  return createHash('sha256')
    .update(bytes as unknown as Uint8Array)
    .digest('hex');
};

type Changes = Readonly<Record<string, readonly FieldValue[]>>;

/** Discovers, plans a rectification with these fields by dataset, and lends apply and verify with shared notes. */
async function plan(given: readonly Identifier[], byDataset: Changes, notes: StepMemory = memory()) {
  const made = bench(mongo.url, mongo.name, DATASETS);
  open.push(made);
  const found = await made.find(given);
  const targets: PartTargets[] = targetsFrom(found, DATASETS)
    .filter((t) => byDataset[t.part.dataset] !== undefined)
    .map((t) => ({ ...t, part: { ...t.part, action: 'change' } }));
  const orders = {
    changes: Object.fromEntries(targets.map((t) => [t.part.key, byDataset[t.part.dataset] ?? []])),
    stops: {},
    restrict: 'set' as const,
  };
  const input = (generation: number) => ({
    requestId: 'req_test',
    targets,
    orders,
    identifiers: allIdentifiers(given, found),
    generation,
    memory: notes,
    heartbeat: () => undefined,
  });
  return {
    notes,
    targets,
    apply: (generation = 0) => made.connector.apply(input(generation)),
    verify: () => made.connector.verify(input(0)),
  };
}

const ANA = [proven('email', 'ana@example.se')];
const named = (name: string, value: FieldValue['value']): FieldValue => ({ field: name, value, named: true });
const copy = (name: string, value: FieldValue['value']): FieldValue => ({ field: name, value, named: false });

async function world(): Promise<void> {
  await put('users', {
    _id: 'u1',
    email: 'Ana@example.se',
    emailNorm: 'ana@example.se',
    name: 'Ana Wrong',
    home: { city: 'Oslo' },
    size: new Long(5),
  });
  await put('users', {
    _id: 'u2',
    email: 'bo@example.se',
    emailNorm: 'bo@example.se',
    name: 'Ana Wrong',
    odd: new Double(1),
  });
  await put('orders', {
    _id: 'own',
    userId: 'u1',
    buyerName: 'Ana Wrong',
    contacts: [],
    lines: [{ label: 'Ana Wrong' }],
  });
  await put('orders', {
    _id: 'other',
    userId: 'u2',
    buyerName: 'Ana Wrong',
    contacts: [
      { userId: 'u9', name: 'Ana Wrong', email: 'nine@example.se' },
      { userId: 'u1', name: 'Ana Wrong', email: 'ana@example.se' },
      { name: 'Ana Wrong', email: 'ana@example.se' },
    ],
  });
  await put('letters', { _id: 'l1', to: 'ana@example.se', name: 'Ana Wrong' });
}

describe('a correction', () => {
  test('reaches her records and elements, and nobody else, byte by byte', async () => {
    await world();
    const before = await raw('users', 'u2');
    const step = await plan(ANA, {
      users: [named('name', 'Ana Right')],
      orders: [copy('buyerName', 'Ana Right'), copy('contacts.name', 'Ana Right'), copy('lines.label', 'Ana Right')],
      letters: [copy('name', 'Ana Right')],
    });
    expect((await step.apply()).map((r) => r.kind)).toEqual(['applied', 'applied', 'applied']);
    expect((await get('users', 'u1'))?.['name']).toBe('Ana Right');
    expect(await get('orders', 'own')).toMatchObject({ buyerName: 'Ana Right', lines: [{ label: 'Ana Right' }] });
    expect(await get('orders', 'other')).toMatchObject({
      buyerName: 'Ana Wrong',
      contacts: [{ name: 'Ana Wrong', userId: 'u9' }, { name: 'Ana Right' }, { name: 'Ana Right' }],
    });
    expect((await get('letters', 'l1'))?.['name']).toBe('Ana Right');
    expect(await raw('users', 'u2')).toBe(before);
    expect(await step.verify()).toMatchObject([
      { verdict: 'applied', remaining: 0 },
      { verdict: 'applied', remaining: 0 },
      { verdict: 'applied', remaining: 0 },
    ]);
  });

  test('keeps the values before the first write, and a second run changes nothing', async () => {
    await world();
    const step = await plan(ANA, { users: [named('name', 'Ana Right')], orders: [copy('contacts.name', 'Ana Right')] });
    await step.apply();
    expect(await step.notes.get('before/app/users/o1')).toEqual({ records: { '"u1"': { name: 'Ana Wrong' } } });
    expect(await step.notes.get('before/app/orders/o1')).toEqual({
      records: { '"other"': { 'contacts.1.name': 'Ana Wrong', 'contacts.2.name': 'Ana Wrong' } },
    });
    const stored = [await raw('users', 'u1'), await raw('orders', 'other')];
    expect(await step.apply(1)).toMatchObject([{ touched: 0 }, { touched: 0 }]);
    expect([await raw('users', 'u1'), await raw('orders', 'other')]).toEqual(stored);
    expect(await step.notes.get('before/app/users/o1')).toEqual({ records: { '"u1"': { name: 'Ana Wrong' } } });
  });

  test('a new address moves with its normalised copy, in records that are found by nothing else too', async () => {
    await world();
    const step = await plan(ANA, {
      users: [named('email', 'Ana.Ny@example.se')],
      orders: [copy('contacts.email', 'Ana.Ny@example.se')],
      letters: [copy('to', 'Ana.Ny@example.se')],
    });
    await step.apply();
    expect(await get('users', 'u1')).toMatchObject({ email: 'Ana.Ny@example.se', emailNorm: 'ana.ny@example.se' });
    expect((await get('orders', 'other'))?.['contacts'].map((c: Document) => c['email'])).toEqual([
      'nine@example.se',
      'Ana.Ny@example.se',
      'Ana.Ny@example.se',
    ]);
    expect((await get('letters', 'l1'))?.['to']).toBe('Ana.Ny@example.se');
    expect((await step.verify()).map((v) => v.verdict)).toEqual(['applied', 'applied', 'applied']);
    // The letter matches by nothing any more, and stays as corrected.
    expect(await step.apply(1)).toMatchObject([{ touched: 0 }, { touched: 0 }, { touched: 0 }]);
  });

  test("her element's correction gives no hold on the record around it when the attempt is repeated", async () => {
    await world();
    const step = await plan(ANA, { orders: [copy('buyerName', 'Ana Right'), copy('contacts.name', 'Ana Right')] });
    await step.apply();
    await step.apply(1);
    expect((await get('orders', 'other'))?.['buyerName']).toBe('Ana Wrong');
    expect(await step.verify()).toMatchObject([{ verdict: 'applied' }]);
  });

  test('null removes; what is missing is only completed where the request names it', async () => {
    await world();
    await mongo.db.collection('users').updateOne({ _id: 'u1' } as Document, { $unset: { name: '' } });
    await mongo.db.collection('letters').updateOne({ _id: 'l1' } as Document, { $unset: { name: '' } });
    const step = await plan(ANA, {
      users: [named('home.city', null), named('name', 'Ana Right'), named('born', '1990-02-03')],
      letters: [copy('name', 'Ana Right')],
    });
    await step.apply();
    const user = await get('users', 'u1');
    expect(user).toMatchObject({ home: {}, name: 'Ana Right', born: new Date('1990-02-03T00:00:00Z') });
    expect(await get('letters', 'l1')).not.toHaveProperty('name');
    expect((await step.verify()).map((v) => v.verdict)).toEqual(['applied', 'applied']);
  });

  test('numbers keep their width, a text that holds a date stays a text', async () => {
    await world();
    await mongo.db
      .collection('users')
      .updateOne({ _id: 'u1' } as Document, { $set: { born: '1980-01-01', member: false } });
    const step = await plan(ANA, { users: [named('size', 7), named('born', '1990-02-03'), named('member', true)] });
    await step.apply();
    const stored = await mongo.db.collection('users').findOne({ _id: 'u1' } as Document, { promoteValues: false });
    expect(stored?.['size']).toBeInstanceOf(Long);
    expect((stored?.['size'] as Long).toNumber()).toBe(7);
    expect(stored).toMatchObject({ born: '1990-02-03', member: true });
    expect((await step.verify())[0]).toMatchObject({ verdict: 'applied' });
    expect(new Int32(1).valueOf()).toBe(1);
  });

  test('a list is left to a person before anything is written; removing it is not', async () => {
    await world();
    await mongo.db.collection('users').updateOne({ _id: 'u1' } as Document, { $set: { oldEmails: ['x@example.se'] } });
    const before = await raw('users', 'u1');
    const step = await plan(ANA, { users: [named('name', 'Ana Right'), named('oldEmails', 'y@example.se')] });
    expect(await step.apply()).toMatchObject([{ kind: 'manual', why: 'list_of_values' }]);
    expect(await raw('users', 'u1')).toBe(before);
    const removal = await plan(ANA, { users: [named('oldEmails', null)] });
    await removal.apply();
    expect(await get('users', 'u1')).not.toHaveProperty('oldEmails');
  });

  test('a record of somebody else who typed her address is never changed', async () => {
    await world();
    await put('profiles', { _id: 'p1', userId: 'u1', displayName: 'Ana Wrong' });
    await put('profiles', { _id: 'p2', userId: 'u2', displayName: 'Bo', alternateEmail: 'ana@example.se' });
    const before = await raw('profiles', 'p2');
    const step = await plan(ANA, { profiles: [named('displayName', 'Ana')] });
    const results = await step.apply();
    expect(results.map((r) => [r.key, r.kind]).sort()).toEqual([
      ['app/profiles/o1', 'applied'],
      ['app/profiles/o1/review', 'review'],
    ]);
    expect(await raw('profiles', 'p2')).toBe(before);
    expect((await get('profiles', 'p1'))?.['displayName']).toBe('Ana');
    expect((await step.verify()).find((v) => v.key === 'app/profiles/o1')).toMatchObject({ verdict: 'applied' });
  });

  test('a value that the application wrote back is still present', async () => {
    await world();
    const step = await plan(ANA, { users: [named('name', 'Ana Right')], letters: [copy('name', 'Ana Right')] });
    await step.apply();
    await mongo.db.collection('users').updateOne({ _id: 'u1' } as Document, { $set: { name: 'Ana Wrong' } });
    await put('letters', { _id: 'l2', to: 'ANA@example.se', name: 'Ana Wrong' });
    expect(await step.verify()).toMatchObject([
      { key: 'app/users/o1', verdict: 'stillPresent', remaining: 1 },
      { key: 'app/letters/o1', verdict: 'stillPresent', remaining: 1 },
    ]);
    await step.apply(0);
    expect((await step.verify()).map((v) => v.verdict)).toEqual(['applied', 'applied']);
  });

  test('an address that another account has under a unique index is refused whole', async () => {
    await world();
    await mongo.db.collection('users').createIndex({ email: 1 }, { unique: true });
    const before = [await raw('users', 'u1'), await raw('users', 'u2')];
    const step = await plan(ANA, { users: [named('email', 'bo@example.se'), named('name', 'Ana Right')] });
    await expect(step.apply()).rejects.toMatchObject({ code: 'precondition' });
    expect([await raw('users', 'u1'), await raw('users', 'u2')]).toEqual(before);
  });
});
