/**
 * Who of several is she? Records that let somebody sign in stand for people: a second one is never touched by machine,
 * and an address that several of them share proves nothing about the other records that carry it. Pure.
 */
import { isContact } from './spelling.js';
import { isSure, LINK, type Match } from './matching.js';
import type { Row } from './search.js';

export interface SignIn {
  readonly row: Row;
  readonly matches: readonly Match[];
}

export interface Verdicts {
  /** Row key → why a person must look at it. */
  readonly blocked: Map<string, string>;
  /** Keys of identifiers that reach somebody else too. */
  readonly tainted: Set<string>;
}

export function rowKey(row: Row): string {
  return `${row.dataset.id}\0${row.id}`;
}

/**
 * `isKnown`: sign-ins for which it says no are never hers. Where it says yes to none, she or somebody else signed up
 * since she became known: `new_sign_in`.
 */
export function judgePeople(signIns: readonly SignIn[], maxPeople: number, isKnown: (row: Row) => boolean): Verdicts {
  const verdicts: Verdicts = { blocked: new Map(), tainted: new Set() };
  const candidates = signIns.filter((s) => isKnown(s.row));
  const code = candidates.length === 0 ? 'new_sign_in' : 'second_sign_in';
  for (const unknown of signIns) if (!candidates.includes(unknown)) verdicts.blocked.set(rowKey(unknown.row), code);
  const hers = chosen(candidates);
  for (const other of candidates) {
    if (hers.includes(other)) continue;
    verdicts.blocked.set(rowKey(other.row), reasonFor(other, candidates, hers, maxPeople));
  }
  for (const other of signIns) {
    if (hers.includes(other)) continue;
    for (const match of other.matches) {
      // An id that was proven is hers, whatever else it matches.
      if (isContact(match.known.type) || match.known.trust !== 'proven') verdicts.tainted.add(match.known.key);
    }
  }
  // What only a sure sign-in of hers is known by stays untainted even when a link value met both.
  for (const own of hers) {
    for (const match of own.matches)
      if (!isContact(match.known.type) && match.known.type !== LINK) verdicts.tainted.delete(match.known.key);
  }
  return verdicts;
}

/** Those reached by a proven id; else the only one that is nearest to what was proven; else nobody. */
function chosen(signIns: readonly SignIn[]): readonly SignIn[] {
  if (signIns.length <= 1) return signIns;
  const proven = signIns.filter((s) => s.matches.some((m) => m.trust === 'proven' && !isContact(m.known.type)));
  if (proven.length > 0) return proven;
  const nearest = Math.min(...signIns.map(depthOf));
  const near = signIns.filter((s) => depthOf(s) === nearest);
  return near.length === 1 ? near : [];
}

function reasonFor(other: SignIn, all: readonly SignIn[], hers: readonly SignIn[], maxPeople: number): string {
  const shared = other.matches.filter((m) => isContact(m.known.type));
  const crowd = Math.max(
    0,
    ...shared.map((m) => all.filter((s) => s.matches.some((o) => o.known.key === m.known.key)).length),
  );
  if (crowd > maxPeople) return 'too_many_people';
  return hers.length === 0 && crowd > 1 ? 'shared_address' : 'second_sign_in';
}

function depthOf(signIn: SignIn): number {
  return Math.min(...signIn.matches.filter((m) => isSure(m.trust)).map((m) => m.known.depth));
}
