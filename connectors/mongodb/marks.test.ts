import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import type { Identifier } from '../../domain/plan/types.js';
import type { DatasetPolicy, StopRule } from '../../domain/policy/types.js';
import type { Orders, PartTargets } from '../../domain/ports/connector.js';
import { allIdentifiers, bench, dataset, memory, proven, targetsFrom, type Bench } from './pack.fixture.js';

let mongo: TestDatabase;
const open: Bench[] = [];
beforeAll(async () => {
  mongo = await testDatabase('mongomarks');
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
const stop = (rule: Partial<StopRule>): StopRule => ({
  purpose: 'statistics',
  erase: false,
  unset: [],
  set: {},
  lists: [],
  group: null,
  ...rule,
});
const DATASETS: readonly DatasetPolicy[] = [
  dataset('users', {
    identifiers: { email: ['email'], userId: ['_id'] },
    links: [
      { from: '_id', to: 'usage.userId', trust: 'system' },
      { from: '_id', to: 'orders.userId', trust: 'system' },
    ],
    createdAt: 'createdAt',
    signIn: true,
    fields: { email: field, 'consent.usage': field, tracking: field, restricted: field },
    restrict: { flag: 'restricted' },
    stop: [stop({ unset: ['tracking'], set: { 'consent.usage': false } })],
  }),
  dataset('usage', {
    identifiers: { userId: ['userId'] },
    derived: true,
    fields: { userId: field },
    stop: [stop({ erase: true })],
  }),
  dataset('orders', {
    identifiers: { userId: ['userId'] },
    fields: { userId: field },
    restrict: { flag: 'meta.restricted' },
    // Held: issued in 2020 or later.
    hold: {
      id: 'books',
      law: 'se-bokforingslagen-7-2',
      exemption: '17-3-b',
      noGround: null,
      documentOn: 'issuedAt',
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: null,
    },
  }),
];
const ANA = [proven('email', 'ana@example.se')];

async function world(): Promise<void> {
  const put = (collection: string, ...documents: Record<string, unknown>[]) =>
    mongo.db.collection(collection).insertMany(documents.map((d) => ({ organisationId: 'o1', ...d })) as never[]);
  await put(
    'users',
    {
      _id: 'u1',
      email: 'ana@example.se',
      emailNorm: 'ana@example.se',
      consent: { usage: true, terms: true },
      tracking: 'x',
    },
    { _id: 'u2', email: 'bo@example.se', emailNorm: 'bo@example.se', consent: { usage: true }, tracking: 'y' },
  );
  await put('usage', { _id: 's1', userId: 'u1' }, { _id: 's2', userId: 'u2' });
  await put(
    'orders',
    { _id: 'o1', userId: 'u1', meta: {}, issuedAt: '2026-01-01' },
    { _id: 'o2', userId: 'u2', meta: {} },
  );
}

async function plan(action: 'restrict' | 'stop', only: readonly string[], given: readonly Identifier[] = ANA) {
  const made = bench(mongo.url, mongo.name, DATASETS);
  open.push(made);
  const found = await made.find(given);
  let targets: PartTargets[] = targetsFrom(found, DATASETS)
    .filter((t) => only.includes(t.part.dataset))
    .map((t) => ({ ...t, part: { ...t.part, action } }));
  const notes = memory();
  const input = (generation: number, restrict: Orders['restrict'] = 'set') => ({
    requestId: 'req_test',
    targets,
    orders: {
      changes: {},
      stops: Object.fromEntries(
        targets.map((t) => [t.part.key, DATASETS.find((d) => d.id === t.part.dataset)?.stop ?? []]),
      ),
      restrict,
    },
    identifiers: allIdentifiers(given, found),
    generation,
    memory: notes,
    heartbeat: () => undefined,
  });
  return {
    without: (id: string) => {
      targets = targets.map((t) => ({ ...t, refs: t.refs.filter((r) => r.id !== JSON.stringify(id)) }));
    },
    apply: (generation = 0, restrict?: Orders['restrict']) => made.connector.apply(input(generation, restrict)),
    verify: (generation = 0, restrict?: Orders['restrict']) => made.connector.verify(input(generation, restrict)),
  };
}

const all = async (collection: string) =>
  Object.fromEntries(
    (await mongo.db.collection(collection).find({}).toArray()).map(({ _id, ...rest }) => [String(_id), rest]),
  );

describe('restriction', () => {
  test('sets the flag in exactly her records, held ones too, is idempotent, reads back, and takes it back', async () => {
    await world();
    const before = await all('users');
    const step = await plan('restrict', ['users', 'orders']);
    expect((await step.verify()).map((r) => r.verdict)).toEqual(['stillPresent', 'stillPresent']);
    expect(await step.apply()).toMatchObject([
      { kind: 'applied', touched: 1 },
      { kind: 'applied', touched: 1 },
    ]);
    expect(await all('users')).toEqual({ ...before, u1: { ...before['u1'], restricted: true } });
    expect(await all('orders')).toMatchObject({ o1: { meta: { restricted: true } }, o2: { meta: {} } });
    expect((await all('orders'))['o2']?.['meta']).toEqual({});
    expect(await step.verify()).toMatchObject([
      { verdict: 'applied', remaining: 0, method: 'flag_by_id_majority_read' },
      { verdict: 'applied', remaining: 0 },
    ]);
    expect((await step.apply()).every((r) => r.kind === 'applied' && r.touched === 0)).toBe(true);
    expect((await step.verify(1, 'lift')).map((r) => r.verdict)).toEqual(['stillPresent', 'stillPresent']);
    await step.apply(1, 'lift');
    expect(await all('users')).toEqual(before);
    expect((await step.verify(1, 'lift')).map((r) => r.verdict)).toEqual(['applied', 'applied']);
  });

  test('an application that takes the flag away is seen, one that writes a new record is not called unrestricted', async () => {
    await world();
    const step = await plan('restrict', ['orders']);
    await step.apply();
    await mongo.db.collection('orders').insertOne({ _id: 'o3' as never, organisationId: 'o1', userId: 'u1', meta: {} });
    expect(await step.verify()).toMatchObject([{ verdict: 'applied' }]);
    await mongo.db.collection('orders').updateOne({ _id: 'o1' as never }, { $set: { 'meta.restricted': false } });
    expect(await step.verify()).toMatchObject([{ verdict: 'stillPresent', remaining: 1 }]);
  });

  test('what another request keeps restricted stays so, and is none of the read-back', async () => {
    await world();
    const step = await plan('restrict', ['users']);
    await step.apply();
    const kept = await plan('restrict', []);
    expect(await kept.verify(1, 'lift')).toEqual([]);
    // The activity takes such records out of the targets; the notes of the setting are the same.
    step.without('u1');
    expect(await step.apply(1, 'lift')).toMatchObject([{ kind: 'applied', touched: 0 }]);
    expect((await all('users'))['u1']).toMatchObject({ restricted: true });
    expect(await step.verify(1, 'lift')).toMatchObject([{ verdict: 'applied' }]);
  });

  test('a record that is gone needs no flag', async () => {
    await world();
    const step = await plan('restrict', ['users']);
    await mongo.db.collection('users').deleteOne({ _id: 'u1' as never });
    expect(await step.apply()).toMatchObject([{ kind: 'applied', touched: 0 }]);
    expect(await step.verify()).toMatchObject([{ verdict: 'applied' }]);
  });

  test('refuses where the pack names no flag', async () => {
    await world();
    const step = await plan('restrict', ['usage']);
    await expect(step.apply()).rejects.toMatchObject({ code: 'precondition' });
  });
});

describe('stopped purposes', () => {
  test('unset and set in her record, the records erased where the rule says so, nobody else touched', async () => {
    await world();
    const before = await all('users');
    const step = await plan('stop', ['users', 'usage']);
    expect((await step.verify()).map((r) => r.verdict).sort()).toEqual(['stillPresent', 'stillPresent']);
    await step.apply();
    const { tracking: _gone, ...ana } = before['u1'] ?? {};
    expect(await all('users')).toEqual({ ...before, u1: { ...ana, consent: { usage: false, terms: true } } });
    expect(Object.keys(await all('usage'))).toEqual(['s2']);
    expect(Object.fromEntries((await step.verify()).map((r) => [r.key, r.verdict]))).toEqual({
      'app/users/o1': 'applied',
      'app/usage/o1': 'gone',
    });
    expect((await step.apply()).every((r) => r.kind === 'applied' && r.touched === 0)).toBe(true);
  });
});
