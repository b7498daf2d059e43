/**
 * When a letter counts as handed over (interfaces.md section 4): accepted by the mail server without a bounce within two
 * days, shown in the portal, or recorded as posted. Until then an officer sees that it waits, and why.
 */
import type { Instant } from '../words.js';
import { DAY, note, plus, type LetterRun, type Run } from './run.js';
import { since } from './version.js';
import { computeAnswer } from './view.js';

/** A mail that comes back later than this has been in the mailbox long enough to count. */
export const BOUNCE_WITHIN = 2 * DAY;

/** Takes a letter as handed over at `at` (case time), with everything that follows from it. */
export function handOver(
  run: Run,
  letter: LetterRun,
  at: Instant,
  accepted: boolean,
  way: LetterRun['way'] = null,
): void {
  letter.sentAt = at;
  letter.accepted = accepted;
  letter.error = null;
  letter.nextAttemptAt = null;
  letter.waits = false;
  letter.way = way;
  if (letter.kind === 'extension' && run.extension !== null && run.extension.decidedAt === null) {
    run.extension.decidedAt = at;
    run.clockWanted += 1;
  }
  if (letter.kind === 'final' && isPresent(run, letter)) run.finalAt = at;
  if (letter.kind === 'interim' && run.answer === null) run.answer = computeAnswer(run);
  if (letter.kind === 'final' || letter.kind === 'interim') run.answeredAt ??= at;
}

/** Nobody was reached. A letter to the person then waits for an officer: another attempt would find nobody either. */
export function notReached(run: Run, letter: LetterRun, problem: string, now: number): void {
  letter.error = problem;
  if (letter.to === 'subject' && since(run, 2)) {
    letter.waits = true;
    letter.nextAttemptAt = null;
    note(run, now, 'letter.waits_for_officer', problem, { letter: letter.id });
  } else {
    letter.nextAttemptAt = plus(now, DAY);
  }
}

/**
 * A mail came back. Within two days the letter was never handed over: an answer is open again, and the letter waits for
 * an officer. Later the answer stands; the note and the letter's error remain.
 */
export function bounce(run: Run, letter: LetterRun, at: Instant, now: number): void {
  const { sentAt } = letter;
  const counts = sentAt !== null && Date.parse(at) > Date.parse(sentAt) + BOUNCE_WITHIN;
  letter.error = 'bounced';
  letter.bouncedAt = at;
  if (letter.to === 'subject') run.mailBounced = true;
  note(run, now, 'letter.bounced', letter.kind, { letter: letter.id, stillCounts: counts });
  if (counts) return;
  letter.sentAt = null;
  letter.accepted = false;
  if (letter.to === 'subject') letter.waits = true;
  else letter.nextAttemptAt = plus(now, DAY);
  if (letter.kind === 'final' && isPresent(run, letter)) run.finalAt = null;
  if ((letter.kind === 'final' || letter.kind === 'interim') && run.answeredAt === sentAt) {
    run.answeredAt = null;
    if (letter.kind === 'interim') run.answer = null;
    note(run, now, 'answer.open_again', letter.kind);
  }
}

/** A letter to the person on which an answer hangs and that nobody has got yet. */
export function answerWaits(run: Run): boolean {
  return run.letters.some(
    (l) => l.waits === true && (l.kind === 'final' || l.kind === 'interim' || l.kind === 'complaint_answer'),
  );
}

/** The final letter of the present round, not of one before a reopening. */
function isPresent(run: Run, letter: LetterRun): boolean {
  return letter.id === `final-${run.rounds}`;
}
