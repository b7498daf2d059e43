import { describe, expect, test } from 'vitest';
import { evaluateCase, evaluateLine } from './evaluate.js';

const request = {
  id: 'r',
  regime: 'gdpr-eu',
  country: 'NO',
  timeZone: 'Europe/Oslo',
  receivedAt: '2026-03-02T10:00:00Z',
  right: 'access',
  now: '2026-03-20T10:00:00Z',
};
const breach = {
  id: 'b',
  kind: 'breach',
  timeZone: 'Europe/Oslo',
  awareAt: '2026-05-22T16:30:00+02:00',
  now: '2026-05-22T18:00:00+02:00',
};
const retention = {
  id: 'k',
  kind: 'retention',
  timeZone: 'Europe/Oslo',
  now: '2026-03-20T10:00:00Z',
  rules: [{ type: 'hold', until: null }],
};
const copy = { id: 's', takenAt: '2026-02-28T02:00:00Z', retention: 'P90D', mayHoldSubject: true };
const backup = {
  id: 'c',
  kind: 'backup',
  timeZone: 'UTC',
  verifiedAt: '2026-03-01T10:00:00Z',
  copiesGoneWithin: 'P90D',
  snapshots: [copy],
  now: '2026-03-02T10:00:00Z',
};

const fieldOf = (input: unknown): unknown => {
  const { error } = evaluateCase(input) as { error?: { code: string; field: string | null } };
  expect(error?.code ?? 'invalid_case').toBe('invalid_case');
  return error === undefined ? 'no error' : error.field;
};

test.each([request, breach, retention, backup])('the plain case $id is valid', (input) => {
  expect(evaluateCase(input)).toMatchObject({ id: input.id, kind: 'kind' in input ? input.kind : 'request' });
});

describe('lines', () => {
  test('a line that is not a JSON object has neither id nor field', () => {
    for (const line of ['{"id": "r"', '[]', '"text"', '7', 'null', 'habeas', '{"id":"r"}{}']) {
      expect(evaluateLine(line)).toBe('{"id":null,"error":{"code":"invalid_case","field":null}}');
    }
  });
  test('blank lines are skipped', () => {
    expect(evaluateLine('')).toBeNull();
    expect(evaluateLine(' \t\r')).toBeNull();
  });
  test('a missing id comes before all others', () => {
    expect(evaluateCase({ kind: 'nonsense' })).toEqual({ id: null, error: { code: 'invalid_case', field: 'id' } });
    expect(fieldOf({ ...request, id: null })).toBe('id');
    expect(fieldOf({ ...request, id: 7 })).toBe('id');
  });
  test('unknown extra fields are ignored, but not in switches', () => {
    expect(fieldOf({ ...request, colour: 'red', promises: [{ within: 'P30D', note: 'x' }] })).toBe('no error');
    expect(fieldOf({ ...request, switches: { colour: 'red' } })).toBe('switches');
  });
  test('unknown kinds', () => {
    for (const kind of [null, '', 'Request', 'constructor', 1]) expect(fieldOf({ ...request, kind })).toBe('kind');
  });
});

