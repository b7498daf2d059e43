import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { requestClock } from './request-clock.js';
import { clockStatus, dayIsOver } from './status.js';
import { durationMs } from './duration.js';

const base = {
  regime: 'gdpr-eu',
  country: 'NO',
  timeZone: 'Europe/Oslo',
  receivedAt: '2026-09-03T10:00:00Z',
  right: 'erasure',
  now: '2026-09-10T10:00:00Z',
} as const;
const clock = requestClock(base);
const status = (now: string, answeredAt: string | null = null, paused = false, of = clock) =>
  clockStatus(of, { now, answeredAt, paused });

test('instants are the last second of their local day, as UTC', () => {
  expect(clock.safeDue).toBe('2026-10-03');
  expect(clock.at).toEqual({
    safeDue: '2026-10-03T21:59:59.000Z',
    legalDue: '2026-10-05T21:59:59.000Z',
    due: '2026-10-05T21:59:59.000Z',
    promisedDue: null,
    refusalDue: '2026-10-05T21:59:59.000Z',
    extendableUntil: '2026-10-05T21:59:59.000Z',
    extendedDue: '2026-12-03T22:59:59.000Z',
    dueSoonFrom: '2026-09-25T22:00:00.000Z',
  });
  expect(clock.regime).toBe('gdpr-eu');
});

describe('status', () => {
  test('an answer counts through the last second of the due day', () => {
    expect(status('2026-12-01T00:00:00Z', '2026-10-05T21:59:59.999Z')).toBe('met');
    expect(status('2026-12-01T00:00:00Z', '2026-10-05T22:00:00.000Z')).toBe('met_late');
  });
  test('overdue before paused, paused before due soon', () => {
    expect(status('2026-10-05T22:00:00Z', null, true)).toBe('overdue');
    expect(status('2026-10-05T21:59:59Z', null, true)).toBe('paused');
    expect(status('2026-10-05T21:59:59Z')).toBe('due_soon');
  });
  test('the last quarter begins at the start of its day', () => {
    expect(status('2026-09-25T21:59:59Z')).toBe('on_track');
    expect(status('2026-09-25T22:00:00Z')).toBe('due_soon');
  });
  test('five days where a quarter is shorter', () => {
    const promised = requestClock({ ...base, promises: [{ within: 'P12D' }] });
    expect(promised.at.dueSoonFrom).toBe('2026-09-09T22:00:00.000Z');
    expect(promised.at.promisedDue).toBe('2026-09-15T21:59:59.000Z');
  });
  test('after a granted extension the end of the extended period counts', () => {
    const extended = requestClock({
      ...base,
      extension: { decidedAt: '2026-09-09T10:00:00Z', reason: 'many systems' },
    });
    // 91 days from receipt to 3 December: the last 22 begin on 11 November.
    expect(extended.at.dueSoonFrom).toBe('2026-11-10T23:00:00.000Z');
    expect(status('2026-11-01T00:00:00Z', null, false, extended)).toBe('on_track');
  });
  test('dayIsOver', () => {
    expect(dayIsOver(clock.at.due, '2026-10-05T21:59:59.999Z')).toBe(false);
    expect(dayIsOver(clock.at.due, '2026-10-06T00:00:00+02:00')).toBe(true);
  });
});

describe('consent withdrawal is clocked as objection', () => {
  test('with its own promises', () => {
    const withdrawal = { ...base, right: 'consent_withdrawal' } as const;
    expect(requestClock(withdrawal).legalDue).toBe('2026-10-05');
    const promised = (rights: readonly string[]) =>
      requestClock({ ...withdrawal, promises: [{ within: 'P1D', rights }] }).promisedDue;
    expect(promised(['consent_withdrawal'])).toBe('2026-09-04');
    expect(promised(['objection'])).toBe('2026-09-04');
    expect(promised(['erasure'])).toBeNull();
    expect(
      requestClock({ ...base, right: 'objection', promises: [{ within: 'P1D', rights: ['consent_withdrawal'] }] })
        .promisedDue,
    ).toBeNull();
  });
  test('a right that the regime does not know is refused by name', () => {
    expect(() => requestClock({ ...base, right: 'opt_out' })).toThrowError(
      expect.objectContaining({ code: 'invalid_case', field: 'right' }),
    );
  });
});

test('durations for waiting', () => {
  expect(durationMs('P30D')).toBe(30 * 86_400_000);
  expect(durationMs('P2W')).toBe(14 * 86_400_000);
  expect(durationMs('P3Y')).toBe(1095 * 86_400_000);
  expect(durationMs('P14M')).toBe(425 * 86_400_000);
  expect(durationMs('PT72H')).toBe(72 * 3_600_000);
  expect(durationMs('30 days')).toBeNull();
});

test('what workflows may import reads no zone database', () => {
  for (const file of ['status', 'instant', 'duration', 'types']) {
    const text = readFileSync(new URL(`./${file}.ts`, import.meta.url), 'utf8');
    expect(text).not.toMatch(/\bIntl\.|\bnew Date\b|Date\.now|from '\.\/(zone|reader|request)/);
  }
});
