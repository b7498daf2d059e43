/**
 * Parts without a person: what a pass over a dataset (retention, account closure, a hold that ended) does to records that
 * it knows by their ids alone. One part per organisation, since connectors compare each record's controller with its part.
 */
import type { DatasetPolicy } from '../policy/types.js';
import { partKey } from './build-plan.js';
import type { Part, PartAction, Ref } from './types.js';

export function barePart(
  system: string,
  dataset: DatasetPolicy,
  organisation: string | null,
  records: number,
  action: PartAction = dataset.erase.kind,
): Part {
  return {
    key: partKey(system, dataset.id, organisation, false),
    system,
    dataset: dataset.id,
    organisation,
    role: dataset.role,
    action,
    fields: [],
    hold: null,
    identifiers: {},
    records,
    held: 0,
    heldUntil: null,
    basis: null,
    review: null,
    together: null,
    unsearched: false,
    hash: '',
  };
}

/** The records grouped by organisation, each group with its part. */
export function barePartsOf(
  system: string,
  dataset: DatasetPolicy,
  refs: readonly Ref[],
  action: PartAction = dataset.erase.kind,
): { readonly part: Part; readonly refs: readonly Ref[] }[] {
  const groups = new Map<string | null, Ref[]>();
  for (const ref of refs) groups.set(ref.organisation, [...(groups.get(ref.organisation) ?? []), ref]);
  return [...groups].map(([organisation, own]) => ({
    part: barePart(system, dataset, organisation, own.length, action),
    refs: own,
  }));
}
