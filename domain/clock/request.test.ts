import { describe, expect, test } from 'vitest';
import { evaluateRequest } from './request.js';

type Overrides = Readonly<Record<string, unknown>>;

/** Received on Monday 2 March 2026 in Norway: the month ends on Thursday 2 April, Maundy Thursday. */
const eu = (overrides: Overrides = {}) =>
  evaluateRequest({
    regime: 'gdpr-eu',
    country: 'SE',
    timeZone: 'Europe/Stockholm',
    receivedAt: '2026-03-02T10:00:00Z',
    right: 'access',
    now: '2026-06-30T12:00:00Z',
    ...overrides,
  });
const uk = (overrides: Overrides = {}) =>
  eu({ regime: 'uk-gdpr', country: 'GB-ENG', timeZone: 'Europe/London', ...overrides });
const question = (kind: string, askedOn: string, answeredOn: string | null) => ({
  kind,
  askedAt: `${askedOn}T09:00:00Z`,
  answeredAt: answeredOn === null ? null : `${answeredOn}T15:00:00Z`,
});

describe('the day of receipt', () => {
  test('is the local day of the zone, not of the country or of UTC', () => {
    const receivedAt = '2026-03-01T23:30:00Z';
    expect(eu({ receivedAt }).receivedOn).toBe('2026-03-02');
    expect(eu({ receivedAt, timeZone: 'UTC' }).receivedOn).toBe('2026-03-01');
    expect(eu({ receivedAt: '2026-03-02T00:30:00+01:00' }).receivedOn).toBe('2026-03-02');
  });

  test('a day of the end of a short month answers on the last day', () => {
    expect(eu({ receivedAt: '2026-01-29T10:00:00Z' }).safeDue).toBe('2026-02-28');
    expect(eu({ receivedAt: '2026-12-31T10:00:00Z', now: '2027-01-01T00:00:00Z' }).safeDue).toBe('2027-01-31');
  });
});

describe('questions that suspend (EU)', () => {
  test('the day asked does not count, the day of the answer does', () => {
    const result = eu({ pauses: [question('identity', '2026-03-04', '2026-03-05')] });
    expect(result).toMatchObject({ pausedDays: 1, safeDue: '2026-04-02', legalDue: '2026-04-07' });
    expect(eu({ pauses: [question('identity', '2026-03-04', '2026-03-04')] }).pausedDays).toBe(0);
  });

  test('overlapping and touching questions are counted as one set of days', () => {
    const pauses = [
      question('clarification', '2026-03-08', '2026-03-14'),
      question('identity', '2026-03-04', '2026-03-10'),
      question('identity', '2026-03-10', '2026-03-11'),
    ];
    const result = eu({ pauses });
    expect(result.pausedDays).toBe(10);
    expect(result.flags).not.toContain('paused');
  });

  test('asked on the tenth day counts, on the eleventh it is ignored', () => {
    expect(eu({ pauses: [question('identity', '2026-03-12', '2026-03-16')] }).pausedDays).toBe(4);
    const late = eu({ pauses: [question('identity', '2026-03-13', '2026-03-16')] });
    expect(late.pausedDays).toBe(0);
    expect(late.flags).toContain('pause_ignored_late');
    expect(late.trace.find(({ rule }) => rule === 'ignored')?.to).toBe('2026-03-13');
  });

  test('the switch promptWithin moves or removes that test', () => {
    const pauses = [question('identity', '2026-03-20', '2026-03-24')];
    expect(eu({ pauses, switches: { promptWithin: 'P18D' } }).pausedDays).toBe(4);
    expect(eu({ pauses, switches: { promptWithin: 'P17D' } }).pausedDays).toBe(0);
    expect(eu({ pauses, switches: { promptWithin: null } }).pausedDays).toBe(4);
  });

  test('a question asked after the legal date stops nothing, on the date it still does', () => {
    const free = { switches: { promptWithin: null } };
    expect(eu({ ...free, pauses: [question('identity', '2026-04-02', '2026-04-10')] }).pausedDays).toBe(8);
    const ended = eu({ ...free, pauses: [question('identity', '2026-04-03', '2026-04-10')] });
    expect(ended.pausedDays).toBe(0);
    expect(ended.flags).toContain('pause_ignored_ended');
    // The earlier question moved the end, so that the later one is in time; their order of mention does not matter.
    const both = [question('identity', '2026-04-09', '2026-04-12'), question('identity', '2026-03-30', '2026-04-08')];
    expect(eu({ ...free, pauses: both })).toMatchObject({ pausedDays: 12 });
    // An extension does not revive an ended period.
    const extended = eu({
      ...free,
      pauses: [question('identity', '2026-04-20', '2026-04-24')],
      extension: { decidedAt: '2026-03-20T10:00:00Z', reason: 'complexity' },
    });
    expect(extended.flags).toEqual(expect.arrayContaining(['extended', 'pause_ignored_ended']));
  });

  test('clarification counts for access only', () => {
    const pauses = [question('clarification', '2026-03-04', '2026-03-06')];
    expect(eu({ pauses }).pausedDays).toBe(2);
    const erasure = eu({ pauses, right: 'erasure' });
    expect(erasure.pausedDays).toBe(0);
    expect(erasure.flags).toContain('pause_ignored_right');
  });

  test('an open question is provisional: as if answered today', () => {
    const pauses = [question('identity', '2026-03-04', null)];
    const open = eu({ pauses, now: '2026-03-09T10:00:00Z' });
    expect(open).toMatchObject({ pausedDays: 5, legalDue: '2026-04-07' });
    expect(open.flags).toContain('paused');
    expect(eu({ pauses, now: '2026-03-11T10:00:00Z' }).pausedDays).toBe(7);
    // Ignored questions never pause, open or not.
    expect(eu({ pauses: [question('identity', '2026-03-20', null)], now: '2026-03-21T10:00:00Z' }).flags).not.toContain(
      'paused',
    );
  });
});

