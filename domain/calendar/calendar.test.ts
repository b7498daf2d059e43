import { describe, expect, test } from 'vitest';
import {
  addBusinessDays,
  addMonths,
  DateRangeError,
  easterSunday,
  formatDate,
  holidays,
  isNonDeadlineDay,
  parseDate,
  roll,
} from './index.js';

const day = (text: string): number => {
  const parsed = parseDate(text);
  if (parsed === null) throw new Error(`no date: ${text}`);
  return parsed;
};
const is = (place: string, date: string, kind?: 'public' | 'statutory') => isNonDeadlineDay(place, day(date), kind);

test('Easter', () => {
  expect([1954, 1981, 2000, 2024, 2026, 2027, 2038, 2049].map((year) => formatDate(easterSunday(year)))).toEqual([
    '1954-04-18',
    '1981-04-19',
    '2000-04-23',
    '2024-03-31',
    '2026-04-05',
    '2027-03-28',
    '2038-04-25',
    '2049-04-18',
  ]);
});

test('dates that do not exist or have another form', () => {
  for (const text of [
    '2026-02-29',
    '2100-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-1-1',
    '20260101',
    ' 2026-01-01',
    '2026-01-00',
    null,
    20260101,
  ]) {
    expect(parseDate(text)).toBeNull();
  }
  expect(parseDate('2000-02-29')).not.toBeNull();
});

test('the calendar has an end', () => {
  expect(() => addMonths(day('9999-12-15'), 1)).toThrow(DateRangeError);
  expect(() => formatDate(day('9999-12-31') + 1)).toThrow(DateRangeError);
  expect(() => addMonths(day('2026-01-01'), Number.MAX_SAFE_INTEGER)).toThrow(DateRangeError);
});

describe('places', () => {
  test.each([
    ['NO', ['2026-05-17', '2026-04-02', '2026-05-25'], ['2026-06-05', '2026-12-24', '2026-01-06']],
    ['SE', ['2026-06-06', '2026-06-20', '2026-10-31', '2026-01-06'], ['2026-06-19', '2026-05-25', '2026-12-24']],
    ['DK', ['2026-05-14', '2026-05-25', '2026-04-02'], ['2024-04-26', '2026-05-01', '2026-06-05']],
    ['NL', ['2026-04-27', '2031-04-26'], ['2032-04-26', '2026-05-05', '2026-04-03']],
    [
      'IE',
      ['2026-02-02', '2030-02-01', '2026-10-26', '2026-03-17', '2026-06-01', '2026-08-03'],
      ['2030-02-04', '2026-04-03'],
    ],
    ['IT', ['2027-10-04'], ['2024-10-04']],
    ['PL', ['2025-12-24', '2026-06-04'], ['2024-12-24']],
    ['DE', ['2026-10-03', '2026-05-14'], ['2026-06-04', '2026-10-30']],
    ['FR', ['2026-05-08', '2026-07-14', '2026-11-11'], ['2026-12-28', '2026-04-03']],
    ['FI', ['2028-12-06', '2026-01-06'], ['2026-06-19', '2026-12-24']],
    ['ES', ['2026-10-12', '2026-12-08', '2026-04-03'], ['2026-04-06', '2033-12-26']],
  ])('%s', (place, off, working) => {
    for (const date of off) expect(holidays(place, Number(date.slice(0, 4))).has(day(date)), date).toBe(true);
    for (const date of working) expect(is(place, date), date).toBe(false);
  });

  test('statutory days only under the switch', () => {
    const rows: [string, string[]][] = [
      ['DK', ['2026-06-05', '2026-12-24', '2026-12-31']],
      ['SE', ['2026-06-19', '2026-12-24', '2026-12-31']],
      ['FI', ['2026-06-19', '2026-12-24']],
      ['NL', ['2026-04-03', '2026-05-05']],
    ];
    for (const [place, dates] of rows) {
      for (const date of dates)
        expect([is(place, date), is(place, date, 'statutory')], `${place} ${date}`).toEqual([false, true]);
    }
    expect(is('FI', '2026-12-31', 'statutory')).toBe(false);
    expect(is('NO', '2026-12-24', 'statutory')).toBe(false);
  });

  test('British substitutes', () => {
    // Both on a weekend: Monday and Tuesday.
    expect(['2027-12-27', '2027-12-28', '2027-12-29'].map((date) => is('GB-ENG', date))).toEqual([true, true, false]);
    // 25 December on a Sunday: Monday is Boxing Day itself, so Tuesday.
    expect(['2033-12-26', '2033-12-27', '2033-12-28'].map((date) => is('GB-ENG', date))).toEqual([true, true, false]);
    // 26 December on a Saturday: Monday 28.
    expect(['2026-12-25', '2026-12-28', '2026-12-29'].map((date) => is('GB-ENG', date))).toEqual([true, true, false]);
    expect(['2028-01-03', '2028-01-04'].map((date) => is('GB-SCT', date))).toEqual([true, true]);
    expect(['2028-01-03', '2028-01-04'].map((date) => is('GB-ENG', date))).toEqual([true, false]);
    expect(
      ['2026-06-15', '2027-06-15', '2026-11-30', '2026-04-06', '2026-08-03'].map((date) => is('GB-SCT', date)),
    ).toEqual([true, false, true, false, true]);
    expect(['2026-07-13', '2026-03-17', '2026-08-31'].map((date) => is('GB-NIR', date))).toEqual([true, true, true]);
    expect(is('GB-ENG', '2026-07-13')).toBe(false);
  });

  test('American observance', () => {
    expect(
      [
        '2026-07-03',
        '2027-07-05',
        '2021-12-31',
        '2027-12-31',
        '2023-01-02',
        '2026-11-26',
        '2026-10-12',
        '2026-06-19',
      ].map((date) => is('US', date)),
    ).toEqual([true, true, true, true, true, true, true, true]);
    expect(['2026-11-27', '2026-12-31', '2026-12-24'].map((date) => is('US', date))).toEqual([false, false, false]);
  });
});

test('rolling and counting', () => {
  expect(formatDate(roll('NO', day('2027-03-25')))).toBe('2027-03-30');
  expect(formatDate(roll('NO', day('2027-03-24')))).toBe('2027-03-24');
  expect(formatDate(roll('SE', day('2026-12-24'), 'statutory'))).toBe('2026-12-28');
  expect(formatDate(roll('SE', day('2026-12-31'), 'statutory'))).toBe('2027-01-04');
  // Day 0 never counts, whatever it is.
  expect(formatDate(addBusinessDays('US', day('2026-07-04'), 1))).toBe('2026-07-06');
  expect(formatDate(addBusinessDays('US', day('2026-07-02'), 1))).toBe('2026-07-06');
});
