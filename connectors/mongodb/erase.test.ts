import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Decimal128, Double, GridFSBucket, Int32, Long, ObjectId, type Document } from 'mongodb';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { Identifier } from '../../domain/plan/types.js';
import { ConnectorError, type ApplyResult, type PartTargets, type VerifyResult } from '../../domain/ports/connector.js';
import {
  allIdentifiers,
  bench,
  dataset,
  DEFIGO,
  INFENTRE,
  memory,
  proven,
  step,
  targetsFrom,
  type Bench,
} from './pack.fixture.js';

let mongo: TestDatabase;
let real = false;
const open: Bench[] = [];

beforeAll(async () => {
  mongo = await testDatabase('mongoerase');
  real = (await mongo.db.admin().command({ buildInfo: 1 }))['secantusVersion'] === undefined;
});
afterAll(async () => {
  await Promise.all(open.map((b) => b.connector.close()));
  await mongo.drop();
});
beforeEach(async () => {
  for (const { name } of await mongo.db.listCollections({}, { nameOnly: true }).toArray())
    await mongo.db.dropCollection(name);
});

const put = async (collection: string, ...documents: Record<string, unknown>[]): Promise<void> => {
  await mongo.db.collection(collection).insertMany(documents.map((d) => ({ organisationId: 'o1', ...d })) as never[]);
};
const get = (collection: string, id: unknown): Promise<Document | null> =>
  mongo.db.collection(collection).findOne({ _id: id } as Document);

/** SHA-256 over the stored bytes of each record. */
async function bytes(collection: string, filter: Document = {}): Promise<Record<string, string>> {
  const raw = await mongo.db.collection(collection).find(filter, { raw: true }).toArray();
  const hashes = raw
    .map((buffer) =>
      createHash('sha256')
        .update(buffer as unknown as Uint8Array)
        .digest('hex'),
    )
    .sort();
  return Object.fromEntries(hashes.map((hash, n) => [String(n), hash]));
}

interface Case {
  readonly bench: Bench;
  readonly identifiers: Identifier[];
  readonly targets: PartTargets[];
  apply(generation?: number): Promise<readonly ApplyResult[]>;
  verify(): Promise<readonly VerifyResult[]>;
}

/** Discovers and plans; apply and verify share the notes of one generation, as the activities do. */
async function plan(
  datasets: readonly DatasetPolicy[],
  given: readonly Identifier[],
  only: string | null = null,
): Promise<Case> {
  const made = bench(mongo.url, mongo.name, datasets);
  open.push(made);
  const found = await made.find(given, only);
  const identifiers = allIdentifiers(given, found);
  const targets = targetsFrom(found, datasets);
  const notes = memory();
  return {
    bench: made,
    identifiers,
    targets,
    apply: (generation = 0) =>
      made.connector.apply(step(targets, identifiers, generation === 0 ? notes : memory(), generation)),
    verify: () => made.connector.verify(step(targets, identifiers, notes)),
  };
}

const touched = (results: readonly ApplyResult[]): Record<string, unknown> =>
  Object.fromEntries(results.map((r) => [r.key, r.kind === 'applied' ? r.touched : r.kind]));
const verdicts = (results: readonly VerifyResult[]): Record<string, string> =>
  Object.fromEntries(results.map((r) => [r.key, `${r.verdict} ${r.remaining}`]));
const ANA = [proven('email', 'ana@example.se')];

