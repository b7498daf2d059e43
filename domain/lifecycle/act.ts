/** An officer's actions: each checked against allowedActions, then applied to the run. One handler per action, below. */
import { allowedActions, resolvable, retryable, notBegun, unreachableOf } from './actions.js';
import { UNPROVEN_KEY } from '../plan/corrections.js';
import type { ActCommand } from './commands.js';
import { handledBy } from './handlers.js';
import { CommandError } from './errors.js';
import { forwardAgain } from './forward.js';
import { applyRefusal, checkRefusal, supersedePending } from './refusal.js';
import { queueLetter } from './letters.js';
import { liftSettled, orderLift } from './restriction.js';
import { confirmReceiver, releasePackage, reviewPackage } from './package.js';
import { correctReceipt, repin } from './receipt.js';
import { enterPhase, note, openQuestion, plus, settlePart, type PartRun, type Run } from './run.js';
import { since } from './version.js';

/** Throws CommandError `action_not_allowed` (with `allowedActions`), `extension_too_late`, `step_unknown`, `answer_in_future`. */
export function checkAct(run: Run, command: ActCommand, now: number): void {
  const allowed = allowedActions(run, now);
  if (!allowed.includes(command.action)) {
    const until = run.clock.at.extendableUntil;
    if (command.action === 'extend' && run.extension === null && until !== null && now > Date.parse(until)) {
      throw new CommandError('extension_too_late', 'an extension can only be announced within the first period', {
        extendableUntil: run.clock.extendableUntil,
      });
    }
    throw new CommandError('action_not_allowed', 'the state of the request does not allow this action', {
      state: run.phase,
      allowedActions: allowed,
    });
  }
  if (command.action === 'refuse') checkRefusal(command);
  if (command.action === 'retry') {
    const part = stepOf(run, command.step);
    if (part === undefined) throw new CommandError('step_unknown', 'no such step');
    if (!retryable(run, part))
      throw new CommandError('action_not_allowed', 'this step has nothing to retry', { allowedActions: allowed });
  }
  if (command.action === 'resolve') {
    const part = stepOf(run, command.step);
    if (part === undefined) throw new CommandError('step_unknown', 'no such step');
    if (!resolvable(run, part))
      throw new CommandError('action_not_allowed', 'this step needs no resolution', { allowedActions: allowed });
    const aboutReview = command.outcome === 'include' || command.outcome === 'exclude';
    if (aboutReview && part.outcome !== 'review')
      throw new CommandError('action_not_allowed', 'include and exclude answer a review only', {
        allowedActions: allowed,
      });
  }
  if (command.action === 'answer') {
    const question = openQuestion(run);
    // Its end may have passed in the very activation that brings the answer: the instant decides, not the order.
    if (question === undefined || question.kind !== command.kind || now >= Date.parse(question.endsAt))
      throw new CommandError('action_not_allowed', 'no such question is open', { allowedActions: allowed });
    if (command.at !== null && (Date.parse(command.at) > now || command.at < question.askedAt)) {
      throw new CommandError('answer_outside_question', 'the answer lies before the question or in the future');
    }
  }
}

/** The identifier of a step as the interface shows it. */
export function stepId(part: PartRun['part']): string {
  return `${part.key}/${operationOf(part.action)}`;
}

export function operationOf(action: PartRun['part']['action']): string {
  return action;
}

function stepOf(run: Run, step: string): PartRun | undefined {
  return run.parts.find((p) => stepId(p.part) === step);
}

export function applyAct(run: Run, command: ActCommand, now: number): void {
  handledBy(run, command.by);
  note(
    run,
    now,
    `request.${command.action}`,
    'kind' in command ? command.kind : 'ground' in command ? command.ground : null,
    { by: command.by.id },
  );
  switch (command.action) {
    case 'extend':
      // Takes effect when the notice is sent: the letter's hand-over sets decidedAt and recomputes the clock.
      run.extension = { reasonRef: command.reasonRef, decidedAt: null, granted: null };
      queueLetter(run, {
        id: (run.restartedAt ?? null) === null ? 'extension' : `extension-${run.rounds}`,
        kind: 'extension',
        to: 'subject',
        textRef: command.reasonRef,
      });
      return;
    case 'refuse':
      applyRefusal(run, command, now);
      return;
    case 'withdraw':
      run.withdrawnAt = plus(now, 0);
      for (const part of run.parts) if (notBegun(part)) settlePart(part, 'skipped', 'withdrawn');
      supersedePending(run);
      if (run.phase !== 'parts_run' && run.phase !== 'awaiting_backup_expiry') enterPhase(run, 'responding');
      return;
    case 'ask': {
      const id = `question-${run.questions.length + 1}`;
      run.questions.push({
        id,
        kind: command.kind,
        askedAt: plus(now, 0),
        endsAt: plus(now, run.input.rules.askWithinMs),
        answeredAt: null,
        timedOut: false,
        from: run.phase,
      });
      queueLetter(run, { id, kind: 'question', to: 'subject', textRef: command.textRef });
      run.clockWanted += 1;
      return;
    }
    case 'answer': {
      const question = openQuestion(run);
      if (question !== undefined) question.answeredAt = command.at ?? plus(now, 0);
      run.clockWanted += 1;
      return;
    }
    case 'retry': {
      const part = stepOf(run, command.step);
      if (part !== undefined) retryNow(run, part, now);
      return;
    }
    case 'resolve': {
      const part = stepOf(run, command.step);
      if (part !== undefined) resolve(run, part, command.outcome, now);
      return;
    }
    case 'release':
      reviewPackage(run, { disclose: command.disclose ?? [], withhold: command.withhold ?? [] });
      releasePackage(run, now);
      for (const approval of run.approvals) {
        if (approval.kind === 'release' && (approval.state === 'pending' || approval.state === 'expired')) {
          approval.state = 'approved';
          approval.decidedAt = plus(now, 0);
          approval.decidedBy = command.by.id;
          approval.decidedKind = 'person';
          approval.revision += 1;
        }
      }
      return;
    case 'lift':
      orderLift(run, command.reasonRef, command.by.id, now);
      return;
    case 'recheck':
      recheckGuards(run);
      return;
    case 'correctReceipt':
      correctReceipt(run, command, now);
      return;
    case 'repin':
      repin(run, command, now);
      return;
    case 'confirmReceiver':
      confirmReceiver(run, command.by.id, now);
      return;
  }
}