describe('fields of a request', () => {
  const pause = { kind: 'identity', askedAt: '2026-03-04T09:00:00Z', answeredAt: '2026-03-05T09:00:00Z' };
  test.each([
    ['regime', ['gdpr', null, undefined, 'toString']],
    ['country', ['GB-ENG', 'no', null, undefined]],
    ['right', ['opt_out', 'consent_withdrawal', 'Access', null, undefined]],
    ['timeZone', ['Mars/Olympus', '+01:00', 'CEST', 'IST', '', null, undefined]],
    [
      'receivedAt',
      [
        '2026-03-02T10:00:00',
        '2026-02-29T10:00:00Z',
        '2026-03-02',
        '2026-03-02T24:00:00Z',
        '2026-03-02T10:60Z',
        '2026-03-02T10:00:00+0100',
        '2026-03-02t10:00:00z',
        null,
      ],
    ],
    ['now', ['2026-03-02T09:59:59Z', '2026-03-20', null, undefined]],
    [
      'promises',
      [
        null,
        {},
        [null],
        [{}],
        [{ within: 'P0D' }],
        [{ within: 'P1M2D' }],
        [{ within: 'PT24H' }],
        [{ within: 'P1D', rights: [] }],
        [{ within: 'P1D', rights: ['sing'] }],
        [{ within: 'P1D', rights: null }],
        [{ within: 'P9999Y' }],
      ],
    ],
    [
      'pauses',
      [
        null,
        [null],
        [{ ...pause, kind: 'fee' }],
        [{ ...pause, askedAt: '2026-03-02T09:59:59Z' }],
        [{ ...pause, answeredAt: '2026-03-04T08:59:59Z' }],
        [{ ...pause, answeredAt: '2026-03-20T10:00:01Z' }],
        [{ ...pause, askedAt: '2026-03-21T09:00:00Z', answeredAt: null }],
        [{ kind: 'identity', askedAt: pause.askedAt }],
      ],
    ],
    [
      'extension',
      [
        [],
        { decidedAt: '2026-03-10T10:00:00Z' },
        { decidedAt: '2026-03-10T10:00:00Z', reason: 7 },
        { decidedAt: '2026-03-02T09:00:00Z', reason: 'x' },
        { decidedAt: '2026-03-20T10:00:01Z', reason: 'x' },
      ],
    ],
    [
      'switches',
      [
        null,
        [],
        { nonDeadlineDays: 'all' },
        { nonDeadlineDays: null },
        { promptWithin: 'P2W' },
        { promptWithin: 'P0D' },
        { promptWithin: 10 },
        { roll: null },
        { roll: 1 },
      ],
    ],
  ])('%s', (field, wrong) => {
    for (const value of wrong) expect(fieldOf({ ...request, [field]: value }), JSON.stringify(value)).toBe(field);
  });

  test('null and absent are the same only where the table says so', () => {
    expect(fieldOf({ ...request, extension: null })).toBe('no error');
    expect(fieldOf({ ...request, pauses: [{ ...pause, answeredAt: null }] })).toBe('no error');
    expect(fieldOf({ ...request, switches: { promptWithin: null, roll: false, nonDeadlineDays: 'public' } })).toBe(
      'no error',
    );
  });

  test('roll can be turned on only where the regime rolls', () => {
    expect(fieldOf({ ...request, switches: { roll: true } })).toBe('no error');
    expect(fieldOf({ ...request, regime: 'br-lgpd', country: 'BR', switches: { roll: true } })).toBe('switches');
    expect(fieldOf({ ...request, regime: 'br-lgpd', country: 'BR', switches: { roll: false } })).toBe('no error');
  });

  test('the first wrong field in the order of the page is named', () => {
    const order = [
      'kind',
      'regime',
      'country',
      'right',
      'timeZone',
      'receivedAt',
      'now',
      'promises',
      'pauses',
      'extension',
      'switches',
    ];
    for (let first = 0; first < order.length; first += 1) {
      const wrong = Object.fromEntries(order.slice(first).map((field) => [field, 0]));
      expect(fieldOf({ ...request, ...wrong })).toBe(order[first]);
    }
  });

  test('fractions of a second are compared exactly', () => {
    const receivedAt = '2026-03-02T10:00:00.00025Z';
    expect(fieldOf({ ...request, receivedAt, now: '2026-03-02T10:00:00.0002Z' })).toBe('now');
    expect(fieldOf({ ...request, receivedAt, now: '2026-03-02T10:00:00.0003Z' })).toBe('no error');
    expect(fieldOf({ ...request, receivedAt: '2026-03-02T10:00Z', now: '2026-03-02T11:00:00.000+01:00' })).toBe(
      'no error',
    );
  });

  test('links of the zone database are names too', () => {
    for (const timeZone of [
      'Europe/Kyiv',
      'Europe/Kiev',
      'Asia/Calcutta',
      'UTC',
      'Etc/GMT+5',
      'America/Argentina/Buenos_Aires',
    ]) {
      expect(fieldOf({ ...request, timeZone })).toBe('no error');
    }
  });
});

describe('breach', () => {
  test('hours are flat: over a change of clocks and a weekend', () => {
    const result = evaluateCase({ ...breach, awareAt: '2026-10-24T20:00:00+02:00', now: '2026-10-27T18:00:00Z' });
    expect(result).toMatchObject({ dueAt: '2026-10-27T19:00:00+01:00', flags: [] });
    expect(
      evaluateCase({ ...breach, awareAt: '2026-10-24T20:00:00+02:00', now: '2026-10-27T18:00:01Z' }),
    ).toMatchObject({ flags: ['past_due'] });
    expect(evaluateCase({ ...breach, within: 'PT96H' })).toMatchObject({ dueAt: '2026-05-26T16:30:00+02:00' });
  });
  test('fields', () => {
    expect(fieldOf({ ...breach, timeZone: 0, awareAt: 0 })).toBe('timeZone');
    expect(fieldOf({ ...breach, awareAt: 0, now: 0 })).toBe('awareAt');
    expect(fieldOf({ ...breach, now: '2026-05-22T16:29:00+02:00', within: 0 })).toBe('now');
    for (const within of [null, 'P3D', 'PT0H', 'PT72M', 'PT999999999999H'])
      expect(fieldOf({ ...breach, within })).toBe('within');
  });
});