describe('delete', () => {
  test('250 records over three collections go, everybody else stays byte by byte (M1, M6)', async () => {
    await put(
      'users',
      { _id: 'u1', email: 'ana@example.se' },
      { _id: 'u2', email: 'bo@example.se', odd: new Double(1) },
    );
    await put('usage', ...Array.from({ length: 150 }, (_, n) => ({ _id: n, userId: 'u1' })), {
      _id: 'other',
      userId: 'u2',
      n: Long.fromString('5'),
    });
    await put('messages', ...Array.from({ length: 99 }, (_, n) => ({ _id: n, userId: 'u1' })), {
      _id: 'other',
      userId: 'u2',
    });
    const before = [
      await bytes('users', { _id: 'u2' }),
      await bytes('usage', { userId: 'u2' }),
      await bytes('messages', { userId: 'u2' }),
    ];
    const erasure = await plan(INFENTRE, ANA);
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 1, 'app/usage/o1': 150, 'app/messages/o1': 99 });
    expect([await bytes('users'), await bytes('usage'), await bytes('messages')]).toEqual(before);
    expect(verdicts(await erasure.verify())).toEqual({
      'app/users/o1': 'gone 0',
      'app/usage/o1': 'gone 0',
      'app/messages/o1': 'gone 0',
    });
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 0, 'app/usage/o1': 0, 'app/messages/o1': 0 });
  });

  test('records that came between approval and apply go too, a new sign-in does not', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1' });
    const erasure = await plan(INFENTRE, ANA);
    await put(
      'usage',
      { _id: 2, userId: 'u1' },
      { _id: 3, userId: 'u1', organisationId: 'o2' },
      { _id: 4, userId: 'u7' },
    );
    await put('users', { _id: 'u7', email: 'ana@example.se' });
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 1, 'app/usage/o1': 2 });
    expect((await mongo.db.collection('usage').find().toArray()).map((d) => d['_id'])).toEqual([3, 4]);
    expect(await get('users', 'u7')).not.toBeNull();
  });

  test('an account that came after the approval stays, also where its id was proven', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    const erasure = await plan(INFENTRE, [proven('userId', 'u1'), proven('userId', 'u2')]);
    await put('users', { _id: 'u2', email: 'ana@example.se' });
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 1 });
    expect(await get('users', 'u2')).not.toBeNull();
    expect(verdicts(await erasure.verify())).toEqual({ 'app/users/o1': 'stillPresent 1' });
  });

  test('where several organisations decide together, nothing joins that they did not see', async () => {
    const notes = [dataset('notes', { organisation: { from: 'users' }, identifiers: { userId: ['userId'] } })];
    await put('notes', { _id: 1, userId: 'u1' });
    const alone = await plan(notes, [proven('userId', 'u1')]);
    await put('notes', { _id: 2, userId: 'u1' });
    const together = alone.targets.map((t) => ({ ...t, part: { ...t.part, together: 'app/notes' } }));
    expect(touched(await alone.bench.connector.apply(step(together, alone.identifiers)))).toEqual({ 'app/notes/-': 1 });
    expect(touched(await alone.apply())).toEqual({ 'app/notes/-': 1 });
  });

  test('a later run only takes new records of derived datasets', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1' });
    await put('messages', { _id: 1, userId: 'u1' });
    const erasure = await plan(INFENTRE, ANA);
    await erasure.apply();
    await put('usage', { _id: 2, userId: 'u1' });
    await put('messages', { _id: 2, userId: 'u1' });
    expect(touched(await erasure.apply(1))).toEqual({ 'app/users/o1': 0, 'app/usage/o1': 1, 'app/messages/o1': 0 });
    expect(verdicts(await erasure.verify())).toMatchObject({
      'app/usage/o1': 'gone 0',
      'app/messages/o1': 'stillPresent 1',
    });
  });

  test('an application that writes the record again is caught, by id and by identifier (M7)', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    const erasure = await plan(INFENTRE, ANA);
    await erasure.apply();
    await put('users', { _id: 'u1', email: 'changed@example.se' });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/users/o1': 'stillPresent 1' });
    await mongo.db.collection('users').deleteMany({});
    await put('users', { _id: 'fresh', email: 'ANA@example.se' });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/users/o1': 'stillPresent 1' });
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 0 });
    expect(await get('users', 'fresh')).not.toBeNull();
  });

  test('who signs up again under the old address is somebody to look at, with everything she made since', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1' });
    const erasure = await plan(INFENTRE, ANA);
    await erasure.apply();
    await put('users', { _id: 'again', email: 'ana@example.se' });
    await put('usage', { _id: 2, userId: 'again' });
    // Her old id is known by now; the account that answers to her address has another one.
    const found = await erasure.bench.find(erasure.identifiers);
    expect(found.refs.map((r) => [r.dataset, r.review])).toEqual([['users', 'new_sign_in']]);
  });

  test('the same id with a younger record is somebody who came back under a natural key', async () => {
    await put('users', { _id: 'ana@example.se', email: 'ana@example.se', createdAt: new Date('2020-01-01') });
    const erasure = await plan(INFENTRE, ANA);
    await mongo.db.collection('users').deleteMany({});
    await put('users', { _id: 'ana@example.se', email: 'ana@example.se', createdAt: new Date('2026-01-01') });
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 0 });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/users/o1': 'stillPresent 1' });
  });

  test('a legal-hold flag keeps the record, also one set after the plan (M8)', async () => {
    const cases = dataset('cases', {
      identifiers: { email: ['email'] },
      hold: {
        id: 'legal',
        law: 'claim',
        exemption: '17-3-e',
        noGround: null,
        documentOn: null,
        financialYearEndMonth: 12,
        whileField: 'legalHold',
        endsOn: null,
      },
    });
    await put(
      'cases',
      { _id: 1, email: 'ana@example.se', legalHold: true },
      { _id: 2, email: 'ana@example.se' },
      { _id: 3, email: 'ana@example.se', legalHold: false },
    );
    const erasure = await plan([cases], ANA);
    await mongo.db.collection('cases').updateOne({ _id: 3 } as Document, { $set: { legalHold: true } });
    expect(touched(await erasure.apply())).toEqual({ 'app/cases/o1': 1 });
    expect(await erasure.verify()).toEqual([
      {
        key: 'app/cases/o1',
        verdict: 'gone',
        remaining: 0,
        held: 2,
        method: 'absent_by_id_and_identifier_majority_read',
      },
    ]);
    const again = await plan([cases], ANA);
    expect(await again.apply()).toEqual([{ key: 'app/cases/o1', kind: 'retained', basis: 'art-17-3-e:claim' }]);
    expect(verdicts(await again.verify())).toEqual({ 'app/cases/o1': 'kept 2' });
  });

  test('a record that the law keeps is not deleted, the one that it no longer keeps is', async () => {
    const receipts = dataset('receipts', {
      identifiers: { email: ['email'] },
      hold: {
        id: 'books',
        law: 'books',
        exemption: '17-3-b',
        noGround: null,
        documentOn: 'on',
        financialYearEndMonth: 12,
        whileField: null,
        endsOn: null,
      },
    });
    await put(
      'receipts',
      { _id: 1, email: 'ana@example.se', on: '2024-05-01' },
      { _id: 2, email: 'ana@example.se', on: '2011-05-01' },
    );
    const erasure = await plan([receipts], ANA);
    expect(touched(await erasure.apply())).toEqual({ 'app/receipts/o1': 1 });
    expect(await mongo.db.collection('receipts').distinct('_id')).toEqual([1]);
    expect(await erasure.verify()).toMatchObject([{ verdict: 'gone', remaining: 0, held: 1 }]);
  });

  test('review parts are never touched', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' }, { _id: 'u2', email: 'ana@example.se' });
    await put('invoices', { _id: 'i', contactEmail: 'ana@example.se', issuedAt: new Date('2015-01-01') });
    const before = [await bytes('users'), await bytes('invoices')];
    const erasure = await plan(INFENTRE, ANA);
    expect(touched(await erasure.apply())).toEqual({
      'app/users/o1/review': 'review',
      'app/invoices/-/review': 'review',
    });
    expect([await bytes('users'), await bytes('invoices')]).toEqual(before);
    expect((await erasure.verify()).map((v) => v.verdict)).toEqual(['unverifiable', 'unverifiable']);
  });

  test('of two accounts on one address only the proven one goes, and the other does not count as left over', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' }, { _id: 'u2', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1' }, { _id: 2, userId: 'u2' });
    const all = await plan(INFENTRE, [...ANA, proven('userId', 'u1')]);
    // As a step of its own: the review part is not among the targets.
    const targets = all.targets.filter((t) => t.part.review === null);
    const notes = memory();
    const apply = async () => touched(await all.bench.connector.apply(step(targets, all.identifiers, notes)));
    expect(await apply()).toEqual({ 'app/users/o1': 1, 'app/usage/o1': 1 });
    // A repeated attempt no longer sees u1 and must not take u2, or what is u2's, for hers.
    expect(await apply()).toEqual({ 'app/users/o1': 0, 'app/usage/o1': 0 });
    expect(await get('users', 'u2')).not.toBeNull();
    expect(await get('usage', 2)).not.toBeNull();
    const verified = await all.bench.connector.verify(step(targets, all.identifiers, notes));
    expect(verdicts(verified)).toEqual({ 'app/users/o1': 'gone 0', 'app/usage/o1': 'gone 0' });
  });

  test('two organisations are two parts; deleting one leaves the other byte by byte', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1', organisationId: 'o1' }, { _id: 2, userId: 'u1', organisationId: 'o2' });
    const before = await bytes('usage', { organisationId: 'o2' });
    const all = await plan(INFENTRE, ANA);
    const targets = all.targets.filter((t) => t.part.key === 'app/usage/o1');
    expect(all.targets.map((t) => t.part.key).sort()).toEqual(['app/usage/o1', 'app/usage/o2', 'app/users/o1']);
    expect(touched(await all.bench.connector.apply(step(targets, all.identifiers)))).toEqual({ 'app/usage/o1': 1 });
    expect(await bytes('usage')).toEqual(before);
    expect(verdicts(await all.bench.connector.verify(step(targets, all.identifiers)))).toEqual({
      'app/usage/o1': 'gone 0',
    });
  });

  test('a record that moved to another organisation after the approval stays', async () => {
    await put('usage', { _id: 1, userId: 'u1' });
    const erasure = await plan(INFENTRE, [proven('userId', 'u1')]);
    await mongo.db.collection('usage').updateOne({ _id: 1 } as Document, { $set: { organisationId: 'o2' } });
    expect(touched(await erasure.apply())).toEqual({ 'app/usage/o1': 0 });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/usage/o1': 'stillPresent 1' });
  });

  test('what was reached over a link is still found when the source of the link is gone', async () => {
    const datasets = [
      dataset('accounts', {
        identifiers: { email: ['email'] },
        links: [{ from: '_id', to: 'entries.accountId', trust: 'system' }],
      }),
      dataset('entries'),
    ];
    await put('accounts', { _id: 'a', email: 'ana@example.se' });
    await put('entries', { _id: 1, accountId: 'a' }, { _id: 2, accountId: 'b' });
    const erasure = await plan(datasets, ANA);
    await mongo.db.collection('accounts').deleteMany({});
    await put('entries', { _id: 3, accountId: 'a' });
    expect(touched(await erasure.apply())).toEqual({ 'app/accounts/o1': 0, 'app/entries/o1': 2 });
    expect(await mongo.db.collection('entries').distinct('_id')).toEqual([2]);
    await put('entries', { _id: 4, accountId: 'a' });
    expect(verdicts(await erasure.verify())).toEqual({
      'app/accounts/o1': 'gone 0',
      'app/entries/o1': 'stillPresent 1',
    });
  });

  test('an attempt that broke off is taken up: sign-ins go last, so everything else is still reached', async () => {
    await put('users', { _id: 'u1', email: 'ana@example.se' });
    await put('usage', { _id: 1, userId: 'u1' });
    const erasure = await plan(INFENTRE, ANA);
    let calls = 0;
    const broken = erasure.bench.connector.apply({
      ...step(erasure.targets, erasure.identifiers),
      heartbeat: (cursor) => {
        if (typeof cursor === 'object' && cursor !== null && 'part' in cursor && ++calls === 2)
          throw new Error('cancelled');
      },
    });
    await expect(broken).rejects.toThrow('cancelled');
    expect(await get('users', 'u1')).not.toBeNull();
    expect(await get('usage', 1)).toBeNull();
    expect(touched(await erasure.apply())).toEqual({ 'app/users/o1': 1, 'app/usage/o1': 0 });
  });

  test('GridFS files go with their chunks; chunks that outlive a file are reported (M9)', async () => {
    const files = dataset('files', {
      collection: 'docs.files',
      organisation: null,
      role: 'controller',
      identifiers: { userId: ['metadata.userId'] },
    });
    const bucket = new GridFSBucket(mongo.db, { bucketName: 'docs' });
    const upload = (userId: string): Promise<ObjectId> =>
      new Promise((resolve, reject) => {
        const stream = bucket.openUploadStream('a.bin', { metadata: { userId }, chunkSizeBytes: 1000 });
        stream.on('finish', () => resolve(stream.id)).on('error', reject);
        stream.end(Buffer.alloc(3500, 7));
      });
    const mine = await upload('u1');
    await upload('u2');
    const before = [
      await bytes('docs.files', { _id: { $ne: mine } }),
      await bytes('docs.chunks', { files_id: { $ne: mine } }),
    ];
    const erasure = await plan([files], [proven('userId', 'u1')]);
    expect(touched(await erasure.apply())).toEqual({ 'app/files/-': 1 });
    expect([await bytes('docs.files'), await bytes('docs.chunks')]).toEqual(before);
    expect(verdicts(await erasure.verify())).toEqual({ 'app/files/-': 'gone 0' });
    await mongo.db.collection('docs.chunks').insertOne({ files_id: mine, n: 0 });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/files/-': 'stillPresent 1' });
  });

  test('a primary that steps down in the middle of a transaction (M5)', async (context) => {
    // Needs failCommand, which only a real mongod started with enableTestCommands has.
    const armed = real
      ? await mongo.client
          .db('admin')
          .command({
            configureFailPoint: 'failCommand',
            mode: { times: 1 },
            data: {
              failCommands: ['commitTransaction'],
              errorCode: 91,
              errorLabels: ['UnknownTransactionCommitResult'],
            },
          })
          .then(
            () => true,
            () => false,
          )
      : false;
    if (!armed) return context.skip('needs a real mongod with enableTestCommands (HABEAS_TEST_MONGODB_URL)');
    const files = dataset('files', {
      collection: 'docs.files',
      organisation: null,
      role: 'controller',
      identifiers: { userId: ['metadata.userId'] },
    });
    await mongo.db.collection('docs.files').insertOne({ _id: 1, metadata: { userId: 'u1' } } as Document);
    await mongo.db.collection('docs.chunks').insertOne({ files_id: 1, n: 0 });
    const erasure = await plan([files], [proven('userId', 'u1')]);
    await erasure.apply();
    expect(verdicts(await erasure.verify())).toEqual({ 'app/files/-': 'gone 0' });
  });
});

