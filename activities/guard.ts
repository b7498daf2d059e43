/** Asks the operator's own store whether the guards of a request block (Itefy: owner of an active account). */
import type { GuardDone } from '../domain/lifecycle/results.js';
import { ConnectorError } from '../domain/ports/connector.js';
import type { ActivityDeps } from './deps.js';
import { loadPerson } from './person.js';
import type { GuardInput } from './types.js';

export async function guard(deps: ActivityDeps, input: GuardInput): Promise<GuardDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack, input);
  const connector = deps.connectors.connector(pack, input.system);
  if (connector.guard === undefined) throw new ConnectorError('config', 'this connector has no guards');
  const guards = [];
  for (const rule of pack.pack.guards.filter((g) => input.guards.includes(g.id))) {
    guards.push(await connector.guard({ guard: rule, identifiers: person.identifiers }));
  }
  return { kind: 'guard', stamp: deps.stamp(), guards };
}
