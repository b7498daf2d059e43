/** The identity decision: two facts, who asks and that the identifiers are theirs (design.md section 3.2). */
import { IDENTITY_LEVELS } from '../words.js';
import { reopenable } from './actions.js';
import type { IdentityCommand, RequestInput } from './commands.js';
import { handledBy } from './handlers.js';
import { CommandError } from './errors.js';
import { DAY, enterPhase, note, openQuestion, plus, type Run } from './run.js';
import { since } from './version.js';

const rank = (level: string): number => IDENTITY_LEVELS.indexOf(level as (typeof IDENTITY_LEVELS)[number]);

/** Throws CommandError `identity_closed`, `identity_level_too_low`, `identifier_unknown`, `identifiers_required`. */
export function checkIdentity(run: Run, command: IdentityCommand, now: number): void {
  const reopening = reopenable(run, now);
  if (run.phase !== 'received' && run.phase !== 'identifying' && !reopening) {
    throw new CommandError('identity_closed', 'the identity of this request is already decided');
  }
  if (command.result !== 'verified') return;
  const types = run.input.identifierTypes;
  if (command.proven.some((p) => !Number.isInteger(p) || p < 0 || p >= types.length)) {
    throw new CommandError('identifier_unknown', 'identifiers names a position that the subject does not have');
  }
  if (command.proven.length === 0 && types.length > 1) {
    throw new CommandError('identifiers_required', 'there are several identifiers: say which ones this proves');
  }
  if (rank(command.level) < rank(run.input.rules.requiredLevel)) {
    throw new CommandError('identity_level_too_low', 'this right needs a higher identity level', {
      required: run.input.rules.requiredLevel,
    });
  }
  if (provenWeakly(run.input, command)) {
    throw new CommandError('second_match_needed', 'a code proves an address, not the person behind it', {
      identifiers: (run.input.weak ?? []).map((w) => ({ position: w.position, why: w.why })),
    });
  }
  if ((run.input.agent ?? null) !== null && command.mandate !== 'checked') {
    throw new CommandError('mandate_required', 'somebody speaks for the person: say that the mandate was checked', {
      capacity: run.input.agent,
    });
  }
}

/**
 * True when a proof of level `low` rests on weak identifiers only (interfaces.md section 4): another identifier that is
 * not weak is a second match, an officer's check is of a higher level.
 */
export function provenWeakly(
  input: Pick<RequestInput, 'weak' | 'identifierTypes'>,
  command: Pick<IdentityCommand, 'level' | 'proven'>,
): boolean {
  if (rank(command.level) > rank('low')) return false;
  const weak = new Set((input.weak ?? []).map((w) => w.position));
  const proven = command.proven.length === 0 ? input.identifierTypes.map((_, i) => i) : command.proven;
  return proven.every((p) => weak.has(p));
}

/** Applies a checked decision. `more_needed` leaves the request waiting; `failed` closes it as `cannot_identify`. */
export function applyIdentity(run: Run, command: IdentityCommand, now: number): void {
  handledBy(run, command.by);
  if (run.phase === 'closed') reopen(run, now);
  if (run.phase === 'received') enterPhase(run, 'identifying');
  const question = openQuestion(run);
  if (command.result === 'more_needed') {
    run.identity.state = 'open';
    return;
  }
  if (question !== undefined && question.kind === 'identity') {
    question.answeredAt = plus(now, 0);
    run.clockWanted += 1;
  }
  if (command.result === 'failed') {
    run.identity.state = 'failed';
    cannotIdentify(run, now);
    return;
  }
  const proven = command.proven.length === 0 ? run.input.identifierTypes.map((_, i) => i) : [...command.proven];
  run.identity = { state: 'verified', level: command.level, method: command.method, proven };
  if (since(run, 2)) searchAnew(run);
  note(run, now, 'identity.verified', command.level, { method: command.method, proven: proven.length });
}

/** What was found while nothing was proven counts as unproven: every system that answered is asked again. */
function searchAnew(run: Run): void {
  const answered = Object.values(run.discovery).filter((d) => d.answered >= 0);
  if (answered.length === 0) return;
  for (const discovery of answered) discovery.answered = -1;
  // One that is being asked at this moment answers for the version before.
  run.identifiersVersion += 1;
  for (const type of Object.keys(run.identifierTypes)) run.identifierTypes[type] = run.identifiersVersion;
}

/** Art. 11 and 12(2): the answer says what would help; the request can be reopened by a later proof. */
export function cannotIdentify(run: Run, now: number): void {
  run.verdict = 'cannot_identify';
  note(run, now, 'identity.failed', 'cannot_identify');
  enterPhase(run, 'responding');
}

/** A closed request comes back: what was skipped is planned again, under its old decisions only where they were given. */
export function reopen(run: Run, now: number): void {
  enterPhase(run, 'identifying');
  note(run, now, 'request.reopened', run.verdict ?? 'withdrawn');
  run.rounds += 1;
  run.verdict = null;
  run.withdrawnAt = null;
  run.refusal = null;
  run.answeredAt = null;
  run.answer = null;
  run.finalAt = null;
  run.closedAt = null;
  for (const part of run.parts) {
    if (part.state === 'settled' && part.outcome === 'skipped') {
      part.state = 'planned';
      part.outcome = 'pending';
      part.basis = null;
    }
  }
  run.planWanted += 1;
  // Within the last 14 days the old decisions may be stale: parties are asked again by the new plan.
  for (const approval of run.approvals) if (approval.state === 'pending') approval.state = 'superseded';
  if (Date.parse(run.clock.at.due) < now + DAY) run.clockWanted += 1;
}
