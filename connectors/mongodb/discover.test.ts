import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Int32, Long, ObjectId, UUID } from 'mongodb';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import type { Found } from '../../domain/plan/types.js';
import { ConnectorError } from '../../domain/ports/connector.js';
import { bench, dataset, DEFIGO, INFENTRE, proven, type Bench } from './pack.fixture.js';

let mongo: TestDatabase;
const open: Bench[] = [];

beforeAll(async () => {
  mongo = await testDatabase('mongodisc');
});
afterAll(async () => {
  await Promise.all(open.map((b) => b.connector.close()));
  await mongo.drop();
});
beforeEach(async () => {
  for (const { name } of await mongo.db.listCollections({}, { nameOnly: true }).toArray())
    await mongo.db.dropCollection(name);
});

function over(datasets: typeof INFENTRE, settings: Record<string, string | number> = {}): Bench {
  const made = bench(mongo.url, mongo.name, datasets, settings);
  open.push(made);
  return made;
}

const put = async (collection: string, ...documents: Record<string, unknown>[]): Promise<void> => {
  await mongo.db.collection(collection).insertMany(documents.map((d) => ({ organisationId: 'o1', ...d })) as never[]);
};
/** `dataset:id` with ` !why` behind a record to be looked at. */
const seen = (found: Found): string[] =>
  found.refs.map((r) => `${r.dataset}:${r.id}${r.review === null ? '' : ` !${r.review}`}`).sort();

