/** Rectification: which fields of which datasets a change reaches (GDPR Art. 16; every copy, not only the one that was named). */
import type { DatasetPolicy, Pack } from '../policy/types.js';

/** Vault entry `changes`: as proposed. `value: null` removes. Personal data. */
export interface ProposedChange {
  readonly dataset: string;
  readonly field: string;
  readonly value: string | number | boolean | null;
}

/** One field of one dataset, with the change (by position) that gives its value. */
export interface FieldToChange {
  readonly system: string;
  readonly dataset: string;
  readonly field: string;
  readonly change: number;
}

/**
 * The named field in every system that has a dataset of that name, and every field declared a copy of the same `datum`.
 * Pure; sorted by system, dataset, field. A change that names no field of the pack yields nothing (intake refuses it).
 */
export function fieldsToChange(
  pack: Pick<Pack, 'systems'>,
  changes: readonly Omit<ProposedChange, 'value'>[],
): FieldToChange[] {
  const reached = new Map<string, FieldToChange>();
  const all = pack.systems.flatMap((system) => system.datasets.map((dataset) => ({ system: system.id, dataset })));
  changes.forEach((change, index) => {
    const named = all.filter(
      ({ dataset }) => dataset.id === change.dataset && dataset.fields[change.field] !== undefined,
    );
    const data = new Set(
      named.map(({ dataset }) => dataset.fields[change.field]?.datum).filter((d) => d !== undefined),
    );
    for (const { system, dataset } of all) {
      for (const [field, { datum }] of Object.entries(dataset.fields)) {
        const isNamed = dataset.id === change.dataset && field === change.field;
        if (!isNamed && (datum === undefined || !data.has(datum))) continue;
        const key = `${system}\n${dataset.id}\n${field}`;
        // The field that a change names itself wins over being a copy of another one.
        if (isNamed || !reached.has(key)) reached.set(key, { system, dataset: dataset.id, field, change: index });
      }
    }
  });
  return [...reached.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, field]) => field);
}

/** Whether a field may be corrected on request: what the pack says, else whatever the subject gave. */
export function isRectifiable(dataset: DatasetPolicy, field: string): boolean {
  const policy = dataset.fields[field];
  return policy !== undefined && (policy.rectify ?? policy.source === 'subject');
}
