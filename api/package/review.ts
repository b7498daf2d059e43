/** GET …/package/review: what was redacted, with the values, for the officer who decides on the release. */
import { principalOf, type Handler } from '../http/call.js';
import type { PackageReview } from '../../domain/ports/services.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { ApiDeps } from '../deps.js';
import { requestOf } from '../access.js';
import { checkPurpose } from '../handlers/read-requests.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft, speakerOf } from '../ledger-notes.js';

export function getPackageReview(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const doc = await requestOf(deps, call);
    const purpose = String(call.query['purpose']);
    await checkPurpose(deps, doc, purpose);
    const made = doc.view.package ?? null;
    if (made === null) throw new HttpProblem('not_ready');
    // After the release it is hers; who opened or held back what stands in the ledger.
    if (made.released) throw new HttpProblem('package_released');
    const review = await deps.vault.get<PackageReview>(doc._id, VAULT.packageReview);
    if (review === null) throw new HttpProblem('not_ready');
    await deps.ledger.append([
      draft({
        id: `${doc._id}/package_review/${principal.id}/${call.traceId}`,
        operator: doc.operator,
        at: caseNow(doc, call.now),
        actor: speakerOf(principal),
        action: 'package.reviewed',
        requestId: doc._id,
        purposeCode: purpose,
        after: { redactions: review.redactions.length, undescribed: review.undescribed.length },
      }),
    ]);
    return { status: 200, headers: { 'Cache-Control': 'no-store' }, body: review };
  };
}
