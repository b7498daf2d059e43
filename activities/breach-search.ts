/**
 * Finds everybody that one query of a breach selects. Contacts go to the vault in pages, then one row per person; a page
 * whose rows were never written (a crash in between) is not read by anybody. Safe to run again: whoever has a row keeps it.
 */
import { normaliseIdentifier } from '../domain/plan/normalise.js';
import type { BreachPersonDraft } from '../domain/ports/breaches.js';
import { ConnectorError, type AffectedPerson } from '../domain/ports/connector.js';
import { BREACH_VAULT, predicatesOf, type PagePerson } from './breach-context.js';
import type { BreachActivities, BreachSearchInput } from './breach-types.js';
import type { ActivityDeps } from './deps.js';

export async function breachSearch(
  deps: ActivityDeps,
  input: BreachSearchInput,
): ReturnType<BreachActivities['breachSearch']> {
  const pack = await deps.packs.byHash(input.policyHash);
  const dataset = input.datasets[input.n]?.dataset;
  const policy = pack.pack.systems.find((s) => s.id === input.system)?.datasets.find((d) => d.id === dataset);
  const predicate = (await predicatesOf(deps, input.breachId))[input.n];
  const connector = deps.connectors.connector(pack, input.system);
  if (policy === undefined || predicate === undefined || connector.affected === undefined)
    throw new ConnectorError('config', 'this system cannot be searched by a predicate');
  const salt = await deps.salts.commitmentSalt(input.breachId);
  // Attempts never share a page: a slow one that is still writing cannot overwrite what another one's rows point to.
  const prefix = `${input.n}/${deps.attempt()}-${Date.parse(deps.stamp().worldAt).toString(36)}`;
  let page = 0;
  const { records } = await connector.affected({
    dataset: policy.id,
    predicate,
    heartbeat: deps.heartbeat,
    take: async (people) => {
      const keyed = new Map<string, AffectedPerson & { organisations: Set<string> }>();
      for (const person of people) {
        const key = keyOf(deps, salt, person);
        if (key === null) continue;
        const known = keyed.get(key) ?? { ...person, organisations: new Set<string>() };
        if (policy.role === 'processor' && person.organisation !== null) known.organisations.add(person.organisation);
        keyed.set(key, known);
      }
      const known = await deps.breaches.known(input.breachId, [...keyed.keys()]);
      const name = `${prefix}-${page}`;
      const contacts: PagePerson[] = [];
      const drafts: BreachPersonDraft[] = [];
      for (const [key, person] of keyed) {
        if (!known.has(key)) contacts.push({ email: person.email, language: person.language });
        drafts.push({
          key,
          page: name,
          n: contacts.length - 1,
          tell: policy.role === 'controller',
          organisations: [...person.organisations].sort(),
          unattributed: policy.role === 'processor' && person.organisations.size === 0,
        });
      }
      if (contacts.length > 0) {
        await deps.vault.put(input.breachId, [{ name: BREACH_VAULT.people(name), value: contacts }]);
        page += 1;
      }
      await deps.breaches.add(input.breachId, drafts);
    },
  });
  return { kind: 'search', stamp: deps.stamp(), records };
}

/** Salted hash of what somebody is known by: her address where there is one, else the first id of the record. */
function keyOf(deps: ActivityDeps, salt: string, person: AffectedPerson): string | null {
  const by = person.email === null ? person.identifiers[0] : { type: 'email', value: person.email };
  if (by === undefined) return null;
  const text = `${salt}\n${by.type}\n${normaliseIdentifier(by.type, by.value)}`;
  return base64url(deps.sha256(new TextEncoder().encode(text)));
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
