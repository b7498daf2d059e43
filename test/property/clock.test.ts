/** Properties of the clock, against luxon and date-holidays as independent oracles. */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  addMonths,
  dayOf,
  formatDate,
  holidays,
  isWeekend,
  parseDate,
  partsOf,
} from '../../domain/calendar/index.js';
import {
  endOfLocalDay,
  evaluateRequest,
  formatInstant,
  localDay,
  requestClock,
  startOfLocalDay,
} from '../../domain/clock/index.js';
import { euOracle, publicHolidays, ukOracle, type OracleCase } from './clock-oracle.js';

const DAY_MS = 86_400_000;
/** Random cases for each country; `FUZZ_RUNS=100000` is the long run. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 25_000);
/** The other properties need fewer; a short run (mutation testing) shortens them too. */
const atMost = (runs: number): number => Math.min(runs, RUNS);
const anyDay = fc.integer({ min: dayOf(1600, 1, 1), max: dayOf(2400, 12, 31) });

describe('civil days', () => {
  test('day numbers and dates are inverse over the whole calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (day) => {
        const { year, month, day: dayOfMonth } = partsOf(day);
        expect(dayOf(year, month, dayOfMonth)).toBe(day);
        expect(parseDate(formatDate(day))).toBe(day);
      }),
      { numRuns: atMost(5000) },
    );
  });

  test('days and months agree with luxon', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 600 }), (day, n) => {
        const oracle = DateTime.fromMillis(day * DAY_MS, { zone: 'utc' });
        expect(formatDate(day)).toBe(oracle.toISODate());
        expect(formatDate(addDays(day, n))).toBe(oracle.plus({ days: n }).toISODate());
        expect(formatDate(addMonths(day, n))).toBe(oracle.plus({ months: n }).toISODate());
        expect(isWeekend(day)).toBe(oracle.weekday >= 6);
      }),
      { numRuns: atMost(10_000) },
    );
  });
});

describe('holidays', () => {
  const places = ['NO', 'SE', 'DK', 'DE', 'FR', 'FI', 'NL', 'IE', 'ES', 'IT', 'PL', 'GB-ENG', 'GB-SCT', 'GB-NIR', 'US'];

  /** Where the table of docs/clock.md section 3 differs on purpose. */
  const known = (place: string, date: string): boolean => {
    // Spain: the table names no substitute for a Christmas Day on a Sunday.
    if (place === 'ES') return date.endsWith('-12-26');
    // United States: 5 U.S.C. § 6103 moves Veterans Day like every fixed date.
    if (place === 'US') return date.endsWith('-11-10') || date.endsWith('-11-12');
    return place === 'GB-SCT' && date === '2026-06-15';
  };

  test.each(places)('%s: the working days of 2024 to 2045 are those of date-holidays', (place) => {
    const differences: string[] = [];
    for (let day = dayOf(2024, 1, 1); day <= dayOf(2045, 12, 31); day += 1) {
      const { year } = partsOf(day);
      const date = formatDate(day);
      if (isWeekend(day) || known(place, date)) continue;
      if (holidays(place, year).has(day) !== publicHolidays(place, year).has(date)) differences.push(date);
    }
    expect(differences).toEqual([]);
  });
});

