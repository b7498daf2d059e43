/** Rules from which a year's holidays follow: fixed dates, distances from Easter, weekdays in a window of days. */
import { dayOf, daysInMonth, weekdayOf, type Day, type Weekday } from './civil.js';

/** One holiday rule. `from`: first year in which it applies; `only`: a single year. */
export type HolidayRule =
  | {
      readonly kind: 'fixed';
      readonly month: number;
      readonly day: number;
      readonly from?: number;
      readonly only?: number;
    }
  /** Days after Easter Sunday (negative: before). */
  | { readonly kind: 'easter'; readonly offset: number }
  /** The first given weekday on or after a date. */
  | { readonly kind: 'onOrAfter'; readonly weekday: Weekday; readonly month: number; readonly day: number }
  /** The last given weekday of a month. */
  | { readonly kind: 'last'; readonly weekday: Weekday; readonly month: number }
  /** A fixed date that moves to another date when it falls on a given weekday. */
  | {
      readonly kind: 'fixedUnless';
      readonly month: number;
      readonly day: number;
      readonly weekday: Weekday;
      readonly otherwise: number;
    }
  /** The first given weekday of a month, but the month's first day itself when that is another given weekday. */
  | {
      readonly kind: 'firstUnlessFirstIs';
      readonly weekday: Weekday;
      readonly month: number;
      readonly firstIs: Weekday;
    };

/** Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher). */
export function easterSunday(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1);
}

/** The day that a rule gives in a year, or null when the rule does not apply to that year. */
export function holidayOf(rule: HolidayRule, year: number): Day | null {
  switch (rule.kind) {
    case 'fixed':
      if (rule.from !== undefined && year < rule.from) return null;
      if (rule.only !== undefined && year !== rule.only) return null;
      return dayOf(year, rule.month, rule.day);
    case 'easter':
      return easterSunday(year) + rule.offset;
    case 'onOrAfter':
      return onOrAfter(dayOf(year, rule.month, rule.day), rule.weekday);
    case 'last': {
      const end = dayOf(year, rule.month, daysInMonth(year, rule.month));
      return end - ((weekdayOf(end) - rule.weekday + 7) % 7);
    }
    case 'fixedUnless': {
      const day = dayOf(year, rule.month, rule.day);
      return weekdayOf(day) === rule.weekday ? dayOf(year, rule.month, rule.otherwise) : day;
    }
    case 'firstUnlessFirstIs': {
      const first = dayOf(year, rule.month, 1);
      return weekdayOf(first) === rule.firstIs ? first : onOrAfter(first, rule.weekday);
    }
  }
}

function onOrAfter(day: Day, weekday: Weekday): Day {
  return day + ((weekday - weekdayOf(day) + 7) % 7);
}
