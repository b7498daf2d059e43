/** The projection: one write per workflow task, never backwards. Port RequestProjection. */
import type { ApprovalView, RequestView } from '../../contracts/index.js';
import type { RequestProjection } from '../../domain/ports/services.js';
import { COLLECTIONS, type RequestDoc } from './documents.js';
import { guarded, type Db } from './connect.js';
import { copiesOf } from './request-copies.js';

/**
 * `document` is `{view, approvals}`. Writes only over a lower revision, so late and repeated calls change nothing.
 * A request document that is not there (forgotten) stays away.
 */
export function createRequestProjection(db: Db): RequestProjection {
  const requests = db.collection<RequestDoc>(COLLECTIONS.requests);
  return {
    async project(requestId, revision, document) {
      const view = document['view'] as RequestView;
      const approvals = (document['approvals'] ?? []) as readonly ApprovalView[];
      await guarded(() =>
        requests.updateOne(
          { _id: requestId, revision: { $lt: revision } },
          { $set: { revision, view, approvals, ...copiesOf(view, approvals) } },
        ),
      );
    },
    async clockedFrom(requestId, clockedFrom) {
      await guarded(() => requests.updateOne({ _id: requestId }, { $set: { clockedFrom } }));
    },
    async answered(requestId) {
      const doc = await guarded(() => requests.findOne({ _id: requestId }, { projection: { 'view.answeredAt': 1 } }));
      return doc === null ? null : doc.view.answeredAt !== null;
    },
    async open(requestId) {
      const doc = await guarded(() => requests.findOne({ _id: requestId }, { projection: { state: 1 } }));
      return doc !== null && doc.state !== 'closed' && doc.state !== 'shredded';
    },
  };
}
