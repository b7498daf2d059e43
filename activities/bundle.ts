/** Builds the access package from the collected artefacts; its content never leaves the vault. */
import type { BundleDone } from '../domain/lifecycle/results.js';
import { VAULT } from '../domain/ports/vault.js';
import type { ActivityDeps } from './deps.js';
import { loadPerson } from './person.js';
import type { BundleInput } from './types.js';

export async function bundle(deps: ActivityDeps, input: BundleInput): Promise<BundleDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack);
  const started = deps.stamp();
  const built = await deps.packages.build({
    requestId: input.requestId,
    pack,
    parts: input.parts,
    language: person.subject.language,
    createdAt: started.caseAt,
    heartbeat: () => deps.heartbeat(),
  });
  const stamp = deps.stamp();
  await deps.ledger.append([
    {
      id: `${input.requestId}/package/${built.sha256.slice(0, 16)}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'package.built',
      requestId: input.requestId,
      code: null,
      purposeCode: null,
      before: null,
      after: { records: built.records, bytes: built.bytes, redactions: built.redactions },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'bundle', stamp, ...built, artefact: VAULT.package };
}
