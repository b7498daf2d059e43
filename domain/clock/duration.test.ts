import { describe, expect, test } from 'vitest';
import { dayOf } from '../calendar/civil.js';
import { addDuration, durationMs, parseDays, parseDuration, parseHours } from './duration.js';

const NOT_TEXT = [null, undefined, 3, ['P3D'], { toString: () => 'P3D' }];

describe('reading', () => {
  test.each([
    ['P1D', { unit: 'days', n: 1 }],
    ['P45D', { unit: 'days', n: 45 }],
    ['P2W', { unit: 'days', n: 14 }],
    ['P3M', { unit: 'months', n: 3 }],
    ['P5Y', { unit: 'months', n: 60 }],
    ['P01D', { unit: 'days', n: 1 }],
  ])('%s', (text, duration) => expect(parseDuration(text)).toEqual(duration));

  test.each([
    'P0D',
    'PD',
    'P1',
    '1D',
    'P1DT1H',
    'P1D2M',
    'xP1D',
    'P1Dx',
    'P-1D',
    'P1.5D',
    'p1d',
    'PT1H',
    '',
    ...NOT_TEXT,
  ])('%s is none', (text) => expect(parseDuration(text)).toBeNull());

  test('days only', () => {
    expect([parseDays('P10D'), parseDays('P1D')]).toEqual([10, 1]);
    for (const text of ['P2W', 'P1M', 'P0D', 'xP1D', 'P1Dx', 'PD', '', ...NOT_TEXT]) expect(parseDays(text)).toBeNull();
  });

  test('hours only', () => {
    expect([parseHours('PT72H'), parseHours('PT1H')]).toEqual([72, 1]);
    for (const text of ['PT0H', 'xPT1H', 'PT1Hx', 'PTH', 'P1D', 'PT1M', '', ...NOT_TEXT])
      expect(parseHours(text)).toBeNull();
    expect(parseHours(['PT3H'])).toBeNull();
  });
});

test('adding counts whole months from the day, and days as days', () => {
  const day = dayOf(2024, 1, 31);
  expect(addDuration(day, { unit: 'days', n: 30 })).toBe(dayOf(2024, 3, 1));
  expect(addDuration(day, { unit: 'months', n: 1 })).toBe(dayOf(2024, 2, 29));
  expect(() => addDuration(day, { unit: 'days', n: 2 ** 53 })).toThrow('date_out_of_range');
  expect(() => addDuration(day, { unit: 'months', n: Number.NaN })).toThrow('date_out_of_range');
});

test('for waiting only: months of 30 days, years of 365', () => {
  const DAY = 86_400_000;
  expect([durationMs('PT2H'), durationMs('P2D'), durationMs('P1W')]).toEqual([7_200_000, 2 * DAY, 7 * DAY]);
  expect([durationMs('P1M'), durationMs('P11M'), durationMs('P12M'), durationMs('P14M'), durationMs('P3Y')]).toEqual([
    30 * DAY,
    330 * DAY,
    365 * DAY,
    425 * DAY,
    1095 * DAY,
  ]);
  expect(durationMs('soon')).toBeNull();
});
