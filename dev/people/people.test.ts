import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { startSendgrid, type SendgridCounterpart } from '../counterparts/sendgrid/index.js';
import { startLocalstripe, type RunningLocalstripe } from '../servers/index.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { undescribedPaths } from '../../domain/packages/described.js';
import { defigoSeed } from './defigo.js';
import { faktrySeed } from './faktry.js';
import { CAST, SHARED_MAILBOXES, inventPeople, seedOperator } from './index.js';
import { infentreSeed } from './infentre.js';
import { itefySeed } from './itefy.js';
import { itpaysSeed } from './itpays.js';

const now = new Date('2026-11-24T00:00:00.000Z');
const options = { count: 1_000, now, seed: 'habeas' };
const seeds = { infentre: infentreSeed, defigo: defigoSeed, itefy: itefySeed, faktry: faktrySeed, itpays: itpaysSeed };
const every = Object.values(seeds).map((make) => make(options));
const addresses = (documents: unknown): string[] => JSON.stringify(documents).match(/[\w.+-]+@[\w.-]+/g) ?? [];

describe('invented people', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(inventPeople('infentre', 50)).toEqual(inventPeople('infentre', 50));
    expect(inventPeople('infentre', 50)).not.toEqual(inventPeople('infentre', 50, 'another'));
    for (const make of Object.values(seeds)) expect(make(options).collections).toEqual(make(options).collections);
  });

  it('have addresses in domains that belong to nobody, one each but for shared mailboxes', () => {
    const people = inventPeople('infentre', 2_000);
    const own = people
      .map((person) => person.email)
      .filter((email) => !SHARED_MAILBOXES.some((shared) => shared === email));
    expect(new Set(own).size).toBe(own.length);
    for (const seed of every) {
      expect(
        addresses(seed.collections).filter((address) => !/@([a-z-]+\.)?example\.(no|se|com|org)$/i.test(address)),
      ).toEqual([]);
    }
  });

  it('cover what discovery must cope with', () => {
    const { users = [], orders = [], invoices = [], profiles = [], admins = [] } = infentreSeed(options).collections;
    const kari = users[0];
    expect(kari).toMatchObject({
      _id: 'usr_00000',
      emailNorm: 'kari.nordmann@example.no',
      email: 'Kari.Nordmann@Example.NO',
      oldEmails: ['kari.hansen@example.com'],
    });
    const inOthers = orders.filter(
      (order) =>
        order['userId'] !== 'usr_00000' &&
        (order['contacts'] as Document[]).some((contact) => contact['userId'] === 'usr_00000'),
    );
    expect(inOthers.length).toBeGreaterThanOrEqual(10);
    expect(invoices.some((invoice) => invoice['contactEmail'] === 'kari.nordmann@example.no')).toBe(true);
    expect(profiles.find((profile) => profile['userId'] === 'usr_00003')).toMatchObject({
      alternateEmail: 'kari.nordmann@example.no',
    });
    expect(
      users.filter((user) => user['emailNorm'] === 'erik.lindqvist@example.se').map((user) => user['organisationId']),
    ).toEqual(['skargard', 'acme']);
    expect(users.filter((user) => user['emailNorm'] === 'post@example.no').length).toBeGreaterThan(1);
    expect(users.filter((user) => user['email'] !== user['emailNorm']).length).toBeGreaterThan(50);
    expect(users.length).toBeGreaterThan(1_000);
    expect(admins.some((admin) => admin['email'] === 'nils.hakansson@example.se')).toBe(true);
    expect(users.some((user) => user['emailNorm'] === 'nils.hakansson@example.se')).toBe(false);
    const [ola, sara] = defigoSeed(options).collections['users'] ?? [];
    const home = defigoSeed(options).collections['apartments']?.[0];
    expect((home?.['residents'] as Document[]).map((resident) => resident['userId'])).toEqual([
      ola?.['_id'],
      sara?.['_id'],
    ]);
  });

  it.each(Object.entries(seeds))(
    'of %s stand under the names of its pack, and every value has a purpose',
    async (operator, make) => {
      const { packs } = await loadPolicies(policiesFolder(undefined));
      const datasets = packs.get(operator)?.pack.systems.find((system) => system.id === 'app')?.datasets ?? [];
      const { collections } = make(options);
      expect(Object.keys(collections).sort()).toEqual([...new Set(datasets.map((d) => d.collection))].sort());
      for (const dataset of datasets) {
        const beside = datasets.filter((other) => other.collection === dataset.collection && other !== dataset);
        const undescribed = (collections[dataset.collection] ?? []).flatMap((document) =>
          undescribedPaths(dataset, document).filter((path) =>
            beside.every((other) => undescribedPaths(other, document).includes(path)),
          ),
        );
        // The guests of an order are described where they are the person: see order_contacts.
        expect([...new Set(undescribed)], dataset.id).toEqual(dataset.collection === 'orders' ? ['contacts'] : []);
      }
    },
  );

  it('were there before now, whatever the record', () => {
    for (const seed of every) {
      const dates = Object.values(seed.collections)
        .flat()
        .flatMap((document) => Object.entries(document).map(([name, value]) => (name === 'expiresOn' ? null : value)))
        .filter((value) => value instanceof Date);
      expect(dates.length).toBeGreaterThan(4_000);
      expect(dates.every((date) => date < now)).toBe(true);
    }
  });
});

