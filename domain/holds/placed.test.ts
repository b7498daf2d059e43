import { describe, expect, test } from 'vitest';
import { DATASET_DEFAULTS } from '../policy/defaults.js';
import type { DatasetPolicy, HoldRule } from '../policy/types.js';
import { internalTypes } from '../plan/identifiers.js';
import type { Ref } from '../plan/types.js';
import { namesOf, plainId, withFacts, type Facts, type PlacedHold } from './placed.js';

const eventHold: HoldRule = {
  id: 'registered',
  law: 'domain_registered',
  exemption: null,
  noGround: 'contract_running',
  documentOn: null,
  financialYearEndMonth: 12,
  whileField: null,
  endsOn: 'domain.expired',
};

function dataset(id: string, hold: HoldRule | null, over: Partial<DatasetPolicy> = {}): DatasetPolicy {
  return {
    ...DATASET_DEFAULTS,
    id,
    role: 'processor',
    organisation: 'org',
    collection: id,
    database: null,
    identifiers: { userId: ['_id'] },
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    fields: {},
    erase: { kind: 'delete' },
    hold,
    ...over,
  };
}

const pack = {
  systems: [
    {
      id: 'app',
      connector: 'mongodb' as const,
      settings: {},
      order: 1,
      rate: null,
      datasets: [
        dataset('users', null),
        dataset('domains', eventHold, { identifiers: { registrarHandle: ['contactHandle'], email: ['_id'] } }),
        dataset('customers', null, { identifiers: { customerId: ['id'], deviceId: ['deviceId'] } }),
      ],
    },
  ],
};

function ref(over: Partial<Ref> = {}): Ref {
  return {
    dataset: 'users',
    id: '"u1"',
    kind: 'users',
    organisation: 'acme',
    matchedBy: [{ type: 'email', value: 'kari@example.no', path: 'email' }],
    trust: 'proven',
    review: null,
    createdAt: null,
    hold: null,
    ...over,
  };
}

const placed = (over: Partial<PlacedHold> = {}): PlacedHold => ({
  eventId: 'e',
  ref: 'u1',
  organisation: null,
  law: 'legal_claim',
  exemption: '17-3-e',
  noGround: null,
  until: null,
  ...over,
});

function judge(one: Ref, facts: Partial<Facts>, today = '2026-01-10'): Ref | undefined {
  const found = { system: 'app', refs: [one], identifiers: [], manual: [], caveats: [] };
  return withFacts(found, pack, { holds: [], anchors: [], ...facts }, today).refs[0];
}

describe('names of a record', () => {
  test('its own id and internal identifiers, never what says who she is', () => {
    expect(
      namesOf(
        ref({
          matchedBy: [
            { type: 'email', value: 'kari@example.no', path: 'email' },
            { type: 'phone', value: '+4790000000', path: 'phone' },
            { type: 'customerId', value: 'cus_1', path: 'customer' },
            { type: 'registrarHandle', value: 'KN1-NORID', path: 'contactHandle' },
            { type: 'deviceId', value: 'd1', path: 'deviceId' },
            { type: 'link', value: 'u0', path: 'parent' },
          ],
        }),
        internalTypes(pack),
      ),
    ).toEqual(['cus_1', 'u1']);
  });

  test.each([
    ['"u1"', 'u1'],
    ['{"$oid":"64b0c0c0c0c0c0c0c0c0c0c0"}', '64b0c0c0c0c0c0c0c0c0c0c0'],
    ['{"$numberInt":"7"}', '7'],
    ['{"$numberLong":"9007199254740993"}', '9007199254740993'],
    ['{"$numberDouble":"7.5"}', null],
    ['null', null],
    ['7', null],
    ['cus_1', 'cus_1'],
  ])('%s is %s in plain text', (id, text) => expect(plainId(id)).toBe(text));
});

describe('holds from outside', () => {
  test('lie over the record that they name, and say why', () => {
    expect(judge(ref(), { holds: [placed()] })).toMatchObject({
      placed: true,
      hold: { id: 'placed-legal_claim', law: 'legal_claim', exemption: '17-3-e', noGround: null, until: null },
    });
    expect(judge(ref({ id: '"u2"' }), { holds: [placed()] })?.hold).toBe(null);
  });

  test('end with their day', () => {
    const holds = [placed({ until: '2026-01-10' })];
    expect(judge(ref(), { holds })?.hold?.until).toBe('2026-01-10');
    expect(judge(ref(), { holds }, '2026-01-11')?.hold).toBe(null);
  });

  test('of an organisation hold its own records only', () => {
    expect(judge(ref(), { holds: [placed({ organisation: 'acme' })] })?.hold).not.toBe(null);
    expect(judge(ref(), { holds: [placed({ organisation: 'other' })] })?.hold).toBe(null);
  });

  test('do not shorten what the record itself says', () => {
    const own = { id: 'books', law: 'x', exemption: '17-3-b', noGround: null, until: '2030-12-31' };
    expect(judge(ref({ hold: own }), { holds: [placed({ until: '2026-06-30' })] })).toMatchObject({ hold: own });
    expect(judge(ref({ hold: own }), { holds: [placed({ until: '2031-01-01' })] })?.hold?.until).toBe('2031-01-01');
    expect(judge(ref({ hold: { ...own, until: null } }), { holds: [placed()] })?.placed).toBe(undefined);
  });

  test('fall away when they were released since', () => {
    const before = judge(ref(), { holds: [placed()] });
    expect(before).toBeDefined();
    if (before !== undefined) expect(judge(before, {})).toEqual(ref());
  });
});

describe('a hold that only an event ends', () => {
  const domain = ref({ dataset: 'domains', id: '"example.no"' });
  test('is open until the event names the record', () => {
    expect(judge(domain, {})).toMatchObject({ placed: true, hold: { law: 'domain_registered', until: null } });
    const at = '2026-01-01T00:00:00Z';
    expect(judge(domain, { anchors: [{ kind: 'domain.expired', ref: 'example.no', at }] })?.hold).toBe(null);
    expect(judge(domain, { anchors: [{ kind: 'service.ended', ref: 'example.no', at }] })?.hold).not.toBe(null);
    expect(judge(domain, { anchors: [{ kind: 'domain.expired', ref: 'example.se', at }] })?.hold).not.toBe(null);
  });
});
