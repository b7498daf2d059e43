/**
 * A request that one organisation started sees that organisation's records only; its predicate is part of every query.
 * Records at vendors name no organisation: one that another organisation may share cannot be told from one that is its
 * own without looking at the other's, so a person looks first.
 */
import type { Pack } from '../policy/types.js';
import { datasetOf } from './build-plan.js';
import type { Found } from './types.js';

export const MAY_BE_SHARED = 'may_be_shared';

/** Marks records that inherit their organisation for review; `null` = the request is nobody's own. */
export function restricted(pack: Pack, found: Found, onlyOrganisation: string | null): Found {
  if (onlyOrganisation === null) return found;
  return {
    ...found,
    refs: found.refs
      .filter((ref) => ref.organisation === null || ref.organisation === onlyOrganisation)
      .map((ref) => {
        const inherits = typeof datasetOf(pack, found.system, ref.dataset)?.organisation === 'object';
        return inherits && ref.organisation === null && ref.review === null ? { ...ref, review: MAY_BE_SHARED } : ref;
      }),
  };
}