describe('local days', () => {
  // Zones whose clocks change at midnight, that skipped a day, or that change by half an hour, beside ordinary ones.
  const zones = [
    'Europe/Oslo',
    'Europe/Stockholm',
    'Europe/London',
    'America/Sao_Paulo',
    'America/Havana',
    'Asia/Beirut',
    'Africa/Cairo',
    'Asia/Tehran',
    'Pacific/Apia',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Pacific/Kiritimati',
    'UTC',
    'America/Los_Angeles',
    'Asia/Amman',
    'America/Asuncion',
  ];
  const zone = fc.constantFrom(...zones);
  const recent = fc.integer({ min: dayOf(1975, 1, 1), max: dayOf(2040, 1, 1) });

  test('the local day of an instant agrees with luxon', () => {
    fc.assert(
      fc.property(zone, recent, fc.integer({ min: 0, max: 86_399 }), (timeZone, day, second) => {
        const seconds = day * 86_400 + second;
        expect(formatDate(localDay(timeZone, seconds))).toBe(
          DateTime.fromSeconds(seconds, { zone: timeZone }).toISODate(),
        );
      }),
      { numRuns: atMost(5000) },
    );
  });

  test('the end of a local day is its last second: later ones never belong to it', () => {
    fc.assert(
      fc.property(zone, recent, (timeZone, day) => {
        const end = endOfLocalDay(timeZone, day);
        const skipped = timeZone === 'Pacific/Apia' && formatDate(day) === '2011-12-30';
        expect(localDay(timeZone, end)).toBe(skipped ? day - 1 : day);
        for (const later of [1, 900, 1800, 3599, 3600, 5400, 7200, 10_800, 40_000]) {
          expect(localDay(timeZone, end + later)).toBeGreaterThan(day);
        }
        expect(startOfLocalDay(timeZone, day + 1)).toBe(end + 1);
      }),
      { numRuns: atMost(3000) },
    );
  });

  test('around every change of clocks in 60 years', () => {
    for (const timeZone of zones) {
      const first = RUNS < 1000 ? 2009 : 1980;
      let offset = formatInstant(timeZone, dayOf(first, 1, 1) * 86_400).slice(-6);
      for (let day = dayOf(first, 1, 2); day < dayOf(RUNS < 1000 ? 2013 : 2040, 1, 1); day += 1) {
        const next = formatInstant(timeZone, day * 86_400).slice(-6);
        if (next !== offset) {
          for (const near of [day - 2, day - 1, day]) {
            const end = endOfLocalDay(timeZone, near);
            const truth = lastSecondBySearch(timeZone, near);
            expect(end, `${timeZone} ${formatDate(near)}`).toBe(truth);
          }
        }
        offset = next;
      }
    }
  }, 60_000);
});

/** The slow, obvious way: quarters of an hour downwards, then halving, asked of luxon. */
function lastSecondBySearch(timeZone: string, day: number): number {
  const date = formatDate(day);
  const onOrBefore = (seconds: number): boolean =>
    (DateTime.fromSeconds(seconds, { zone: timeZone }).toISODate() ?? '') <= date;
  let end = (day + 1) * 86_400 + 16 * 3600;
  while (!onOrBefore(end)) end -= 900;
  let after = end + 900;
  while (after - end > 1) {
    const middle = Math.floor((end + after) / 2);
    if (onOrBefore(middle)) end = middle;
    else after = middle;
  }
  return end;
}

