/** Asks one system for the person and keeps what it found in the vault; reports counts and new identifier types only. */
import type { DiscoverDone } from '../domain/lifecycle/results.js';
import { restricted } from '../domain/plan/restricted.js';
import { identifierKey, strongest } from '../domain/plan/identifiers.js';
import type { Found } from '../domain/plan/types.js';
import { VAULT } from '../domain/ports/vault.js';
import type { ActivityDeps } from './deps.js';
import { caseDay } from './held.js';
import { loadPerson, type Person } from './person.js';
import type { DiscoverInput } from './types.js';

export async function discover(deps: ActivityDeps, input: DiscoverInput): Promise<DiscoverDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack, input);
  const connector = deps.connectors.connector(pack, input.system);
  const onlyOrganisation = input.onlyOrganisation ?? null;
  const seen = await connector.discover({
    right: input.right,
    identifiers: person.identifiers,
    onlyOrganisation,
    datasets: input.scopeDatasets,
    asOf: caseDay(deps, pack),
    heartbeat: deps.heartbeat,
  });
  const fresh = restricted(pack.pack, seen, onlyOrganisation);
  // A later look may not yield again what led to her: the record that said so may be erased by now.
  const before = await deps.vault.get<Found>(input.requestId, VAULT.found(input.system));
  const found: Found =
    before === null ? fresh : { ...fresh, identifiers: strongest([...before.identifiers, ...fresh.identifiers]) };
  await deps.vault.put(input.requestId, [{ name: VAULT.found(input.system), value: found }]);
  return { kind: 'discover', stamp: deps.stamp(), newTypes: newTypes(person, found), records: found.refs.length };
}

function newTypes(person: Person, found: Found): string[] {
  const known = new Set(person.identifiers.map(identifierKey));
  const types = found.identifiers.filter((i) => !known.has(identifierKey(i))).map((i) => i.type);
  return [...new Set(types)].sort();
}
