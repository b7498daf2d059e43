/**
 * Asks whether an equal request of the same, proven person is open already, and how often she asked before. What makes
 * requests equal stays here as one keyed hash.
 */
import { addDuration, parseDuration } from '../domain/clock/index.js';
import { formatDate, parseDate } from '../domain/calendar/index.js';
import { canonicalJson } from '../domain/ledger/canonical-json.js';
import type { ClaimDone } from '../domain/lifecycle/results.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { Instant } from '../domain/words.js';
import { VAULT } from '../domain/ports/vault.js';
import type { ActivityDeps } from './deps.js';
import { proposedChanges } from './orders.js';
import { loadPerson, sureHashes } from './person.js';
import type { ClaimInput } from './types.js';

export async function claim(deps: ActivityDeps, input: ClaimInput): Promise<ClaimDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack);
  const hashes = await sureHashes(deps, input.operator, person.proven);
  // Nobody is proven: nothing says that two requests are of one person.
  if (hashes.length === 0) return { kind: 'claim', stamp: deps.stamp(), survivor: null, repeats: [] };
  const { subject } = person;
  const same = canonicalJson({
    agent: JSON.stringify(subject.agent ?? null),
    changes: (await proposedChanges(deps, input.requestId)).map((c) => JSON.stringify(c)).sort(),
    contact: JSON.stringify(subject.contact),
    datasets: input.scopeDatasets === null ? null : [...input.scopeDatasets].sort(),
    organisation: input.onlyOrganisation ?? null,
    person: hashes,
    purposes: [...(input.purposes ?? [])].sort(),
    receiver: JSON.stringify(await deps.vault.get(input.requestId, VAULT.receiver)),
    right: input.right,
    text: subject.scopeText,
  });
  const key = `${input.operator}/${await deps.hasher.hash(input.operator, 'claim', same)}`;
  const { survivor } = await deps.claims.take({ key, requestId: input.requestId });
  const repeats = await deps.claims.earlier({
    operator: input.operator,
    right: input.right,
    hashes,
    since: before(input.receivedAt, pack),
    not: input.requestId,
  });
  return { kind: 'claim', stamp: deps.stamp(), survivor, repeats };
}

/** The start of the time within which a further request counts as repeated: never after the longest reading of a month. */
function before(receivedAt: Instant, pack: FrozenPack): Instant {
  const duration = parseDuration(pack.pack.repeatedWithin);
  const day = parseDate(receivedAt.slice(0, 10));
  if (duration === null || day === null) return receivedAt;
  return `${formatDate(day - (addDuration(day, duration) - day))}T00:00:00.000Z`;
}
