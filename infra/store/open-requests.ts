/** The requests that are not answered yet, as plain facts for a what-if. No text, nothing of a person. */
import type { OpenRequest } from '../../domain/simulate/index.js';
import { REQUEST_STATES, type RequestState, type StepOutcome } from '../../domain/words.js';
import { guarded, type Db } from './connect.js';
import { COLLECTIONS, type RequestDoc } from './documents.js';

const ANSWERED: ReadonlySet<RequestState> = new Set(['awaiting_backup_expiry', 'closed', 'shredded']);
const OPEN = REQUEST_STATES.filter((state) => !ANSWERED.has(state));
const BY_HAND: ReadonlySet<StepOutcome> = new Set(['review', 'manual', 'failed']);

const FIELDS = {
  operator: 1,
  right: 1,
  owner: 1,
  clockedFrom: 1,
  'view.state': 1,
  'view.receivedAt': 1,
  'view.answeredAt': 1,
  'view.policy.hash': 1,
  'view.steps.outcome': 1,
  'approvals.kind': 1,
  'approvals.organisation': 1,
  'approvals.state': 1,
  'approvals.requestedAt': 1,
} as const;

/**
 * Every open request of the operators (null = all) that has no answer yet, by id. A truthful interim answer is one.
 * Errors: StoreError
 */
export async function openRequests(db: Db, operators: readonly string[] | null): Promise<OpenRequest[]> {
  const docs = await guarded(() =>
    db
      .collection<RequestDoc>(COLLECTIONS.requests)
      .find(
        { state: { $in: [...OPEN] }, ...(operators === null ? {} : { operator: { $in: [...operators] } }) },
        { projection: FIELDS, sort: { _id: 1 }, batchSize: 2000 },
      )
      .toArray(),
  );
  return docs.filter(({ view }) => view.answeredAt === null).map(factsOf);
}

function factsOf({ _id: id, operator, right, owner, view, approvals, clockedFrom }: RequestDoc): OpenRequest {
  return {
    id,
    operator,
    right,
    state: view.state,
    owner,
    policyHash: view.policy.hash,
    receivedAt: clockedFrom?.receivedAt ?? view.receivedAt,
    pauses: clockedFrom?.pauses ?? [],
    extendedAt: clockedFrom?.extendedAt ?? null,
    waiting: (approvals ?? [])
      .filter(({ state }) => state === 'pending')
      .map(({ kind, organisation, requestedAt }) => ({ kind, organisation, requestedAt })),
    byHand: (view.steps ?? []).filter(({ outcome }) => BY_HAND.has(outcome)).length,
  };
}
