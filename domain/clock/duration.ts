/** Durations with one unit (clock.md section 1): `PnD`, `PnW`, `PnM`, `PnY`, n ≥ 1; `PTnH` only where named. */
import { addDays, addMonths, DateRangeError, type Day } from '../calendar/civil.js';

/** A length of civil time: whole days, or whole months. */
export interface CivilDuration {
  readonly unit: 'days' | 'months';
  readonly n: number;
}

/** Reads `PnD|PnW|PnM|PnY`; null for anything else. Weeks are seven days, years twelve months. */
export function parseDuration(text: unknown): CivilDuration | null {
  if (typeof text !== 'string') return null;
  const match = /^P(\d+)([DWMY])$/.exec(text);
  const n = Number(match?.[1]);
  if (match === null || !(n >= 1)) return null;
  switch (match[2]) {
    case 'D':
      return { unit: 'days', n };
    case 'W':
      return { unit: 'days', n: n * 7 };
    case 'M':
      return { unit: 'months', n };
    default:
      return { unit: 'months', n: n * 12 };
  }
}

/** Reads `PnD` only; the number of days, or null. */
export function parseDays(text: unknown): number | null {
  return typeof text === 'string' && /^P\d+D$/.test(text) ? (parseDuration(text)?.n ?? null) : null;
}

/** Reads `PTnH` only; the number of hours, or null. */
export function parseHours(text: unknown): number | null {
  const match = typeof text === 'string' ? /^PT(\d+)H$/.exec(text) : null;
  const hours = Number(match?.[1]);
  return match !== null && hours >= 1 ? hours : null;
}

/** `date + duration` by clock.md 2.3 rules 1 and 2. @throws DateRangeError */
export function addDuration(day: Day, duration: CivilDuration): Day {
  if (!Number.isSafeInteger(duration.n)) throw new DateRangeError();
  return duration.unit === 'days' ? addDays(day, duration.n) : addMonths(day, duration.n);
}

const DAY_MS = 86_400_000;

/**
 * Milliseconds of a duration for timers and retention of copies, where days are 24 hours and not civil days.
 * Months count 30 days and years 365: use it only for waiting, never for a date that the law names.
 * @returns null when the text is no duration (`PTnH` is one here)
 */
export function durationMs(text: string): number | null {
  const hours = parseHours(text);
  if (hours !== null) return hours * 3_600_000;
  const duration = parseDuration(text);
  if (duration === null) return null;
  if (duration.unit === 'days') return duration.n * DAY_MS;
  const years = Math.floor(duration.n / 12);
  return (years * 365 + (duration.n % 12) * 30) * DAY_MS;
}
