/** Rules of closing an account: which datasets go, in which order, and what happens to each record. Pure. */
import { barePartsOf } from '../plan/bare-parts.js';
import type { PartAction, Ref } from '../plan/types.js';
import type { PartTargets } from '../ports/connector.js';
import type { DatasetPolicy, Pack } from '../policy/types.js';

/**
 * Datasets that name the account of their records, in the order of their systems; those that let people sign in last, so
 * that whoever is taken up again still finds who was there. What the pack keeps for people's sake is not erased.
 */
export function closureDatasets(pack: Pack): { readonly system: string; readonly dataset: string }[] {
  return pack.systems
    .filter((s) => s.connector === 'mongodb')
    .flatMap((s) =>
      s.datasets
        .filter((d) => d.account !== null && d.erase.kind !== 'keep')
        .map((d) => ({ system: s.id, dataset: d.id, last: d.signIn, order: s.order })),
    )
    .sort((a, b) => Number(a.last) - Number(b.last) || a.order - b.order)
    .map(({ system, dataset }) => ({ system, dataset }));
}

/**
 * What is done to the records of a dataset. Content that customers put there goes as a whole (GDPR Art. 28(3)(g): deleted at
 * the end of the services); of the operator's own records what its own erase rule says.
 */
export function pageTargets(
  system: string,
  dataset: DatasetPolicy,
  refs: readonly Ref[],
): { readonly action: PartAction; readonly targets: readonly PartTargets[] } {
  const action: PartAction = dataset.role === 'processor' ? 'delete' : dataset.erase.kind;
  return { action, targets: barePartsOf(system, dataset, refs, action) };
}
