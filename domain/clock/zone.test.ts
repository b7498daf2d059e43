import { expect, test } from 'vitest';
import { parseDate } from '../calendar/civil.js';
import { endOfLocalDay, formatInstant, startOfLocalDay } from './zone.js';

const end = (timeZone: string, date: string): string =>
  formatInstant(timeZone, endOfLocalDay(timeZone, parseDate(date) ?? 0));
const start = (timeZone: string, date: string): string =>
  formatInstant(timeZone, startOfLocalDay(timeZone, parseDate(date) ?? 0));

test.each([
  // An ordinary day, and one whose clocks changed in the night before.
  ['Europe/Oslo', '2026-10-25', '2026-10-25T23:59:59+01:00'],
  ['UTC', '2026-10-25', '2026-10-25T23:59:59+00:00'],
  // Back at midnight: 23:59:59 happens twice, the later one is meant.
  ['America/Asuncion', '2023-03-25', '2023-03-25T23:59:59-04:00'],
  ['America/Sao_Paulo', '2019-02-16', '2019-02-16T23:59:59-03:00'],
  // Forward at midnight: nothing changes for the day before.
  ['Asia/Beirut', '2026-03-28', '2026-03-28T23:59:59+02:00'],
  ['America/Sao_Paulo', '2018-11-03', '2018-11-03T23:59:59-03:00'],
  // Back from 00:01 to 23:01 of the day before: its last second comes an hour later.
  ['America/St_Johns', '2010-11-06', '2010-11-06T23:59:59-03:30'],
  // Half an hour.
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-05T23:59:59+10:30'],
  // Samoa skipped 30 December 2011: the day has no second, and ends with the one before.
  ['Pacific/Apia', '2011-12-30', '2011-12-29T23:59:59-10:00'],
  ['Pacific/Apia', '2011-12-29', '2011-12-29T23:59:59-10:00'],
])('the last second of a day in %s, %s', (timeZone, date, expected) => {
  expect(end(timeZone, date)).toBe(expected);
});

test('a day begins after the day before has ended', () => {
  expect(start('Asia/Beirut', '2026-03-29')).toBe('2026-03-29T01:00:00+03:00');
  expect(start('America/Asuncion', '2023-03-26')).toBe('2023-03-26T00:00:00-04:00');
  expect(start('Europe/Oslo', '2026-03-29')).toBe('2026-03-29T00:00:00+01:00');
});

test('old local mean times are written to the minute and still name the same instant', () => {
  const text = formatInstant('Europe/Oslo', -2_840_140_800);
  expect(text).toBe('1880-01-01T00:53:00+00:53');
  expect(Date.parse(text)).toBe(-2_840_140_800_000);
});
