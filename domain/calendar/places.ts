/**
 * Public holidays by rule for every calendar place that rolls, and for the business days of the United States
 * (clock.md section 3). The table decides over any data source; one-off days are data here.
 */
import type { HolidayRule } from './rules.js';
import type { Weekday } from './civil.js';

const SUNDAY: Weekday = 0;
const MONDAY: Weekday = 1;
const THURSDAY: Weekday = 4;
const FRIDAY: Weekday = 5;
const SATURDAY: Weekday = 6;

const fixed = (month: number, day: number): HolidayRule => ({ kind: 'fixed', month, day });
const easter = (...offsets: readonly number[]): HolidayRule[] => offsets.map((offset) => ({ kind: 'easter', offset }));
const first = (weekday: Weekday, month: number, nth = 1): HolidayRule => ({
  kind: 'onOrAfter',
  weekday,
  month,
  day: 7 * (nth - 1) + 1,
});
const last = (weekday: Weekday, month: number): HolidayRule => ({ kind: 'last', weekday, month });
const onOrAfter = (weekday: Weekday, month: number, day: number): HolidayRule => ({
  kind: 'onOrAfter',
  weekday,
  month,
  day,
});

const NEW_YEAR = fixed(1, 1);
const EPIPHANY = fixed(1, 6);
const LABOUR_DAY = fixed(5, 1);
const ASSUMPTION = fixed(8, 15);
const ALL_SAINTS_FIXED = fixed(11, 1);
const CHRISTMAS = [fixed(12, 25), fixed(12, 26)];
const MIDSUMMER_EVE = onOrAfter(FRIDAY, 6, 19);
const MIDSUMMER_DAY = onOrAfter(SATURDAY, 6, 20);
const ALL_SAINTS_SATURDAY = onOrAfter(SATURDAY, 10, 31);

export interface Calendar {
  readonly rules: readonly HolidayRule[];
  /**
   * What a fixed date on a weekend gives. `next_free`: the next weekday that is not a holiday itself (United Kingdom).
   * `nearest`: Saturday gives Friday, Sunday gives Monday (5 U.S.C. § 6103). `none`: nothing.
   */
  readonly substitute: 'none' | 'next_free' | 'nearest';
  /** Days that national law on periods treats like holidays; only under the switch `nonDeadlineDays: statutory`. */
  readonly statutory: readonly HolidayRule[];
}

const plain = (rules: readonly HolidayRule[], statutory: readonly HolidayRule[] = []): Calendar => ({
  rules,
  substitute: 'none',
  statutory,
});
const british = (rules: readonly HolidayRule[]): Calendar => ({ rules, substitute: 'next_free', statutory: [] });

const ENGLAND: readonly HolidayRule[] = [
  NEW_YEAR,
  ...easter(-2, 1),
  first(MONDAY, 5),
  last(MONDAY, 5),
  last(MONDAY, 8),
  ...CHRISTMAS,
];

