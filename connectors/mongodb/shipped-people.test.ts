/** One person of each operator, erased from the invented people by the shipped pack: neighbours keep every byte, holds keep theirs. */
import { BSON, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defigoSeed } from '../../dev/people/defigo.js';
import { faktrySeed } from '../../dev/people/faktry.js';
import { infentreSeed } from '../../dev/people/infentre.js';
import { itefySeed } from '../../dev/people/itefy.js';
import { itpaysSeed } from '../../dev/people/itpays.js';
import type { Pack } from '../../domain/policy/types.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { proven } from './pack.fixture.js';
import { askGuard, erase, type Erased } from './shipped.fixture.js';

const SEEDS = { infentre: infentreSeed, defigo: defigoSeed, itefy: itefySeed, faktry: faktrySeed, itpays: itpaysSeed };
type Operator = keyof typeof SEEDS;

const { packs } = await loadPolicies(policiesFolder(undefined));
let mongo: TestDatabase;
beforeAll(async () => {
  mongo = await testDatabase('shippedpeople');
});
afterAll(() => mongo.drop());

const packOf = (operator: Operator): Pack => {
  const frozen = packs.get(operator);
  if (frozen === undefined) throw new Error('the pack is not shipped');
  return frozen.pack;
};

async function seeded(operator: Operator): Promise<void> {
  await mongo.db.dropDatabase();
  const seed = SEEDS[operator]({ count: 60, now: new Date('2026-11-20T00:00:00.000Z'), seed: 'shipped' });
  for (const [name, documents] of Object.entries(seed.collections)) {
    await mongo.db.collection(name).insertMany(documents as Document[]);
    const keys = (seed.indexes[name] ?? []).map((field) => ({ key: { [field]: 1 as const } }));
    if (keys.length > 0) await mongo.db.collection(name).createIndexes(keys);
  }
}

/** Every record as its own bytes. */
async function snapshot(): Promise<Map<string, string>> {
  const records = new Map<string, string>();
  for (const { name } of await mongo.db.listCollections().toArray()) {
    for await (const document of mongo.db.collection(name).find({}))
      records.set(`${name}/${String(document['_id'])}`, Buffer.from(BSON.serialize(document)).toString('base64'));
  }
  return records;
}

interface Outcome extends Erased {
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Records, by place, that still have one of the texts. */
  readonly still: (...texts: readonly string[]) => string[];
}

async function erased(operator: Operator, email: string, approved?: Parameters<typeof erase>[3]): Promise<Outcome> {
  const before = await snapshot();
  const result = await erase(mongo, packOf(operator), [proven('email', email)], approved);
  const after = await snapshot();
  expect([...after.keys()].filter((key) => !before.has(key))).toEqual([]);
  return {
    ...result,
    removed: [...before.keys()].filter((key) => !after.has(key)).sort(),
    changed: [...before.entries()]
      .filter(([key, bytes]) => after.has(key) && after.get(key) !== bytes)
      .map(([key]) => key)
      .sort(),
    still: (...texts) =>
      [...after.entries()]
        .filter(([, bytes]) => {
          const text = Buffer.from(bytes, 'base64').toString('utf8').toLowerCase();
          return texts.some((one) => text.includes(one.toLowerCase()));
        })
        .map(([key]) => key)
        .sort(),
  };
}

const only = (keys: readonly string[], collection: string): number =>
  keys.filter((key) => key.startsWith(`${collection}/`)).length;

describe('Infentre F1 F2 F6 D11', () => {
  test('kari is gone from her organisation, out of the orders of others, and on her invoices under hold', async () => {
    await seeded('infentre');
    const outcome = await erased('infentre', 'kari.nordmann@example.no');
    // bjorn typed her address into his own profile: found, and left to a person.
    expect(outcome.parts.filter((part) => part.review !== null).map((part) => part.dataset)).toEqual(['profiles']);
    const bjorn = await mongo.db.collection('profiles').findOne({ userId: 'usr_00003' });
    expect(outcome.still('kari.nordmann', 'kari.hansen').filter((key) => !key.startsWith('invoices/'))).toEqual([
      `profiles/${String(bjorn?.['_id'])}`,
    ]);
    expect(only(outcome.changed, 'orders')).toBeGreaterThan(10);
    expect(outcome.removed).toContain('audiences/aud_000000');
    expect(outcome.parts.find((part) => part.dataset === 'invoices')).toMatchObject({
      action: 'retain',
      basis: 'art-17-3-b:se-bokforingslagen-7-2',
    });
    const touched = new Set([...outcome.removed, ...outcome.changed].map((key) => key.split('/')[0]));
    for (const untouched of ['admins', 'invoices']) expect(touched).not.toContain(untouched);
  });

  test('nils administers: his own account has no organisation to ask', async () => {
    await seeded('infentre');
    const outcome = await erased('infentre', 'nils.hakansson@example.se');
    expect(outcome.removed).toEqual(['admins/adm_00005']);
    expect(outcome.changed).toEqual([]);
    expect(outcome.plan.approvals).toEqual([]);
  });
});