describe('questions in the United Kingdom', () => {
  test('identity restarts the period on the day of the latest answer', () => {
    const pauses = [question('identity', '2026-03-04', '2026-03-18'), question('identity', '2026-03-05', '2026-03-10')];
    const result = uk({ pauses });
    expect(result).toMatchObject({
      pausedDays: 0,
      safeDue: '2026-04-02',
      legalDue: '2026-04-20',
      extendedDue: '2026-06-18',
    });
    expect(result.trace.slice(0, 4).map(({ rule, to }) => [rule, to])).toEqual([
      ['receipt', '2026-03-02'],
      ['restart', '2026-03-18'],
      ['period', '2026-04-18'],
      ['roll', '2026-04-20'],
    ]);
  });

  test('clarification leaves out both its days, also when asked and answered on one day', () => {
    expect(uk({ pauses: [question('clarification', '2026-03-04', '2026-03-04')] })).toMatchObject({
      pausedDays: 1,
      legalDue: '2026-04-07',
    });
    expect(uk({ pauses: [question('clarification', '2026-03-04', '2026-03-06')] }).pausedDays).toBe(3);
    // No test of promptness here.
    expect(uk({ pauses: [question('clarification', '2026-03-30', '2026-03-31')] }).pausedDays).toBe(2);
  });

  test('days before the restarted period are left out', () => {
    const pauses = [
      question('identity', '2026-03-03', '2026-03-10'),
      question('clarification', '2026-03-08', '2026-03-11'),
    ];
    expect(uk({ pauses }).pausedDays).toBe(2);
    expect(
      uk({
        pauses: [
          question('identity', '2026-03-03', '2026-03-10'),
          question('clarification', '2026-03-04', '2026-03-05'),
        ],
      }).pausedDays,
    ).toBe(0);
  });
});

describe('regimes of days', () => {
  const california = (overrides: Overrides = {}) =>
    evaluateRequest({
      regime: 'us-ca-ccpa',
      country: 'US-CA',
      timeZone: 'America/Los_Angeles',
      receivedAt: '2026-06-26T18:00:00Z',
      right: 'access',
      now: '2026-06-27T18:00:00Z',
      ...overrides,
    });

  test('never roll; receipt is confirmed in business days of the federal calendar', () => {
    // Friday 26 June + 45 days is a Monday; + 10 business days skips Friday 3 July (observed Independence Day).
    expect(california()).toMatchObject({
      legalDue: '2026-08-10',
      extendedDue: '2026-09-24',
      acknowledgeBy: '2026-07-13',
    });
    expect(california({ receivedAt: '2026-06-25T18:00:00Z' }).legalDue).toBe('2026-08-09');
  });

  test('an opt-out has 15 business days, no extension and no confirmation', () => {
    const result = california({ right: 'opt_out', extension: { decidedAt: '2026-06-27T17:00:00Z', reason: 'x' } });
    expect(result).toMatchObject({
      safeDue: '2026-07-20',
      legalDue: '2026-07-20',
      extendedDue: null,
      extendableUntil: null,
      extendSafelyUntil: null,
      acknowledgeBy: null,
    });
    expect(result.flags).toEqual(['can_refuse', 'extension_unavailable']);
  });

  test.each([
    ['us-va-vcdpa', 'US-VA', '2026-04-16', '2026-05-31'],
    ['br-lgpd', 'BR', '2026-03-17', null],
    ['pipeda-ca', 'CA', '2026-04-01', '2026-05-01'],
    ['quebec-l25', 'CA-QC', '2026-04-01', null],
    ['kr-pipa', 'KR', '2026-03-12', null],
  ])('%s', (regime, country, legalDue, extendedDue) => {
    const result = eu({ regime, country, pauses: [question('identity', '2026-03-03', '2026-03-20')] });
    expect(result).toMatchObject({ safeDue: legalDue, legalDue, extendedDue, pausedDays: 0 });
    expect(result.flags).toContain('pause_ignored_regime');
  });
});

