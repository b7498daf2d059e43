/** The clock that a request carries: the dates of clock.md 2.2 and the absolute instants that a workflow compares. */
import { parseDate } from '../calendar/civil.js';
import type { CivilDate, Instant, Right } from '../words.js';
import { InvalidCaseError } from './errors.js';
import { formatUtc } from './instant.js';
import { evaluateRequest } from './request.js';
import type { RequestCase } from './request-case.js';
import type { ClockResult, RequestClock } from './types.js';
import { endOfLocalDay, startOfLocalDay } from './zone.js';

/** A case of the product: promises may name every right of a pack. */
export type RequestClockCase = Omit<RequestCase, 'right'> & { readonly right: Right };

/**
 * Evaluates a request's clock. Computed at intake and by an activity, never in workflow code (it reads the time-zone
 * database); the result is recorded.
 * `consent_withdrawal` is clocked as `objection` (interfaces.md section 4).
 * Each instant of `at` is the last second of its local day in the case's zone, as UTC with `Z`; `dueSoonFrom` is the
 * first second of its day.
 * @throws InvalidCaseError (`invalid_case`) naming the field: a right that the regime does not know gives `right`
 */
export function requestClock(clockCase: RequestClockCase): RequestClock {
  const right = clockedAs(clockCase.right);
  // Filtered here by the pack's own words, because the clock itself does not know a right that borrows another's clock.
  const promises = (clockCase.promises ?? [])
    .filter(({ rights }) => rights === undefined || rights.includes(clockCase.right) || rights.includes(right))
    .map(({ within }) => ({ within }));
  const result = evaluateRequest({ ...clockCase, right, promises });
  return { ...result, regime: clockCase.regime, at: instantsOf(result, clockCase.timeZone) };
}

/** The right whose periods apply. */
export function clockedAs(right: Right): Right {
  return right === 'consent_withdrawal' ? 'objection' : right;
}

function instantsOf(result: ClockResult, timeZone: string): RequestClock['at'] {
  const end = (date: CivilDate): Instant => formatUtc(endOfLocalDay(timeZone, dayNumber(date)));
  const endOrNull = (date: CivilDate | null): Instant | null => (date === null ? null : end(date));
  const target = result.flags.includes('extended') ? result.due : result.safeDue;
  return {
    safeDue: end(result.safeDue),
    legalDue: end(result.legalDue),
    due: end(result.due),
    promisedDue: endOrNull(result.promisedDue),
    refusalDue: end(result.refusalDue),
    extendableUntil: endOrNull(result.extendableUntil),
    extendedDue: endOrNull(result.extendedDue),
    dueSoonFrom: formatUtc(startOfLocalDay(timeZone, dueSoonDay(dayNumber(result.receivedOn), dayNumber(target)))),
  };
}

/** Within 5 days of the target or in the last quarter of the time up to it, whichever begins earlier. */
function dueSoonDay(receivedOn: number, target: number): number {
  return target - Math.max(5, Math.floor((target - receivedOn) / 4));
}

function dayNumber(date: CivilDate): number {
  const day = parseDate(date);
  if (day === null) throw new InvalidCaseError(null);
  return day;
}
