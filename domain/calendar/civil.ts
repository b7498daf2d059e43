/**
 * Civil days without clocks or zones: a `Day` is the number of days since 1970-01-01 in the proleptic Gregorian calendar.
 * Month and year arithmetic follows Reg. (EEC, Euratom) 1182/71 Art. 3(2)(c) (clock.md 2.3): the same number in the n-th
 * following month, or its last day, always counted in one step.
 */
import type { CivilDate } from '../words.js';

/** Whole days since 1970-01-01. */
export type Day = number;

/** Weekday with 0 = Sunday … 6 = Saturday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A day cannot be written as `YYYY-MM-DD`: before the year 0000 or after 9999. */
export class DateRangeError extends Error {
  readonly code = 'date_out_of_range';
  constructor() {
    super('date_out_of_range: the day lies outside the years 0000 to 9999');
    this.name = 'DateRangeError';
  }
}

const FIRST_DAY: Day = -719_528; // 0000-01-01
const LAST_DAY: Day = 2_932_896; // 9999-12-31

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Number of days of a month (1–12). */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day of a date that exists; months 1–12. Counts March-based years so that the leap day comes last. */
export function dayOf(year: number, month: number, day: number): Day {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Year, month (1–12) and day of the month of a day. */
export function partsOf(day: Day): { readonly year: number; readonly month: number; readonly day: number } {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

/** Reads `YYYY-MM-DD`; null when the text has another form or the day does not exist. */
export function parseDate(text: unknown): Day | null {
  if (typeof text !== 'string') return null;
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return dayOf(year, month, day);
}

/** Writes `YYYY-MM-DD`. @throws DateRangeError (`date_out_of_range`) outside the years 0000 to 9999. */
export function formatDate(day: Day): CivilDate {
  inRange(day);
  const { year, month, day: dayOfMonth } = partsOf(day);
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(dayOfMonth)}`;
}

export function weekdayOf(day: Day): Weekday {
  return ((((day + 4) % 7) + 7) % 7) as Weekday;
}

export function isWeekend(day: Day): boolean {
  const weekday = weekdayOf(day);
  return weekday === 0 || weekday === 6;
}

/** Day 0 + n. @throws DateRangeError */
export function addDays(day: Day, n: number): Day {
  return inRange(day + n);
}

/**
 * The day of the n-th following month with the same number, else the last day of that month (clock.md 2.3 rule 2).
 * Never chain it: three months are not one and then two. @throws DateRangeError
 */
export function addMonths(day: Day, n: number): Day {
  const start = partsOf(day);
  const months = start.year * 12 + (start.month - 1) + n;
  const year = Math.floor(months / 12);
  if (!Number.isSafeInteger(months) || year > 9999) throw new DateRangeError();
  const month = months - year * 12 + 1;
  return inRange(dayOf(year, month, Math.min(start.day, daysInMonth(year, month))));
}

function inRange(day: Day): Day {
  if (!(day >= FIRST_DAY && day <= LAST_DAY)) throw new DateRangeError();
  return day;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