describe('requests', () => {
  const places = [
    { country: 'NO', timeZone: 'Europe/Oslo', regime: 'gdpr-eu' },
    { country: 'SE', timeZone: 'Europe/Stockholm', regime: 'gdpr-eu' },
    { country: 'DK', timeZone: 'Europe/Copenhagen', regime: 'gdpr-eu' },
    { country: 'GB-ENG', timeZone: 'Europe/London', regime: 'uk-gdpr' },
  ] as const;
  const first = Date.UTC(2024, 0, 1);
  const instant = (ms: number): string => new Date(ms).toISOString();
  const arbitrary = fc.record({
    received: fc.integer({ min: first, max: Date.UTC(2044, 0, 1) }),
    right: fc.constantFrom('access', 'rectification', 'erasure', 'portability', 'restriction', 'objection'),
    asked: fc.option(fc.integer({ min: 0, max: 45 * DAY_MS }), { freq: 2 }),
    answered: fc.option(fc.integer({ min: 0, max: 60 * DAY_MS }), { freq: 4 }),
    later: fc.integer({ min: 0, max: 60 * DAY_MS }),
    promiseDays: fc.option(fc.integer({ min: 1, max: 40 }), { freq: 2 }),
  });

  test.each(places)(
    '$country: random cases equal the oracle',
    ({ country, timeZone, regime }) => {
      fc.assert(
        fc.property(arbitrary, ({ received, right, asked, answered, later, promiseDays }) => {
          const askedAt = asked === null ? null : received + asked;
          const answeredAt = askedAt === null || answered === null ? null : askedAt + answered;
          const now = (answeredAt ?? askedAt ?? received) + later;
          const given: OracleCase = {
            country,
            timeZone,
            receivedAt: instant(received),
            now: instant(now),
            right,
            identity:
              askedAt === null
                ? null
                : { askedAt: instant(askedAt), answeredAt: answeredAt === null ? null : instant(answeredAt) },
            promiseDays,
          };
          const result = evaluateRequest({
            regime,
            country,
            timeZone,
            receivedAt: given.receivedAt,
            right,
            now: given.now,
            pauses: given.identity === null ? [] : [{ kind: 'identity', ...given.identity }],
            promises: promiseDays === null ? [] : [{ within: `P${promiseDays}D` }],
          });
          const expected = regime === 'uk-gdpr' ? ukOracle(given) : euOracle(given);
          const actual: Readonly<Record<string, unknown>> = { ...result };
          for (const key of Object.keys(expected)) {
            if (actual[key] !== expected[key])
              expect.fail(`${key}: ${String(actual[key])}, oracle ${String(expected[key])}`);
          }
        }),
        { numRuns: RUNS },
      );
    },
    300_000,
  );

  test('whatever happens, the safe date is never after the legal month and the dates keep their order', () => {
    const question = fc.record({
      kind: fc.constantFrom('identity' as const, 'clarification' as const),
      from: fc.integer({ min: 0, max: 50 * DAY_MS }),
      length: fc.option(fc.integer({ min: 0, max: 50 * DAY_MS })),
    });
    const zone = fc.constantFrom('Europe/Oslo', 'America/Los_Angeles', 'Pacific/Kiritimati', 'UTC');
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        zone,
        fc.integer({ min: first, max: Date.UTC(2044, 0, 1) }),
        fc.array(question, { maxLength: 4 }),
        fc.constantFrom('public' as const, 'statutory' as const),
        fc.boolean(),
        fc.option(fc.integer({ min: 1, max: 60 })),
        (place, timeZone, received, questions, nonDeadlineDays, extend, promiseDays) => {
          const now = received + 110 * DAY_MS;
          const base = {
            ...place,
            timeZone,
            receivedAt: instant(received),
            right: 'access' as const,
            now: instant(now),
            pauses: questions.map(({ kind, from, length }) => ({
              kind,
              askedAt: instant(received + from),
              answeredAt: length === null ? null : instant(received + from + length),
            })),
            switches: { nonDeadlineDays },
            extension: extend ? { decidedAt: instant(received + 20 * DAY_MS), reason: 'many systems' } : null,
          };
          const plain = requestClock(base);
          const promised =
            promiseDays === null ? plain : requestClock({ ...base, promises: [{ within: `P${promiseDays}D` }] });
          const month = DateTime.fromISO(plain.receivedOn, { zone: 'utc' }).plus({ months: 1 }).toISODate() ?? '';
          expect(promised.safeDue <= month).toBe(true);
          expect(month <= plain.legalDue).toBe(true);
          expect(plain.legalDue <= plain.due && plain.due <= (plain.extendedDue ?? plain.due)).toBe(true);
          expect(plain.extendSafelyUntil).toBe(month);
          expect(promised.legalDue).toBe(plain.legalDue);
          expect(promised.due).toBe(plain.due);
          expect(promised.refusalDue).toBe(plain.legalDue);
          expect(plain.flags.includes('extended')).toBe(extend);
          expect(plain.flags).toEqual([...new Set(plain.flags)].sort());
          // The trace is a chain from receipt to the legal date.
          const end = plain.trace.findIndex(
            ({ to }, index) => to === plain.legalDue && plain.trace[index + 1]?.from !== to,
          );
          for (let index = 1; index <= end; index += 1)
            expect(plain.trace[index]?.from).toBe(plain.trace[index - 1]?.to);
          // Instants and days say the same.
          expect(Date.parse(plain.at.due)).toBe(Date.parse(plain.dueAt));
          expect(plain.at.dueSoonFrom < plain.at.due).toBe(true);
        },
      ),
      { numRuns: atMost(5000) },
    );
  }, 60_000);
});
