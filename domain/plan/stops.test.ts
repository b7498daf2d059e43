import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DATASET_DEFAULTS, PACK_DEFAULTS } from '../policy/defaults.js';
import type { DatasetPolicy, FieldPolicy, Pack, StopRule } from '../policy/types.js';
import type { Right } from '../words.js';
import { assumeGiven, withoutProof } from './assumed.js';
import { buildPlan, refsOfPart } from './build-plan.js';
import { isUnconditional, strandsOf, unconditionalPurposes } from './stops.js';
import type { Found, Ref } from './types.js';

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());
const field = (purpose: string, basis: FieldPolicy['basis']): FieldPolicy => ({
  category: 'usage',
  purpose,
  basis,
  source: 'subject',
});
const rule = (purpose: string, over: Partial<StopRule> = {}): StopRule => ({
  purpose,
  erase: false,
  unset: [],
  set: { [`${purpose}_on`]: false },
  lists: [],
  group: null,
  ...over,
});

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
    fields: {
      a: field('statistics', 'consent'),
      b: field('profiling', 'legitimate_interest'),
      c: field('account', 'contract'),
    },
    erase: { kind: 'delete' },
    hold: null,
    restrict: { flag: 'restricted' },
    stop: [rule('statistics'), rule('profiling'), rule('direct_marketing')],
    ...over,
  };
}

function pack(datasets: readonly DatasetPolicy[], identify: Pack['identify'] = {}): Pack {
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
    identify: { objection: 'none', consent_withdrawal: 'none', restriction: 'low', ...identify },
    approvals: [
      { id: 'org', when: { role: 'processor' }, by: 'organisation', remindAfter: [], escalateTo: [], deputies: [] },
    ],
    guards: [],
    release: 'auto',
    askWithin: 'P30D',
    keep: { request: 'P30D', packages: 'P30D', answers: 'P3Y' },
    purposes: [],
    systems: [{ id: 'app', connector: 'mongodb', settings: {}, order: 30, rate: null, datasets }],
    backups: [],
    recipients: [],
  };
}

const ref = (id: string, over: Partial<Ref> = {}): Ref => ({
  dataset: id,
  id: `"${id}1"`,
  kind: id,
  organisation: null,
  matchedBy: [{ type: 'email', value: 'kari@example.no', path: 'email' }],
  trust: 'proven',
  review: null,
  createdAt: null,
  hold: null,
  ...over,
});
const found = (refs: Ref[]): Found => ({ system: 'app', refs, identifiers: [], manual: [], caveats: [] });

function plan(right: Right, purposes: readonly string[], datasets: readonly DatasetPolicy[], refs: Ref[]) {
  return buildPlan(
    {
      pack: pack(datasets),
      right,
      purposes,
      scopeDatasets: null,
      found: [found(refs)],
      proven: { email: 1 },
      unsearched: [],
      dataMapRoot: 'sha256:x',
    },
    sha256,
  );
}

