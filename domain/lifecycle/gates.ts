/**
 * What stands between a planned part and its effect: a person's review, a guard, a decision. Each part for itself;
 * parts of one shared record go together (design.md decisions 2 and 6).
 */
import { isWhileWeighed } from '../plan/stops.js';
import { modeOf } from '../rights.js';
import { DAY, enterPart, findPart, plus, settlePart, type ApprovalRun, type PartRun, type Run } from './run.js';

/** Moves every part that is planned or undecided as far as its gates let it. Returns whether anything moved. */
export function openGates(run: Run, now: number): boolean {
  let moved = false;
  for (const part of run.parts) {
    const before = part.state;
    const outcome = part.outcome;
    if (part.state === 'planned') passPlanned(run, part, now);
    if (part.state === 'undecided') passUndecided(run, part, now);
    moved ||= before !== part.state || outcome !== part.outcome;
  }
  return moved;
}

function passPlanned(run: Run, part: PartRun, now: number): void {
  if (part.part.unsearched) {
    part.outcome = 'pending';
    return;
  }
  if (part.part.records === 0 && part.part.action !== 'manual') {
    settlePart(part, 'not_found');
    return;
  }
  if (part.part.action === 'retain') {
    part.until = part.part.heldUntil;
    settlePart(part, 'retained', part.part.basis);
    return;
  }
  if (part.part.review !== null && part.resolved !== 'include') {
    part.outcome = 'review';
    part.basis = part.part.review;
    return;
  }
  const guards = run.guards.filter((g) => guardCovers(run, g.id, part));
  if (guards.some((g) => g.state === 'unknown' || g.done < g.wanted)) return;
  const blocking = guards.find((g) => g.state === 'blocking');
  if (blocking !== undefined) {
    enterPart(part, 'blocked');
    part.outcome = 'blocked';
    part.basis = blocking.id;
    part.blockedSince ??= plus(now, 0);
    return;
  }
  const approvals = approvalsOf(run, part.part.key);
  if (approvals.length === 0 && gateMissing(run, part)) {
    part.outcome = 'review';
    part.basis = 'no_gate';
    return;
  }
  if (approvals.length === 0) {
    enterPart(part, 'ready');
    part.outcome = 'pending';
    return;
  }
  enterPart(part, 'undecided');
  part.outcome = 'undecided';
}

/**
 * A second wall behind the plan: data of an organisation that nobody was asked about stands for a person's look, whatever
 * a plan says. What ends a purpose needs no decision (Art. 7(3), 21(3)); there the plan's word counts.
 */
function gateMissing(run: Run, part: PartRun): boolean {
  // A mark while a value is disputed takes nothing out and away from nobody (GDPR Art. 18(1)(a)).
  if (isWhileWeighed(part.part)) return false;
  return part.part.role === 'processor' && part.part.organisation !== null && modeOf(run.input.right) !== 'stop';
}

function passUndecided(run: Run, part: PartRun, now: number): void {
  const approvals = approvalsOf(run, part.part.key);
  if (approvals.length === 0) {
    // The party is not asked any more (a hold, another pack): what the plan says now counts.
    enterPart(part, 'planned');
    part.outcome = 'pending';
    return;
  }
  const verdicts = approvals.map((a) => verdict(a, part));
  const held = verdicts.includes('pending') || verdicts.includes('expired') ? undefined : heldBy(approvals, part, now);
  if (held !== undefined) {
    part.until = held.until;
    settlePart(part, 'retained', basisOfDecision(held));
    return;
  }
  if (verdicts.includes('rejected')) {
    settlePart(part, 'rejected', approvals.find((a) => verdict(a, part) === 'rejected')?.ground ?? 'rejected');
    return;
  }
  if (verdicts.includes('expired')) {
    settlePart(part, 'undecided', 'no_instruction');
    return;
  }
  if (verdicts.some((v) => v !== 'approved')) return;
  if (part.part.together !== null) {
    const siblings = run.parts.filter((p) => p !== part && p.part.together === part.part.together);
    const kept = siblings.find(
      (s) =>
        s.state === 'settled' && (s.outcome === 'rejected' || s.outcome === 'undecided' || s.outcome === 'skipped'),
    );
    if (kept !== undefined) {
      settlePart(part, kept.outcome === 'undecided' ? 'undecided' : 'rejected', 'shared_record');
      return;
    }
    const agreed = siblings.every(
      (s) => s.state !== 'undecided' || approvalsOf(run, s.part.key).every((a) => verdict(a, s) === 'approved'),
    );
    if (!agreed) return;
  }
  enterPart(part, 'ready');
  part.outcome = 'pending';
}

/** A hold that the controller named for this dataset with its decision and that has not ended yet. */
function heldBy(
  approvals: readonly ApprovalRun[],
  part: PartRun,
  now: number,
): NonNullable<ApprovalRun['retain']>[number] | undefined {
  return approvals
    .flatMap((a) => a.retain ?? [])
    .find((r) => r.dataset === part.part.dataset && (r.until === null || now < endOfHold(r.until)));
}

/** `hold.id` of parts that a controller held back with its decision: their records show no hold themselves. */
export const DECISION_HOLD = 'decision';

/** The hold that the part's controller named with its decision, ended or not. */
export function decisionHold(
  run: Run,
  { part }: Pick<PartRun, 'part'>,
): NonNullable<ApprovalRun['retain']>[number] | undefined {
  return approvalsOf(run, part.key)
    .flatMap((a) => a.retain ?? [])
    .find((r) => r.dataset === part.dataset);
}

/** A hold is kept through its last day everywhere on earth. */
export function endOfHold(until: string): number {
  return Date.parse(`${until}T23:59:59Z`) + DAY;
}

/** As a plan writes it: `art-17-3-b:<law>` or `no-ground-<why>:<law>`. */
function basisOfDecision(hold: NonNullable<ApprovalRun['retain']>[number]): string {
  return hold.exemption !== null
    ? `art-${hold.exemption}:${hold.law}`
    : `no-ground-${hold.noGround ?? 'unnamed'}:${hold.law}`;
}

function verdict(approval: ApprovalRun, part: PartRun): 'pending' | 'approved' | 'rejected' | 'expired' {
  switch (approval.state) {
    case 'approved':
      return 'approved';
    case 'partial':
      return approval.datasets?.includes(part.part.dataset) === true ? 'approved' : 'rejected';
    case 'rejected':
      return 'rejected';
    case 'expired':
      return 'expired';
    default:
      return 'pending';
  }
}

/** Live approvals that must all be given for a part. */
export function approvalsOf(run: Run, key: string): ApprovalRun[] {
  return run.approvals.filter((a) => a.state !== 'superseded' && a.kind !== 'release' && a.parts.includes(key));
}

export function guardCovers(run: Run, guardId: string, part: PartRun): boolean {
  const rule = run.input.rules.guards.find((g) => g.id === guardId);
  return rule !== undefined && rule.datasets.includes(part.part.dataset);
}

/** Ends the pending approvals whose time is over and settles what waited for them; silence never approves. */
export function expireApproval(run: Run, approval: ApprovalRun, now: number): void {
  approval.state = 'expired';
  approval.revision += 1;
  for (const key of approval.parts) {
    const part = findPart(run, key);
    if (part !== undefined && part.state === 'undecided') passUndecided(run, part, now);
  }
}
