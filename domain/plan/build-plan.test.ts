import { DATASET_DEFAULTS, PACK_DEFAULTS } from '../policy/defaults.js';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DatasetPolicy, Pack } from '../policy/types.js';
import { buildPlan, refsOfPart, type PlanFacts } from './build-plan.js';
import type { Found, Ref } from './types.js';

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());

function dataset(id: string, over: Partial<DatasetPolicy> = {}): DatasetPolicy {
  return {
    id,
    role: 'controller',
    organisation: null,
    collection: id,
    database: null,
    identifiers: { email: ['email'] },
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    ...DATASET_DEFAULTS,
    fields: { email: { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } },
    erase: { kind: 'delete' },
    hold: null,
    ...over,
  };
}

function pack(): Pack {
  return {
    ...PACK_DEFAULTS,
    operator: 'op',
    version: '1',
    legal: { name: 'Op', orgNo: '1', address: 'A', dpo: 'dpo@example.org', authority: 'se-imy' },
    timeZone: 'Europe/Stockholm',
    country: 'SE',
    language: 'sv',
    regime: 'gdpr-eu',
    promises: [],
    clockSwitches: {},
    identify: { erasure: 'low', access: 'low' },
    approvals: [
      { id: 'org', when: { role: 'processor' }, by: 'organisation', remindAfter: [], escalateTo: [], deputies: [] },
    ],
    guards: [],
    release: 'auto',
    askWithin: 'P30D',
    keep: { request: 'P30D', packages: 'P30D', answers: 'P3Y' },
    purposes: [],
    systems: [
      {
        id: 'app',
        connector: 'mongodb',
        settings: {},
        order: 30,
        rate: null,
        datasets: [
          dataset('users', { role: 'processor', organisation: 'organisationId' }),
          dataset('admins'),
          dataset('invoices', { erase: { kind: 'mask', paths: ['b', 'a'] } }),
        ],
      },
      {
        id: 'mail',
        connector: 'sendgrid',
        settings: {},
        order: 20,
        rate: null,
        datasets: [dataset('contacts', { role: 'processor', organisation: { from: 'users' } })],
      },
    ],
    backups: [],
    recipients: [],
  };
}

function ref(dataset: string, id: string, over: Partial<Ref> = {}): Ref {
  return {
    dataset,
    id,
    kind: dataset,
    organisation: null,
    matchedBy: [{ type: 'email', value: 'kari@example.no', path: 'email' }],
    trust: 'proven',
    review: null,
    createdAt: null,
    hold: null,
    ...over,
  };
}

function found(system: string, refs: Ref[], over: Partial<Found> = {}): Found {
  return { system, refs, identifiers: [], manual: [], caveats: [], ...over };
}

function facts(over: Partial<PlanFacts>): PlanFacts {
  return {
    pack: pack(),
    right: 'erasure',
    scopeDatasets: null,
    found: [],
    proven: { email: 1 },
    unsearched: [],
    dataMapRoot: 'sha256:x',
    ...over,
  };
}

const held = (until: string | null): Ref['hold'] => ({
  id: 'books',
  law: 'se-bokforingslagen-7-2',
  exemption: '17-3-b',
  noGround: null,
  until,
});
const byKey = (f: PlanFacts) => new Map(buildPlan(f, sha256).parts.map((p) => [p.key, p]));