describe('what a stop reaches', () => {
  it('direct marketing and consent are unconditional, anything else is weighed and restricted meanwhile', () => {
    const { parts, approvals } = plan('objection', [], [dataset('users')], [ref('users')]);
    expect(parts.map((p) => [p.key, p.action, p.basis, p.fields])).toEqual([
      ['app/users/-', 'stop', 'art-21-3', ['direct_marketing_on', 'statistics_on']],
      ['app/users/-/grounds', 'stop', 'art-21-1', ['profiling_on']],
      ['app/users/-/interim', 'restrict', 'art-18-1-d', ['restricted']],
    ]);
    expect(approvals).toMatchObject([
      { kind: 'privacy_officer', rule: 'objection', organisation: null, parts: ['app/users/-/grounds'] },
    ]);
  });

  it('an objection that would erase is never granted by silence: another rule', () => {
    const users = dataset('users', { stop: [rule('profiling', { erase: true })] });
    expect(plan('objection', [], [users], [ref('users')]).approvals).toMatchObject([{ rule: 'objection_erasing' }]);
  });

  it.each<[Right, readonly string[]]>([
    ['consent_withdrawal', []],
    ['consent_withdrawal', ['statistics']],
    ['objection', ['direct_marketing']],
    ['opt_out', []],
  ])('%s %s asks nobody, also for processor data', (right, purposes) => {
    const users = dataset('users', { role: 'processor', organisation: 'organisationId' });
    const made = plan(right, purposes, [users], [ref('users', { organisation: 'o1' }), ref('users', { id: '"2"' })]);
    expect(made.approvals).toEqual([]);
    expect(made.parts.every((p) => p.action === 'stop' && isUnconditional(p) && p.review === null)).toBe(true);
    // A record that names no organisation: nobody has to decide, so nobody has to be found.
    expect(made.parts.map((p) => p.organisation).sort()).toEqual([null, 'o1']);
  });

  it('an objection on grounds of her situation asks the organisation for its data', () => {
    const users = dataset('users', { role: 'processor', organisation: 'organisationId' });
    const made = plan('objection', ['profiling'], [users], [ref('users', { organisation: 'o1' })]);
    expect(made.approvals).toMatchObject([
      { kind: 'organisation', organisation: 'o1', parts: ['app/users/o1/grounds'] },
    ]);
    expect(made.parts.find((p) => p.action === 'restrict')).toMatchObject({ key: 'app/users/o1/interim' });
  });

  it('a withdrawal without purposes reaches what rests on consent only', () => {
    expect(strandsOf('consent_withdrawal', [], dataset('users')).map((s) => s.fields)).toEqual([
      ['direct_marketing_on', 'statistics_on'],
    ]);
    expect(strandsOf('consent_withdrawal', ['profiling'], dataset('users'))).toHaveLength(1);
  });

  it('the records of a part are found again by it', () => {
    const refs = [ref('users'), ref('users', { id: '"9"', review: 'second_sign_in' })];
    const made = plan('objection', [], [dataset('users')], refs);
    const ids = Object.fromEntries(
      made.parts.map((p) => [p.key, refsOfPart(pack([dataset('users')]), [found(refs)], p).map((r) => r.id)]),
    );
    expect(ids).toEqual({
      'app/users/-': ['"users1"'],
      'app/users/-/review': ['"9"'],
      'app/users/-/grounds': ['"users1"'],
      'app/users/-/grounds/review': ['"9"'],
      'app/users/-/interim': ['"users1"'],
      'app/users/-/interim/review': ['"9"'],
    });
  });

  it('the memory of opt-outs: purposes that nobody may weigh, marketing in any case', () => {
    expect(unconditionalPurposes('objection', [], [dataset('users')])).toEqual(['direct_marketing', 'statistics']);
    expect(unconditionalPurposes('objection', ['profiling'], [dataset('users')])).toEqual([]);
    expect(unconditionalPurposes('objection', ['direct_marketing'], [])).toEqual(['direct_marketing']);
    expect(unconditionalPurposes('consent_withdrawal', ['statistics'], [dataset('users')])).toEqual(['statistics']);
  });
});

describe('restriction', () => {
  it('without a flag a person restricts, but only where there is anything', () => {
    const logs = dataset('logs', { restrict: null, stop: [] });
    const some = plan('restriction', [], [logs], [ref('logs')]);
    expect(some.parts).toMatchObject([{ action: 'manual', basis: 'no_restriction_flag', records: 1 }]);
    const none = plan('restriction', [], [logs], []);
    expect(none.parts).toMatchObject([{ action: 'restrict', basis: null, records: 0 }]);
  });

  it('of processor data is decided by the organisation, as the pack says', () => {
    const users = dataset('users', { role: 'processor', organisation: 'organisationId' });
    expect(plan('restriction', [], [users], [ref('users', { organisation: 'o1' })]).approvals).toHaveLength(1);
  });
});

describe('without a proof', () => {
  const users = dataset('users', { stop: [rule('statistics')] });
  const usage = dataset('usage', { stop: [rule('statistics', { erase: true })] });
  const given = [{ type: 'email', value: 'kari@example.no', trust: 'unproven' as const }];

  it('given identifiers count for stopping, for no other right, and not where the pack asks for proof', () => {
    const free = pack([users]);
    expect(assumeGiven(free, 'consent_withdrawal', given)).toMatchObject([{ trust: 'proven' }]);
    expect(assumeGiven(free, 'erasure', given)).toEqual(given);
    expect(assumeGiven(pack([users], { objection: 'low' }), 'objection', given)).toEqual(given);
  });

  it('what would be erased waits for a person until somebody has proven who she is', () => {
    const seen = found([ref('users'), ref('usage')]);
    const free = pack([users, usage]);
    expect(withoutProof(seen, free, 'consent_withdrawal', [], given).refs.map((r) => r.review)).toEqual([
      null,
      'unproven_identifier',
    ]);
    const proven = given.map((id) => ({ ...id, trust: 'proven' as const }));
    expect(withoutProof(seen, free, 'consent_withdrawal', [], proven)).toEqual(seen);
    expect(withoutProof(seen, free, 'erasure', [], given)).toEqual(seen);
  });
});
