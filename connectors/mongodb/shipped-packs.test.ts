import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import type { Identifier } from '../../domain/plan/types.js';
import type { FrozenPack } from '../../domain/policy/types.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { proven } from './pack.fixture.js';
import { erase as eraseBy } from './shipped.fixture.js';

let mongo: TestDatabase;
let packs: ReadonlyMap<string, FrozenPack>;

beforeAll(async () => {
  mongo = await testDatabase('mongopacks');
  packs = (await loadPolicies(policiesFolder(undefined))).packs;
});
afterAll(() => mongo.drop());

function erase(operator: string, given: readonly Identifier[]) {
  const pack = packs.get(operator)?.pack;
  if (pack === undefined) throw new Error('the pack is not shipped');
  return eraseBy(mongo, pack, given);
}

test('the pack of Infentre: two organisations, an embedded contact, invoices on hold', async () => {
  await mongo.db.collection('users').insertMany([
    {
      _id: 'u1',
      organisationId: 'o1',
      email: 'Ana@example.se',
      oldEmails: ['ana.old@example.se'],
      createdAt: new Date('2024-01-01'),
    },
    { _id: 'u2', organisationId: 'o1', email: 'bo@example.se', createdAt: new Date('2024-01-01') },
  ] as never[]);
  await mongo.db.collection('usage').insertMany([
    { _id: 1, organisationId: 'o1', userId: 'u1', at: new Date('2025-01-01') },
    { _id: 2, organisationId: 'o2', userId: 'u1', at: new Date('2025-01-01') },
  ] as never[]);
  await mongo.db.collection('orders').insertMany([
    { _id: 1, organisationId: 'o1', userId: 'u1', buyerName: 'Ana', buyerEmail: 'ana@example.se', contacts: [] },
    {
      _id: 2,
      organisationId: 'o2',
      userId: 'u2',
      buyerName: 'Bo',
      contacts: [
        { email: 'bo@example.se', name: 'Bo' },
        { email: 'ana.old@example.se', name: 'Ana' },
      ],
    },
  ] as never[]);
  await mongo.db.collection('invoices').insertMany([
    { _id: 1, contactName: 'Ana', contactEmail: 'ana@example.se', number: 7, issuedAt: new Date('2024-03-01') },
    { _id: 2, contactName: 'Ana', contactEmail: 'ana@example.se', number: 3, issuedAt: new Date('2010-03-01') },
  ] as never[]);
  const { parts, verdicts } = await erase('infentre', [proven('email', 'ana@example.se')]);
  expect(verdicts).toEqual({
    'app/invoices/-': 'redacted',
    'app/order_contacts/o2': 'redacted',
    'app/orders/o1': 'redacted',
    'app/usage/o1': 'gone',
    'app/usage/o2': 'gone',
    'app/users/o1': 'gone',
  });
  expect(parts.find((p) => p.dataset === 'invoices')).toMatchObject({ records: 2, held: 1, heldUntil: '2031-12-31' });
  expect(await mongo.db.collection('invoices').find().sort({ _id: 1 }).project({ contactName: 1 }).toArray()).toEqual([
    { _id: 1, contactName: 'Ana' },
    { _id: 2, contactName: '[erased]' },
  ]);
  expect(await mongo.db.collection('orders').findOne({ _id: 2 } as never)).toMatchObject({
    buyerName: 'Bo',
    contacts: [
      { email: 'bo@example.se', name: 'Bo' },
      { email: '[erased]', name: '[erased]' },
    ],
  });
  await mongo.db.dropDatabase();
});

test('the pack of Defigo: she leaves the apartment, the others keep it', async () => {
  await mongo.db.collection('users').insertMany([
    { _id: 'u1', email: 'ana@example.no', phone: '+47 900 00 001', createdAt: new Date('2024-01-01') },
    { _id: 'u2', email: 'bo@example.no', phone: '+47 900 00 002', createdAt: new Date('2024-01-01') },
  ] as never[]);
  await mongo.db.collection('access_events').insertMany([
    { _id: 1, userId: 'u1', at: new Date('2025-01-01') },
    { _id: 2, userId: 'u2', at: new Date('2025-01-01') },
  ] as never[]);
  await mongo.db.collection('apartments').insertOne({
    _id: 1,
    createdAt: new Date('2020-01-01'),
    residents: [
      { userId: 'u1', name: 'Ana' },
      { userId: 'u2', name: 'Bo' },
    ],
  } as never);
  await mongo.db.collection('devices').insertOne({ _id: 1, userId: 'u1', pushToken: 'x' } as never);
  const { verdicts } = await erase('defigo', [proven('phone', '004790000001')]);
  expect(verdicts).toEqual({
    'app/access_events/-': 'gone',
    'app/apartments/-': 'gone',
    'app/devices/-': 'gone',
    'app/users/-': 'gone',
  });
  expect(await mongo.db.collection('apartments').findOne()).toMatchObject({
    residents: [{ userId: 'u2', name: 'Bo' }],
  });
  expect(await mongo.db.collection('users').distinct('_id')).toEqual(['u2']);
  expect(await mongo.db.collection('access_events').distinct('_id')).toEqual([2]);
});