describe('extension', () => {
  const at = (decidedAt: string, reason: string | null = 'complexity', overrides: Overrides = {}) =>
    eu({ receivedAt: '2026-01-31T10:00:00Z', extension: { decidedAt, reason }, ...overrides });

  test('needs a reason, in time', () => {
    expect(at('2026-02-20T10:00:00Z', null).flags).toContain('extension_refused_no_reason');
    expect(at('2026-02-20T10:00:00Z', ' \n\t ').flags).toContain('extension_refused_no_reason');
    // No reason is said before too late is.
    expect(at('2026-03-10T10:00:00Z', '').flags).not.toContain('extension_refused_late');
    expect(at('2026-03-03T10:00:00Z')).toMatchObject({ due: '2026-03-02' });
  });

  test('in rolled time it is granted and marked', () => {
    expect(at('2026-02-28T22:59:59Z').flags).not.toContain('extension_after_safe_date');
    const rolled = at('2026-02-28T23:00:00Z');
    expect(rolled.flags).toEqual(expect.arrayContaining(['extended', 'extension_after_safe_date']));
    expect(rolled.due).toBe('2026-04-30');
    expect(at('2026-03-02T22:59:59Z').flags).toContain('extended');
    expect(at('2026-03-02T23:00:00Z').flags).toContain('extension_refused_late');
  });

  test('moves neither the safe date nor the last day to refuse', () => {
    const extended = at('2026-02-20T10:00:00Z', 'complexity', { now: '2026-03-02T12:00:00Z' });
    expect(extended).toMatchObject({ safeDue: '2026-02-28', refusalDue: '2026-03-02', due: '2026-04-30' });
    expect(extended.flags).toEqual(['can_refuse', 'extended', 'past_safe_due']);
    const later = at('2026-02-20T10:00:00Z', 'complexity', { now: '2026-03-03T12:00:00Z' });
    expect(later.flags).toEqual(['extended', 'past_safe_due']);
  });

  test('a granted extension rolls at its own end and counts from the start', () => {
    const result = eu({
      receivedAt: '2026-05-01T10:00:00Z',
      extension: { decidedAt: '2026-05-10T10:00:00Z', reason: 'x' },
    });
    expect(result).toMatchObject({ legalDue: '2026-06-01', due: '2026-08-03' });
  });
});

describe('promises', () => {
  test('the earliest applicable one counts and only ever moves the safe date forward', () => {
    const promises = [
      { within: 'P2W' },
      { within: 'P20D', rights: ['erasure', 'access'] },
      { within: 'P1D', rights: ['erasure'] },
    ];
    expect(eu({ promises })).toMatchObject({
      promisedDue: '2026-03-16',
      safeDue: '2026-03-16',
      legalDue: '2026-04-02',
      extendSafelyUntil: '2026-04-02',
    });
    expect(eu({ promises: [{ within: 'P1Y' }] })).toMatchObject({ promisedDue: '2027-03-02', safeDue: '2026-04-02' });
    expect(eu({ promises: [{ within: 'P1D', rights: ['erasure'] }] })).toMatchObject({
      promisedDue: null,
      safeDue: '2026-04-02',
    });
  });

  test('is broken only when its day is over', () => {
    const promises = [{ within: 'P14D' }];
    expect(eu({ promises, now: '2026-03-16T22:59:59Z' }).flags).not.toContain('past_promise');
    expect(eu({ promises, now: '2026-03-16T23:00:00Z' }).flags).toEqual(
      expect.arrayContaining(['past_promise', 'past_safe_due']),
    );
  });
});

describe('roll and flags', () => {
  test('the switch roll can only take slack away', () => {
    expect(eu({ receivedAt: '2026-03-03T10:00:00Z' }).legalDue).toBe('2026-04-07');
    expect(eu({ receivedAt: '2026-03-03T10:00:00Z', switches: { roll: false } })).toMatchObject({
      legalDue: '2026-04-03',
    });
  });

  test('a due day is missed only when it is over', () => {
    expect(eu({ now: '2026-04-02T21:59:59Z' }).flags).toEqual(['can_extend', 'can_refuse']);
    expect(eu({ now: '2026-04-02T22:00:00Z' }).flags).toEqual(['past_due', 'past_safe_due']);
  });

  test('the end of the day where clocks go back at midnight is the later 23:59:59', () => {
    // Paraguay, until 2024: on 26 March 2023 at 00:00 clocks went back to 23:00 of the 25th.
    const result = eu({
      timeZone: 'America/Asuncion',
      receivedAt: '2023-02-25T12:00:00Z',
      now: '2023-02-26T12:00:00Z',
      switches: { roll: false },
    });
    expect(result).toMatchObject({ due: '2023-03-25', dueAt: '2023-03-25T23:59:59-04:00' });
  });
});
