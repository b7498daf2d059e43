/** Instants as text with an offset, exact to any number of digits, without Date and without zones. Safe in workflows. */
import { dayOf, daysInMonth, partsOf } from '../calendar/civil.js';

/** Seconds since 1970-01-01T00:00:00Z and the digits of the fraction without trailing zeros. */
export interface PointInTime {
  readonly seconds: number;
  readonly fraction: string;
}

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** Reads `YYYY-MM-DDTHH:MM[:SS[.f…]]` with `Z` or `±HH:MM`; null for any other form or a time that does not exist. */
export function parseInstant(text: unknown): PointInTime | null {
  if (typeof text !== 'string') return null;
  const match = FORM.exec(text);
  if (match === null) return null;
  const number = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [number(1), number(2), number(3), number(4), number(5), number(6)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59 || number(9) > 23 || number(10) > 59) return null;
  const offset = (number(9) * 60 + number(10)) * (match[8] === '-' ? -60 : 60);
  return {
    seconds: dayOf(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset,
    fraction: (match[7] ?? '').replace(/0+$/, ''),
  };
}

/** Negative when a is before b, 0 when they are the same instant. */
export function compareInstants(a: PointInTime, b: PointInTime): number {
  if (a.seconds !== b.seconds) return a.seconds - b.seconds;
  if (a.fraction === b.fraction) return 0;
  return a.fraction < b.fraction ? -1 : 1;
}

/** Writes whole seconds as `YYYY-MM-DDTHH:MM:SS.000Z`. */
export function formatUtc(seconds: number): string {
  return `${formatWallTime(seconds)}.000Z`;
}

/** Writes seconds since the epoch as `YYYY-MM-DDTHH:MM:SS`, without an offset. */
export function formatWallTime(seconds: number): string {
  const day = Math.floor(seconds / 86_400);
  const { year, month, day: dayOfMonth } = partsOf(day);
  const rest = seconds - day * 86_400;
  const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
  const time = `${pad(Math.floor(rest / 3600))}:${pad(Math.floor((rest % 3600) / 60))}:${pad(rest % 60)}`;
  return `${pad(year, 4)}-${pad(month)}-${pad(dayOfMonth)}T${time}`;
}
