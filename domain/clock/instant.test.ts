import { describe, expect, test } from 'vitest';
import { compareInstants, formatUtc, formatWallTime, parseInstant } from './instant.js';

const seconds = (text: unknown): number | null => parseInstant(text)?.seconds ?? null;
const DAY = 86_400;

describe('reading', () => {
  test.each([
    ['1970-01-01T00:00Z', 0],
    ['1970-01-01T00:00:01Z', 1],
    ['1970-01-01T00:01Z', 60],
    ['1970-01-02T00:00:00.000Z', DAY],
    ['1970-01-01T02:30+02:30', 0],
    ['1970-01-01T00:00-02:30', 9000],
    ['1969-12-31T22:59:59-01:00', -1],
    ['1970-01-01T23:59:59+23:59', 60 - 1],
    ['2024-02-29T12:00Z', 1_709_208_000],
    ['0000-01-01T00:00Z', -719_528 * DAY],
    ['9999-12-31T23:59:59Z', 253_402_300_799],
  ])('%s', (text, expected) => expect(seconds(text)).toBe(expected));

  test.each([
    '2026-00-10T10:00Z',
    '2026-13-10T10:00Z',
    '2026-01-00T10:00Z',
    '2026-01-32T10:00Z',
    '2026-02-29T10:00Z',
    '2026-04-31T10:00Z',
    '2026-01-01T24:00Z',
    '2026-01-01T23:60Z',
    '2026-01-01T23:59:60Z',
    '2026-01-01T10:00+24:00',
    '2026-01-01T10:00+10:60',
    '2026-01-01T10:00',
    '2026-01-01T10Z',
    '2026-01-01',
    ' 2026-01-01T10:00Z',
    '2026-01-01T10:00Z ',
    '2026-01-01T10:00:00.Z',
    '2026-01-01T10:00z',
    '',
    null,
    undefined,
    7,
    ['2026-01-01T10:00Z'],
    { toString: () => '2026-01-01T10:00Z' },
  ])('%s is none', (text) => expect(parseInstant(text)).toBeNull());

  test('fractions are kept to every digit, without trailing zeros', () => {
    expect(parseInstant('1970-01-01T00:00:00.1200Z')).toEqual({ seconds: 0, fraction: '12' });
    expect(parseInstant('1970-01-01T00:00:00.000Z')).toEqual({ seconds: 0, fraction: '' });
    expect(parseInstant('1970-01-01T00:00:00.0100Z')).toEqual({ seconds: 0, fraction: '01' });
    expect(parseInstant('1970-01-01T00:00Z')).toEqual({ seconds: 0, fraction: '' });
  });
});

test('comparing looks at seconds first, then at the digits of the fraction', () => {
  const order = (a: string, b: string): number => {
    const [x, y] = [parseInstant(a), parseInstant(b)];
    if (x === null || y === null) throw new Error('not instants');
    return Math.sign(compareInstants(x, y));
  };
  expect(order('1970-01-01T00:00:01Z', '1970-01-01T00:00:00.9Z')).toBe(1);
  expect(order('1970-01-01T00:00:00.9Z', '1970-01-01T00:00:01Z')).toBe(-1);
  expect(order('1970-01-01T00:00:00.1Z', '1970-01-01T00:00:00.09Z')).toBe(1);
  expect(order('1970-01-01T00:00:00.09Z', '1970-01-01T00:00:00.1Z')).toBe(-1);
  expect(order('1970-01-01T00:00:00.10Z', '1970-01-01T01:00:00.1+01:00')).toBe(0);
  expect(order('1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000001Z')).toBe(-1);
});

test('writing', () => {
  expect(formatUtc(0)).toBe('1970-01-01T00:00:00.000Z');
  expect(formatUtc(-1)).toBe('1969-12-31T23:59:59.000Z');
  expect(formatWallTime(1_709_208_000 + 3661)).toBe('2024-02-29T13:01:01');
  expect(formatWallTime(-719_528 * DAY)).toBe('0000-01-01T00:00:00');
});
