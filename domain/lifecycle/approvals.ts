/** Opening an approval: one place, so that every kind begins alike and ids stay deterministic. */
import { plus, type ApprovalRun, type Run } from './run.js';

export type NewApproval = Pick<ApprovalRun, 'kind' | 'organisation' | 'rule' | 'parts' | 'records' | 'planHash'> & {
  /** When to remind, in milliseconds from now. */
  readonly remindAfterMs?: readonly number[];
};

/** Adds a pending approval. Its id is the request's own ULID plus a number: opaque, without a name of anybody. */
export function openApproval(run: Run, facts: NewApproval, now: number): ApprovalRun {
  const { remindAfterMs = [], ...given } = facts;
  const approval: ApprovalRun = {
    id: `apr_${run.input.requestId.slice(4)}${String(run.approvals.length + 1).padStart(2, '0')}`,
    ...given,
    state: 'pending',
    requestedAt: plus(now, 0),
    remindAt: remindAfterMs.map((ms) => plus(now, ms)),
    reminded: 0,
    decidedAt: null,
    decidedBy: null,
    decidedKind: null,
    datasets: null,
    ground: null,
    reasonRef: null,
    answer: null,
    deliverTo: null,
    revision: 1,
  };
  run.approvals.push(approval);
  return approval;
}
