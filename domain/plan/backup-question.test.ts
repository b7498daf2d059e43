import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackupCopy } from '../ports/connector.js';
import { addRetention, backupQuestion } from './backup-question.js';

const retention = 'P30D';
const copy = (takenAt: string | null): BackupCopy => ({
  backupId: `b-${takenAt}`,
  takenAt,
  expiresAt: takenAt === null ? null : addRetention(takenAt, retention),
});
const effectiveAt = '2026-11-24T12:00:00.000Z';

describe('the backup question', () => {
  it('counts copies taken at or before the effect, and no later ones', () => {
    const copies = ['2026-11-22T03:00:00.000Z', effectiveAt, '2026-11-24T12:00:00.001Z'].map(copy);
    expect(backupQuestion(copies, { effectiveAt, retention, now: '2026-11-25T00:00:00.000Z' })).toEqual({
      state: 'waiting',
      copies: 2,
      lastExpiresAt: '2026-12-24T12:00:00.000Z',
    });
  });

  it('counts every copy while the effect is only intended', () => {
    const copies = ['2026-11-22T03:00:00.000Z', '2026-11-24T12:00:00.001Z'].map(copy);
    expect(backupQuestion(copies, { effectiveAt: null, retention, now: '2026-11-25T00:00:00.000Z' })).toMatchObject({
      state: 'waiting',
      copies: 2,
    });
  });

  it('is gone when the listing shows no copy that may hold the person', () => {
    expect(backupQuestion([], { effectiveAt, retention, now: effectiveAt })).toEqual({
      state: 'gone',
      copies: 0,
      lastExpiresAt: null,
    });
    expect(
      backupQuestion([copy('2027-01-01T00:00:00.000Z')], { effectiveAt, retention, now: '2027-01-02T00:00:00.000Z' })
        .state,
    ).toBe('gone');
  });

  it('is unknown, not gone, when there is no listing', () => {
    expect(backupQuestion(null, { effectiveAt, retention, now: effectiveAt }).state).toBe('unknown');
  });

  // B10
  it.each([
    ['one minute before its end', '2026-12-24T11:59:00.000Z', 'waiting'],
    ['at its end', '2026-12-24T12:00:00.000Z', 'waiting'],
    ['24 h late', '2026-12-25T12:00:00.000Z', 'waiting'],
    ['72 h late', '2026-12-27T12:00:00.000Z', 'waiting'],
    ['more than 72 h late', '2026-12-27T12:00:00.001Z', 'overdue'],
  ])('a copy that is still listed %s is %3$s', (_when, now, state) => {
    expect(backupQuestion([copy(effectiveAt)], { effectiveAt, retention, now }).state).toBe(state);
  });

  // B14
  it('treats a copy of unknown age as holding the person, until it cannot be as old as the effect any more', () => {
    const unknown = [copy(null)];
    expect(backupQuestion(unknown, { effectiveAt, retention, now: effectiveAt })).toEqual({
      state: 'waiting',
      copies: 1,
      lastExpiresAt: '2026-12-24T12:00:00.000Z',
    });
    expect(backupQuestion(unknown, { effectiveAt, retention, now: '2026-12-28T00:00:00.000Z' }).state).toBe('overdue');
    expect(backupQuestion(unknown, { effectiveAt: null, retention, now: effectiveAt })).toMatchObject({
      state: 'waiting',
      copies: 1,
    });
  });

  it('never says gone while a copy as old as the effect is listed, whatever else is', () => {
    const instant = fc
      .integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-12-31') })
      .map((ms) => new Date(ms).toISOString());
    fc.assert(
      fc.property(fc.array(instant), instant, instant, instant, (others, taken, effective, now) => {
        const copies = [...others, taken].map(copy);
        const { state, copies: n } = backupQuestion(copies, { effectiveAt: effective, retention, now });
        const holding = copies.filter((c) => String(c.takenAt) <= effective).length;
        expect(n).toBe(holding);
        expect(state === 'gone').toBe(holding === 0);
      }),
    );
  });
});

describe('a retention', () => {
  it('is exact in days, and keeps day and time in months', () => {
    expect(addRetention('2026-03-01T02:30:00.000Z', 'P90D')).toBe('2026-05-30T02:30:00.000Z');
    expect(addRetention('2027-01-31T02:30:00.000Z', 'P1M')).toBe('2027-02-28T02:30:00.000Z');
    expect(addRetention('2028-02-29T02:30:00.000Z', 'P1Y')).toBe('2029-02-28T02:30:00.000Z');
    expect(addRetention('2026-01-01T00:00:00Z', 'PT36H')).toBe('2026-01-02T12:00:00.000Z');
    expect(addRetention('2026-01-01T00:00:00Z', 'P2W')).toBe('2026-01-15T00:00:00.000Z');
  });

  it('refuses anything else', () => {
    expect(() => addRetention('2026-01-01T00:00:00Z', 'P1Y2M')).toThrow(RangeError);
    expect(() => addRetention('yesterday', 'P1D')).toThrow(RangeError);
  });
});
