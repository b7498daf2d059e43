/**
 * Refusing. A request that is manifestly unfounded or excessive is refused only with proof and by two people (GDPR
 * Art. 12(5): the controller bears the burden): the first proposes, which opens an approval, and nothing changes until
 * another person has approved it. Silence refuses nothing.
 */
import type { RefusalGround } from '../words.js';
import { allowedActions, notBegun, refusable } from './actions.js';
import { openApproval } from './approvals.js';
import type { ActCommand, DecideCommand, Speaker } from './commands.js';
import { CommandError } from './errors.js';
import { enterPhase, note, plus, settlePart, type ApprovalRun, type Run } from './run.js';
import { since } from './version.js';

export const REFUSAL_RULE = 'refusal';
const NEEDS_SECOND: ReadonlySet<RefusalGround> = new Set(['manifestly_unfounded', 'excessive']);
/** There may be no plan yet: what is decided is then the request as a whole. */
const NO_PLAN = `sha256:${'0'.repeat(64)}`;

type Refuse = Extract<ActCommand, { action: 'refuse' }>;

export function needsSecondPerson(ground: RefusalGround): boolean {
  return NEEDS_SECOND.has(ground);
}

/** Throws CommandError `attachment_required`. */
export function checkRefusal(command: Refuse): void {
  if (needsSecondPerson(command.ground) && (command.evidenceRef ?? null) === null)
    throw new CommandError('attachment_required', 'this ground needs an attachment that proves it');
}

/** Refuses at once, or asks for a second person. */
export function applyRefusal(run: Run, command: Refuse, now: number): void {
  if (needsSecondPerson(command.ground)) propose(run, command, now);
  else refuse(run, command, now);
}

function propose(run: Run, command: Refuse, now: number): void {
  const approval = openApproval(
    run,
    {
      kind: 'second_person',
      organisation: null,
      rule: REFUSAL_RULE,
      // No part waits for it: until it is approved the request goes on as if nothing had been said.
      parts: [],
      records: 0,
      planHash: run.plan?.hash ?? NO_PLAN,
    },
    now,
  );
  run.proposal = {
    ground: command.ground,
    reasonRef: command.reasonRef,
    evidenceRef: command.evidenceRef ?? '',
    by: command.by.id,
    at: plus(now, 0),
    approvalId: approval.id,
  };
  note(run, now, 'refusal.proposed', command.ground, { approval: approval.id, by: command.by.id });
}

/** Throws CommandError `four_eyes`, `action_not_allowed` for a decision about a proposed refusal. */
export function checkProposalDecision(
  run: Run,
  approval: ApprovalRun,
  by: Speaker,
  decision: DecideCommand['decision'],
  now: number,
): void {
  if (approval.rule !== REFUSAL_RULE) return;
  if (run.proposal?.by === by.id)
    throw new CommandError('four_eyes', 'whoever proposed the refusal does not decide it');
  if (decision === 'partial')
    throw new CommandError('validation_failed', 'a refusal is approved or rejected as a whole');
  if (decision === 'approve' && !canRefuse(run))
    throw new CommandError('action_not_allowed', 'there is nothing left to refuse', {
      allowedActions: allowedActions(run, now),
    });
}

/** A second person has spoken: now it counts, with the day of today. */
export function decideProposal(run: Run, approval: ApprovalRun, now: number): void {
  if (approval.rule !== REFUSAL_RULE) return;
  const proposal = run.proposal ?? null;
  run.proposal = null;
  if (proposal === null || approval.state !== 'approved') return;
  refuse(run, { ground: proposal.ground, reasonRef: proposal.reasonRef }, now);
}

/** Whether a refusal could take effect now: nothing has begun, or parts are left that the operator may refuse. */
export function canRefuse(run: Run): boolean {
  if (run.refusal !== null || run.withdrawnAt !== null) return false;
  const early = run.phase === 'received' || run.phase === 'identifying' || run.phase === 'discovering';
  return early || (run.phase === 'parts_run' && run.parts.some(refusable));
}

function refuse(run: Run, command: Pick<Refuse, 'ground' | 'reasonRef'>, now: number): void {
  const whole = run.phase !== 'parts_run';
  run.refusal = {
    ground: command.ground,
    reasonRef: command.reasonRef,
    at: plus(now, 0),
    late: now > Date.parse(run.clock.at.refusalDue) + 999,
    whole,
  };
  if (run.refusal.late) note(run, now, 'request.refused_late', command.ground);
  for (const part of run.parts)
    if (whole ? notBegun(part) : refusable(part)) settlePart(part, 'skipped', command.ground);
  if (!whole) {
    if (since(run, 2)) supersedePending(run);
    return;
  }
  if (command.ground === 'not_controller' || command.ground === 'out_of_scope') run.verdict = command.ground;
  supersedePending(run);
  enterPhase(run, 'responding');
}

/** Decisions about parts that are settled by now are not needed any more. */
export function supersedePending(run: Run): void {
  for (const approval of run.approvals) {
    const open = approval.parts.some((key) => run.parts.some((p) => p.part.key === key && p.state !== 'settled'));
    if (approval.state === 'pending' && !open) {
      approval.state = 'superseded';
      approval.revision += 1;
      if (approval.rule === REFUSAL_RULE) run.proposal = null;
    }
  }
}
