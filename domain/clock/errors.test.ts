import { expect, test } from 'vitest';
import { InvalidCaseError } from './errors.js';
import { clockStatus } from './status.js';
import { formatInstant, isTimeZone, localDay, offsetAt } from './zone.js';

test('a bad case names its field, or says that it is no object', () => {
  expect(new InvalidCaseError('now')).toMatchObject({
    name: 'InvalidCaseError',
    code: 'invalid_case',
    field: 'now',
    message: 'invalid_case: now',
  });
  expect(new InvalidCaseError(null)).toMatchObject({ field: null, message: 'invalid_case: not a JSON object' });
});

test('a status needs instants', () => {
  const at = { due: 'soon', dueSoonFrom: 'soon' };
  expect(() =>
    clockStatus({ at } as unknown as Parameters<typeof clockStatus>[0], {
      answeredAt: null,
      paused: false,
      now: '2026-01-01T00:00Z',
    }),
  ).toThrow('not an RFC 3339 instant');
});

test('names that are no IANA zones', () => {
  for (const name of [
    null,
    7,
    ['Europe/Oslo'],
    '',
    'europe/oslo',
    '+01:00',
    'EST5EDT;',
    'IST',
    'SystemV/EST5',
    'Mars/Base',
    ' UTC',
  ])
    expect(isTimeZone(name), String(name)).toBe(false);
  for (const name of ['UTC', 'Europe/Oslo', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'EST', 'US/Pacific'])
    expect(isTimeZone(name), name).toBe(true);
});

test('offsets before the first zone rules, and before the year 1', () => {
  // Berlin's local mean time was 53 minutes and 28 seconds ahead; the form has no room for the seconds.
  expect(offsetAt('Europe/Berlin', -3_000_000_000)).toBe(53 * 60 + 28);
  expect(formatInstant('Europe/Berlin', -3_000_000_000)).toBe('1874-12-07T19:33:00+00:53');
  const bc = -62_135_596_800 - 366 * 86_400;
  expect(offsetAt('UTC', bc)).toBe(0);
  expect(localDay('UTC', bc)).toBe(bc / 86_400);
  expect(offsetAt('UTC', bc - 400 * 86_400)).toBe(0);
});

test('the day of a change of clocks is read to the second, others from their neighbours, in any order', () => {
  const change = Date.UTC(2026, 2, 29, 1) / 1000;
  const read = (): number[] => [-1, 0, 3600, -86_400, 86_400].map((shift) => offsetAt('Europe/Oslo', change + shift));
  expect(read()).toEqual([3600, 7200, 7200, 3600, 7200]);
  expect(read()).toEqual([3600, 7200, 7200, 3600, 7200]);
  expect(offsetAt('America/Havana', change)).not.toBe(offsetAt('Europe/Oslo', change));
});