test('Defigo D2 D11: ola leaves his flat, sara keeps hers, byte for byte', async () => {
  await seeded('defigo');
  const home = await mongo.db.collection('apartments').findOne({ 'residents.emailNorm': 'ola.berg@example.no' });
  const outcome = await erased('defigo', 'ola.berg@example.no');
  expect(outcome.changed).toEqual([`apartments/${String(home?.['_id'])}`]);
  expect(await mongo.db.collection('apartments').findOne({ _id: home?.['_id'] })).toEqual({
    ...home,
    residents: (home?.['residents'] as Document[]).slice(1),
  });
  expect([
    only(outcome.removed, 'users'),
    only(outcome.removed, 'access_events'),
    only(outcome.removed, 'devices'),
  ]).toEqual([1, 40, 1]);
  expect(outcome.still('ola.berg').every((key) => key.startsWith('invoices/'))).toBe(true);
  expect(outcome.still('ola.berg').length).toBeGreaterThan(0);
});

describe('Itefy I1 I2 I6 I7 I11 I12', () => {
  const guard = packOf('itefy').guards[0];
  if (guard === undefined) throw new Error('the pack has no guard');
  const ask = (email: string) => askGuard(mongo, packOf('itefy'), guard, [proven('email', email)]);
  const unguarded = (part: { readonly dataset: string }): boolean => !guard.datasets.includes(part.dataset);

  test('lars owns three active accounts: all are named, and what no guard covers goes', async () => {
    await seeded('itefy');
    expect(await ask('lars.eide@example.no')).toEqual({
      id: 'owner_of_active_account',
      state: 'blocking',
      refs: ['acc_00000', 'acc_00001', 'acc_00002'],
    });
    const outcome = await erased('itefy', 'lars.eide@example.no', unguarded);
    expect([only(outcome.removed, 'users'), only(outcome.changed, 'accounts')]).toEqual([0, 0]);
    for (const name of ['newsletter', 'preferences', 'signin_telemetry', 'analytics'])
      expect(only(outcome.removed, name), name).toBeGreaterThan(0);
    // Log entries stay without him; the invoice stays with him, under its hold.
    expect(only(outcome.removed, 'logs')).toBe(0);
    expect(only(outcome.changed, 'logs')).toBeGreaterThan(0);
    expect(outcome.still('lars.eide').map((key) => key.split('/')[0])).toEqual(['invoices', 'users']);
    // One transferred, one cancelled: the third still blocks.
    const accounts = mongo.db.collection<{ _id: string }>('accounts');
    await accounts.updateOne({ _id: 'acc_00000' }, { $set: { ownerId: 'itu_00001', ownerName: 'Mona Lie' } });
    await accounts.updateOne({ _id: 'acc_00001' }, { $set: { status: 'cancelled' } });
    expect((await ask('lars.eide@example.no')).refs).toEqual(['acc_00002']);
    await accounts.updateOne({ _id: 'acc_00002' }, { $set: { status: 'cancelled' } });
    expect((await ask('lars.eide@example.no')).state).toBe('clear');
    const rest = await erased('itefy', 'lars.eide@example.no');
    expect(rest.removed).toContain('users/itu_00000');
    expect(await accounts.findOne({ _id: 'acc_00000' })).toMatchObject({ ownerId: 'itu_00001' });
    expect(await accounts.findOne({ _id: 'acc_00001' })).not.toHaveProperty('ownerId');
    expect(rest.still('lars.eide').map((key) => key.split('/')[0])).toEqual(['invoices']);
  });

  test('I2 an account that was transferred after the plan is somebody else’s: it stays as it is', async () => {
    await seeded('itefy');
    const accounts = mongo.db.collection<{ _id: string }>('accounts');
    const result = await erase(
      mongo,
      packOf('itefy'),
      [proven('email', 'lars.eide@example.no')],
      undefined,
      async () => {
        await accounts.updateOne({ _id: 'acc_00000' }, { $set: { ownerId: 'itu_00001', ownerName: 'Mona Lie' } });
        await accounts.updateMany({ _id: { $in: ['acc_00001', 'acc_00002'] } }, { $set: { status: 'cancelled' } });
      },
    );
    expect(await accounts.findOne({ _id: 'acc_00000' })).toMatchObject({ ownerId: 'itu_00001', ownerName: 'Mona Lie' });
    for (const _id of ['acc_00001', 'acc_00002']) expect(await accounts.findOne({ _id })).not.toHaveProperty('ownerId');
    expect(result.verdicts['app/accounts/-']).toBe('redacted');
  });

  test('a trial that is over blocks nothing, and the newsletter alone never did', async () => {
    await seeded('itefy');
    expect((await ask('jon.vik@example.no')).state).toBe('clear');
    expect((await ask('tuva.strand@example.no')).state).toBe('clear');
    const outcome = await erased('itefy', 'tuva.strand@example.no');
    expect([outcome.removed.map((key) => key.split('/')[0]), outcome.changed]).toEqual([['newsletter'], []]);
    expect(outcome.still('tuva.strand')).toEqual([]);
  });

  test('whom a customer registered is the customer’s to decide; a sign-in of her own is not', async () => {
    await seeded('itefy');
    const siri = await erased('itefy', 'siri.moe@example.no', () => false);
    expect(siri.plan.approvals.map(({ kind, organisation }) => [kind, organisation])).toEqual([
      ['organisation', 'acc_00000'],
    ]);
    expect([siri.removed, siri.changed]).toEqual([[], []]);
    const mona = await erased('itefy', 'mona.lie@example.no', (part) => part.role === 'controller');
    expect(mona.removed).toContain('users/itu_00001');
    expect(mona.removed.some((key) => key.startsWith('documents/'))).toBe(false);
    expect(only(mona.changed, 'documents')).toBe(0);
    expect(mona.plan.approvals.map(({ organisation, parts }) => [organisation, parts])).toContainEqual([
      'acc_00000',
      expect.arrayContaining(['app/documents/acc_00000']),
    ]);
  });
});

