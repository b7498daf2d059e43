import { describe, expect, test } from 'vitest';
import { checkAway, parseAway, parsePerDay } from './away.js';
import { SimulationError } from './errors.js';

const coded = (code: string) => expect.objectContaining({ name: 'SimulationError', code });

describe('absences', () => {
  test.each([
    [
      'privacy_officer:2026-07-01..2026-07-14',
      { role: 'privacy_officer', who: null, from: '2026-07-01', to: '2026-07-14' },
    ],
    ['dpo:2026-07-01..2026-07-01', { role: 'privacy_officer', who: null, from: '2026-07-01', to: '2026-07-01' }],
    [
      'approver:acme-2.no:2026-07-01..2026-07-14',
      { role: 'organisation', who: 'acme-2.no', from: '2026-07-01', to: '2026-07-14' },
    ],
    [
      'second_person:2024-02-29..2026-07-14',
      { role: 'second_person', who: null, from: '2024-02-29', to: '2026-07-14' },
    ],
  ])('%s', (text, away) => expect(parseAway(text)).toEqual(away));

  test.each([
    '',
    'dpo',
    'dpo:2026-07-01',
    'dpo:2026-07-01...2026-07-14',
    'dpo:2026-07-01..2026-07-14 ',
    ' dpo:2026-07-01..2026-07-14',
    'dpo:a:b:2026-07-01..2026-07-14',
    'janitor:2026-07-01..2026-07-14',
    'toString:2026-07-01..2026-07-14',
    'constructor:2026-07-01..2026-07-14',
    'dpo:2026-02-30..2026-07-14',
    'dpo:2026-02-01..2026-02-30',
    'dpo:2026-07-14..2026-07-13',
  ])('"%s" is refused', (text) => expect(() => parseAway(text)).toThrow(coded('away_invalid')));

  test('says which roles there are, when it ends too early, and what is no day', () => {
    const away = { role: 'dpo', who: null, from: '2026-07-01', to: '2026-07-02' };
    expect(() => checkAway({ ...away, role: 'x' })).toThrow(
      'an absence names a role: privacy_officer, second_person, organisation, dpo, approver',
    );
    expect(() => checkAway({ ...away, to: '2026-06-30' })).toThrow('an absence ends before it begins');
    expect(() => checkAway({ ...away, from: 'soon' })).toThrow('an absence names a day that does not exist');
    expect(() => parseAway('x')).toThrow('an absence is written ROLE:FROM..TO with days YYYY-MM-DD');
  });
});

describe('throughput', () => {
  test.each([
    ['privacy_officer:12', ['privacy_officer', 12]],
    ['dpo:1', ['privacy_officer', 1]],
    ['organisation:999999', ['organisation', 999_999]],
  ])('%s', (text, entry) => expect(parsePerDay(text)).toEqual(entry));

  test.each(['', 'dpo', 'dpo:', 'dpo:0', 'dpo:-1', 'dpo:1.5', 'dpo:1000000', 'xdpo:1', 'dpo:1x', '1dpo:1'])(
    '"%s" is refused',
    (text) => expect(() => parsePerDay(text)).toThrow(coded('per_day_invalid')),
  );

  test('says how it is written', () => {
    expect(() => parsePerDay('x')).toThrow(
      'a throughput is written ROLE:N with N ≥ 1; roles: privacy_officer, second_person, organisation, dpo, approver',
    );
    expect(new SimulationError('per_day_invalid', 'x')).toBeInstanceOf(Error);
  });
});
