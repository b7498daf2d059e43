import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import type { PackOutput } from '../../contracts/policy.js';
import { lintPack, environmentOf, type Pack } from '../../domain/policy/index.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import {
  checkPaths,
  faultLine,
  freezePack,
  loadPack,
  loadPolicies,
  PackStore,
  policiesFolder,
  PolicyFaultsError,
} from './index.js';

const here = new URL('./fixtures/', import.meta.url);
const fixture = (name: string): Promise<string> => readFile(new URL(name, here), 'utf8');
const context = { authorities: new Set(['se-imy', 'no-datatilsynet']) };
const faultsOf = (name: string, text: string): string[] => loadPack(name, text, context).faults.map(faultLine);

const shipped = await loadPolicies(policiesFolder(undefined));
const pack = (operator: string): Pack => {
  const frozen = shipped.packs.get(operator);
  if (frozen === undefined) throw new Error(`no pack of ${operator}`);
  return frozen.pack;
};
const dataset = (operator: string, system: string, id: string) => {
  const found = pack(operator)
    .systems.find((candidate) => candidate.id === system)
    ?.datasets.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no dataset ${operator}/${system}/${id}`);
  return found;
};

test('the parsed form is the shape that the rest of the product knows', () => {
  expectTypeOf<PackOutput>().toExtend<Pack>();
  expectTypeOf<keyof PackOutput>().toEqualTypeOf<keyof Pack>();
  expectTypeOf<keyof PackOutput['systems'][number]>().toEqualTypeOf<keyof Pack['systems'][number]>();
  expectTypeOf<keyof PackOutput['systems'][number]['datasets'][number]>().toEqualTypeOf<
    keyof Pack['systems'][number]['datasets'][number]
  >();
});

describe('faults', () => {
  test.each(['wrong-shape', 'wrong-rules', 'wrong-lifetimes'])(
    '%s: every fault at once, with file, line and column',
    async (name) => {
      const lines = faultsOf(`${name}.yaml`, await fixture(`${name}.yaml`));
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`./fixtures/${name}.txt`);
    },
  );

  test('what is not YAML', () => {
    expect(faultsOf('p.yaml', 'operator: a\noperator: b\n')).toEqual([
      'p.yaml:2:1 (file) not YAML: Map keys must be unique',
    ]);
    expect(faultsOf('p.yaml', 'systems: [a, b\n')[0]).toMatch(/^p\.yaml:2:1 \(file\) not YAML: /);
    expect(faultsOf('p.yaml', '')[0]).toMatch(/^p\.yaml:1:1 \(file\) /);
    expect(faultsOf('p.yaml', '- a\n')[0]).toMatch(/^p\.yaml:1:1 \(file\) /);
  });

  test('a missing section is said where it is missing', () => {
    expect(faultsOf('p.yaml', 'operator: acme\nlegal:\n  name: Acme\n')).toEqual(
      expect.arrayContaining(['p.yaml:1:1 version is missing', 'p.yaml:3:3 legal.orgNo is missing']),
    );
  });
});

describe('the shipped packs', () => {
  test('load, frozen, with a stable hash', () => {
    expect([...shipped.packs.keys()].sort()).toEqual(['defigo', 'faktry', 'infentre', 'itefy', 'itpays']);
    for (const { hash, pack: loaded } of shipped.packs.values()) {
      expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(Object.isFrozen(loaded) && Object.isFrozen(loaded.systems[0]?.datasets[0]?.fields)).toBe(true);
      expect(freezePack(JSON.parse(JSON.stringify(loaded))).hash).toBe(hash);
      expect(shipped.authorities.has(loaded.legal.authority)).toBe(true);
    }
  });

  test('Infentre: organisations decide about their data, and only about theirs', () => {
    const roles = pack('infentre').systems.flatMap((system) =>
      system.datasets.map(({ id, role }) => `${system.id}/${id} ${role}`),
    );
    expect(roles).toEqual([
      'app/users processor',
      'app/admins controller',
      'app/orders processor',
      'app/order_contacts processor',
      'app/usage processor',
      'app/mail_interactions processor',
      'app/audiences processor',
      'app/messages processor',
      'app/invoices controller',
      'app/profiles processor',
      'payments/customers controller',
      'payments/invoices controller',
      'mail/contacts processor',
      'mail/activity processor',
      'mail/suppressions processor',
    ]);
    expect(pack('infentre').approvals).toEqual([
      {
        id: 'organisation',
        when: { role: 'processor' },
        by: 'organisation',
        remindAfter: ['P7D', 'P14D', 'P21D'],
        escalateTo: ['admin', 'dpo', 'operator_dpo'],
        deputies: [],
      },
    ]);
    expect(dataset('infentre', 'app', 'invoices').hold).toEqual({
      id: 'se-bokforingslagen-7-2',
      law: 'se-bokforingslagen-7-2',
      exemption: '17-3-b',
      noGround: null,
      documentOn: 'issuedAt',
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: null,
    });
    expect(dataset('infentre', 'mail', 'suppressions').erase).toEqual({ kind: 'keep', basis: 'art-21-3' });
    expect(dataset('infentre', 'app', 'users').identifiers).toEqual({ email: ['email', 'oldEmails'], userId: ['_id'] });
    expect(environmentOf(pack('infentre'))).toEqual(
      ['BACKUPS', 'MONGODB_URL', 'SENDGRID_KEY', 'SENDGRID_URL', 'STRIPE_KEY', 'STRIPE_URL'].map(
        (name) => `INFENTRE_${name}`,
      ),
    );
  });

  test('Defigo: controller throughout, nobody else decides', () => {
    expect(
      pack('defigo')
        .systems.flatMap(({ datasets }) => datasets)
        .every(({ role, organisation }) => role === 'controller' && organisation === null),
    ).toBe(true);
    expect([pack('defigo').approvals, pack('defigo').guards]).toEqual([[], []]);
    expect(dataset('defigo', 'app', 'apartments').erase).toEqual({ kind: 'pull', path: 'residents' });
  });
});

describe('rules of which no fixture shows both sides', () => {
  // oxlint-disable typescript/no-explicit-any -- the copies are broken on purpose
  const changed = (change: (copy: any) => void): string[] => {
    const copy = JSON.parse(JSON.stringify(pack('infentre')));
    change(copy);
    return lintPack(copy, context).map(({ code, path }) => `${code} ${path.join('.')}`);
  };
  test('the pack itself has no fault', () => {
    expect(changed(() => {})).toEqual([]);
  });
  test('a processor dataset without a gate for every right', () => {
    expect(changed((copy) => (copy.approvals = []))).toHaveLength(11);
    expect(changed((copy) => (copy.approvals[0].when = { role: 'controller' }))).toHaveLength(11);
    expect(changed((copy) => (copy.approvals[0].when = {}))).toEqual([]);
    expect(changed((copy) => (copy.approvals[0].when.rights = ['erasure']))).toHaveLength(11);
    expect(changed((copy) => (copy.approvals[0].when.systems = ['app']))).toEqual(
      [0, 1, 2].map((at) => `processor_without_gate systems.2.datasets.${at}.role`),
    );
    expect(changed((copy) => (copy.approvals[0].by = 'privacy_officer'))).toHaveLength(11);
  });
  test('inherited organisations', () => {
    const from = (id: string) => changed((copy) => (copy.systems[2].datasets[0].organisation = { from: id }));
    expect(from('nobody')).toEqual(['unknown_dataset systems.2.datasets.0.organisation.from']);
    expect(from('invoices')).toEqual(['ambiguous_dataset systems.2.datasets.0.organisation.from']);
    expect(from('admins')).toEqual(['organisation_not_named systems.2.datasets.0.organisation.from']);
    // A dataset of the same system is meant first.
    expect(from('activity')).toEqual(['organisation_not_named systems.2.datasets.0.organisation.from']);
    expect(from('orders')).toEqual([]);
  });
  test('masks must not leave an identifier behind', () => {
    expect(changed((copy) => copy.systems[0].datasets[2].erase.paths.shift())).toEqual([
      'identifier_left systems.0.datasets.2.erase.mask',
    ]);
  });
  test('a guard may hold back the account itself', () => {
    const guard = {
      id: 'owner',
      rights: ['erasure'],
      datasets: ['admins'],
      system: 'app',
      collection: 'accounts',
      query: { ownerId: '$userId', active: true },
      ref: '_id',
      unblock: ['account_cancelled'],
      blockedFor: 'P90D',
    };
    expect(changed((copy) => copy.guards.push(guard))).toEqual([]);
    expect(changed((copy) => copy.guards.push({ ...guard, datasets: ['usage'] }))).toEqual([
      'guard_on_consent guards.0.datasets.0',
    ]);
    expect(changed((copy) => copy.guards.push({ ...guard, rights: ['consent_withdrawal'] }))).toEqual([
      'guard_on_unstoppable_right guards.0.rights.0',
    ]);
    expect(changed((copy) => copy.guards.push({ ...guard, system: 'nowhere' }))).toEqual([
      'unknown_system guards.0.system',
    ]);
    expect(changed((copy) => copy.guards.push({ ...guard, query: {} }))).toEqual([
      'guard_without_query guards.0.query',
    ]);
    expect(changed((copy) => copy.guards.push({ ...guard, system: 'mail', datasets: ['contacts'] }))).toContain(
      'guard_without_query guards.0.system',
    );
  });
  test('the clock', () => {
    expect(changed((copy) => (copy.regime = 'gdpr'))).toEqual(['unknown_regime regime']);
    expect(
      changed((copy) =>
        Object.assign(copy, {
          regime: 'br-lgpd',
          country: 'BR',
          identify: { access: 'low' },
          clockSwitches: { roll: true },
        }),
      ),
    ).toEqual(['regime_does_not_roll clockSwitches.roll']);
    expect(changed((copy) => (copy.identify = {}))).toEqual(['no_rights identify']);
    expect(changed((copy) => (copy.keep.request = 'P13D'))).toEqual(['kept_too_short keep.request']);
    expect(changed((copy) => (copy.keep.request = 'P14D'))).toEqual([]);
  });
  test('promises are compared with the law on the calendar', () => {
    const promise = (within: string, rights?: string[], over: object = {}) =>
      changed((copy) => Object.assign(copy, { promises: [{ within, ...(rights ? { rights } : {}) }] }, over));
    // 31 days are a month from most days, and never less than one: equal promises are no longer than the law.
    for (const fine of ['P1D', 'P30D', 'P31D', 'P4W', 'P1M']) expect(promise(fine), fine).toEqual([]);
    for (const long of ['P32D', 'P5W', 'P2M', 'P1Y'])
      expect(promise(long), long).toEqual(['promise_longer_than_law promises.0.within']);
    const california = { regime: 'us-ca-ccpa', country: 'US-CA', identify: { erasure: 'low', opt_out: 'none' } };
    expect(promise('P45D', ['erasure'], california)).toEqual([]);
    expect(promise('P46D', ['erasure'], california)).toEqual(['promise_longer_than_law promises.0.within']);
    // 15 business days are at least three weeks.
    expect(promise('P21D', ['erasure', 'opt_out'], california)).toEqual([]);
    expect(promise('P30D', ['erasure', 'opt_out'], california)).toEqual([
      'promise_longer_than_law promises.0.rights.1',
    ]);
    expect(promise('P30D', undefined, california)).toEqual([]);
  });
  test('a closure needs an account to close, a region must be one', () => {
    expect(
      changed((copy) => copy.systems.forEach((system: any) => system.datasets.forEach((d: any) => (d.account = null)))),
    ).toEqual(['closure_without_account closure']);
    expect(changed((copy) => (copy.region = 'EU'))).toEqual(['unknown_region region']);
  });
  test('I8 telemetry lives by a TTL, P2 "at least" has a limit, and both run from described dates', () => {
    const usage = (change: object) => changed((copy) => Object.assign(copy.systems[0].datasets[4], change));
    const field = {
      category: 'signin_telemetry',
      purpose: 'security',
      basis: 'legitimate_interest',
      source: 'observed',
    };
    const fields = { userId: field, at: field };
    expect(usage({ fields })).toContain('telemetry_without_ttl systems.0.datasets.4.retention');
    expect(usage({ fields, retention: { kind: 'ttl', for: 'P30D', after: 'at' } })).toEqual([]);
    expect(usage({ retention: { kind: 'ttl', for: 'P30D', after: 'seen' } })).toEqual([
      'unknown_field systems.0.datasets.4.retention.after',
    ]);
    const min = { kind: 'min', for: 'P3Y', after: ['at'] };
    expect(usage({ retention: { ...min, limit: 'P36M' } })).toEqual([]);
    expect(usage({ retention: { ...min, limit: 'P35M' } })).toEqual([
      'limit_before_minimum systems.0.datasets.4.retention.limit',
    ]);
  });
  test('secrets never stand in a pack', () => {
    const settings = (values: object) => changed((copy) => Object.assign(copy.systems[1].settings, values));
    expect(settings({ key: 'sk_test_1' })).toEqual(['literal_secret systems.1.settings.key']);
    expect(settings({ key: 'sk_${PART}' })).toEqual(['literal_secret systems.1.settings.key']);
    expect(settings({ url: 'https://u:p@stripe.example.com' })).toEqual(['literal_secret systems.1.settings.url']);
    expect(settings({ url: 'https://stripe.example.com' })).toEqual([]);
    expect(changed((copy) => delete copy.systems[0].settings.url)).toEqual(['missing_setting systems.0.settings.url']);
  });
});

describe('folders', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'habeas-policies-'));
    await mkdir(join(folder, 'operators'));
    await mkdir(join(folder, 'regimes'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a folder without packs, a pack under another name, a regime that says something else', async () => {
    await expect(loadPolicies(folder)).rejects.toThrow(PolicyFaultsError);
    const own = await readFile(join(policiesFolder(undefined), 'operators', 'defigo.yaml'), 'utf8');
    await writeFile(join(folder, 'operators', 'other.yaml'), own);
    await writeFile(join(folder, 'operators', 'defigo.yaml'), own.replace('version: "1"', 'version: "2"'));
    const regime = await readFile(join(policiesFolder(undefined), 'regimes', 'gdpr-eu.yaml'), 'utf8');
    await writeFile(
      join(folder, 'regimes', 'gdpr-eu.yaml'),
      regime.replace('first: P1M', 'first: P30D').replace('roll: true\n', 'roll: true\nspeed: fast\n'),
    );
    const { faults } = await checkPaths([folder, join(folder, 'nothing.yaml')]);
    expect(faults.map((fault) => faultLine(fault).replace(folder, ''))).toEqual([
      '/regimes/gdpr-eu.yaml:25:8 first the clock computes with "P1M"',
      '/regimes/gdpr-eu.yaml:29:1 speed is not a known key',
      '/operators/other.yaml:1:1 (file) the pack of "defigo" must be the file defigo.yaml',
      '/nothing.yaml:1:1 (file) there is no such file or folder',
    ]);
    await rm(join(folder, 'operators', 'other.yaml'));
    await rm(join(folder, 'regimes', 'gdpr-eu.yaml'));
    const loaded = await loadPolicies(folder);
    expect(loaded.packs.get('defigo')?.pack.version).toBe('2');
    expect(loaded.packs.get('defigo')?.hash).not.toBe(shipped.packs.get('defigo')?.hash);
    expect((await checkPaths([join(folder, 'operators', 'defigo.yaml')])).faults).toEqual([]);
  });
});

describe('packs by hash', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase('packs');
  });
  afterAll(() => database.drop());

  test('are found again, also by another process, after they are no longer current', async () => {
    const store = new PackStore(database.db);
    await store.save(shipped.packs.values());
    await store.save(shipped.packs.values());
    expect(await database.db.collection('packs').countDocuments({})).toBe(5);
    for (const frozen of shipped.packs.values()) {
      const again = await new PackStore(database.db).byHash(frozen.hash);
      expect(again).toEqual(frozen);
      expect(Object.isFrozen(again.pack.systems)).toBe(true);
    }
  });

  test('are read once', async () => {
    const frozen = [...shipped.packs.values()][0];
    const store = new PackStore(database.db);
    const first = await store.byHash(frozen?.hash ?? '');
    await database.db.collection<{ _id: string }>('packs').deleteOne({ _id: first.hash });
    expect(await store.byHash(first.hash)).toBe(first);
    await expect(new PackStore(database.db).byHash(first.hash)).rejects.toMatchObject({ code: 'unknown_pack' });
  });

  test('are refused when the store or the caller changed them', async () => {
    const frozen = [...shipped.packs.values()][1];
    if (frozen === undefined) throw new Error('two packs are shipped');
    await database.db
      .collection<{ _id: string; json: string }>('packs')
      .updateOne({ _id: frozen.hash }, { $set: { json: '{}' } });
    await expect(new PackStore(database.db).byHash(frozen.hash)).rejects.toMatchObject({ code: 'altered_pack' });
    const altered = { hash: frozen.hash, pack: { ...frozen.pack, release: 'officer' as const } };
    await expect(new PackStore(database.db).save([altered])).rejects.toMatchObject({ code: 'altered_pack' });
  });
});
