/** Who works when, and how much fits into a day. Days are civil days of the operator; nobody works on a day that the calendar of its country leaves free. */
import { parseDate, type Day } from '../calendar/civil.js';
import { isNonDeadlineDay } from '../calendar/working-days.js';
import type { Away, SimulatedRole, Simulation } from './types.js';

/** Beyond this no end is looked for. */
const HORIZON_DAYS = 3653;

interface Absence {
  readonly who: string | null;
  readonly from: Day;
  readonly to: Day;
}

/** One run's bookkeeping: what was planned takes its place in the day, so the order of calls matters and is the caller's. */
export class Roster {
  readonly #absences = new Map<SimulatedRole, Absence[]>();
  readonly #perDay: Simulation['perDay'];
  readonly #used = new Map<string, number>();
  /** From a full day to the next that may have room, for each desk. */
  readonly #next = new Map<string, Map<Day, Day>>();

  constructor(away: readonly Away[], perDay: Simulation['perDay']) {
    this.#perDay = perDay;
    for (const { role, who, from, to } of away) {
      const absence = { who, from: parseDate(from) ?? 0, to: parseDate(to) ?? -1 };
      this.#absences.set(role, [...(this.#absences.get(role) ?? []), absence]);
    }
  }

  /**
   * Takes a place on the first day, not before `earliest`, that is a working day of the place and on which the role is
   * there and has room.
   * @param desk whose work it is: an operator's people of a role, or one organisation
   * @returns the day, or null beyond the horizon
   */
  book(desk: string, role: SimulatedRole, who: string | null, country: string, earliest: Day): Day | null {
    const limit = this.#perDay[role];
    for (let day = this.#room(desk, earliest); day - earliest <= HORIZON_DAYS; day = this.#room(desk, day + 1)) {
      if (isNonDeadlineDay(country, day) || this.#isAway(role, who, day)) continue;
      if (limit !== undefined) this.#take(desk, day, limit);
      return day;
    }
    return null;
  }

  #isAway(role: SimulatedRole, who: string | null, day: Day): boolean {
    const absences = this.#absences.get(role) ?? [];
    return absences.some((away) => day >= away.from && day <= away.to && (away.who === null || away.who === who));
  }

  #take(desk: string, day: Day, limit: number): void {
    const key = `${desk} ${day}`;
    const used = (this.#used.get(key) ?? 0) + 1;
    this.#used.set(key, used);
    if (used < limit) return;
    const next = this.#next.get(desk) ?? new Map<Day, Day>();
    this.#next.set(desk, next.set(day, day + 1));
  }

  /** The first day from `day` on that is not full; the way is shortened for the next who asks. */
  #room(desk: string, day: Day): Day {
    const next = this.#next.get(desk);
    if (next === undefined) return day;
    let free = day;
    for (let after = next.get(free); after !== undefined; after = next.get(free)) free = after;
    for (let at = day; at !== free; ) {
      const after = next.get(at) ?? free;
      next.set(at, free);
      at = after;
    }
    return free;
  }
}
