/**
 * What-if over open requests: who would be late, and when, under other rules or with people away. Pure: the instant of
 * evaluation is given, nothing is read, the same input gives the same answer.
 */
import { addDays, formatDate, parseDate, type Day } from '../calendar/civil.js';
import { addBusinessDays } from '../calendar/working-days.js';
import { InvalidCaseError } from '../clock/errors.js';
import { compareInstants, formatUtc, parseInstant, type PointInTime } from '../clock/instant.js';
import { clockedAs } from '../clock/request-clock.js';
import { evaluateRequest } from '../clock/request.js';
import type { ClockResult } from '../clock/types.js';
import { localDay, startOfLocalDay } from '../clock/zone.js';
import type { Instant } from '../words.js';
import { SimulationError } from './errors.js';
import { Roster } from './roster.js';
import type {
  Change,
  Forecast,
  OpenRequest,
  RequestForecast,
  SimulatedRules,
  Simulation,
  SimulationResult,
} from './types.js';
import { LEAD_DAYS, openQuestion, stagesOf, type Task } from './work.js';

/**
 * @throws SimulationError `as_of_invalid` for an instant of another form, `policy_unknown` when the rules of a request
 *   are not given
 */
export function simulate(simulation: Simulation): SimulationResult {
  const asOf = parseInstant(simulation.asOf);
  if (asOf === null) throw new SimulationError('as_of_invalid', 'asOf is no instant with an offset');
  const received = simulation.requests.filter(({ receivedAt }) => !after(receivedAt, asOf));
  const known = received.map((request) => asKnownAt(request, asOf));
  const present = forecasts(
    known,
    (request) => rulesFor(simulation, request),
    new Roster([], simulation.perDay),
    simulation,
  );
  const { changed } = simulation;
  const altered = forecasts(
    known,
    (request) => (changed !== null && changed.operator === request.operator ? changed : rulesFor(simulation, request)),
    new Roster(simulation.away, simulation.perDay),
    simulation,
  );
  const requests = known
    .map((request): RequestForecast => {
      const now = present.get(request.id);
      if (now === undefined || now === null)
        throw new SimulationError('policy_unknown', 'a request exercises a right that its own rules do not know');
      const then = altered.get(request.id) ?? null;
      const { id, operator, right, state, owner } = request;
      return { id, operator, right, state, owner, present: now, changed: then, change: changeOf(now, then) };
    })
    .sort((a, b) => byText((a.changed ?? a.present).due, (b.changed ?? b.present).due) || byText(a.id, b.id));
  return {
    asOf: simulation.asOf,
    totals: totalsOf(requests, simulation.requests.length - received.length),
    requests,
  };
}

function rulesFor({ rules }: Simulation, request: OpenRequest): SimulatedRules {
  const found = rules.get(request.policyHash);
  if (found === undefined) throw new SimulationError('policy_unknown', `no rules are given for ${request.policyHash}`);
  return found;
}

/** What happened after the instant of evaluation has not happened yet. */
function asKnownAt(request: OpenRequest, asOf: PointInTime): OpenRequest {
  return {
    ...request,
    pauses: request.pauses
      .filter(({ askedAt }) => !after(askedAt, asOf))
      .map((pause) =>
        pause.answeredAt !== null && after(pause.answeredAt, asOf) ? { ...pause, answeredAt: null } : pause,
      ),
    extendedAt: request.extendedAt !== null && after(request.extendedAt, asOf) ? null : request.extendedAt,
  };
}

function after(instant: Instant, asOf: PointInTime): boolean {
  const point = parseInstant(instant);
  return point !== null && compareInstants(point, asOf) > 0;
}

interface Dated {
  readonly request: OpenRequest;
  readonly rules: SimulatedRules;
  readonly today: Day;
  readonly clock: ClockResult;
  /** Day on which the subject is expected to answer, when a question is open. */
  readonly subjectOn: Day | null;
}

/** Dates first; then the work, the earliest due first, because that is how a desk should be worked off. */
function forecasts(
  requests: readonly OpenRequest[],
  rulesOfRequest: (request: OpenRequest) => SimulatedRules,
  roster: Roster,
  { asOf }: Simulation,
): ReadonlyMap<string, Forecast | null> {
  const seconds = parseInstant(asOf)?.seconds ?? 0;
  const results = new Map<string, Forecast | null>();
  const dated: Dated[] = [];
  for (const request of requests) {
    const rules = rulesOfRequest(request);
    const today = localDay(rules.timeZone, seconds);
    const subjectOn = subjectDay(request, rules, today);
    const clock = clockOf(request, rules, asOf, subjectOn);
    if (clock === null) results.set(request.id, null);
    else dated.push({ request, rules, today, clock, subjectOn });
  }
  dated.sort(
    (a, b) =>
      byText(a.clock.due, b.clock.due) ||
      byText(a.clock.receivedOn, b.clock.receivedOn) ||
      byText(a.request.id, b.request.id),
  );
  for (const item of dated) results.set(item.request.id, forecast(item, roster));
  return results;
}

function subjectDay(request: OpenRequest, rules: SimulatedRules, today: Day): Day | null {
  const question = openQuestion(request);
  if (question === null) return null;
  const askedOn = localDay(rules.timeZone, parseInstant(question.askedAt)?.seconds ?? 0);
  return Math.max(today, addBusinessDays(rules.country, askedOn, LEAD_DAYS.subject));
}

