/**
 * What restricting and stopping leave behind for others: rows that say which records are restricted, for readers who ask,
 * and the memory of who must not be written to. Written before the effect, taken back after the read-back.
 */
import { plainId } from '../domain/holds/index.js';
import { unconditionalPurposes } from '../domain/plan/stops.js';
import type { PartVerdict } from '../domain/lifecycle/results.js';
import type { PartTargets, VerifyResult } from '../domain/ports/connector.js';
import type { FrozenPack } from '../domain/policy/types.js';
import { modeOf } from '../domain/rights.js';
import type { ActivityDeps } from './deps.js';
import type { Person } from './person.js';
import type { About, PartsInput } from './types.js';

/** True when this task takes restrictions back. */
export function isLift(input: PartsInput): boolean {
  return input.parts.some((p) => p.lift === true);
}

/** The same parts without the records that another request keeps restricted: their flag stays. */
export async function liftable(
  deps: ActivityDeps,
  input: PartsInput,
  targets: readonly PartTargets[],
): Promise<PartTargets[]> {
  return Promise.all(
    targets.map(async (target) => {
      const { system, dataset } = target.part;
      const about = { operator: input.operator, requestId: input.requestId, system, dataset };
      const kept = await deps.restrictions.keptByOthers(
        about,
        target.refs.map((r) => r.id),
      );
      return kept.size === 0 ? target : { ...target, refs: target.refs.filter((r) => !kept.has(r.id)) };
    }),
  );
}

/** Rows before the flags: a reader who asks is never told too early that a record may be used. */
export async function noteRestricted(
  deps: ActivityDeps,
  input: PartsInput,
  targets: readonly PartTargets[],
  since: string,
): Promise<void> {
  await deps.restrictions.set(
    targets
      .filter(({ part }) => part.action === 'restrict')
      .flatMap(({ part, refs }) =>
        refs.map((ref) => ({
          operator: input.operator,
          system: part.system,
          dataset: part.dataset,
          ref: ref.id,
          name: plainId(ref.id),
          requestId: input.requestId,
          reason: part.basis ?? 'art-18',
          since,
        })),
      ),
  );
}

/** After the read-back: what is no longer restricted. */
export async function noteLifted(
  deps: ActivityDeps,
  input: PartsInput,
  results: readonly (VerifyResult | PartVerdict)[],
  at: string,
): Promise<void> {
  for (const { part, lift } of input.parts) {
    if (lift !== true || results.find((r) => r.key === part.key)?.verdict !== 'applied') continue;
    await deps.restrictions.lift(input.requestId, part.system, part.dataset, at);
  }
}

/**
 * Remembers by keyed hashes for which purposes the person must not be used any more, also where no system knows her: a later
 * import or sign-up must find it. Only what nobody may weigh.
 */
export async function rememberOptOut(
  deps: ActivityDeps,
  input: About,
  pack: FrozenPack,
  person: Person,
  since: string,
): Promise<void> {
  if (modeOf(input.right) !== 'stop') return;
  const datasets = pack.pack.systems.flatMap((s) => s.datasets);
  const purposes = unconditionalPurposes(input.right, input.purposes ?? [], datasets);
  const hashes = await Promise.all(
    person.subject.identifiers.map((id) => deps.hasher.hash(input.operator, id.type, id.value)),
  );
  await deps.suppressions.remember(
    purposes.flatMap((purpose) =>
      [...new Set(hashes)].map((hash) => ({
        operator: input.operator,
        hash,
        purpose,
        requestId: input.requestId,
        since,
      })),
    ),
  );
}