/** Asks every guard again that blocks (an event named a way out, or an officer wants to know). */
export function recheckGuards(run: Run): void {
  for (const guard of run.guards) if (guard.state === 'blocking') guard.wanted += 1;
}

/**
 * An inbound event that concerns this request. Ends of holds and new ones change what a plan says, so it is made anew;
 * everything else asks the guards again.
 */
export function takeEvent(run: Run, type: string, by: string, now: number): void {
  if (type === 'receiver.confirmed') confirmReceiver(run, by, now);
  else if (type === 'identifier.added') newKey(run);
  else if (HOLD_EVENTS.has(type)) {
    run.planWanted += 1;
    // A flag or date in the record itself may have ended: what was found before does not say so.
    if (type !== 'hold.placed') for (const system of heldSystems(run)) lookAgain(run, system);
  } else recheckGuards(run);
}

function heldSystems(run: Run): string[] {
  if (!since(run, 2)) return [];
  return [...new Set(run.parts.filter((p) => p.part.held > 0).map((p) => p.part.system))];
}

const HOLD_EVENTS: ReadonlySet<string> = new Set([
  'hold.placed',
  'hold.released',
  'hold.ended',
  'service.ended',
  'domain.expired',
  'contact.settled',
]);

function retryNow(run: Run, part: PartRun, now: number): void {
  for (const approval of unreachableOf(run, part)) forwardAgain(run, approval, now);
  if (part.part.unsearched) {
    const discovery = run.discovery[part.part.system];
    if (discovery !== undefined) {
      discovery.nextAttemptAt = null;
      discovery.away = false;
      discovery.attempts = 0;
      discovery.error = null;
    }
  }
  part.patient = false;
  part.nextAttemptAt = null;
  part.error = null;
  if (part.outcome === 'failed') part.outcome = 'pending';
}

function resolve(
  run: Run,
  part: PartRun,
  outcome: 'done_by_hand' | 'skipped' | 'include' | 'exclude',
  now: number,
): void {
  part.resolved = outcome;
  if (outcome === 'exclude') {
    if (part.state === 'applying') {
      settlePart(part, 'done');
      return;
    }
    run.excluded.push(part.part.key);
    run.parts = run.parts.filter((p) => p !== part);
    return;
  }
  if (outcome === 'include') {
    part.outcome = 'pending';
    part.error = null;
    part.nextAttemptAt = null;
    if (part.state === 'applying') part.generation += 1;
    else if (part.part.review === UNPROVEN_KEY) newKey(run);
    else lookAgain(run, part.part.system);
    return;
  }
  settlePart(part, outcome, outcome);
  liftSettled(run, part, now);
}

/** Ends parts by hand-over to the table: used when a guard's time is over. */
export function settleBlocked(part: PartRun, basis: string): void {
  settlePart(part, 'blocked', basis);
}

/** A further address or number is hers: every system that takes one is searched under it too. */
function newKey(run: Run): void {
  run.identifiersVersion += 1;
  for (const type of ['email', 'phone']) run.identifierTypes[type] = run.identifiersVersion;
  run.planWanted += 1;
}

/** The system is searched anew: what was called hers counts now, and leads to more; holds are judged anew. The plan follows. */
export function lookAgain(run: Run, system: string): void {
  const type = run.input.rules.systems.find((s) => s.id === system)?.takes[0];
  if (type === undefined) return;
  run.identifiersVersion += 1;
  run.identifierTypes[type] = run.identifiersVersion;
  run.planWanted += 1;
}
