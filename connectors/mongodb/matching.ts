/** Which known identifiers a record holds, where, and how much that proves. Pure. */
import type { Document } from 'mongodb';
import type { Identifier, Ref, Trust } from '../../domain/plan/types.js';
import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import { textOf } from './ids.js';
import { isWithin, leavesOf, type Leaf } from './paths.js';
import type { Dataset } from './schema.js';
import { normalOf } from './spelling.js';

/** Pseudo-type of a value that was reached over a link: it counts at one path of one dataset only. */
export const LINK = 'link';

/** Something the person is known by. `depth`: how many records away from what was proven. */
export interface Known {
  readonly key: string;
  readonly type: string;
  readonly value: string;
  readonly trust: Trust;
  readonly depth: number;
  /** For `link` only. */
  readonly at: { readonly dataset: string; readonly path: string } | null;
}

export interface Match {
  readonly known: Known;
  readonly path: string;
  /** Array element that holds the match, `''` when no array was crossed. */
  readonly element: string;
  readonly at: string;
  readonly trust: Trust;
}

export function identifierKey(type: string, value: string): string {
  return `${type}\0${normaliseIdentifier(type, value)}`;
}

export function linkKey(dataset: string, path: string, value: string): string {
  return `${LINK}\0${dataset}\0${path}\0${value}`;
}

export function knownIdentifier(identifier: Identifier, depth: number): Known {
  return { ...identifier, key: identifierKey(identifier.type, identifier.value), depth, at: null };
}

export function knownLink(dataset: string, path: string, value: string, trust: Trust, depth: number): Known {
  return { key: linkKey(dataset, path, value), type: LINK, value, trust, depth, at: { dataset, path } };
}

/** Matches of one record; a hit through a field that the person can edit counts as `declared` at best. */
export function matchesOf(dataset: Dataset, document: Document, known: ReadonlyMap<string, Known>): Match[] {
  const matches: Match[] = [];
  for (const search of dataset.searches) {
    for (const leaf of leavesOf(document, search.path)) {
      const normal = normalOf(search.type, leaf.value);
      const hit = normal === null ? undefined : known.get(`${search.type}\0${normal}`);
      if (hit === undefined) continue;
      const trust = search.declared && isSure(hit.trust) ? 'declared' : hit.trust;
      matches.push({ known: hit, path: search.path, element: leaf.element, at: leaf.at, trust });
    }
  }
  for (const path of dataset.matchPaths) {
    for (const leaf of leavesOf(document, path)) {
      const text = textOf(leaf.value);
      const hit = text === null ? undefined : known.get(linkKey(dataset.id, path, text));
      if (hit !== undefined) matches.push({ known: hit, path, element: leaf.element, at: leaf.at, trust: hit.trust });
    }
  }
  return matches;
}

export function isSure(trust: Trust): boolean {
  return trust === 'proven' || trust === 'system';
}

/**
 * Whether a value of a matched record belongs to the person. A record that lets somebody sign in is hers as a whole;
 * of any other one, what stands in an array is only hers in the element that matched, and what stands outside is only
 * hers when the match did too: an order that names her among its contacts says nothing of who placed it.
 */
export function isHers(dataset: Dataset, leaf: Leaf, matches: readonly Match[]): boolean {
  if (dataset.policy.signIn) return true;
  return matches.some((m) =>
    m.element === '' ? leaf.element === '' : leaf.element !== '' && isWithin(leaf.element, m.element),
  );
}

/** What an approved ref was matched by, as something to match again (its values passed discovery's trust rules). */
export function knownFromRef(ref: Ref): Known[] {
  return ref.matchedBy.map((m) =>
    m.type === LINK
      ? knownLink(ref.dataset, m.path, m.value, 'system', 0)
      : knownIdentifier({ type: m.type, value: m.value, trust: 'system' }, 0),
  );
}

export function toMap(known: Iterable<Known>): Map<string, Known> {
  return new Map([...known].map((k) => [k.key, k]));
}