describe('retention', () => {
  const kept = (rules: readonly object[], now = '2026-03-20T10:00:00Z') => evaluateCase({ ...retention, rules, now });
  const book = (law: string, documentOn: string, more: object = {}) =>
    kept([{ type: 'bookkeeping', law, documentOn, ...more }])['keepThrough'];

  test('bookkeeping runs from the end of the financial year', () => {
    expect(book('no-bokforingsloven-13-primary', '2024-03-15')).toBe('2029-12-31');
    expect(book('dk-bogforingsloven-12', '2024-03-15', { financialYearEndMonth: 6 })).toBe('2029-06-30');
    expect(book('dk-bogforingsloven-12', '2024-06-30', { financialYearEndMonth: 6 })).toBe('2029-06-30');
    expect(book('dk-bogforingsloven-12', '2024-07-01', { financialYearEndMonth: 6 })).toBe('2030-06-30');
    // A year that ends in February is kept to the end of February, leap or not.
    expect(book('no-bokforingsloven-13-primary', '2024-02-01', { financialYearEndMonth: 2 })).toBe('2029-02-28');
    expect(book('no-bokforingsloven-13-primary', '2023-02-01', { financialYearEndMonth: 2 })).toBe('2028-02-29');
    expect(book('no-bokforingsloven-13-secondary', '2024-03-15', { financialYearEndMonth: 2 })).toBe('2028-08-31');
    expect(book('se-bokforingslagen-7-2', '2024-03-15')).toBe('2031-12-31');
    expect(book('se-bokforingslagen-7-2', '2024-03-15', { financialYearEndMonth: 2 })).toBe('2032-12-31');
    // The year may end on the day of the document itself.
    expect(book('dk-bogforingsloven-12', '2024-03-15', { financialYearEnd: '2024-03-15' })).toBe('2029-03-15');
    // The exact date wins over the month.
    expect(
      book('no-bokforingsloven-13-primary', '2024-03-15', { financialYearEnd: '2024-09-15', financialYearEndMonth: 6 }),
    ).toBe('2029-09-15');
  });

  test('at least, with its maximum', () => {
    const rule = { type: 'min', for: 'P3Y', limit: 'P5Y', after: ['2026-03-15', '2028-02-29'] };
    expect(kept([rule])).toMatchObject({
      keepThrough: '2031-02-28',
      erasableFrom: '2031-03-01',
      eraseBy: '2033-02-28',
      eraseByAt: '2033-02-28T23:59:59+01:00',
      state: 'must_keep',
      flags: [],
    });
    expect(kept([{ ...rule, after: ['2026-03-15', null] }])).toMatchObject({
      keepThrough: null,
      eraseBy: null,
      state: 'must_keep',
      flags: ['open_hold'],
    });
  });

  test('at most, or until settled', () => {
    const rule = { type: 'max', for: 'P3Y', after: ['2022-05-01', '2023-03-20'] };
    expect(kept([rule])).toMatchObject({
      keepThrough: null,
      erasableFrom: null,
      eraseBy: '2026-03-20',
      state: 'must_erase',
    });
    expect(kept([rule], '2026-03-19T10:00:00Z')).toMatchObject({ state: 'may_erase' });
    expect(kept([rule], '2026-03-20T23:00:00Z')).toMatchObject({ state: 'overdue' });
    expect(kept([{ ...rule, settledOn: '2026-03-01' }])).toMatchObject({ eraseBy: '2026-03-01' });
    expect(kept([{ ...rule, settledOn: '2027-03-01' }])).toMatchObject({ eraseBy: '2026-03-20' });
    expect(kept([{ ...rule, settledOn: null }])).toMatchObject({ eraseBy: '2026-03-20' });
    expect(kept([{ type: 'max', for: 'P3Y', after: ['2024-02-29'] }])).toMatchObject({ eraseBy: '2027-02-28' });
  });

  test('what must be kept wins over a maximum', () => {
    const max = { type: 'max', for: 'P1Y', after: ['2025-01-01'] };
    expect(kept([max, { type: 'hold', until: null }])).toMatchObject({
      eraseBy: null,
      eraseByAt: null,
      state: 'must_keep',
      flags: ['hold_overrides_limit', 'open_hold'],
    });
    expect(kept([max, { type: 'hold', until: '2026-06-30' }])).toMatchObject({
      keepThrough: '2026-06-30',
      eraseBy: '2026-07-01',
      flags: ['hold_overrides_limit'],
    });
    expect(kept([max, { type: 'hold', until: '2026-01-01' }])).toMatchObject({
      eraseBy: '2026-01-02',
      flags: ['hold_overrides_limit'],
    });
    expect(kept([max, { type: 'hold', until: '2025-12-31' }])).toMatchObject({ eraseBy: '2026-01-01', flags: [] });
    expect(kept([{ type: 'hold', until: '2026-03-20' }])).toMatchObject({ state: 'must_keep', flags: [] });
    expect(kept([{ type: 'hold', until: '2026-03-19' }])).toMatchObject({ state: 'may_erase' });
  });

  test('rules that cannot be', () => {
    const min = { type: 'min', for: 'P3Y', limit: 'P5Y', after: ['2026-03-15'] };
    const wrong: unknown[] = [
      null,
      [],
      [null],
      [{}],
      [{ type: 'ever' }],
      [{ type: 'bookkeeping', law: 'xx', documentOn: '2024-03-15' }],
      [{ type: 'bookkeeping', law: 'dk-bogforingsloven-12', documentOn: '2024-02-30' }],
      [{ type: 'bookkeeping', law: 'dk-bogforingsloven-12', documentOn: '2024-03-15', financialYearEnd: '2024-03-14' }],
      [{ type: 'bookkeeping', law: 'dk-bogforingsloven-12', documentOn: '2024-03-15', financialYearEndMonth: 13 }],
      [{ type: 'bookkeeping', law: 'dk-bogforingsloven-12', documentOn: '2024-03-15', financialYearEndMonth: 0 }],
      [{ ...min, limit: undefined }],
      [{ ...min, limit: 'P35M' }],
      [{ ...min, after: [] }],
      [{ type: 'max', for: 'P1Y', after: [] }],
      [{ type: 'max', for: 'P1Y', after: [null] }],
      [{ type: 'max', after: ['2024-01-01'] }],
      [{ type: 'hold' }],
      [{ type: 'hold', until: 'later' }],
    ];
    for (const rules of wrong) expect(fieldOf({ ...retention, rules }), JSON.stringify(rules)).toBe('rules');
    expect(fieldOf({ ...retention, rules: [{ ...min, limit: 'P36M' }] })).toBe('no error');
    // With a service still running the two lengths are not compared.
    expect(fieldOf({ ...retention, rules: [{ ...min, limit: 'P1M', after: [null] }] })).toBe('no error');
    expect(fieldOf({ ...retention, now: 0, rules: 0 })).toBe('now');
  });
});