/** Calendars by place. Places without an entry have no holidays here: their regimes do not roll. */
export const CALENDARS: ReadonlyMap<string, Calendar> = new Map<string, Calendar>([
  ['NO', plain([NEW_YEAR, ...easter(-3, -2, 0, 1, 39, 49, 50), LABOUR_DAY, fixed(5, 17), ...CHRISTMAS])],
  [
    'SE',
    plain(
      [
        NEW_YEAR,
        EPIPHANY,
        ...easter(-2, 0, 1, 39, 49),
        LABOUR_DAY,
        fixed(6, 6),
        MIDSUMMER_DAY,
        ALL_SAINTS_SATURDAY,
        ...CHRISTMAS,
      ],
      // lag 1930:173 § 2
      [MIDSUMMER_EVE, fixed(12, 24), fixed(12, 31)],
    ),
  ],
  [
    'DK',
    plain(
      [NEW_YEAR, ...easter(-3, -2, 0, 1, 39, 49, 50), ...CHRISTMAS],
      // as forældelsesloven § 27
      [fixed(6, 5), fixed(12, 24), fixed(12, 31)],
    ),
  ],
  ['DE', plain([NEW_YEAR, ...easter(-2, 1, 39, 50), LABOUR_DAY, fixed(10, 3), ...CHRISTMAS])],
  [
    'FR',
    plain([
      NEW_YEAR,
      ...easter(1, 39, 50),
      LABOUR_DAY,
      fixed(5, 8),
      fixed(7, 14),
      ASSUMPTION,
      ALL_SAINTS_FIXED,
      fixed(11, 11),
      fixed(12, 25),
    ]),
  ],
  [
    'FI',
    plain(
      [
        NEW_YEAR,
        EPIPHANY,
        ...easter(-2, 0, 1, 39, 49),
        LABOUR_DAY,
        MIDSUMMER_DAY,
        ALL_SAINTS_SATURDAY,
        fixed(12, 6),
        ...CHRISTMAS,
      ],
      // laki 150/1930 § 5
      [MIDSUMMER_EVE, fixed(12, 24)],
    ),
  ],
  [
    'NL',
    plain(
      [
        NEW_YEAR,
        ...easter(0, 1, 39, 49, 50),
        { kind: 'fixedUnless', month: 4, day: 27, weekday: SUNDAY, otherwise: 26 },
        ...CHRISTMAS,
      ],
      // Algemene termijnenwet art. 3
      [...easter(-2), fixed(5, 5)],
    ),
  ],
  [
    'IE',
    plain([
      NEW_YEAR,
      { kind: 'firstUnlessFirstIs', weekday: MONDAY, month: 2, firstIs: FRIDAY },
      fixed(3, 17),
      ...easter(1),
      first(MONDAY, 5),
      first(MONDAY, 6),
      first(MONDAY, 8),
      last(MONDAY, 10),
      ...CHRISTMAS,
    ]),
  ],
  [
    'ES',
    plain([
      NEW_YEAR,
      EPIPHANY,
      ...easter(-2),
      LABOUR_DAY,
      ASSUMPTION,
      fixed(10, 12),
      ALL_SAINTS_FIXED,
      fixed(12, 6),
      fixed(12, 8),
      fixed(12, 25),
    ]),
  ],
  [
    'IT',
    plain([
      NEW_YEAR,
      EPIPHANY,
      ...easter(0, 1),
      fixed(4, 25),
      LABOUR_DAY,
      fixed(6, 2),
      ASSUMPTION,
      { kind: 'fixed', month: 10, day: 4, from: 2026 },
      ALL_SAINTS_FIXED,
      fixed(12, 8),
      ...CHRISTMAS,
    ]),
  ],
  [
    'PL',
    plain([
      NEW_YEAR,
      EPIPHANY,
      ...easter(0, 1, 49, 60),
      LABOUR_DAY,
      fixed(5, 3),
      ASSUMPTION,
      ALL_SAINTS_FIXED,
      fixed(11, 11),
      { kind: 'fixed', month: 12, day: 24, from: 2025 },
      ...CHRISTMAS,
    ]),
  ],
  ['GB-ENG', british(ENGLAND)],
  [
    'GB-SCT',
    british([
      NEW_YEAR,
      fixed(1, 2),
      ...easter(-2),
      first(MONDAY, 5),
      last(MONDAY, 5),
      first(MONDAY, 8),
      fixed(11, 30),
      ...CHRISTMAS,
      { kind: 'fixed', month: 6, day: 15, only: 2026 },
    ]),
  ],
  ['GB-NIR', british([...ENGLAND, fixed(3, 17), fixed(7, 12)])],
  [
    'US',
    {
      rules: [
        NEW_YEAR,
        first(MONDAY, 1, 3),
        first(MONDAY, 2, 3),
        last(MONDAY, 5),
        fixed(6, 19),
        fixed(7, 4),
        first(MONDAY, 9),
        first(MONDAY, 10, 2),
        fixed(11, 11),
        first(THURSDAY, 11, 4),
        fixed(12, 25),
      ],
      substitute: 'nearest',
      statutory: [],
    },
  ],
]);
