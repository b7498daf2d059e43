/** Brings a new plan into a run: parts that did not change keep their state, a party whose parts changed is asked anew. */
import type { Plan } from '../plan/types.js';
import { openApproval } from './approvals.js';
import { applyDecision } from './decide.js';
import { askingEvent } from './forward.js';
import { queueLetter } from './letters.js';
import { REFUSAL_RULE } from './refusal.js';
import { enterPart, findPart, note, type ApprovalRun, type PartRun, type Run } from './run.js';
import type { Part } from '../plan/types.js';

export function newPart(part: Part): PartRun {
  return {
    part,
    state: 'planned',
    outcome: 'pending',
    attempts: 0,
    error: null,
    nextAttemptAt: null,
    tried: false,
    patient: false,
    generation: 0,
    touched: null,
    startedAt: null,
    effectiveAt: null,
    verifiedAt: null,
    method: null,
    until: null,
    basis: null,
    blockedSince: null,
    resolved: null,
    sweeps: [],
    reappeared: false,
  };
}

export function mergePlan(run: Run, plan: Plan, now: number): void {
  run.plan = { hash: plan.hash, dataMapRoot: plan.dataMapRoot, caveats: plan.caveats };
  const fresh = plan.parts.filter((p) => !run.excluded.includes(p.key));
  const merged: PartRun[] = [];
  for (const part of fresh) {
    const old = findPart(run, part.key);
    merged.push(old === undefined ? newPart(part) : mergePart(old, part));
  }
  for (const old of run.parts) {
    if (fresh.some((p) => p.key === old.part.key)) continue;
    // What has begun or was decided stays in the record; what was only planned and is no more leaves the plan.
    if (
      old.state === 'applying' ||
      old.state === 'verifying' ||
      (old.state === 'settled' && old.outcome !== 'not_found')
    )
      merged.push(old);
  }
  run.parts = merged;
  mergeApprovals(run, plan, now);
}

function mergePart(old: PartRun, part: Part): PartRun {
  const same = old.part.hash === part.hash && old.part.unsearched === part.unsearched;
  const more = part.records > old.part.records;
  old.part = part;
  if (old.state === 'applying' || old.state === 'verifying') return old;
  if (old.state === 'settled') {
    const reopened =
      old.outcome === 'skipped' ||
      (more && (old.outcome === 'not_found' || old.outcome === 'done')) ||
      (!same && old.outcome === 'retained');
    if (!reopened) return old;
  } else if (same) {
    return old;
  }
  if (old.state !== 'planned') enterPart(old, 'planned');
  old.outcome = 'pending';
  old.basis = null;
  old.tried = false;
  return old;
}

function mergeApprovals(run: Run, plan: Plan, now: number): void {
  for (const group of plan.approvals) {
    const live = run.approvals.find(
      (a) =>
        a.state !== 'superseded' &&
        a.kind === group.kind &&
        a.organisation === group.organisation &&
        a.rule === group.rule,
    );
    if (live !== undefined && live.planHash === group.planHash) {
      live.records = group.records;
      continue;
    }
    const open = group.parts.some((key) => findPart(run, key)?.state !== 'settled');
    if (!open) continue;
    if (live !== undefined) {
      live.state = 'superseded';
      live.revision += 1;
    }
    askParty(run, group, now);
  }
  for (const approval of run.approvals) {
    const stillThere = plan.approvals.some(
      (g) => g.kind === approval.kind && g.organisation === approval.organisation && g.rule === approval.rule,
    );
    if (approval.state === 'pending' && approval.kind !== 'release' && approval.rule !== REFUSAL_RULE && !stillThere) {
      approval.state = 'superseded';
      approval.revision += 1;
    }
  }
}

/**
 * An organisation's own instruction is the decision for its own records (interfaces.md section 5): nobody is asked. One
 * that was given for a certain plan counts for that plan only; otherwise the organisation is asked anew.
 */
function followInstruction(run: Run, approval: ApprovalRun, now: number): boolean {
  const instruction = run.input.instruction ?? null;
  if (instruction === null || approval.kind !== 'organisation') return false;
  if (instruction.organisation !== approval.organisation) return false;
  if (instruction.planHash !== null && instruction.planHash !== approval.planHash) return false;
  applyDecision(run, { ...instruction, approvalId: approval.id, planHash: approval.planHash }, now);
  return true;
}

function askParty(run: Run, group: Plan['approvals'][number], now: number): void {
  const rule = run.input.rules.approvals.find((r) => r.id === group.rule);
  const n = run.approvals.filter((a) => a.kind === group.kind && a.organisation === group.organisation).length + 1;
  const { kind, organisation, rule: name, parts, records, planHash } = group;
  const approval = openApproval(
    run,
    { kind, organisation, rule: name, parts, records, planHash, remindAfterMs: rule?.remindAfterMs ?? [] },
    now,
  );
  const { id } = approval;
  note(run, now, 'approval.requested', group.kind, {
    approval: id,
    organisation: group.organisation,
    planHash: group.planHash,
    n,
  });
  if (followInstruction(run, approval, now)) return;
  if (group.kind === 'organisation') {
    askingEvent(run, approval, now);
    queueLetter(run, {
      id: `ask-${id}`,
      kind: 'approval_requested',
      to: 'organisation',
      approvalId: id,
      contact: 'admin',
    });
  }
}
