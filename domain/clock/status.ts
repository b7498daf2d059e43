/** `clock.status` of a request (interfaces.md section 4). Compares recorded instants only: safe in workflow code. */
import type { ClockStatus, Instant } from '../words.js';
import { parseInstant } from './instant.js';
import type { RequestClock } from './types.js';

export interface ClockFacts {
  /** When the answer was handed over; null = not answered. */
  readonly answeredAt: Instant | null;
  /** A counting question to the subject is open (flag `paused`). */
  readonly paused: boolean;
  /** The request's own time. */
  readonly now: Instant;
}

/**
 * The first that fits: answered by `due` → `met`, later → `met_late`; today after `due` → `overdue`; `paused`;
 * today on or after the day that `at.dueSoonFrom` begins → `due_soon`; else `on_track`.
 * A day is over when its last second is: `at.due` names that second, which counts to its end.
 */
export function clockStatus(clock: Pick<RequestClock, 'at'>, facts: ClockFacts): ClockStatus {
  const due = secondsOf(clock.at.due);
  if (facts.answeredAt !== null) return secondsOf(facts.answeredAt) <= due ? 'met' : 'met_late';
  const now = secondsOf(facts.now);
  if (now > due) return 'overdue';
  if (facts.paused) return 'paused';
  return now >= secondsOf(clock.at.dueSoonFrom) ? 'due_soon' : 'on_track';
}

/** True when the local day that an `at` instant ends is over at `now`. */
export function dayIsOver(end: Instant, now: Instant): boolean {
  return secondsOf(now) > secondsOf(end);
}

/** Whole seconds, so that every fraction of the last second still belongs to its day. */
function secondsOf(instant: Instant): number {
  const point = parseInstant(instant);
  if (point === null) throw new TypeError('not an RFC 3339 instant');
  return point.seconds;
}
