/**
 * Records that stood for review and that an officer called the person's own. From then on they count as found over a
 * trusted way, and an id that lets somebody sign in counts as proven, so that what hangs on it is searched too.
 */
import type { Pack } from '../policy/types.js';
import { plainId } from '../holds/placed.js';
import { datasetOf } from './build-plan.js';
import type { Found, Identifier, Ref } from './types.js';

/** Vault entry `included`. */
export type IncludedEntry = readonly { readonly system: string; readonly dataset: string; readonly id: string }[];

/** The same records with the review lifted where somebody lifted it. */
export function adopt(found: Found, included: IncludedEntry): Found {
  const hers = new Set(included.filter((i) => i.system === found.system).map((i) => `${i.dataset}\n${i.id}`));
  if (hers.size === 0) return found;
  const lift = (ref: Ref): Ref =>
    hers.has(`${ref.dataset}\n${ref.id}`) ? { ...ref, review: null, trust: 'system' } : ref;
  return { ...found, refs: found.refs.map(lift) };
}

/** Identifiers that included records stand for: the types that their dataset reads from the record's own id. */
export function idsOfIncluded(pack: Pack, included: IncludedEntry): Identifier[] {
  return included.flatMap(({ system, dataset, id }) => {
    const declared = datasetOf(pack, system, dataset)?.identifiers ?? {};
    const value = plainId(id);
    if (value === null) return [];
    return Object.entries(declared)
      .filter(([, paths]) => paths.includes('_id'))
      .map(([type]): Identifier => ({ type, value, trust: 'proven' }));
  });
}