test('Faktry K2: ida goes with her open enquiry; the books stay', async () => {
  await seeded('faktry');
  const outcome = await erased('faktry', 'ida.holm@example.no');
  expect(outcome.removed.map((key) => key.split('/')[0])).toEqual(['consents', 'contacts', 'enquiries', 'interests']);
  expect(outcome.changed).toEqual([]);
  expect(outcome.still('ida.holm').map((key) => key.split('/')[0])).toEqual(['invoices']);
  expect(outcome.plan.approvals).toEqual([]);
  expect(packOf('faktry').guards).toEqual([]);
});

describe('IT PAYS P1 P3 P7 P9', () => {
  test('anne’s domain and services run: kept while they do, named with the way out', async () => {
    await seeded('itpays');
    const outcome = await erased('itpays', 'anne.krog@example.no');
    const held = outcome.parts.filter((part) => part.action === 'retain').map((part) => [part.dataset, part.basis]);
    expect(held).toEqual([
      ['customers', 'no-ground-contract_running:service_running'],
      ['domains', 'no-ground-contract_running:domain_registered'],
      ['invoices', 'art-17-3-b:no-bokforingsloven-13-primary'],
      ['order_slips', 'art-17-3-b:no-bokforingsloven-13-secondary'],
    ]);
    expect(outcome.removed).toEqual([]);
    expect(new Set(outcome.changed.map((key) => key.split('/')[0]))).toEqual(
      new Set(['web_logs', 'mail_logs', 'database_logs']),
    );
    // The payer at PayPal becomes an identifier, by which the system by hand knows her.
    expect(outcome.found.identifiers.map(({ type }) => type)).toContain('paypalPayerId');
  });

  test('geir’s are over: erased but for the books', async () => {
    await seeded('itpays');
    const outcome = await erased('itpays', 'geir.foss@example.no');
    expect(outcome.removed.map((key) => key.split('/')[0])).toEqual(['customers', 'domains']);
    expect([...new Set(outcome.still('geir.foss').map((key) => key.split('/')[0]))]).toEqual(['invoices']);
    expect(outcome.still('cust_00001').filter((key) => !key.startsWith('hosting_content/'))).toEqual([
      'order_slips/slip_000001',
    ]);
  });

  test('liv left her address on anne’s site: anne decides', async () => {
    await seeded('itpays');
    const outcome = await erased('itpays', 'liv.haga@example.no', () => false);
    expect(outcome.plan.approvals.map(({ organisation, parts }) => [organisation, parts])).toEqual([
      ['cust_00000', ['app/hosting_content/cust_00000']],
    ]);
    expect([outcome.removed, outcome.changed]).toEqual([[], []]);
  });
});
