/** Which actions an officer may take now: computed from the run, shown as `allowedActions`, enforced by the validators. */
import { modeOf } from '../rights.js';
import { confirmable } from './package.js';
import { liftable, mayBeRefused } from './restriction.js';
import { DAY, openQuestion, type ApprovalRun, type PartRun, type Run } from './run.js';

export const ACTIONS = [
  'extend',
  'refuse',
  'withdraw',
  'ask',
  'answer',
  'retry',
  'resolve',
  'release',
  'recheck',
  'lift',
  'confirmReceiver',
  'hold',
  'correctReceipt',
  'repin',
] as const;
export type Action = (typeof ACTIONS)[number];

const BEGUN: ReadonlySet<PartRun['state']> = new Set(['applying', 'verifying', 'settled']);

/** A part on which nothing was written yet, so that it can still be refused, withdrawn or planned anew. */
export function notBegun(part: PartRun): boolean {
  return !BEGUN.has(part.state);
}

/** Settled without anything having been written. */
export function nothingDone(part: PartRun): boolean {
  return part.state === 'settled' && part.startedAt === null;
}

/** Parts that the operator itself may refuse: for processor data only the organisation may (interfaces.md section 5). */
export function refusable(part: PartRun): boolean {
  return notBegun(part) && part.part.role === 'controller' && mayBeRefused(part);
}

export function extendableAt(run: Run, now: number): boolean {
  const until = run.clock.at.extendableUntil;
  return run.extension === null && run.answeredAt === null && until !== null && now <= Date.parse(until);
}

/** A step with an error to try again; what keeps an unsearched part is the error of its system's search. */
export function retryable(run: Run, part: PartRun): boolean {
  if (part.state === 'undecided') return unreachableOf(run, part).length > 0;
  if (part.part.unsearched) return (run.discovery[part.part.system]?.error ?? null) !== null;
  return (part.state === 'applying' || part.state === 'verifying') && part.error !== null;
}

/** Approvals that a part waits for and whose party nobody could reach: `retry` forwards the request again. */
export function unreachableOf(run: Run, part: PartRun): ApprovalRun[] {
  return run.approvals.filter(
    (a) => a.state === 'pending' && a.error === 'unreachable' && a.parts.includes(part.part.key),
  );
}

export function resolvable(run: Run, part: PartRun): boolean {
  if (part.outcome === 'review') return true;
  // A system that does not answer: somebody may know better, or do it by hand.
  if (part.part.unsearched && part.state === 'planned')
    return (run.discovery[part.part.system]?.error ?? null) !== null;
  return part.state === 'applying' && (part.outcome === 'manual' || part.outcome === 'failed' || part.error !== null);
}

/** True while a closed request can come back: not identified, or withdrawn within 14 days. */
export function reopenable(run: Run, now: number): boolean {
  if (run.phase !== 'closed' || run.closedAt === null) return false;
  if (run.verdict === 'cannot_identify') return true;
  return run.withdrawnAt !== null && now <= Date.parse(run.withdrawnAt) + 14 * DAY;
}

/** Pure; `now` is case time in milliseconds. */
export function allowedActions(run: Run, now: number): Action[] {
  if (run.phase === 'closed' || run.phase === 'shredded') return [];
  const allowed: Action[] = [];
  const early = run.phase === 'received' || run.phase === 'identifying' || run.phase === 'discovering';
  const running = run.phase === 'parts_run';
  const question = openQuestion(run);
  if (extendableAt(run, now)) allowed.push('extend');
  if (run.refusal === null && run.withdrawnAt === null) {
    const proposed = run.approvals.some((a) => a.rule === 'refusal' && a.state === 'pending');
    if (!proposed && (early || (running && run.parts.some(refusable)))) allowed.push('refuse');
    if (early || ((running || run.phase === 'awaiting_backup_expiry') && run.parts.some(notBegun)))
      allowed.push('withdraw');
  }
  if (question === undefined && (run.phase === 'identifying' || run.phase === 'discovering' || running))
    allowed.push('ask');
  if (question !== undefined) allowed.push('answer');
  if (run.parts.some((p) => retryable(run, p))) allowed.push('retry');
  if (run.parts.some((p) => resolvable(run, p))) allowed.push('resolve');
  if (run.package !== null && !run.package.released) allowed.push('release');
  if (run.guards.some((g) => g.state === 'blocking')) allowed.push('recheck');
  if (confirmable(run)) allowed.push('confirmReceiver');
  if (modeOf(run.input.right) === 'erase' && (early || (running && run.parts.some(notBegun)))) allowed.push('hold');
  if (run.answeredAt === null && run.phase !== 'received') allowed.push('correctReceipt');
  if ((early && run.phase !== 'received') || (running && run.parts.every((p) => notBegun(p) || nothingDone(p))))
    allowed.push('repin');
  if (liftable(run)) allowed.push('lift');
  return allowed;
}