describe('identity graph', () => {
  test('an e-mail leads over users and links in both directions to everything, with old addresses on the way', async () => {
    await put(
      'users',
      { _id: 'u1', email: 'ana@example.se', oldEmails: ['ana.old@example.se'], stripeCustomerId: 'cus_1' },
      { _id: 'u2', email: 'bo@example.se' },
    );
    await put(
      'orders',
      { _id: 'a', userId: 'u1', contacts: [] },
      {
        _id: 'b',
        userId: 'u2',
        contacts: [
          { userId: 'u9', email: 'Ana.Old@example.se', name: 'Ana' },
          { userId: 'u2', email: 'bo@example.se' },
        ],
      },
    );
    await put('usage', { _id: 1, userId: 'u1' }, { _id: 2, userId: 'u2' });
    await put('invoices', { _id: 'i1', contactEmail: 'ANA@example.se', issuedAt: new Date('2015-01-01') });
    const found = await over(INFENTRE).find([proven('email', 'ana@example.se')]);
    expect(seen(found)).toEqual([
      'invoices:"i1"',
      'order_contacts:"b"',
      'orders:"a"',
      'usage:{"$numberInt":"1"}',
      'users:"u1"',
    ]);
    expect(found.refs.find((r) => r.dataset === 'usage')).toMatchObject({
      organisation: 'o1',
      trust: 'system',
      review: null,
    });
    const identifiers = found.identifiers.map((i) => `${i.type}=${i.value} ${i.trust}`).sort();
    // `u9` stood beside her old address in her own element; `u2`, the buyer, did not.
    expect(identifiers).toEqual([
      'customerId=cus_1 system',
      'email=ana.old@example.se system',
      'userId=u1 system',
      'userId=u9 system',
    ]);
  });

  test('a link is followed backwards: an order found by its own identifier leads to the account', async () => {
    const datasets = [
      dataset('accounts', { links: [{ from: '_id', to: 'orders.accountId', trust: 'system' }] }),
      dataset('orders', { identifiers: { orderMail: ['mail'] } }),
    ];
    await put('accounts', { _id: 7 }, { _id: 8 });
    await put(
      'orders',
      { _id: 1, mail: 'x', accountId: 7 },
      { _id: 2, mail: 'y', accountId: 7 },
      { _id: 3, mail: 'z', accountId: 8 },
    );
    const found = await over(datasets).find([proven('orderMail', 'x')]);
    expect(seen(found)).toEqual([
      'accounts:{"$numberInt":"7"}',
      'orders:{"$numberInt":"1"}',
      'orders:{"$numberInt":"2"}',
    ]);
  });

  test('a declared link only yields something to look at, and nothing behind it', async () => {
    const datasets = [
      dataset('members', {
        identifiers: { email: ['email'] },
        links: [
          { from: 'friendId', to: 'cards._id', trust: 'declared' },
          { from: 'otherMail', to: 'identifier:email', trust: 'declared' },
        ],
      }),
      dataset('cards', { links: [{ from: 'owner', to: 'secrets.owner', trust: 'system' }] }),
      dataset('secrets'),
    ];
    await put(
      'members',
      { _id: 1, email: 'ana@example.se', friendId: 'c1', otherMail: 'bo@example.se' },
      { _id: 2, email: 'bo@example.se' },
    );
    await put('cards', { _id: 'c1', owner: 'bo' });
    await put('secrets', { _id: 's', owner: 'bo' });
    const found = await over(datasets).find([proven('email', 'ana@example.se')]);
    expect(seen(found)).toEqual([
      'cards:"c1" !declared_link',
      'members:{"$numberInt":"1"}',
      'members:{"$numberInt":"2"} !declared_link',
    ]);
    expect(found.identifiers).toEqual([{ type: 'email', value: 'bo@example.se', trust: 'declared' }]);
  });

  test("a profile naming somebody else's address proves nothing in either direction", async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' }, { _id: 'u2', email: 'bo@example.se' });
    // Ana typed Bo's address into her profile; Eve typed Ana's into hers.
    await put(
      'profiles',
      { _id: 'p1', userId: 'u1', alternateEmail: 'bo@example.se' },
      { _id: 'p3', userId: 'u3', alternateEmail: 'ana@example.se' },
    );
    await put('usage', { _id: 'x', userId: 'u2' }, { _id: 'y', userId: 'u3' });
    const found = await over(INFENTRE).find([proven('email', 'ana@example.se')]);
    expect(seen(found)).toEqual([
      'profiles:"p1"',
      'profiles:"p3" !declared_link',
      'users:"u1"',
      'users:"u2" !declared_link',
    ]);
  });

  test('an unproven identifier only yields something to look at', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' }, { _id: 'u2', email: 'bo@example.se' });
    await put('usage', { _id: 'x', userId: 'u2' });
    const found = await over(INFENTRE).find([
      proven('email', 'ana@example.se'),
      { type: 'email', value: 'bo@example.se', trust: 'unproven' },
    ]);
    expect(seen(found)).toEqual(['users:"u1"', 'users:"u2" !unproven_identifier']);
    expect(found.refs.find((r) => r.id === '"u2"')?.trust).toBe('unproven');
  });

  test('ids are found in whatever type the other side stored them', async () => {
    const id = new ObjectId('65f0a1b2c3d4e5f601020304');
    const uuid = new UUID('0b8e9d3c-5a1f-4b0e-9c5d-1a2b3c4d5e6f');
    const big = Long.fromString('9007199254740993');
    const datasets = [dataset('things', { identifiers: { userId: ['owner'] } })];
    await put(
      'things',
      { _id: 1, owner: id },
      { _id: 2, owner: id.toHexString() },
      { _id: 3, owner: big },
      { _id: 4, owner: uuid },
      { _id: 5, owner: new Int32(42) },
      { _id: 6, owner: Long.fromString('9007199254740992') },
    );
    const ids = async (value: string): Promise<string[]> =>
      (await over(datasets).find([proven('userId', value)])).refs.map((r) => r.id);
    expect(await ids(id.toHexString())).toEqual(['{"$numberInt":"1"}', '{"$numberInt":"2"}']);
    expect(await ids('9007199254740993')).toEqual(['{"$numberInt":"3"}']);
    expect(await ids(uuid.toString())).toEqual(['{"$numberInt":"4"}']);
    expect(await ids('42')).toEqual(['{"$numberInt":"5"}']);
  });
});

