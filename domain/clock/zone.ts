/**
 * Local days in a time zone, from the language's own time-zone database (Intl). Not for workflow code: its answers may
 * change with the database, so results are computed outside and recorded.
 */
import { dayOf, formatDate, type Day } from '../calendar/civil.js';
import type { Instant } from '../words.js';
import { formatWallTime } from './instant.js';

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Abbreviations that Intl takes but the IANA database has never named: they are ambiguous (which `IST`?). */
const NOT_IANA = new Set(
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(' '),
);
const NAME = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/;

/** True for an IANA name, links included; false for offsets, abbreviations and unknown names. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string' || !NAME.test(name) || NOT_IANA.has(name) || name.startsWith('SystemV/')) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Seconds to add to UTC for the wall time in a zone at an instant (seconds since the epoch). Asking Intl costs
 * microseconds, so the offsets at the beginnings of UTC days are kept: where two neighbours agree, the offset holds all
 * day (no zone has ever left an offset and returned to it within a day); else Intl is asked for the instant itself.
 */
export function offsetAt(timeZone: string, seconds: number): number {
  const day = Math.floor(seconds / 86_400);
  const offset = offsetAtDay(timeZone, day);
  return offset === offsetAtDay(timeZone, day + 1) ? offset : readOffset(timeZone, seconds);
}

const offsetsByDay = new Map<string, Map<Day, number>>();
let daysKept = 0;
/** Bounds of what is kept, so that hostile input cannot fill the memory. */
const MOST_DAYS = 200_000;
const MOST_FORMATTERS = 1000;

function offsetAtDay(timeZone: string, day: Day): number {
  const kept = offsetsByDay.get(timeZone)?.get(day);
  if (kept !== undefined) return kept;
  const offset = readOffset(timeZone, day * 86_400);
  if (daysKept >= MOST_DAYS) {
    offsetsByDay.clear();
    daysKept = 0;
  }
  const days = offsetsByDay.get(timeZone) ?? new Map<Day, number>();
  offsetsByDay.set(timeZone, days.set(day, offset));
  daysKept += 1;
  return offset;
}

function readOffset(timeZone: string, seconds: number): number {
  const field: Record<string, string> = {};
  for (const part of formatterOf(timeZone).formatToParts(seconds * 1000)) field[part.type] = part.value;
  const year = field['era'] === 'BC' ? 1 - Number(field['year']) : Number(field['year']);
  const day = dayOf(year, Number(field['month']), Number(field['day']));
  const wall = day * 86_400 + Number(field['hour']) * 3600 + Number(field['minute']) * 60 + Number(field['second']);
  return wall - seconds;
}

/** The local day of an instant (seconds since the epoch). */
export function localDay(timeZone: string, seconds: number): Day {
  return Math.floor((seconds + offsetAt(timeZone, seconds)) / 86_400);
}

/**
 * The end of a local day as seconds since the epoch: the *last* second whose local date is that day. Where clocks go
 * back at midnight the later 23:59:59 is meant; a day that a zone skipped ends with the day before.
 */
export function endOfLocalDay(timeZone: string, day: Day): number {
  const midnight = (day + 1) * 86_400;
  const step = 3 * 3600;
  let late = midnight + 16 * 3600;
  let lateOffset = offsetAt(timeZone, late);
  // Downwards, so that the first second found is the last one; offsets are never wider than 16 hours.
  for (;;) {
    const early = late - step;
    const earlyOffset = offsetAt(timeZone, early);
    const change = earlyOffset === lateOffset ? early : firstSecondOf(timeZone, early, late, lateOffset);
    const last = Math.min(late, midnight - 1 - lateOffset);
    if (last >= change) return last;
    if (change > early) {
      const before = Math.min(change - 1, midnight - 1 - earlyOffset);
      if (before >= early) return before;
    }
    late = early;
    lateOffset = earlyOffset;
  }
}

/** The first second after the day before has ended. */
export function startOfLocalDay(timeZone: string, day: Day): number {
  return endOfLocalDay(timeZone, day - 1) + 1;
}

/** Writes an instant with the offset in force in the zone: `YYYY-MM-DDTHH:MM:SS±HH:MM`. @throws DateRangeError */
export function formatInstant(timeZone: string, seconds: number): Instant {
  // Old local mean times have seconds, which the form has no room for: the minute below still names the same instant.
  const minutes = Math.floor(offsetAt(timeZone, seconds) / 60);
  const wall = seconds + minutes * 60;
  formatDate(Math.floor(wall / 86_400));
  const size = Math.abs(minutes);
  const pad = (n: number): string => String(n).padStart(2, '0');
  return `${formatWallTime(wall)}${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** The second at which the offset of `late` began to hold, given that it differs at `early`. */
function firstSecondOf(timeZone: string, early: number, late: number, lateOffset: number): number {
  let [low, high] = [early, late];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle) === lateOffset) high = middle;
    else low = middle;
  }
  return high;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    // Intl takes names in any case: there are more spellings than zones.
    if (formatters.size >= MOST_FORMATTERS) formatters.clear();
    formatters.set(timeZone, formatter);
  }
  return formatter;
}
