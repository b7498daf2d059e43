/** Kind `request`: every date of one request, with the steps that lead to it (clock.md section 2). */
import { addDays, formatDate, type Day } from '../calendar/civil.js';
import { addBusinessDays, roll } from '../calendar/working-days.js';
import { addDuration, parseDuration } from './duration.js';
import { weighQuestions, type Questions, type Slack } from './pauses.js';
import { within, type Json } from './reader.js';
import { rightClockOf, type Period } from './regimes.js';
import { checkRequestCase, type CheckedCase } from './request-case.js';
import type { ClockResult, TraceEntry } from './types.js';
import { endOfLocalDay, formatInstant, localDay } from './zone.js';

/**
 * Evaluates a case of kind `request`.
 * @returns dates as civil days of the case's zone, `dueAt` with the offset in force there
 * @throws InvalidCaseError (`invalid_case`) naming the field
 */
export function evaluateRequest(input: Json): ClockResult {
  const clockCase = checkRequestCase(input);
  return within('receivedAt', () => compute(clockCase));
}

function compute(clockCase: CheckedCase): ClockResult {
  const { regime, right, timeZone } = clockCase;
  const clock = rightClockOf(regime, right);
  const receivedOn = localDay(timeZone, clockCase.receivedAt.seconds);
  const today = localDay(timeZone, clockCase.now.seconds);
  const rolled = (day: Day): Day => (clockCase.roll ? roll(clockCase.country, day, clockCase.nonDeadlineDays) : day);
  const dueOf = (period: Period, slack: Slack): Day =>
    rolled(addDays(addPeriod(slack.start, period), slack.pausedDays));

  const questions = weighQuestions(clockCase, receivedOn, today, (slack) => dueOf(clock.first, slack));
  const legalDue = dueOf(clock.first, questions);
  const extendedDue = clock.extended === null ? null : dueOf(clock.extended, questions);
  const unstretched = addPeriod(receivedOn, clock.first);
  const promises = clockCase.promises.flatMap((promise) => {
    const to = within('promises', () => addDuration(receivedOn, promise.within));
    return promise.rights === null || promise.rights.includes(right) ? [{ text: promise.text, to }] : [];
  });
  const promisedDue = promises.length === 0 ? null : Math.min(...promises.map(({ to }) => to));
  const safeDue = promisedDue === null ? unstretched : Math.min(unstretched, promisedDue);
  const extendableUntil = extendedDue === null ? null : legalDue;
  const extendSafelyUntil = extendedDue === null ? null : unstretched;
  const extension = weighExtension(clockCase, extendableUntil, extendSafelyUntil);
  const due = extension.granted && extendedDue !== null ? extendedDue : legalDue;
  const acknowledgeBy = clock.acknowledge === null ? null : addPeriod(receivedOn, clock.acknowledge);

  const flags = new Set<string>(extension.flags);
  for (const { flag } of questions.ignored) flags.add(flag);
  if (extendableUntil !== null && !extension.granted && today <= extendableUntil) flags.add('can_extend');
  if (today <= legalDue) flags.add('can_refuse');
  if (questions.counting.some(({ open }) => open)) flags.add('paused');
  if (today > safeDue) flags.add('past_safe_due');
  if (promisedDue !== null && today > promisedDue) flags.add('past_promise');
  if (today > due) flags.add('past_due');

  const date = (day: Day | null): string | null => (day === null ? null : formatDate(day));
  return {
    receivedOn: formatDate(receivedOn),
    safeDue: formatDate(safeDue),
    legalDue: formatDate(legalDue),
    due: formatDate(due),
    dueAt: formatInstant(timeZone, endOfLocalDay(timeZone, due)),
    promisedDue: date(promisedDue),
    acknowledgeBy: date(acknowledgeBy),
    refusalDue: formatDate(legalDue),
    extendableUntil: date(extendableUntil),
    extendSafelyUntil: date(extendSafelyUntil),
    extendedDue: date(extendedDue),
    pausedDays: questions.pausedDays,
    flags: [...flags].sort(),
    trace: [
      ...chain(clockCase, receivedOn, legalDue, questions),
      ...questions.ignored.map(
        ({ question, flag }): TraceEntry => ({
          rule: 'ignored',
          source:
            flag === 'pause_ignored_late'
              ? `${regime.pauseSources[question.kind]}; switch promptWithin`
              : regime.pauseSources[question.kind],
          from: question.askedAt,
          to: formatDate(question.askedOn),
          note: `question about ${question.kind} changes nothing: ${flag}`,
        }),
      ),
      ...promises.map(
        (promise): TraceEntry => ({
          rule: 'promise',
          source: "the operator's own published promise",
          from: formatDate(receivedOn),
          to: formatDate(promise.to),
          note: `${promise.text} from receipt: never rolled, paused or extended`,
        }),
      ),
      ...(acknowledgeBy === null
        ? []
        : [
            {
              rule: 'acknowledge',
              source: clock.sources.acknowledge ?? clock.sources.first,
              from: formatDate(receivedOn),
              to: formatDate(acknowledgeBy),
              note: `receipt confirmed within ${periodText(clock.acknowledge)}`,
            },
          ]),
      ...(extendedDue === null
        ? []
        : [
            {
              rule: 'extension',
              source: clock.sources.extended ?? clock.sources.first,
              from: formatDate(questions.start),
              to: formatDate(extendedDue),
              note: `${periodText(clock.extended)} from the start${extension.granted ? '' : ', not granted'}`,
            },
          ]),
    ],
  };
}