describe('spellings (M2, M12)', () => {
  const mails = [dataset('mails', { identifiers: { email: ['email', 'boxes.address'] } })];
  const three = [
    { _id: 1, email: 'Ana@X.example.com' },
    { _id: 2, email: 'ana@x.example.com' },
    { _id: 3, email: ' ANA@x.EXAMPLE.com ' },
    { _id: 4, email: 'anaX@x.example.com' },
    { _id: 5, email: 'ana@xxexample.com' },
    { _id: 6, boxes: [{ address: 'other@example.com' }, { address: 'aNa@X.example.com' }] },
  ];

  test.each([
    ['no index', []],
    ['an index on the field', [{ email: 1 }, { 'boxes.address': 1 }]],
  ])('every spelling is found with %s', async (_name, indexes) => {
    await put('mails', ...three);
    for (const index of indexes) await mongo.db.collection('mails').createIndex(index as never);
    const found = await over(mails).find([proven('email', 'Ana@x.example.com')]);
    expect(found.refs.map((r) => r.id).sort()).toEqual([1, 2, 3, 6].map((n) => `{"$numberInt":"${n}"}`));
    expect(found.caveats).toEqual(['spelling_scan:mails']);
  });

  test('a complete normalised copy is searched instead, an incomplete one is not trusted', async () => {
    const datasets = [dataset('mails', { identifiers: { email: ['email'] } })];
    await put(
      'mails',
      { _id: 1, email: 'Ana@X.example.com', emailNorm: 'ana@x.example.com' },
      { _id: 2, email: 'ANA@X.example.com', emailNorm: 'ana@x.example.com' },
    );
    await mongo.db.collection('mails').createIndex({ emailNorm: 1 });
    const whole = await over(datasets).find([proven('email', 'ana@X.example.com')]);
    expect([whole.refs.length, whole.caveats]).toEqual([2, []]);
    await put('mails', { _id: 3, email: 'aNA@X.example.com' });
    const gap = await over(datasets).find([proven('email', 'ana@X.example.com')]);
    expect([gap.refs.length, gap.caveats]).toEqual([3, ['spelling_scan:mails']]);
  });

  test('a phone number is found however it is written', async () => {
    await put('users', { _id: 'u1', phone: '+47 900 00 001' }, { _id: 'u2', phone: '+47 900 00 002' });
    expect(seen(await over(DEFIGO).find([proven('phone', '004790000001')]))).toEqual(['users:"u1"']);
  });

  test.each([
    '.*',
    '^ana',
    '$where',
    '{"$ne":null}',
    'ana@example.se|bo@example.se',
    '(?i)ANA@example.se',
    'a\\Qna',
    '[a-z]+@example.se',
    '$gt',
    'ana@example.s.',
  ])('identifier %s is data', async (value) => {
    await put(
      'users',
      { _id: 'u1', email: 'ana@example.se' },
      { _id: 'u2', email: 'bo@example.se' },
      { _id: value, email: value },
    );
    await put('usage', { _id: 'x', userId: value }, { _id: 'y', userId: 'u1' });
    const found = await over(INFENTRE).find([proven('email', value), { type: 'userId', value, trust: 'proven' }]);
    expect(seen(found)).toEqual(['usage:"x"', `users:${JSON.stringify(value)}`]);
  });

  test.each([
    ['an operator', { $ne: null }],
    ['a list', ['ana@example.se']],
    ['a number', 7],
    ['empty', ''],
    ['a text with NUL', 'a\0b'],
    ['null', null],
    ['longer than any identifier', 'x'.repeat(2000)],
  ])('%s instead of a text is refused', async (_name, value) => {
    const call = over(INFENTRE).find([{ type: 'email', value: value as string, trust: 'proven' }]);
    await expect(call).rejects.toMatchObject({ code: 'validation' });
    await expect(call).rejects.toBeInstanceOf(ConnectorError);
  });
});

describe('several people', () => {
  test('two accounts on one address: nobody is sure, neither is what the address alone reaches (M4)', async () => {
    await put('users', { _id: 'u1', email: 'shared@example.se' }, { _id: 'u2', email: 'Shared@example.se' });
    await put('usage', { _id: 'x', userId: 'u1' });
    await put('invoices', { _id: 'i', contactEmail: 'shared@example.se', issuedAt: new Date('2015-01-01') });
    const found = await over(INFENTRE).find([proven('email', 'shared@example.se')]);
    expect(seen(found)).toEqual([
      'invoices:"i" !shared_address',
      'users:"u1" !shared_address',
      'users:"u2" !shared_address',
    ]);
  });

  test('a proven id says which one is hers; the shared address still proves nothing else', async () => {
    await put('users', { _id: 'u1', email: 'shared@example.se' }, { _id: 'u2', email: 'shared@example.se' });
    await put('usage', { _id: 'x', userId: 'u1' }, { _id: 'y', userId: 'u2' });
    await put('invoices', { _id: 'i', contactEmail: 'shared@example.se', issuedAt: new Date('2015-01-01') });
    const found = await over(INFENTRE).find([proven('email', 'shared@example.se'), proven('userId', 'u1')]);
    expect(seen(found)).toEqual([
      'invoices:"i" !shared_address',
      'usage:"x"',
      'users:"u1"',
      'users:"u2" !second_sign_in',
    ]);
  });

  test('two accounts whose ids are both proven are both hers', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' }, { _id: 'u2', email: 'ana@example.se' });
    const found = await over(INFENTRE).find([
      proven('email', 'ana@example.se'),
      proven('userId', 'u1'),
      proven('userId', 'u2'),
    ]);
    expect(seen(found)).toEqual(['users:"u1"', 'users:"u2"']);
  });

  test('a second sign-in behind an old address is looked at, and nothing is reached through it', async () => {
    await put(
      'users',
      { _id: 'u1', email: 'ana@example.se', oldEmails: ['club@example.se'] },
      { _id: 'u2', email: 'club@example.se', oldEmails: ['third@example.se'] },
    );
    await put('usage', { _id: 'x', userId: 'u1' }, { _id: 'y', userId: 'u2' });
    await put('orders', { _id: 'o', userId: 'u8', contacts: [{ userId: 'u2', email: 'ana@example.se' }] });
    const bench = over(INFENTRE);
    const given = [proven('email', 'ana@example.se')];
    const found = await bench.find(given);
    const expected = ['order_contacts:"o"', 'usage:"x"', 'users:"u1"', 'users:"u2" !second_sign_in'];
    // The usage of u2 hangs on an id that somebody else signs in with.
    expect(seen(found)).toEqual([...expected, 'usage:"y" !second_sign_in'].sort());
    expect(found.identifiers.find((i) => i.value === 'club@example.se')?.trust).toBe('declared');
    // Asked again with what was found: the same people.
    expect(seen(await bench.find([...given, ...found.identifiers]))).toEqual(seen(found));
  });

  test('500 people on one address: everybody is looked at, and above the cap it is an error', async () => {
    await put('users', ...Array.from({ length: 500 }, (_, n) => ({ _id: `u${n}`, email: 'post@example.no' })));
    const found = await over(INFENTRE).find([proven('email', 'post@example.no')]);
    expect(found.refs).toHaveLength(500);
    expect(new Set(found.refs.map((r) => r.review))).toEqual(new Set(['too_many_people']));
    expect(found.identifiers).toEqual([]);
    await expect(over(INFENTRE, { maxRecords: 499 }).find([proven('email', 'post@example.no')])).rejects.toMatchObject({
      code: 'too_many_targets',
      retryable: false,
    });
  });
});

