/** Takes an expired package out of the vault, with everything it was made of. Removing what is gone does nothing. */
import type { DropPackageDone } from '../domain/lifecycle/results.js';
import { VAULT } from '../domain/ports/vault.js';
import type { ActivityDeps } from './deps.js';
import type { DropPackageInput } from './types.js';

export async function dropPackage(deps: ActivityDeps, input: DropPackageInput): Promise<DropPackageDone> {
  const collected = input.parts.map((key) => VAULT.collected(key));
  await deps.vault.remove(input.requestId, [VAULT.package, VAULT.packageReview, ...collected]);
  const stamp = deps.stamp();
  await deps.ledger.append([
    {
      id: `${input.requestId}/package_dropped/1`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'package.dropped',
      requestId: input.requestId,
      code: null,
      purposeCode: null,
      before: null,
      after: { artefacts: collected.length + 2 },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'dropPackage', stamp };
}
