/**
 * Looks for late writers after an erasure (+1 h, +1 d, +7 d, +30 d). Re-erases only the same internal ids, or datasets that
 * no sign-up can create; a new record under an old identifier is reported as `reappeared`: the person may have come back.
 */
import type { PartVerdict, VerifyDone } from '../domain/lifecycle/results.js';
import { refsOfPart } from '../domain/plan/build-plan.js';
import { restricted } from '../domain/plan/restricted.js';
import type { Found, Ref } from '../domain/plan/types.js';
import { VAULT } from '../domain/ports/vault.js';
import { isDerived } from './apply.js';
import type { ActivityDeps } from './deps.js';
import { caseDay, underHolds } from './held.js';
import { ordersOf } from './orders.js';
import { generationOf, stepMemory, targetsOf } from './parts.js';
import { loadPerson } from './person.js';
import type { PartsInput } from './types.js';

export async function sweep(deps: ActivityDeps, input: PartsInput): Promise<VerifyDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack, input);
  const connector = deps.connectors.connector(pack, input.system);
  const known = person.found.find((f) => f.system === input.system);
  const onlyOrganisation = input.onlyOrganisation ?? null;
  const looked = await connector.discover({
    right: input.right,
    identifiers: person.identifiers,
    onlyOrganisation,
    datasets: input.scopeDatasets,
    asOf: caseDay(deps, pack),
    heartbeat: deps.heartbeat,
  });
  const again = person.judge(restricted(pack.pack, looked, onlyOrganisation));
  const seen = new Set((known?.refs ?? []).map(refKey));
  const fresh = again.refs.filter((r) => !seen.has(refKey(r)));
  const generation = generationOf(input);
  const checked = await connector.verify({
    requestId: input.requestId,
    onlyOrganisation,
    orders: await ordersOf(
      deps,
      input,
      pack,
      input.parts.map((p) => p.part),
    ),
    targets: targetsOf(
      pack,
      await underHolds(deps, input, pack, person.found),
      input.parts.map((p) => p.part),
    ),
    identifiers: person.identifiers,
    generation,
    memory: stepMemory(deps, input.requestId, input.system, generation),
    asOf: caseDay(deps, pack),
    heartbeat: deps.heartbeat,
  });
  const withFresh: Found[] = [
    ...person.found.filter((f) => f.system !== input.system),
    { ...again, refs: [...(known?.refs ?? []), ...fresh] },
  ];
  const verdicts: PartVerdict[] = [];
  let grew = false;
  for (const { part } of input.parts) {
    const base = checked.find((r) => r.key === part.key);
    const late = refsOfPart(pack.pack, withFresh, part).filter((r) => !seen.has(refKey(r)));
    // A new account under an old address stands for review from the start: the person may have come back.
    const signedUp = fresh.filter((r) => r.dataset === part.dataset && r.review === 'new_sign_in');
    if (signedUp.length > 0) {
      verdicts.push({ key: part.key, verdict: 'reappeared', remaining: signedUp.length, method: 'sweep' });
    } else if (late.length > 0 && !isDerived(pack, part)) {
      verdicts.push({ key: part.key, verdict: 'reappeared', remaining: late.length, method: 'sweep' });
      grew = true;
    } else if (late.length > 0) {
      verdicts.push({ key: part.key, verdict: 'stillPresent', remaining: late.length, method: 'sweep' });
      grew = true;
    } else {
      verdicts.push({
        key: part.key,
        verdict: base?.verdict ?? 'unverifiable',
        remaining: base?.remaining ?? 0,
        method: `sweep_${base?.method ?? 'none'}`,
      });
    }
  }
  const own = withFresh.at(-1);
  if (grew && own !== undefined)
    await deps.vault.put(input.requestId, [{ name: VAULT.found(input.system), value: own }]);
  return { kind: 'sweep', stamp: deps.stamp(), parts: verdicts };
}

function refKey(ref: Ref): string {
  return `${ref.dataset}\n${ref.kind}\n${ref.id}`;
}
