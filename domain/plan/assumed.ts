/**
 * No identity theatre (GDPR Art. 7(3), 21(2)): where a pack asks no proof for an objection or a withdrawal, the identifiers
 * that the person gave count as proven, for suppression and leaving lists only. What would erase records waits for a person
 * as long as nobody has proven them: a stranger must not be able to delete somebody else's data by naming her address.
 */
import { modeOf } from '../rights.js';
import type { Pack } from '../policy/types.js';
import type { Right } from '../words.js';
import { stopsOf } from './stops.js';
import type { Found, Identifier } from './types.js';

/** The given identifiers as the search takes them. */
export function assumeGiven(pack: Pack, right: Right, given: readonly Identifier[]): Identifier[] {
  if (!asksNoProof(pack, right)) return [...given];
  return given.map((id) => ({ ...id, trust: 'proven' }));
}

/** Records found while an identifier was only assumed: those that a rule would erase are to be looked at. */
export function withoutProof(
  found: Found,
  pack: Pack,
  right: Right,
  purposes: readonly string[],
  given: readonly Identifier[],
): Found {
  if (!asksNoProof(pack, right) || given.every((id) => id.trust === 'proven')) return found;
  const erased = new Set(
    (pack.systems.find((s) => s.id === found.system)?.datasets ?? [])
      .filter((dataset) => stopsOf(right, purposes, dataset).some((rule) => rule.erase))
      .map((dataset) => dataset.id),
  );
  if (erased.size === 0) return found;
  return {
    ...found,
    refs: found.refs.map((ref) =>
      erased.has(ref.dataset) && ref.review === null
        ? { ...ref, trust: 'unproven', review: 'unproven_identifier' }
        : ref,
    ),
  };
}

function asksNoProof(pack: Pack, right: Right): boolean {
  return modeOf(right) === 'stop' && pack.identify[right] === 'none';
}