describe('mask, unset, pull', () => {
  test("her element in somebody else's order is masked, the rest of it stays as stored (M3)", async () => {
    const other = {
      userId: 'u2',
      email: 'bo@example.se',
      name: 'Bo',
      n: new Double(2),
      big: Long.fromString('9007199254740993'),
      d: Decimal128.fromString('1.10'),
    };
    await put(
      'orders',
      {
        _id: 1,
        userId: 'u2',
        buyerName: 'Bo',
        contacts: [other, { userId: 'u1', email: 'Ana@example.se', name: 'Ana', seat: new Int32(4) }, other],
      },
      { _id: 2, userId: 'u2', contacts: [other] },
    );
    const before = await bytes('orders', { _id: 2 });
    const erasure = await plan(INFENTRE, ANA);
    expect(touched(await erasure.apply())).toEqual({ 'app/order_contacts/o1': 1 });
    const order = await mongo.db.collection('orders').findOne({ _id: 1 } as Document, { promoteValues: false });
    expect(order).toEqual({
      _id: new Int32(1),
      organisationId: 'o1',
      userId: 'u2',
      buyerName: 'Bo',
      contacts: [other, { userId: '[erased]', email: '[erased]', name: '[erased]', seat: new Int32(4) }, other],
    });
    expect(await bytes('orders', { _id: 2 })).toEqual(before);
    expect(verdicts(await erasure.verify())).toEqual({ 'app/order_contacts/o1': 'redacted 0' });
    expect(touched(await erasure.apply())).toEqual({ 'app/order_contacts/o1': 0 });
  });

  test('an element that changed hands after the approval is nobody to mask any more', async () => {
    await put('orders', { _id: 1, contacts: [{ email: 'ana@example.se', name: 'Ana' }] });
    const erasure = await plan(INFENTRE, ANA);
    await mongo.db
      .collection('orders')
      .updateOne({ _id: 1 } as Document, { $set: { contacts: [{ email: 'bo@example.se', name: 'Bo' }] } });
    const before = await bytes('orders');
    expect(touched(await erasure.apply())).toEqual({ 'app/order_contacts/o1': 0 });
    expect(await bytes('orders')).toEqual(before);
  });

  test('her own order: texts become the mask, other types null, the rest stays', async () => {
    const id = new ObjectId();
    await put('users', { _id: id, email: 'ana@example.se' });
    await put('orders', { _id: 1, userId: id, buyerName: 'Ana', buyerEmail: null, items: ['ticket'] });
    const erasure = await plan(INFENTRE, ANA);
    await erasure.apply();
    expect(await get('orders', 1)).toEqual({
      _id: 1,
      organisationId: 'o1',
      userId: null,
      buyerName: '[erased]',
      buyerEmail: null,
      items: ['ticket'],
    });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/users/o1': 'gone 0', 'app/orders/o1': 'redacted 0' });
    await mongo.db.collection('orders').updateOne({ _id: 1 } as Document, { $set: { buyerName: 'Ana' } });
    expect(verdicts(await erasure.verify())).toMatchObject({ 'app/orders/o1': 'stillPresent 1' });
  });

  test('invoices: the held ones stay whole, the older one is masked', async () => {
    await put(
      'invoices',
      { _id: 'new', contactName: 'Ana', contactEmail: 'ana@example.se', issuedAt: new Date('2024-01-01') },
      { _id: 'old', contactName: 'Ana', contactEmail: 'ANA@example.se', issuedAt: new Date('2012-01-01') },
    );
    const before = await bytes('invoices', { _id: 'new' });
    const erasure = await plan(INFENTRE, ANA);
    expect(touched(await erasure.apply())).toEqual({ 'app/invoices/-': 1 });
    expect(await bytes('invoices', { _id: 'new' })).toEqual(before);
    expect((await get('invoices', 'old'))?.['contactName']).toBe('[erased]');
    expect(await erasure.verify()).toMatchObject([{ verdict: 'redacted', remaining: 0, held: 1 }]);
  });

  test('a unique index does not stop the mask', async () => {
    const members = dataset('members', {
      identifiers: { userId: ['userId'] },
      erase: { kind: 'mask', paths: ['email'] },
    });
    await put(
      'members',
      { _id: 1, userId: 'u1', email: 'a@example.se' },
      { _id: 2, userId: 'u1', email: 'b@example.se' },
    );
    await mongo.db.collection('members').createIndex({ email: 1 }, { unique: true });
    const erasure = await plan([members], [proven('userId', 'u1')]);
    expect(touched(await erasure.apply())).toEqual({ 'app/members/o1': 2 });
    const emails = (await mongo.db.collection('members').find().toArray()).map((d) => String(d['email']));
    expect(emails.every((e) => e.startsWith('[erased]'))).toBe(true);
    // The records are still found by their user, whom the pack does not mask: masked paths are what counts.
    expect(verdicts(await erasure.verify())).toEqual({ 'app/members/o1': 'redacted 0' });
  });

  test('unset takes the named fields, and only her entries of a shared list', async () => {
    const rooms = dataset('rooms', {
      identifiers: { userId: ['members', 'ownerId'] },
      erase: { kind: 'unset', paths: ['members', 'ownerId', 'people.note'] },
    });
    await put(
      'rooms',
      { _id: 1, members: ['u2', 'u1'], ownerId: 'u1', people: [{ note: 'x' }], kept: 1 },
      { _id: 2, members: ['u2'], ownerId: 'u2' },
    );
    const erasure = await plan([rooms], [proven('userId', 'u1')]);
    await erasure.apply();
    expect(await get('rooms', 1)).toEqual({ _id: 1, organisationId: 'o1', members: ['u2'], people: [{}], kept: 1 });
    expect(verdicts(await erasure.verify())).toEqual({ 'app/rooms/o1': 'redacted 0' });
  });

  test('one resident leaves a shared apartment, the others keep their access', async () => {
    const flat = {
      _id: 1,
      name: 'A1',
      residents: [
        { userId: 'u2', email: 'bo@example.no', keys: new Double(3) },
        { userId: 'u1', email: 'ANA@example.no' },
        { email: 'ana@example.no' },
      ],
    };
    await put('apartments', flat, { _id: 2, residents: [{ userId: 'u3' }] });
    await put('users', { _id: 'u1', email: 'ana@example.no' });
    const before = await bytes('apartments', { _id: 2 });
    const erasure = await plan(DEFIGO, [proven('email', 'ana@example.no')]);
    expect(touched(await erasure.apply())).toEqual({ 'app/users/-': 1, 'app/apartments/-': 1 });
    const left = await mongo.db.collection('apartments').findOne({ _id: 1 } as Document, { promoteValues: false });
    expect(left?.['residents']).toEqual([flat.residents[0]]);
    expect(await bytes('apartments', { _id: 2 })).toEqual(before);
    expect(verdicts(await erasure.verify())).toEqual({ 'app/users/-': 'gone 0', 'app/apartments/-': 'gone 0' });
  });

  test('an application that moves elements while they are masked never loses or exposes a neighbour', async () => {
    await put('orders', { _id: 1, contacts: [{ email: 'ana@example.se', name: 'Ana' }] });
    const erasure = await plan(INFENTRE, ANA);
    const writer = (async () => {
      for (let n = 0; n < 25; n += 1) {
        await mongo.db.collection('orders').updateOne({ _id: 1 } as Document, {
          $push: { contacts: { $each: [{ email: `c${n}@example.se`, name: `C${n}` }], $position: 0 } } as never,
        });
      }
    })();
    // A `conflict` is retryable: the activity comes again.
    for (let done = false; !done; ) {
      done = await erasure.apply().then(
        () => true,
        (error: unknown) =>
          error instanceof ConnectorError && error.code === 'conflict' ? false : Promise.reject(error),
      );
    }
    await writer;
    const contacts = (await get('orders', 1))?.['contacts'] as { email: string; name: string }[];
    expect(contacts.filter((c) => c.email === '[erased]')).toEqual([{ email: '[erased]', name: '[erased]' }]);
    expect(contacts.filter((c) => c.email.startsWith('c'))).toHaveLength(25);
    expect(
      contacts
        .filter((c) => c.email.startsWith('c'))
        .every((c) => c.name === c.email.slice(0, -'@example.se'.length).toUpperCase()),
    ).toBe(true);
  });
});
