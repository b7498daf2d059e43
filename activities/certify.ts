/** Issues the certificate of a request once its ledger entries are sealed; a repeat finds the one that was issued. */
import { normaliseIdentifier } from '../domain/plan/normalise.js';
import type { CertifyDone } from '../domain/lifecycle/results.js';
import type { ActivityDeps } from './deps.js';
import { loadPerson } from './person.js';
import type { CertifyInput } from './types.js';

export async function certify(deps: ActivityDeps, input: CertifyInput): Promise<CertifyDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack);
  const stamp = deps.stamp();
  const identifiers = (person.proven.length > 0 ? person.proven : person.subject.identifiers)
    .map((i) => `${i.type}:${normaliseIdentifier(i.type, i.value)}`)
    .sort();
  const issued = await deps.certifier.issue({
    requestId: input.requestId,
    operator: input.operator,
    n: input.n,
    final: input.final,
    facts: input.facts,
    pack,
    identifiers,
    issuedAt: stamp.caseAt,
  });
  return { kind: 'certify', stamp, id: issued.id, sha256: issued.sha256 };
}
