/**
 * Restriction (GDPR Art. 18) and stopped purposes (Art. 7(3), 21) as corrections of fields: the flag that readers honour,
 * what the pack's stop rules set and remove. So they share compare-and-set, scoping to her own elements and read-back with
 * corrections, and differ in one thing: only records that the plan knew are meant, whatever was written since.
 */
import type { Part } from '../../domain/plan/types.js';
import type { FieldValue, Orders } from '../../domain/ports/connector.js';
import { failure } from './errors.js';
import type { Dataset } from './schema.js';

export function isMark(part: Pick<Part, 'action'>): boolean {
  return part.action === 'restrict' || part.action === 'stop';
}

/**
 * Fields to set or remove in the records of a part. ConnectorError `precondition`: a restriction where the pack names no
 * flag.
 */
export function marksOf(orders: Orders | undefined, dataset: Dataset, part: Part): FieldValue[] {
  if (part.action === 'restrict') {
    const { restrict } = dataset.policy;
    if (restrict === null) throw failure('precondition', `no restriction flag in dataset ${dataset.id}`);
    return orders?.restrict === 'lift'
      ? [{ field: restrict.flag, value: null }]
      : [{ field: restrict.flag, value: true, named: true }];
  }
  const rules = orders?.stops[part.key] ?? [];
  // What two rules say about one field is the same or a fault of the pack; the last one counts.
  const marks = new Map<string, FieldValue>();
  for (const rule of rules) {
    for (const field of rule.unset) marks.set(field, { field, value: null });
    for (const [field, value] of Object.entries(rule.set)) marks.set(field, { field, value, named: true });
  }
  return [...marks.values()];
}

/** The part as an erasure by the dataset's own rule, where a stop rule says that the records go; else null. */
export function erasureOf(orders: Orders | undefined, dataset: Dataset, part: Part): Part | null {
  if (part.action !== 'stop' || orders?.stops[part.key]?.some((rule) => rule.erase) !== true) return null;
  return { ...part, action: dataset.policy.erase.kind };
}
