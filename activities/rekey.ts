/**
 * The e-mail address is the key (requirements I10): once a corrected address or number is read back, everything that goes on
 * about the same person looks for her under the old and the new one. Other open requests get the new one as a further
 * identifier (proven where their own was), their index finds her by it, and each searches again.
 */
import { fieldsToChange, newKeys, type NewKey } from '../domain/plan/corrections.js';
import { normaliseIdentifier } from '../domain/plan/normalise.js';
import { withProven, type IdentityEntry, type SubjectEntry } from '../domain/plan/subject.js';
import type { Part } from '../domain/plan/types.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { Stamp } from '../domain/words.js';
import type { ActivityDeps } from './deps.js';
import { proposedChanges } from './orders.js';
import { loadPerson, type Person } from './person.js';
import type { PartsInput } from './types.js';

/** Idempotent. `parts`: those whose correction was read back just now. */
export async function rekey(
  deps: ActivityDeps,
  input: PartsInput,
  pack: FrozenPack,
  parts: readonly Part[],
  stamp: Stamp,
): Promise<void> {
  const proposed = await proposedChanges(deps, input.requestId);
  const reached = fieldsToChange(pack.pack, proposed).filter((f) =>
    parts.some((p) => p.action === 'change' && p.system === f.system && p.dataset === f.dataset),
  );
  const keys = newKeys(pack.pack, proposed).filter((k) => reached.some((f) => f.change === k.change));
  if (keys.length === 0) return;
  const person = await loadPerson(deps, input.requestId, pack);
  const hashOf = (i: { type: string; value: string }) => deps.hasher.hash(input.operator, i.type, i.value);
  const [oldHashes, newHashes] = await Promise.all([
    Promise.all(person.proven.map(hashOf)),
    Promise.all(keys.map(hashOf)),
  ]);
  await deps.people.addHashes(input.requestId, newHashes);
  let told = 0;
  for (const requestId of await deps.people.open(input.operator, oldHashes, input.requestId)) {
    if (!(await widen(deps, requestId, person, keys))) continue;
    await deps.people.addHashes(requestId, newHashes);
    await deps.people.searchAgain(requestId, `rekey/${input.requestId}`);
    told += 1;
  }
  await deps.ledger.append([
    {
      id: `${input.requestId}/rekeyed/${keys.map((k) => k.change).join('.')}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'identity.rekeyed',
      requestId: input.requestId,
      code: null,
      purposeCode: null,
      before: null,
      after: { types: [...new Set(keys.map((k) => k.type))].sort(), requests: told },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
}

/**
 * Adds the new keys to another request of hers. Hers is one that proved an identifier which this request proved too:
 * anybody may write somebody's address into a request, and must not be handed her new one.
 */
async function widen(deps: ActivityDeps, requestId: string, person: Person, keys: readonly NewKey[]): Promise<boolean> {
  const [subject, identity] = await Promise.all([
    deps.vault.get<SubjectEntry>(requestId, VAULT.subject),
    deps.vault.get<IdentityEntry>(requestId, VAULT.identity),
  ]);
  if (subject === null || identity === null) return false;
  const mine = new Set(person.proven.map((i) => `${i.type}\n${normaliseIdentifier(i.type, i.value)}`));
  const shared = subject.identifiers.some(
    (i, at) => identity.proven.includes(at) && mine.has(`${i.type}\n${normaliseIdentifier(i.type, i.value)}`),
  );
  if (!shared) return false;
  const wider = withProven(subject, identity, keys);
  await deps.vault.put(requestId, [
    { name: VAULT.subject, value: wider.subject },
    { name: VAULT.identity, value: wider.identity },
  ]);
  return true;
}