/** Day 0 + a period, in one step. */
function addPeriod(day: Day, period: Period): Day {
  if (typeof period !== 'string') return addBusinessDays(period.calendar, day, period.businessDays);
  const duration = parseDuration(period);
  if (duration === null) throw new TypeError('a regime names a period that is no duration');
  return addDuration(day, duration);
}

/** Checked in the order of clock.md 2.7; GDPR Art. 12(3): told within the first period, with reasons. */
function weighExtension(
  { extension, timeZone }: CheckedCase,
  extendableUntil: Day | null,
  extendSafelyUntil: Day | null,
): { readonly granted: boolean; readonly flags: readonly string[] } {
  if (extension === null) return { granted: false, flags: [] };
  if (extendableUntil === null || extendSafelyUntil === null)
    return { granted: false, flags: ['extension_unavailable'] };
  if (extension.reason === null || extension.reason.trim() === '')
    return { granted: false, flags: ['extension_refused_no_reason'] };
  const decidedOn = localDay(timeZone, extension.decidedAt.seconds);
  if (decidedOn > extendableUntil) return { granted: false, flags: ['extension_refused_late'] };
  return {
    granted: true,
    flags: decidedOn > extendSafelyUntil ? ['extended', 'extension_after_safe_date'] : ['extended'],
  };
}

/** The steps from receipt to `legalDue`, each beginning where the one before ended. */
function chain(clockCase: CheckedCase, receivedOn: Day, legalDue: Day, questions: Questions): TraceEntry[] {
  const { regime, right, country, nonDeadlineDays } = clockCase;
  const { first, sources } = rightClockOf(regime, right);
  const pauseSource = [...new Set(questions.counting.map(({ kind }) => regime.pauseSources[kind]))].join('; ');
  const steps: TraceEntry[] = [
    {
      rule: 'receipt',
      source: regime.receiptSource,
      from: clockCase.receivedAt.text,
      to: formatDate(receivedOn),
      note: `local day of receipt in ${clockCase.timeZone}: day 0`,
    },
  ];
  const step = (rule: string, source: string, from: Day, to: Day, note: string): void => {
    steps.push({ rule, source, from: formatDate(from), to: formatDate(to), note });
  };
  if (questions.start !== receivedOn) {
    step(
      'restart',
      regime.pauseSources.identity,
      receivedOn,
      questions.start,
      'the period starts when the person is identified',
    );
  }
  const raw = addPeriod(questions.start, first);
  step('period', sources.first, questions.start, raw, `${periodText(first)} from day 0`);
  const paused = addDays(raw, questions.pausedDays);
  if (paused !== raw) step('pause', pauseSource, raw, paused, `${questions.pausedDays} days do not count`);
  if (legalDue !== paused) {
    step('roll', regime.rollSource, paused, legalDue, `next working day in ${country} (${nonDeadlineDays} holidays)`);
  }
  return steps;
}

function periodText(period: Period | null): string {
  if (period === null) return '';
  return typeof period === 'string' ? period : `${period.businessDays} business days (${period.calendar})`;
}
