/** The sortable copies that lists filter by, computed from a view; used at intake and by every projection. */
import type { ApprovalView, RequestView } from '../../contracts/index.js';
import type { RequestDoc } from './documents.js';

type Copies = Pick<
  RequestDoc,
  'state' | 'outcome' | 'clockStatus' | 'late' | 'dueMs' | 'receivedMs' | 'createdMs' | 'organisations' | 'approvers'
>;

export function copiesOf(view: RequestView, approvals: readonly ApprovalView[]): Copies {
  const organisations = [
    ...(view.plan?.datasets.map((d) => d.organisation) ?? []),
    ...approvals.map((a) => a.organisation),
  ].filter((o): o is string => o !== null);
  return {
    state: view.state,
    outcome: view.outcome,
    clockStatus: view.clock.status,
    late: view.clock.status === 'overdue' || view.clock.status === 'met_late' || view.refusal?.late === true,
    dueMs: Date.parse(view.clock.dueAt),
    receivedMs: Date.parse(view.receivedAt),
    createdMs: Date.parse(view.createdAt),
    organisations: [...new Set(organisations)].sort(),
    approvers: [...new Set(approvals.map((a) => a.decidedBy).filter((a): a is string => a !== null))].sort(),
  };
}