/** The dates as they stand when an open question is answered on the expected day; null = the law does not know the right. */
function clockOf(
  request: OpenRequest,
  rules: SimulatedRules,
  asOf: Instant,
  subjectOn: Day | null,
): ClockResult | null {
  const answered = subjectOn === null ? asOf : later(asOf, formatUtc(startOfLocalDay(rules.timeZone, subjectOn)));
  const right = clockedAs(request.right);
  try {
    return evaluateRequest({
      regime: rules.regime,
      country: rules.country,
      timeZone: rules.timeZone,
      receivedAt: request.receivedAt,
      right,
      now: answered,
      promises: rules.promises
        .filter(({ rights }) => rights === undefined || rights.includes(request.right) || rights.includes(right))
        .map(({ within }) => ({ within })),
      pauses: request.pauses.map((pause) => ({ ...pause, answeredAt: pause.answeredAt ?? answered })),
      extension: request.extendedAt === null ? null : { decidedAt: request.extendedAt, reason: 'told' },
      switches: rules.switches,
    });
  } catch (error) {
    if (error instanceof InvalidCaseError && error.field === 'right') return null;
    throw error;
  }
}

function forecast({ request, rules, today, clock, subjectOn }: Dated, roster: Roster): Forecast {
  const due = dayNumber(clock.due);
  let ready: Day | null = today;
  let longest = 0;
  let waitsFor: Forecast['waitsFor'] = null;
  if (request.state === 'blocked') {
    // A way out is somebody else's: without one the answer on the due day says so, and is not late.
    ready = Math.max(today, due);
    waitsFor = 'guard';
  } else {
    for (const stage of stagesOf(request, rules)) {
      if (ready === null) break;
      const began: Day = ready;
      for (const task of stage) {
        const done = dayOfTask(task, { request, rules, began, subjectOn }, roster);
        const wait = done === null ? Number.POSITIVE_INFINITY : done - began;
        if (wait > longest) [longest, waitsFor] = [wait, task.role];
        ready = done === null || ready === null ? null : Math.max(ready, done);
      }
    }
  }
  const late = ready === null || ready > due;
  const promised = clock.promisedDue === null ? null : dayNumber(clock.promisedDue);
  return {
    safeDue: clock.safeDue,
    legalDue: clock.legalDue,
    due: clock.due,
    promisedDue: clock.promisedDue,
    answeredOn: ready === null ? null : formatDate(ready),
    lateFrom: late ? formatDate(addDays(due, 1)) : null,
    lateDays: late && ready !== null ? ready - due : null,
    promiseBroken: promised !== null && (ready === null || ready > promised),
    waitsFor,
  };
}

function dayOfTask(
  { role, who, askedAt }: Task,
  at: {
    readonly request: OpenRequest;
    readonly rules: SimulatedRules;
    readonly began: Day;
    readonly subjectOn: Day | null;
  },
  roster: Roster,
): Day | null {
  if (role === 'subject') return Math.max(at.began, at.subjectOn ?? at.began);
  const { country, timeZone, operator } = at.rules;
  const askedOn = askedAt === null ? at.began : localDay(timeZone, parseInstant(askedAt)?.seconds ?? 0);
  const earliest = Math.max(at.began, addBusinessDays(country, askedOn, LEAD_DAYS[role]));
  const desk = role === 'organisation' ? `${operator}/organisation/${who ?? ''}` : `${operator}/${role}`;
  return roster.book(desk, role, who, country, earliest);
}

function changeOf(present: Forecast, changed: Forecast | null): Change {
  if (changed === null) return 'right_unknown';
  const [was, will] = [present.lateFrom !== null, changed.lateFrom !== null];
  if (was && will) return 'late_anyway';
  if (will) return 'becomes_late';
  if (was) return 'no_longer_late';
  const order = byText(present.answeredOn ?? '', changed.answeredOn ?? '');
  if (order === 0) return 'same';
  return order < 0 ? 'later' : 'earlier';
}

function totalsOf(requests: readonly RequestForecast[], notYetReceived: number): SimulationResult['totals'] {
  const changes: Record<Change, number> = {
    same: 0,
    earlier: 0,
    later: 0,
    becomes_late: 0,
    no_longer_late: 0,
    late_anyway: 0,
    right_unknown: 0,
  };
  const late = { present: 0, changed: 0 };
  const promisesBroken = { present: 0, changed: 0 };
  const byRole = new Map<string, number>();
  let firstLateOn: string | null = null;
  for (const { present, changed, change } of requests) {
    changes[change] += 1;
    if (present.lateFrom !== null) late.present += 1;
    if (present.promiseBroken) promisesBroken.present += 1;
    if (changed === null) continue;
    if (changed.promiseBroken) promisesBroken.changed += 1;
    if (changed.lateFrom === null) continue;
    late.changed += 1;
    const role = changed.waitsFor ?? 'nobody';
    byRole.set(role, (byRole.get(role) ?? 0) + 1);
    if (firstLateOn === null || changed.lateFrom < firstLateOn) firstLateOn = changed.lateFrom;
  }
  const lateByRole = Object.fromEntries([...byRole].sort(([a], [b]) => byText(a, b)));
  return { open: requests.length, notYetReceived, late, promisesBroken, changes, lateByRole, firstLateOn };
}

function later(a: Instant, b: Instant): Instant {
  const [first, second] = [parseInstant(a), parseInstant(b)];
  return first !== null && second !== null && compareInstants(first, second) >= 0 ? a : b;
}

function dayNumber(date: string): Day {
  const day = parseDate(date);
  if (day === null) throw new TypeError('a clock result holds no date');
  return day;
}

/** By code units: the same everywhere, unlike a locale's order. */
function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
