/**
 * Holds as they stand now (design.md decision 5: facts are read, not frozen): what was placed or released from outside
 * since a record was found is laid over it. Asked by everything that plans, erases or reads back.
 */
import { localDay, parseInstant } from '../domain/clock/index.js';
import { formatDate } from '../domain/calendar/index.js';
import { namesOf, withFacts } from '../domain/holds/index.js';
import { internalTypes } from '../domain/plan/identifiers.js';
import type { Found } from '../domain/plan/types.js';
import type { FrozenPack } from '../domain/policy/types.js';
import { modeOf } from '../domain/rights.js';
import type { CivilDate } from '../domain/words.js';
import type { ActivityDeps } from './deps.js';
import type { About } from './types.js';

/** Local day of the running case: holds are law, so they end by case time (design.md section 8). */
export function caseDay(deps: ActivityDeps, pack: FrozenPack): CivilDate {
  const at = parseInstant(deps.stamp().caseAt);
  return formatDate(localDay(pack.pack.timeZone, at?.seconds ?? 0));
}

/** The same records under the holds of this moment; only what may erase asks. Errors: StoreError. */
export async function underHolds(
  deps: ActivityDeps,
  input: Pick<About, 'right' | 'operator'>,
  pack: FrozenPack,
  found: readonly Found[],
): Promise<readonly Found[]> {
  const mode = modeOf(input.right);
  if (mode !== 'erase' && mode !== 'stop') return found;
  const types = internalTypes(pack.pack);
  const names = [...new Set(found.flatMap((f) => f.refs.flatMap((ref) => namesOf(ref, types))))];
  const facts = await deps.facts.about(input.operator, names);
  const today = caseDay(deps, pack);
  return found.map((f) => withFacts(f, pack.pack, facts, today));
}
