/**
 * Which fields the right to data portability covers (GDPR Art. 20(1)): processed by automated means on consent or a
 * contract, and provided by the person: given, or observed while she used the service (WP242 rev.01, section II).
 * What others gave, what was inferred, and what rests on another basis is in an access package only.
 */
import type { DatasetPolicy, FieldPolicy } from '../policy/types.js';
import { isWithin, select } from './walk.js';

export function isPortableField(field: Pick<FieldPolicy, 'basis' | 'source'>): boolean {
  return (
    (field.basis === 'consent' || field.basis === 'contract') &&
    (field.source === 'subject' || field.source === 'observed')
  );
}

/** Declared paths that are portable, sorted. */
export function portableFields(dataset: Pick<DatasetPolicy, 'fields'>): string[] {
  return Object.entries(dataset.fields)
    .filter(([, field]) => isPortableField(field))
    .map(([path]) => path)
    .sort();
}

/** The declaration that covers a path: its own, else the nearest one above. */
export function fieldAt(dataset: Pick<DatasetPolicy, 'fields'>, path: string): FieldPolicy | null {
  let best: string | null = null;
  for (const declared of Object.keys(dataset.fields))
    if (isWithin(path, declared) && (best === null || declared.length > best.length)) best = declared;
  return best === null ? null : (dataset.fields[best] ?? null);
}

/** The record without anything that is not portable; what the map does not describe never is. */
export function portableData(
  dataset: Pick<DatasetPolicy, 'fields'>,
  record: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return select(record, (path) => {
    const field = fieldAt(dataset, path);
    return field !== null && isPortableField(field);
  });
}