describe('seeding', () => {
  let mongo: TestDatabase;
  let stripe: RunningLocalstripe;
  let sendgrid: SendgridCounterpart;
  let dataDir = '';
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'habeas-people-'));
    [mongo, stripe, sendgrid] = await Promise.all([
      testDatabase('people'),
      startLocalstripe({ dataDir }),
      startSendgrid(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([mongo.drop(), stripe.stop(), sendgrid.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  });
  const seed = () =>
    seedOperator({
      operator: 'infentre',
      mongoUrl: mongo.url,
      database: mongo.name,
      stripe: { url: stripe.url, key: 'sk_test_12345' },
      sendgrid: { url: sendgrid.url, key: 'SG.test' },
      now,
    });
  const customers = async (email: string): Promise<string[]> => {
    const answer = await fetch(`${stripe.url}/v1/customers?limit=100&email=${encodeURIComponent(email)}`, {
      headers: { authorization: 'Bearer sk_test_12345' },
    });
    return ((await answer.json()) as { data: { id: string }[] }).data.map((customer) => customer.id);
  };

  it('completes a run that was cut off, and writes nobody twice', async () => {
    // What an interrupted run leaves: some records, some contacts, no marker.
    const planned = infentreSeed({ count: 1_000, now, seed: 'habeas' });
    await mongo.db
      .collection('users')
      .insertMany((planned.collections['users'] ?? []).slice(0, 10).map((user) => ({ ...user })));
    sendgrid.seed({ contacts: [{ email: 'kari.nordmann@example.no' }] });
    const result = await seed();
    expect(result.seeded).toBe(true);
    for (const [name, documents] of Object.entries(planned.collections))
      expect(await mongo.db.collection(name).countDocuments()).toBe(documents.length);
    expect(sendgrid.state().contacts.filter((contact) => contact.email === 'kari.nordmann@example.no')).toHaveLength(1);
    const ids = await customers('kari.nordmann@example.no');
    expect(ids).toHaveLength(1);
    expect(result.customers).toBeGreaterThan(30);
    expect(sendgrid.state().accounts['']?.global).toContain('kari.nordmann@example.no');
  });

  it('adds customers to the records that pay, and lets the store end what lives by a TTL', async () => {
    const other = await testDatabase('people_itefy');
    const result = await seedOperator({
      operator: 'itefy',
      mongoUrl: other.url,
      database: other.name,
      stripe: { url: stripe.url, key: 'sk_test_12345' },
      count: 40,
      now: new Date(),
    });
    expect(result.customers).toBeGreaterThan(3);
    const own = await other.db.collection('accounts').findOne({ _id: 'acc_00000' as never });
    expect(await customers('lars.eide@example.no')).toEqual([own?.['stripeCustomerId']]);
    const keys = await other.db.collection('signin_telemetry').listIndexes().toArray();
    expect(keys.find((index) => index['expireAfterSeconds'] !== undefined)).toMatchObject({
      key: { at: 1 },
      expireAfterSeconds: 30 * 86_400,
    });
    await other.drop();
  });

  it('keeps operators apart, and needs no counterpart', async () => {
    const other = await testDatabase('people_defigo');
    const result = await seedOperator({ operator: 'defigo', mongoUrl: other.url, database: other.name, now });
    expect(result).toMatchObject({ seeded: true, customers: 0, contacts: 0, records: { users: 1_003 } });
    const ola = await other.db.collection('users').findOne({ emailNorm: 'ola.berg@example.no' });
    expect(await other.db.collection('access_events').countDocuments({ userId: ola?._id })).toBe(40);
    expect(await other.db.collection('apartments').countDocuments({ 'residents.userId': ola?._id })).toBe(1);
    await other.drop();
  });

  it('never brings anybody back', async () => {
    await mongo.db.collection('users').deleteOne({ _id: 'usr_00000' as never });
    const before = await mongo.db.collection('orders').countDocuments();
    expect(await seed()).toMatchObject({ seeded: false });
    expect(await mongo.db.collection('users').findOne({ _id: 'usr_00000' as never })).toBe(null);
    expect(await mongo.db.collection('orders').countDocuments()).toBe(before);
  });
});

describe('the cast', () => {
  it('has one address each', () => {
    const emails = Object.values(CAST).flatMap((cast) => cast.map((member) => member.email));
    expect(new Set(emails).size).toBe(emails.length);
  });
});
