/** A party's decision on its own parts (interfaces.md section 5). Silence never approves; a rule alone may only grant. */
import { modeOf } from '../rights.js';
import type { DecideCommand } from './commands.js';
import { handledBy } from './handlers.js';
import { CommandError } from './errors.js';
import { checkProposalDecision, decideProposal } from './refusal.js';
import { decideUntil } from './forward.js';
import { releasePackage } from './package.js';
import { asksForCorrection } from './receipt.js';
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
  if (asksForCorrection(run, approval.rule, command.by.id))
    throw new CommandError('four_eyes', 'whoever asked for the later receipt must not agree to it');
  if (decidedTheOther(run, approval, command.by.id))
    throw new CommandError('four_eyes', 'the second person must be another one than the first');
  checkProposalDecision(run, approval, command.by, command.decision, now);
  if (approval.state === 'expired') throw new CommandError('approval_expired', 'the time to decide is over');
  if (approval.state === 'superseded') {
    throw new CommandError('plan_changed', 'the plan changed after it was shown; the party was asked anew', {
      planHash: currentHash(run, approval),
    });
  }
  if (approval.state !== 'pending') throw new CommandError('already_decided', 'this approval is decided');
  if (isOver(run, now, approval)) throw new CommandError('approval_expired', 'the time to decide is over');
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
  checkRetain(run, approval, command);
  if (command.decision === 'partial') {
    const known = new Set(approval.parts.map((key) => findPart(run, key)?.part.dataset));
    if (command.datasets === null || command.datasets.length === 0 || command.datasets.some((d) => !known.has(d))) {
      throw new CommandError('dataset_unknown', 'scope.datasets must name datasets of this approval');
    }
  }
}

/**
 * Four eyes, whichever of the two decides first: the person behind a decision of one kind gives none of the other kind
 * about the same parts.
 */
function decidedTheOther(run: Run, approval: ApprovalRun, by: string): boolean {
  if (approval.kind !== 'second_person' && approval.kind !== 'privacy_officer') return false;
  return run.approvals.some(
    (a) =>
      a !== approval &&
      a.kind !== approval.kind &&
      (a.kind === 'second_person' || a.kind === 'privacy_officer') &&
      a.decidedBy === by &&
      a.parts.some((key) => approval.parts.includes(key)),
  );
}

/** Holds that the controller names keep part of what was asked back, so a rule alone cannot name them (Art. 22). */
function checkRetain(run: Run, approval: ApprovalRun, command: DecideCommand): void {
  if (command.retain.length === 0) return;
  if (approval.kind !== 'organisation' || modeOf(run.input.right) !== 'erase' || command.decision === 'reject')
    throw new CommandError('validation_failed', 'retain goes with an approval of an erasure by its controller');
  if (command.decidedBy.kind !== 'person')
    throw new CommandError('person_required', 'only a person may keep data back (Art. 22)');
  const known = new Set(approval.parts.map((key) => findPart(run, key)?.part.dataset));
  if (command.retain.some((r) => !known.has(r.dataset)))
    throw new CommandError('dataset_unknown', 'retain must name datasets of this approval');
}

export function applyDecision(run: Run, command: DecideCommand, now: number): void {
  const approval = findApproval(run, command.approvalId);
  if (approval === undefined) return;
  handledBy(run, command.by);
  approval.state = command.decision === 'approve' ? 'approved' : command.decision === 'reject' ? 'rejected' : 'partial';
  approval.decidedAt = plus(now, 0);
  approval.decidedBy = command.by.id;
  approval.decidedKind = command.decidedBy.kind;
  approval.datasets = command.decision === 'partial' ? command.datasets : null;
  approval.ground = command.ground;
  approval.reasonRef = command.reasonRef;
  approval.answer = command.answer;
  approval.deliverTo = command.deliverTo;
  if (command.retain.length > 0) approval.retain = command.retain;
  approval.revision += 1;
  if (approval.kind === 'release' && run.package !== null && command.decision === 'approve') releasePackage(run, now);
  note(run, now, 'approval.decided', approval.state, {
    approval: approval.id,
    kind: approval.kind,
    organisation: approval.organisation,
    planHash: approval.planHash,
    by: command.by.id,
  });
  decideProposal(run, approval, now);
}

/** An approval lives to the end of the day `due` and moves with it; while the clock is paused or computed anew `due` is provisional. */
export function isOver(run: Run, now: number, approval: Pick<ApprovalRun, 'requestedAt' | 'kind'>): boolean {
  const moving = run.clock.flags.includes('paused') || run.clockDone < run.clockWanted;
  return !moving && now > decideUntil(run, approval) + 999;
}

function currentHash(run: Run, old: ApprovalRun): string | null {
  return (
    run.approvals.find((a) => a.state === 'pending' && a.kind === old.kind && a.organisation === old.organisation)
      ?.planHash ?? null
  );
}