describe('backup', () => {
  test('final when the last copy that may hold the person is gone', () => {
    const later = { ...copy, id: 'b', takenAt: '2026-03-03T02:00:00Z' };
    const first = { ...copy, id: 'a', takenAt: '2026-03-02T10:00:01Z' };
    const clean = { ...copy, id: 'z', takenAt: '2026-05-01T00:00:00Z', mayHoldSubject: false };
    const run = (now: string, snapshots: readonly object[]) => evaluateCase({ ...backup, now, snapshots });
    expect(run('2026-06-01T01:59:59Z', [later, first, copy, clean])).toMatchObject({
      goneBy: '2026-05-30T10:00:00+00:00',
      finalAt: '2026-06-01T02:00:00+00:00',
      alarms: ['a', 'b'],
      state: 'live_erased',
    });
    expect(run('2026-06-01T02:00:00Z', [later, first, copy, clean])).toMatchObject({ state: 'fully_erased' });
    expect(run('2026-03-02T10:00:00Z', [{ ...copy, takenAt: '2026-03-01T10:00:00Z' }])).toMatchObject({ alarms: [] });
    expect(run('2026-03-02T10:00:00Z', [])).toMatchObject({
      finalAt: '2026-03-01T10:00:00+00:00',
      state: 'fully_erased',
    });
    // Days are 24 hours, not civil days.
    expect(evaluateCase({ ...backup, timeZone: 'Europe/Oslo' })).toMatchObject({ goneBy: '2026-05-30T12:00:00+02:00' });
  });
  test('fields', () => {
    expect(fieldOf({ ...backup, verifiedAt: 0, now: 0 })).toBe('verifiedAt');
    expect(fieldOf({ ...backup, now: '2026-03-01T09:00:00Z', snapshots: 0 })).toBe('now');
    expect(fieldOf({ ...backup, copiesGoneWithin: 'P3M', snapshots: 0 })).toBe('copiesGoneWithin');
    for (const wrong of [
      { ...copy, id: 1 },
      { ...copy, mayHoldSubject: 'yes' },
      { ...copy, retention: 'P1M' },
      { ...copy, takenAt: '2026-02-28' },
      null,
    ]) {
      expect(fieldOf({ ...backup, snapshots: [wrong] })).toBe('snapshots');
    }
    expect(fieldOf({ ...backup, snapshots: null })).toBe('snapshots');
  });
});
