/** What is said to a request about its correspondence: a message to the person, a letter that came back or was posted, a complaint. */
import type { CorrespondCommand } from './commands.js';
import { checkComplaintDecision, complain, decideComplaint } from './complaints.js';
import { handledBy } from './handlers.js';
import { CommandError } from './errors.js';
import { bounce, handOver } from './hand-over.js';
import { queueLetter } from './letters.js';
import { note, plus, type LetterRun, type Run } from './run.js';

function letterOf(run: Run, id: string): LetterRun {
  const letter = run.letters.find((l) => l.id === id);
  if (letter === undefined) throw new CommandError('not_found', 'no such letter');
  return letter;
}

/**
 * Throws CommandError `not_found` (letter, complaint), `action_not_allowed` (a letter that was not mailed came back, one
 * that was handed over is posted), `instant_outside`, `four_eyes`, `already_decided`.
 */
export function checkCorrespond(run: Run, command: CorrespondCommand, now: number): void {
  if (run.phase === 'shredded')
    throw new CommandError('action_not_allowed', 'the request is forgotten', { allowedActions: [] });
  switch (command.action) {
    case 'message':
    case 'complain':
      return;
    case 'bounced': {
      const letter = letterOf(run, command.letter);
      if (letter.sentAt === null || letter.way === 'post' || letter.way === 'portal')
        throw new CommandError('action_not_allowed', 'this letter is not out by mail', { allowedActions: [] });
      checkInstant(command.at, letter.sentAt, now);
      return;
    }
    case 'dispatched': {
      const letter = letterOf(run, command.letter);
      if (letter.sentAt !== null || letter.waits !== true)
        throw new CommandError('action_not_allowed', 'this letter waits for nobody', { allowedActions: [] });
      checkInstant(command.at, run.input.receivedAt, now);
      return;
    }
    case 'decideComplaint':
      checkComplaintDecision(run, command);
      return;
  }
}

export function applyCorrespond(run: Run, command: CorrespondCommand, now: number): void {
  switch (command.action) {
    case 'message': {
      handledBy(run, command.by);
      const n = run.letters.filter((l) => l.kind === 'message').length + 1;
      queueLetter(run, { id: `message-${n}`, kind: 'message', to: 'subject', textRef: command.textRef });
      note(run, now, 'message.ordered', null, { letter: `message-${n}`, by: command.by.id });
      return;
    }
    case 'bounced':
      bounce(run, letterOf(run, command.letter), command.at ?? plus(now, 0), now);
      return;
    case 'dispatched': {
      const letter = letterOf(run, command.letter);
      handledBy(run, command.by);
      note(run, now, 'letter.dispatched', letter.kind, { letter: letter.id, way: command.way, by: command.by.id });
      handOver(run, letter, command.at, true, command.way);
      return;
    }
    case 'complain':
      complain(run, command, now);
      return;
    case 'decideComplaint':
      decideComplaint(run, command, now);
      return;
  }
}

/** Instants that a person reports lie after what they follow, and not in the future. */
function checkInstant(at: string | null, from: string, now: number): void {
  if (at === null) return;
  if (Date.parse(at) > now || Date.parse(at) < Date.parse(from))
    throw new CommandError('instant_outside', 'the instant lies in the future or before the letter');
}
