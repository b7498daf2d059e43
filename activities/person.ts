/** What is known of the person of a request, read from the vault: given identifiers, the proof, what systems yielded. */
import { adopt, idsOfIncluded, type IncludedEntry } from '../domain/plan/included.js';
import { assumeGiven, withoutProof } from '../domain/plan/assumed.js';
import { strongest } from '../domain/plan/identifiers.js';
import type { IdentityEntry, SubjectEntry } from '../domain/plan/subject.js';
import type { Found, Identifier } from '../domain/plan/types.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { ActivityDeps } from './deps.js';
import type { About } from './types.js';

export interface Person {
  readonly subject: SubjectEntry;
  readonly found: readonly Found[];
  /** Given and found identifiers, one per (type, normal form), each with its best trust. */
  readonly identifiers: readonly Identifier[];
  /** Given identifiers that are proven. */
  readonly proven: readonly Identifier[];
  /** Records that an officer called hers; `found` has them so already, a fresh look must be told. */
  readonly included: IncludedEntry;
  /** What a fresh look finds, as it counts: a person's word, and what nobody has proven. */
  readonly judge: (found: Found) => Found;
}

export class VaultEntryMissing extends Error {
  readonly code = 'vault_entry_missing';
  constructor(name: string) {
    super(`vault_entry_missing: ${name}`);
  }
}

/**
 * `about`: the request for whose right the person is looked for; absent where only what is known is read (letters,
 * packages). Throws VaultEntryMissing (retryable: the store answered, but not with what the intake committed).
 */
export async function loadPerson(
  deps: ActivityDeps,
  requestId: string,
  pack: FrozenPack,
  about?: Pick<About, 'right' | 'purposes'>,
): Promise<Person> {
  const entries = await deps.vault.list<unknown>(requestId, '');
  const of = <T>(name: string): T | undefined => entries.find((e) => e.name === name)?.value as T | undefined;
  const subject = of<SubjectEntry>(VAULT.subject);
  if (subject === undefined) throw new VaultEntryMissing(VAULT.subject);
  const identity = of<IdentityEntry>(VAULT.identity);
  const included = of<IncludedEntry>(VAULT.included) ?? [];
  const given = subject.identifiers.map(
    (id, i): Identifier => ({ ...id, trust: identity?.proven.includes(i) === true ? 'proven' : 'unproven' }),
  );
  const judge = (seen: Found): Found =>
    adopt(
      about === undefined ? seen : withoutProof(seen, pack.pack, about.right, about.purposes ?? [], given),
      included,
    );
  const found = entries.filter((e) => e.name.startsWith(VAULT.found(''))).map((e) => judge(e.value as Found));
  const searched = about === undefined ? given : assumeGiven(pack.pack, about.right, given);
  return {
    subject,
    found,
    identifiers: strongest([
      ...searched,
      ...found.flatMap((f) => f.identifiers),
      ...idsOfIncluded(pack.pack, included),
    ]),
    proven: given.filter((i) => i.trust === 'proven'),
    included,
    judge,
  };
}

/** Keyed hashes of the sure identifiers, sorted, for the person fence and the deletion ledger. */
export async function sureHashes(
  deps: ActivityDeps,
  operator: string,
  identifiers: readonly Identifier[],
): Promise<string[]> {
  const sure = identifiers.filter((i) => i.trust === 'proven' || i.trust === 'system');
  const hashes = await Promise.all(sure.map((i) => deps.hasher.hash(operator, i.type, i.value)));
  return [...new Set(hashes)].sort();
}
