/** Reading requests and the few marks that the API sets by itself. */
import type { RequestInput } from '../../domain/lifecycle/commands.js';
import type { OpenRequest } from '../../domain/simulate/index.js';
import { COLLECTIONS, type RequestDoc } from './documents.js';
import { guarded, type Db, type Filter } from './connect.js';
import { openRequests } from './open-requests.js';

export interface Keyset {
  readonly value: number;
  readonly id: string;
}

export interface RequestFilter {
  /** null = every operator. */
  readonly operators: readonly string[] | null;
  readonly id?: string;
  readonly right?: string;
  readonly state?: string;
  readonly outcome?: string;
  readonly clockStatus?: string;
  readonly receivedFromMs?: number;
  readonly receivedToMs?: number;
  readonly dueBeforeMs?: number;
  readonly late?: boolean;
  readonly approver?: string;
  readonly organisation?: string;
  readonly subjectHashes?: readonly string[];
}

export type SortField = 'dueMs' | 'receivedMs' | 'createdMs';

export interface ListOptions {
  readonly sort: SortField;
  readonly descending: boolean;
  readonly after: Keyset | null;
  readonly limit: number;
}

export interface RequestStore {
  get(id: string): Promise<RequestDoc | null>;
  byApproval(approvalId: string): Promise<RequestDoc | null>;
  list(filter: RequestFilter, options: ListOptions): Promise<RequestDoc[]>;
  /** Request documents with approvals, from `fromId` (inclusive) upwards by id. */
  withApprovals(
    filter: {
      readonly operators: readonly string[] | null;
      readonly organisation?: string;
      readonly state?: string;
      readonly request?: string;
    },
    fromId: string | null,
    limit: number,
  ): Promise<RequestDoc[]>;
  ids(filter: RequestFilter, limit: number): Promise<string[]>;
  /** Requests without an answer, as facts for a what-if. */
  open(operators: readonly string[] | null): Promise<OpenRequest[]>;
  /** Open requests of the operator that a guard blocks because of this reference. */
  blockedBy(operator: string, ref: string): Promise<RequestDoc[]>;
  started(id: string): Promise<void>;
  assign(id: string, owner: string | null): Promise<RequestDoc | null>;
  /** Notes that another request hangs together with this one. */
  link(id: string, link: { readonly id: string; readonly relation: string }): Promise<void>;
  /** Requests that were committed but not started before `olderThanMs`. */
  unstarted(olderThanMs: number, limit: number): Promise<RequestDoc[]>;
  /** Takes one of them by compare-and-set; false = somebody else did, or it is being forgotten. */
  claimStart(doc: RequestDoc, nowMs: number): Promise<RequestInput | null>;
}

function query(filter: RequestFilter): Filter<RequestDoc> {
  const where: Record<string, unknown> = {};
  if (filter.operators !== null)
    where['operator'] = filter.operators.length === 1 ? filter.operators[0] : { $in: filter.operators };
  if (filter.id !== undefined) where['_id'] = filter.id;
  for (const name of ['right', 'state', 'outcome', 'clockStatus', 'late'] as const) {
    if (filter[name] !== undefined) where[name] = filter[name];
  }
  if (filter.receivedFromMs !== undefined || filter.receivedToMs !== undefined) {
    where['receivedMs'] = {
      ...(filter.receivedFromMs !== undefined ? { $gte: filter.receivedFromMs } : {}),
      ...(filter.receivedToMs !== undefined ? { $lte: filter.receivedToMs } : {}),
    };
  }
  if (filter.dueBeforeMs !== undefined) where['dueMs'] = { $lt: filter.dueBeforeMs };
  if (filter.approver !== undefined) where['approvers'] = filter.approver;
  if (filter.organisation !== undefined) where['organisations'] = filter.organisation;
  if (filter.subjectHashes !== undefined) where['subjectHashes'] = { $in: filter.subjectHashes };
  return where as Filter<RequestDoc>;
}

export function createRequestStore(db: Db): RequestStore {
  const requests = db.collection<RequestDoc>(COLLECTIONS.requests);
  return {
    get: (id) => guarded(() => requests.findOne({ _id: id })),
    byApproval: (approvalId) => guarded(() => requests.findOne({ 'approvals.id': approvalId } as Filter<RequestDoc>)),
    list: (filter, { sort, descending, after, limit }) =>
      guarded(() => {
        const direction = descending ? -1 : 1;
        const beyond = descending ? '$lt' : '$gt';
        const rest =
          after === null
            ? []
            : [{ $or: [{ [sort]: { [beyond]: after.value } }, { [sort]: after.value, _id: { [beyond]: after.id } }] }];
        return requests
          .find({ $and: [query(filter), ...rest] } as Filter<RequestDoc>)
          .sort({ [sort]: direction, _id: direction })
          .limit(limit)
          .toArray();
      }),
    withApprovals: (filter, fromId, limit) =>
      guarded(() => {
        const where: Record<string, unknown> = { 'approvals.0': { $exists: true } };
        if (filter.operators !== null) where['operator'] = { $in: filter.operators };
        if (filter.organisation !== undefined) where['organisations'] = filter.organisation;
        if (filter.state !== undefined) where['approvals.state'] = filter.state;
        const ids: Record<string, unknown>[] = [];
        if (filter.request !== undefined) ids.push({ _id: filter.request });
        if (fromId !== null) ids.push({ _id: { $gte: fromId } });
        return requests
          .find({ $and: [where, ...ids] } as Filter<RequestDoc>)
          .sort({ _id: 1 })
          .limit(limit)
          .toArray();
      }),
    ids: (filter, limit) =>
      guarded(async () => {
        const found = await requests
          .find(query(filter), { projection: { _id: 1 } })
          .limit(limit)
          .toArray();
        return found.map((doc) => doc._id);
      }),
    open: (operators) => openRequests(db, operators),
    blockedBy: (operator, ref) =>
      guarded(() =>
        requests
          .find({ operator, 'view.guards.refs': ref } as Filter<RequestDoc>)
          .limit(1_000)
          .toArray(),
      ),
    async started(id) {
      await guarded(() => requests.updateOne({ _id: id, start: 'pending' }, { $set: { start: 'done', input: null } }));
    },
    async assign(id, owner) {
      await guarded(() => requests.updateOne({ _id: id }, { $set: { owner }, $inc: { assignments: 1 } }));
      return guarded(() => requests.findOne({ _id: id }));
    },
    async link(id, link) {
      await guarded(() => requests.updateOne({ _id: id }, { $addToSet: { links: link } }));
    },
    unstarted: (olderThanMs, limit) =>
      guarded(() =>
        requests
          .find({ start: 'pending', startTriedMs: { $lt: olderThanMs }, forgetting: null })
          .limit(limit)
          .toArray(),
      ),
    async claimStart(doc, nowMs) {
      const taken = await guarded(() =>
        requests.updateOne(
          { _id: doc._id, start: 'pending', startTriedMs: doc.startTriedMs, forgetting: null },
          { $set: { startTriedMs: nowMs } },
        ),
      );
      return taken.modifiedCount === 1 ? doc.input : null;
    },
  };
}
