/** A party's decision on its own parts (interfaces.md section 5). Silence never approves; a rule alone may only grant. */
import type { DecideCommand } from './commands.js';
import { CommandError } from './errors.js';
import { findPart, isRequester, note, plus, type ApprovalRun, type Run } from './run.js';

export function findApproval(run: Run, id: string): ApprovalRun | undefined {
  return run.approvals.find((a) => a.id === id);
}

/**
 * Throws CommandError `not_found`, `four_eyes`, `already_decided`, `approval_expired`, `plan_changed`,
 * `person_required`, `reason_required`, `dataset_unknown`. Compares instants, so it is right whichever of decision and
 * expiry timer comes first in one activation.
 */
export function checkDecision(run: Run, command: DecideCommand, now: number): void {
  const approval = findApproval(run, command.approvalId);
  if (approval === undefined) throw new CommandError('not_found', 'no such approval');
  if (isRequester(run, command.by) && approval.kind !== 'release') {
    throw new CommandError('four_eyes', 'whoever started the request must not decide it');
  }
  if (approval.kind === 'second_person') {
    const first = run.approvals.find((a) => a.kind === 'privacy_officer' && a.decidedBy === command.by.id);
    if (first !== undefined)
      throw new CommandError('four_eyes', 'the second person must be another one than the first');
  }
  if (approval.state === 'expired') throw new CommandError('approval_expired', 'the time to decide is over');
  if (approval.state === 'superseded') {
    throw new CommandError('plan_changed', 'the plan changed after it was shown; the party was asked anew', {
      planHash: currentHash(run, approval),
    });
  }
  if (approval.state !== 'pending') throw new CommandError('already_decided', 'this approval is decided');
  if (isOver(run, now)) throw new CommandError('approval_expired', 'the time to decide is over');
  if (approval.planHash !== command.planHash) {
    throw new CommandError('plan_changed', 'the decision names another plan than the one to decide', {
      planHash: approval.planHash,
    });
  }
  if (command.decision !== 'approve') {
    if (command.decidedBy.kind !== 'person')
      throw new CommandError('person_required', 'only a person may reject, wholly or in part (Art. 22)');
    if (command.ground === null || command.reasonRef === null)
      throw new CommandError('reason_required', 'a rejection needs ground and reason');
  }
  if (command.decision === 'partial') {
    const known = new Set(approval.parts.map((key) => findPart(run, key)?.part.dataset));
    if (command.datasets === null || command.datasets.length === 0 || command.datasets.some((d) => !known.has(d))) {
      throw new CommandError('dataset_unknown', 'scope.datasets must name datasets of this approval');
    }
  }
}

export function applyDecision(run: Run, command: DecideCommand, now: number): void {
  const approval = findApproval(run, command.approvalId);
  if (approval === undefined) return;
  approval.state = command.decision === 'approve' ? 'approved' : command.decision === 'reject' ? 'rejected' : 'partial';
  approval.decidedAt = plus(now, 0);
  approval.decidedBy = command.by.id;
  approval.decidedKind = command.decidedBy.kind;
  approval.datasets = command.decision === 'partial' ? command.datasets : null;
  approval.ground = command.ground;
  approval.reasonRef = command.reasonRef;
  approval.answer = command.answer;
  approval.deliverTo = command.deliverTo;
  approval.revision += 1;
  if (approval.kind === 'release' && run.package !== null && command.decision === 'approve')
    run.package.released = true;
  note(run, now, 'approval.decided', approval.state, {
    approval: approval.id,
    kind: approval.kind,
    organisation: approval.organisation,
    planHash: approval.planHash,
    by: command.by.id,
  });
}

/** An approval lives to the end of the day `due` and moves with it; while the clock is paused or computed anew `due` is provisional. */
export function isOver(run: Run, now: number): boolean {
  const moving = run.clock.flags.includes('paused') || run.clockDone < run.clockWanted;
  return !moving && now > Date.parse(run.clock.at.due) + 999;
}

function currentHash(run: Run, old: ApprovalRun): string | null {
  return (
    run.approvals.find((a) => a.state === 'pending' && a.kind === old.kind && a.organisation === old.organisation)
      ?.planHash ?? null
  );
}
