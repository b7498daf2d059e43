/** GET /v1/requests/{id}/plan: what is touched and kept, per dataset. Counts, kinds and hashes; no value of any record. */
import { mayActFor } from '../../contracts/index.js';
import type { Part } from '../../domain/plan/types.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { noteRead } from '../ledger-notes.js';
import { planOf } from './plan-of.js';

export function getPlan(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const doc = await deps.requests.get(call.params['id'] ?? '');
    if (doc === null || !mayActFor(principal, doc.operator)) throw new HttpProblem('not_found');
    const own = principal.organisation;
    if (principal.role !== 'privacy_officer' && own === null) throw new HttpProblem('forbidden');
    // A party that decides nothing here must not learn that the request exists.
    if (own !== null && !doc.approvals.some((a) => a.kind === 'organisation' && a.organisation === own))
      throw new HttpProblem('not_found');
    const plan = await planOf(deps, doc);
    if (plan === null) throw new HttpProblem('not_ready');
    await noteRead(deps, principal, call.now, { what: 'plan', operator: doc.operator, request: doc });
    const parts = own === null ? plan.parts : plan.parts.filter((part) => part.organisation === own);
    return {
      status: 200,
      body: {
        requestId: doc._id,
        hash: plan.hash,
        dataMapRoot: plan.dataMapRoot,
        caveats: plan.caveats,
        organisation: own,
        datasets: parts.map(shown),
      },
    };
  };
}

function shown(part: Part): Record<string, unknown> {
  const {
    system,
    dataset,
    organisation,
    role,
    action,
    fields,
    identifiers,
    records,
    held,
    heldUntil,
    hold,
    basis,
    review,
    unsearched,
    hash,
  } = part;
  return {
    system,
    dataset,
    organisation,
    role,
    action,
    fields,
    identifiers,
    records,
    held,
    heldUntil,
    hold,
    basis,
    review,
    unsearched,
    hash,
  };
}
