/**
 * The backup question: which copies of a system may still hold the person, and until when.
 * Everything here is world time (`takenAt`, `effectiveAt` of the deletion ledger), but for `now`, which is the time for
 * which the question is asked (case time when a request's own time was moved forward).
 * Source: design.md sections 3 (step 9) and 6; interfaces.md section 4 (`backups`).
 */
import { formatDate, parseDate } from '../calendar/civil.js';
import { addDuration, parseDuration, parseHours } from '../clock/duration.js';
import type { BackupCopy } from '../ports/connector.js';
import type { Duration, Instant } from '../words.js';

/** Expiry by a store's own rule runs about daily and lags; only after this long is a listed copy a breach. */
export const LATE_AFTER_HOURS = 72;

export type BackupState = 'waiting' | 'gone' | 'overdue' | 'unknown';

export interface BackupAnswer {
  readonly state: BackupState;
  /** Listed copies that may hold the person. */
  readonly copies: number;
  /** When the last of them is due to be gone; null when none may hold the person, or nobody knows. */
  readonly lastExpiresAt: Instant | null;
}

export interface BackupQuestion {
  /** When the effect was read back; null while it is only intended: until then every copy may hold the person. */
  readonly effectiveAt: Instant | null;
  readonly retention: Duration;
  readonly now: Instant;
}

/**
 * Answers from a real listing; `copies` null means that the listing could not be had, which is never the same as an
 * empty one.
 *
 * A copy may hold the person when it was taken at or before `effectiveAt`, or when nobody knows when it was taken. Such
 * a copy of unknown age can hold her only if it is as old as the effect, so it has to be gone by `effectiveAt` +
 * retention. `overdue`: at least one copy outlived its expiry by more than LATE_AFTER_HOURS; `waiting` until then.
 */
export function backupQuestion(copies: readonly BackupCopy[] | null, question: BackupQuestion): BackupAnswer {
  if (copies === null) return { state: 'unknown', copies: 0, lastExpiresAt: null };
  const { effectiveAt, retention, now } = question;
  const holding = copies.filter(
    (copy) => copy.takenAt === null || effectiveAt === null || millis(copy.takenAt) <= millis(effectiveAt),
  );
  if (holding.length === 0) return { state: 'gone', copies: 0, lastExpiresAt: null };
  const latest = addRetention(effectiveAt ?? now, retention);
  const ends = holding.map(
    (copy) => copy.expiresAt ?? (copy.takenAt === null ? latest : addRetention(copy.takenAt, retention)),
  );
  const lastExpiresAt = ends.reduce((a, b) => (millis(b) > millis(a) ? b : a));
  const late = ends.some((end) => millis(now) - millis(end) > LATE_AFTER_HOURS * 3_600_000);
  return { state: late ? 'overdue' : 'waiting', copies: holding.length, lastExpiresAt };
}

/**
 * `instant` + `retention` in UTC. Days, weeks and hours are exact lengths; months and years keep day and time, cut to the
 * end of a shorter month. Throws RangeError for anything that is not an instant or a duration of one unit.
 */
export function addRetention(instant: Instant, retention: Duration): Instant {
  const hours = parseHours(retention);
  const at = new Date(millis(instant) + (hours ?? 0) * 3_600_000).toISOString();
  if (hours !== null) return at;
  const duration = parseDuration(retention);
  const day = parseDate(at.slice(0, 10));
  if (duration === null || day === null) throw new RangeError('a retention is PnD, PnW, PnM, PnY or PTnH');
  return `${formatDate(addDuration(day, duration))}${at.slice(10)}`;
}

function millis(instant: Instant): number {
  const value = Date.parse(instant);
  if (Number.isNaN(value)) throw new RangeError('not an instant');
  return value;
}