describe('a plan', () => {
  it('names every dataset, also where nothing was found', () => {
    const parts = byKey(facts({ found: [found('app', []), found('mail', [])] }));
    expect([...parts.keys()]).toEqual(['app/admins/-', 'app/invoices/-', 'app/users/-', 'mail/contacts/-']);
    expect([...parts.values()].every((p) => p.records === 0)).toBe(true);
    expect(buildPlan(facts({ found: [found('app', []), found('mail', [])] }), sha256).approvals).toEqual([]);
  });

  it('makes a part for each organisation, and one approval for each party', () => {
    const plan = buildPlan(
      facts({
        found: [
          found('app', [ref('users', '1', { organisation: 'acme' }), ref('users', '2', { organisation: 'beta' })]),
          found('mail', [ref('contacts', 'c')]),
        ],
      }),
      sha256,
    );
    expect(plan.approvals.map((a) => [a.organisation, [...a.parts].sort(), a.records])).toEqual([
      ['acme', ['app/users/acme', 'mail/contacts/acme'], 2],
      ['beta', ['app/users/beta', 'mail/contacts/beta'], 2],
    ]);
    // One contact of two organisations goes only when both agree.
    expect(plan.parts.filter((p) => p.dataset === 'contacts').map((p) => p.together)).toEqual([
      'mail/contacts',
      'mail/contacts',
    ]);
    expect(plan.approvals[0]?.planHash).not.toBe(plan.approvals[1]?.planHash);
  });

  it('lets a record that only the operator own records led to go without a gate', () => {
    const parts = byKey(facts({ found: [found('app', [ref('admins', 'a')]), found('mail', [ref('contacts', 'c')])] }));
    expect(parts.get('mail/contacts/-')).toMatchObject({ role: 'controller', review: null, records: 1 });
  });

  it('never decides for a processor record of which nobody is the controller', () => {
    const parts = byKey(facts({ found: [found('app', []), found('mail', [ref('contacts', 'c')])] }));
    expect(parts.get('mail/contacts/-/review')).toMatchObject({
      role: 'processor',
      review: 'no_organisation',
      records: 1,
    });
  });

  it('counts a presumed target only beside a record that was seen', () => {
    const presumed = ref('contacts', 'p', { presumed: true });
    expect(byKey(facts({ found: [found('app', []), found('mail', [presumed])] })).get('mail/contacts/-')?.records).toBe(
      0,
    );
    const seen = byKey(
      facts({ found: [found('app', [ref('users', '1', { organisation: 'acme' })]), found('mail', [presumed])] }),
    );
    expect(seen.get('mail/contacts/acme')?.records).toBe(1);
  });

  it('sets weak records apart for review, with their reason', () => {
    const parts = byKey(
      facts({
        found: [
          found('app', [
            ref('admins', 'sure'),
            ref('admins', 'weak', { trust: 'declared' }),
            ref('admins', 'loose', { trust: 'unproven', review: null }),
            ref('admins', 'named', { review: 'second_sign_in' }),
          ]),
        ],
      }),
    );
    expect(parts.get('app/admins/-')?.records).toBe(1);
    expect(parts.get('app/admins/-/review')).toMatchObject({ records: 3, review: 'second_sign_in' });
  });

  it('retains what is wholly held, with the latest end, and masks the rest', () => {
    const all = byKey(
      facts({
        found: [
          found('app', [
            ref('invoices', '1', { hold: held('2030-12-31') }),
            ref('invoices', '2', { hold: held('2033-12-31') }),
          ]),
        ],
      }),
    );
    expect(all.get('app/invoices/-')).toMatchObject({
      action: 'retain',
      held: 2,
      heldUntil: '2033-12-31',
      basis: 'art-17-3-b:se-bokforingslagen-7-2',
    });
    const open = byKey(
      facts({
        found: [
          found('app', [
            ref('invoices', '1', { hold: held(null) }),
            ref('invoices', '2', { hold: held('2033-12-31') }),
          ]),
        ],
      }),
    );
    expect(open.get('app/invoices/-')?.heldUntil).toBeNull();
    const mixed = byKey(
      facts({ found: [found('app', [ref('invoices', '1', { hold: held('2030-12-31') }), ref('invoices', '2')])] }),
    );
    expect(mixed.get('app/invoices/-')).toMatchObject({ action: 'mask', held: 1, records: 2, fields: ['a', 'b'] });
  });

  it('holds keep nothing from an access request', () => {
    const parts = byKey(
      facts({ right: 'access', found: [found('app', [ref('invoices', '1', { hold: held('2030-12-31') })])] }),
    );
    expect(parts.get('app/invoices/-')).toMatchObject({ action: 'collect', held: 0, hold: null });
  });

  it('keeps its hash when more of the same is found, and changes it for a new hold or identifier', () => {
    const hash = (f: PlanFacts) => byKey(f).get('app/admins/-')?.hash;
    const one = hash(facts({ found: [found('app', [ref('admins', '1')])] }));
    expect(hash(facts({ found: [found('app', [ref('admins', '1'), ref('admins', '2')])] }))).toBe(one);
    expect(
      hash(facts({ found: [found('app', [ref('admins', '1'), ref('admins', '2', { hold: held('2030-12-31') })])] })),
    ).not.toBe(one);
    expect(hash(facts({ proven: { email: 2 }, found: [found('app', [ref('admins', '1')])] }))).not.toBe(one);
  });

  it('says of a system that has not answered that nothing is known', () => {
    const parts = byKey(facts({ found: [found('app', [])], unsearched: ['mail'] }));
    expect(parts.get('mail/contacts/-')).toMatchObject({ unsearched: true, records: 0 });
  });

  it('stays inside the scope of the request', () => {
    expect([...byKey(facts({ scopeDatasets: ['admins'], found: [found('app', [])] })).keys()]).toEqual([
      'app/admins/-',
    ]);
  });

  it('gives each part its own records back', () => {
    const list = [
      found('app', [
        ref('users', '1', { organisation: 'acme' }),
        ref('users', '2', { organisation: 'beta' }),
        ref('users', '3', { organisation: 'acme', review: 'second_sign_in' }),
      ]),
    ];
    const parts = byKey(facts({ found: list }));
    const ids = (key: string) =>
      refsOfPart(pack(), list, parts.get(key) ?? Object.assign({}, [...parts.values()][0])).map((r) => r.id);
    expect(ids('app/users/acme')).toEqual(['1']);
    expect(ids('app/users/beta')).toEqual(['2']);
    expect(ids('app/users/acme/review')).toEqual(['3']);
  });
});
