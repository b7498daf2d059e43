/** Makes the plan of what all systems found, and puts the request behind the person fence. */
import { dataMap } from '../domain/certificate/index.js';
import type { PlanDone } from '../domain/lifecycle/results.js';
import { buildPlan } from '../domain/plan/build-plan.js';
import { countSure } from '../domain/plan/identifiers.js';
import { modeOf, type RightMode } from '../domain/rights.js';
import type { ActivityDeps } from './deps.js';
import { underHolds } from './held.js';
import { planFacts } from './orders.js';
import { loadPerson, sureHashes } from './person.js';
import { rememberOptOut } from './restrict.js';
import type { PlanInput } from './types.js';

/** Who wants a copy is served before what changes or removes; stopping a purpose or restricting loses nothing. */
const FENCE: Readonly<Record<RightMode, 'read' | 'write' | null>> = {
  read: 'read',
  erase: 'write',
  change: 'write',
  restrict: null,
  stop: null,
};

export async function plan(deps: ActivityDeps, input: PlanInput): Promise<PlanDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack, input);
  await rememberOptOut(deps, input, pack, person, deps.stamp().caseAt);
  const made = buildPlan(
    {
      pack: pack.pack,
      right: input.right,
      scopeDatasets: input.scopeDatasets,
      onlyOrganisation: input.onlyOrganisation ?? null,
      found: await underHolds(deps, input, pack, person.found),
      proven: countSure(person.identifiers),
      unsearched: input.unsearched,
      dataMapRoot: dataMap(pack.pack, deps.sha256).root,
      ...(await planFacts(deps, input, pack)),
    },
    deps.sha256,
  );
  const hashes = await sureHashes(deps, input.operator, person.identifiers);
  if (hashes.length > 0) {
    const fence = FENCE[modeOf(input.right)];
    if (fence !== null)
      await deps.fence.enter({
        operator: input.operator,
        requestId: input.requestId,
        mode: fence,
        hashes,
        until: input.fenceUntil,
      });
  }
  const stamp = deps.stamp();
  await deps.ledger.append([
    {
      id: `${input.requestId}/plan/${made.hash.slice(7, 23)}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'plan.made',
      requestId: input.requestId,
      code: null,
      purposeCode: null,
      before: null,
      after: { hash: made.hash, parts: made.parts.length, records: made.parts.reduce((sum, p) => sum + p.records, 0) },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'plan', stamp, plan: made };
}
