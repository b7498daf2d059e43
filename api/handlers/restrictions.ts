/** GET /v1/restrictions/check: what a reader asks before it uses a record. Internal ids only; nobody is named. */
import { mayActFor } from '../../contracts/index.js';
import { refuseOrganisations } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';

export function checkRestriction(deps: Pick<ApiDeps, 'policies' | 'restrictions'>): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const { operator, dataset, ref } = call.query as { operator: string; dataset: string; ref: string };
    if (!mayActFor(principal, operator)) throw new HttpProblem('forbidden');
    const frozen = await deps.policies.current(operator);
    if (frozen === null) throw new HttpProblem('operator_unknown');
    if (!frozen.pack.systems.some((system) => system.datasets.some((d) => d.id === dataset)))
      throw new HttpProblem('dataset_unknown', { detail: 'the pack has no such dataset' });
    const record = await deps.restrictions.inForce(operator, dataset, ref);
    return {
      status: 200,
      body: record === null ? { restricted: false } : { restricted: true, since: record.since, reason: record.reason },
      headers: { 'Cache-Control': 'no-store' },
    };
  };
}
