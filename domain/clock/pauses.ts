/** Which questions count, when the period starts and which days do not count (clock.md 2.5 and 2.6). */
import { addDays, type Day } from '../calendar/civil.js';
import { compareInstants } from './instant.js';
import type { CheckedCase } from './request-case.js';
import type { PauseKind } from './regimes.js';
import { localDay } from './zone.js';

export type IgnoredFlag = 'pause_ignored_regime' | 'pause_ignored_right' | 'pause_ignored_late' | 'pause_ignored_ended';

export interface Question {
  readonly kind: PauseKind;
  readonly askedAt: string;
  readonly askedOn: Day;
  /** Day of the answer; while open, provisionally today. */
  readonly answeredOn: Day;
  readonly open: boolean;
}

/** What the counting questions come to. */
export interface Slack {
  readonly start: Day;
  readonly pausedDays: number;
}

export interface Questions extends Slack {
  readonly counting: readonly Question[];
  readonly ignored: readonly { readonly question: Question; readonly flag: IgnoredFlag }[];
}

/**
 * Takes the questions in the order in which they were asked; an ignored one changes nothing at all.
 * @param legalDueOf the legal due day for a given slack, roll included
 */
export function weighQuestions(
  clockCase: CheckedCase,
  receivedOn: Day,
  today: Day,
  legalDueOf: (slack: Slack) => Day,
): Questions {
  const counting: Question[] = [];
  const ignored: { question: Question; flag: IgnoredFlag }[] = [];
  const inOrder = [...clockCase.pauses].sort((a, b) => compareInstants(a.askedAt, b.askedAt));
  for (const { kind, askedAt, answeredAt } of inOrder) {
    const question: Question = {
      kind,
      askedAt: askedAt.text,
      askedOn: localDay(clockCase.timeZone, askedAt.seconds),
      answeredOn: answeredAt === null ? today : localDay(clockCase.timeZone, answeredAt.seconds),
      open: answeredAt === null,
    };
    const flag = reasonToIgnore(clockCase, question, receivedOn, () =>
      legalDueOf(slackOf(clockCase, receivedOn, counting)),
    );
    if (flag === null) counting.push(question);
    else ignored.push({ question, flag });
  }
  return { counting, ignored, ...slackOf(clockCase, receivedOn, counting) };
}

function reasonToIgnore(
  { regime, right, promptWithin }: CheckedCase,
  question: Question,
  receivedOn: Day,
  legalDue: () => Day,
): IgnoredFlag | null {
  if (regime.pauses[question.kind] === 'never') return 'pause_ignored_regime';
  if (question.kind === 'clarification' && !regime.clarificationFor.includes(right)) return 'pause_ignored_right';
  if (promptWithin !== null && question.askedOn - receivedOn > promptWithin) return 'pause_ignored_late';
  return question.askedOn > legalDue() ? 'pause_ignored_ended' : null;
}

/** A set of days, so that overlapping questions are counted once; days before the start are left out. */
function slackOf({ regime }: CheckedCase, receivedOn: Day, counting: readonly Question[]): Slack {
  let start = receivedOn;
  for (const question of counting) {
    if (regime.pauses[question.kind] === 'restarts') start = Math.max(start, question.answeredOn);
  }
  const days = new Set<Day>();
  for (const question of counting) {
    const effect = regime.pauses[question.kind];
    if (effect !== 'suspends' && effect !== 'excluded') continue;
    const end = effect === 'excluded' ? addDays(question.answeredOn, 1) : question.answeredOn;
    for (let day = Math.max(question.askedOn, start); day < end; day += 1) days.add(day);
  }
  return { start, pausedDays: days.size };
}
