/** Which days end no period, and counting over them (clock.md 2.3 rules 4 and 5, section 3). */
import { addDays, isWeekend, partsOf, weekdayOf, type Day } from './civil.js';
import { CALENDARS } from './places.js';
import { holidayOf } from './rules.js';

export type NonDeadlineDays = 'public' | 'statutory';

/**
 * Holidays of a place in a year, substitutes included.
 * @param place key of the calendar table; an unknown place has none
 * @param kind `statutory` adds the days that national law on periods treats like holidays
 */
export function holidays(place: string, year: number, kind: NonDeadlineDays = 'public'): ReadonlySet<Day> {
  const key = `${place} ${year} ${kind}`;
  let days = known.get(key);
  if (days === undefined) {
    days = holidaysOf(place, year, kind);
    if (known.size >= MOST_YEARS) known.clear();
    known.set(key, days);
  }
  return days;
}

/** Years already worked out: they follow from their key alone, so nothing depends on what is kept. */
const known = new Map<string, ReadonlySet<Day>>();
const MOST_YEARS = 10_000;

function holidaysOf(place: string, year: number, kind: NonDeadlineDays): ReadonlySet<Day> {
  const calendar = CALENDARS.get(place);
  const days = new Set<Day>();
  if (calendar === undefined) return days;
  const add = (day: Day | null): void => {
    if (day !== null) days.add(day);
  };
  for (const rule of calendar.rules) add(holidayOf(rule, year));
  if (kind === 'statutory') for (const rule of calendar.statutory) add(holidayOf(rule, year));
  if (calendar.substitute === 'next_free') {
    // Calendar order: of two holidays on one weekend the first takes the Monday.
    for (const day of [...days].sort((a, b) => a - b)) if (isWeekend(day)) days.add(nextFree(day, days));
  }
  if (calendar.substitute === 'nearest') {
    // Additions are weekdays, which are their own nearest: walking the growing set ends.
    for (const day of days) add(nearestWeekday(day));
    // 1 January of the following year on a Saturday is observed on 31 December of this one.
    const next = holidayOf({ kind: 'fixed', month: 1, day: 1 }, year + 1);
    if (next !== null && weekdayOf(next) === 6) days.add(next - 1);
  }
  return days;
}

/** True on Saturdays, Sundays and holidays of the place. */
export function isNonDeadlineDay(place: string, day: Day, kind: NonDeadlineDays = 'public'): boolean {
  return isWeekend(day) || holidays(place, partsOf(day).year, kind).has(day);
}

/** The day itself, or the next one that is neither weekend nor holiday. Only ever the last step of a period. */
export function roll(place: string, day: Day, kind: NonDeadlineDays = 'public'): Day {
  let end = day;
  while (isNonDeadlineDay(place, end, kind)) end = addDays(end, 1);
  return end;
}

/** The n-th following business day; day 0 never counts. Business days never use statutory days. */
export function addBusinessDays(place: string, day: Day, n: number): Day {
  let end = day;
  for (let counted = 0; counted < n; ) {
    end = addDays(end, 1);
    if (!isNonDeadlineDay(place, end)) counted += 1;
  }
  return end;
}

function nextFree(day: Day, taken: ReadonlySet<Day>): Day {
  let free = day + 1;
  while (isWeekend(free) || taken.has(free)) free += 1;
  return free;
}

function nearestWeekday(day: Day): Day {
  const weekday = weekdayOf(day);
  if (weekday === 6) return day - 1;
  return weekday === 0 ? day + 1 : day;
}
