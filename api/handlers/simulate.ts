/** POST /v1/simulations: who would be late, and when, if rules or staffing changed. Reads open requests, changes nothing. */
import { mayActFor, type SimulationOrder } from '../../contracts/index.js';
import { checkAway, rulesOf, simulate, SimulationError, type SimulatedRules } from '../../domain/simulate/index.js';
import type { FrozenPack } from '../../domain/policy/types.js';
import { loadPack } from '../../infra/policies/index.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';

export function runSimulation(deps: ApiDeps): Handler {
  return async (call) => {
    const order = call.body as SimulationOrder;
    const current = mayActFor(principalOf(call), order.operator) ? await deps.policies.current(order.operator) : null;
    if (current === null) throw new HttpProblem('not_found');
    const changed = order.policy === undefined ? null : rulesOf(changedPack(current, order.policy));
    const requests = await deps.requests.open([order.operator]);
    const rules = new Map<string, SimulatedRules>();
    for (const { policyHash } of requests) {
      if (rules.has(policyHash)) continue;
      const frozen = await deps.policies.byHash(policyHash);
      if (frozen !== null) rules.set(policyHash, rulesOf(frozen));
    }
    try {
      const away = order.away.map(({ role, who, from, to }) => checkAway({ role, who: who ?? null, from, to }));
      const asOf = order.asOf ?? call.now.toISOString();
      return { status: 200, body: simulate({ asOf, requests, rules, changed, away, perDay: order.perDay }) };
    } catch (error) {
      if (!(error instanceof SimulationError) || error.code === 'policy_unknown') throw error;
      const pointer = error.code === 'as_of_invalid' ? '/asOf' : '/away';
      throw new HttpProblem('validation_failed', { errors: [{ pointer, detail: error.message }] });
    }
  };
}

/** Throws `validation_failed` with every fault of the pack as line:column. */
function changedPack(current: FrozenPack, yaml: string): FrozenPack {
  // The authority is no part of what is simulated: the present one is taken for known.
  const { frozen, faults } = loadPack('policy', yaml, { authorities: new Set([current.pack.legal.authority]) });
  if (frozen === null) {
    throw new HttpProblem('validation_failed', {
      errors: faults.slice(0, 20).map(({ line, column, path, code }) => ({
        pointer: '/policy',
        detail: `${line}:${column} ${path} ${code}`,
      })),
    });
  }
  if (frozen.pack.operator !== current.pack.operator)
    throw new HttpProblem('validation_failed', {
      errors: [{ pointer: '/policy', detail: 'the pack is of another operator' }],
    });
  return frozen;
}
