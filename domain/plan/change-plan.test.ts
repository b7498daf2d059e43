/** What a rectification plans: changes, copies that stay as issued, marks on disputed values, new keys that nobody proved. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DATASET_DEFAULTS, PACK_DEFAULTS } from '../policy/defaults.js';
import type { DatasetPolicy, Pack } from '../policy/types.js';
import { buildPlan, refsOfPart } from './build-plan.js';
import { changeFacts } from './change-facts.js';
import { UNPROVEN_KEY, type ProposedChange } from './corrections.js';
import { isWhileWeighed } from './stops.js';
import type { Found, Part } from './types.js';

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());
const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;

function dataset(id: string, over: Partial<DatasetPolicy>): DatasetPolicy {
  return {
    ...DATASET_DEFAULTS,
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
    fields: {},
    erase: { kind: 'delete' },
    hold: null,
    ...over,
  };
}

const PACK: Pack = {
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
  identify: { rectification: 'low' },
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
        dataset('users', {
          role: 'processor',
          organisation: 'organisationId',
          signIn: true,
          restrict: { flag: 'restricted' },
          fields: { email: { ...field, datum: 'email' }, name: { ...field, datum: 'name' } },
        }),
        dataset('admins', {
          restrict: { flag: 'restricted' },
          fields: { email: { ...field, datum: 'email' }, name: { ...field, datum: 'name' } },
        }),
        dataset('invoices', {
          fields: { contact: { ...field, datum: 'name', rectify: false } },
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
        dataset('usage', { fields: { page: { ...field, source: 'observed' } } }),
      ],
    },
  ],
  backups: [],
  recipients: [],
};

const ref = (name: string, organisation: string | null, review: string | null = null) => ({
  dataset: name,
  id: `${name}-${organisation}-${review}`,
  kind: name,
  organisation,
  matchedBy: [{ type: 'email', value: 'ana@example.se', path: 'email' }],
  trust: 'proven' as const,
  review,
  createdAt: null,
  hold: null,
});
const FOUND: Found[] = [
  {
    system: 'app',
    refs: [ref('users', 'acme'), ref('users', 'acme', 'shared_address'), ref('admins', null), ref('invoices', null)],
    identifiers: [],
    manual: [],
    caveats: [],
  },
];

function plan(proposed: readonly ProposedChange[], salt = 'salt', proven = ['ana@example.se']) {
  const changes = changeFacts(
    { pack: PACK, proposed, salt, proven: proven.map((value) => ({ type: 'email', value })) },
    sha256,
  );
  return buildPlan(
    {
      pack: PACK,
      right: 'rectification',
      scopeDatasets: null,
      found: FOUND,
      proven: { email: 1 },
      unsearched: [],
      dataMapRoot: '',
      changes,
    },
    sha256,
  );
}
const name = (value: string | null): ProposedChange => ({ dataset: 'users', field: 'name', value });
const email = (value: string): ProposedChange => ({ dataset: 'users', field: 'email', value });
const parts = (proposed: readonly ProposedChange[], proven?: string[]): Map<string, Part> =>
  new Map(plan(proposed, 'salt', proven).parts.map((p) => [p.key, p]));

describe('the plan of a rectification', () => {
  it('reaches the datasets with the field or a copy, keeps what was issued, and leaves out the rest', () => {
    const all = parts([name('Ana')]);
    expect([...all.keys()].sort()).toEqual([
      'app/admins/-',
      'app/invoices/-',
      'app/users/acme',
      'app/users/acme/interim',
      'app/users/acme/review',
    ]);
    expect(all.get('app/users/acme')).toMatchObject({ action: 'change', fields: ['name'], review: null, records: 1 });
    expect(all.get('app/invoices/-')).toMatchObject({
      action: 'retain',
      fields: ['contact'],
      basis: 'as_issued:se-bokforingslagen-7-2',
    });
  });

  it('marks what waits for somebody, and only that; the mark needs nobody', () => {
    const made = plan([name('Ana')]);
    const interim = made.parts.filter((p) => p.action === 'restrict');
    expect(interim.map((p) => [p.key, p.basis, p.fields])).toEqual([
      ['app/users/acme/interim', 'art-18-1-a', ['restricted']],
    ]);
    expect(interim.every(isWhileWeighed)).toBe(true);
    expect(made.approvals.map((a) => a.parts)).toEqual([['app/users/acme', 'app/users/acme/review']]);
    expect(interim.flatMap((p) => refsOfPart(PACK, FOUND, p).map((r) => r.id))).toEqual(['users-acme-null']);
  });

  it('a new address that nobody proved stands for review wherever it would go, with its mark', () => {
    const unproven = parts([email('ana.ny@example.se')]);
    expect(unproven.get('app/users/acme')?.review).toBe(UNPROVEN_KEY);
    expect(unproven.get('app/admins/-')?.review).toBe(UNPROVEN_KEY);
    expect(unproven.get('app/admins/-/interim')).toMatchObject({ action: 'restrict', review: null });
    const proven = parts([email('ana.ny@example.se')], ['ana@example.se', 'Ana.Ny@example.se']);
    expect(proven.get('app/users/acme')?.review).toBe(null);
    expect(proven.has('app/admins/-/interim')).toBe(false);
  });

  it('the hash binds the values without saying them: another value or salt is another plan', () => {
    const hash = (value: string, salt?: string) =>
      plan([name(value)], salt).parts.find((p) => p.key === 'app/users/acme')?.hash;
    expect(hash('Ana')).toBe(hash('Ana'));
    expect(hash('Ana')).not.toBe(hash('Anna'));
    expect(hash('Ana')).not.toBe(hash('Ana', 'other'));
    expect(JSON.stringify(plan([name('Kanarifugl')]))).not.toContain('Kanari');
  });
});