describe('organisations', () => {
  test('a request of one organisation never sees records of another or of the operator', async () => {
    await put(
      'users',
      { _id: 'u1', email: 'ana@example.se', organisationId: 'o1' },
      { _id: 'u2', email: 'ana@example.se', organisationId: 'o2', oldEmails: ['old@example.se'] },
    );
    await put('admins', { _id: 'a1', email: 'ana@example.se' });
    await put(
      'usage',
      { _id: 'x', userId: 'u1', organisationId: 'o1' },
      { _id: 'y', userId: 'u1', organisationId: 'o2' },
    );
    await put('invoices', { _id: 'i', contactEmail: 'ana@example.se', issuedAt: new Date('2015-01-01') });
    const found = await over(INFENTRE).find([proven('email', 'ana@example.se')], 'o1');
    expect(seen(found)).toEqual(['usage:"x"', 'users:"u1"']);
    expect(found.identifiers.map((i) => i.value)).toEqual(['u1']);
  });

  test('a processor record without a controller, or with two, is looked at', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await mongo.db.collection('usage').insertMany([
      { _id: 'x', userId: 'u1' },
      { _id: 'y', userId: 'u1', organisationId: ['o1', 'o2'] },
    ] as never[]);
    expect(seen(await over(INFENTRE).find([proven('email', 'ana@example.se')]))).toEqual([
      'usage:"x" !no_organisation',
      'usage:"y" !several_organisations',
      'users:"u1"',
    ]);
  });
});

test('holds and creation are read from each record', async () => {
  await put(
    'invoices',
    { _id: 'old', contactEmail: 'ana@example.se', issuedAt: new Date('2015-01-01') },
    { _id: 'new', contactEmail: 'ana@example.se', issuedAt: new Date('2024-03-01') },
  );
  const { refs } = await over(INFENTRE).find([proven('email', 'ana@example.se')]);
  expect(refs.map((r) => [r.id, r.createdAt, r.hold?.law ?? null]).sort()).toEqual([
    ['"new"', '2024-03-01T00:00:00.000Z', 'se-bokforingslagen-7-2'],
    ['"old"', '2015-01-01T00:00:00.000Z', null],
  ]);
});

test('views, capped and time-series collections go to a person (M10)', async () => {
  await put('users', { _id: 'u1', email: 'ana@example.se' });
  await mongo.db.createCollection('seen', { viewOn: 'users', pipeline: [] });
  await mongo.db.createCollection('ring', { capped: true, size: 4096 });
  await mongo.db.createCollection('series', { timeseries: { timeField: 'at' } });
  const datasets = ['seen', 'ring', 'series', 'absent'].map((id) => dataset(id, { identifiers: { email: ['email'] } }));
  const found = await over(datasets).find([proven('email', 'ana@example.se')]);
  expect(found.manual).toEqual([
    { dataset: 'seen', reason: 'view' },
    { dataset: 'ring', reason: 'capped_collection' },
    { dataset: 'series', reason: 'time_series' },
  ]);
  expect(found.refs).toEqual([]);
});
