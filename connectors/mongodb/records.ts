/** From a found record to a ref: organisation, creation, hold. */
import type { Document } from 'mongodb';
import type { Ref } from '../../domain/plan/types.js';
import type { ConnectorTools } from '../../domain/ports/connector.js';
import type { Instant } from '../../domain/words.js';
import type { FoundRow } from './graph.js';
import { textOf } from './ids.js';
import { firstOf } from './paths.js';
import type { Dataset } from './schema.js';

export function refOf(found: FoundRow, holdUntil: ConnectorTools['holdUntil']): Ref {
  const { row, matches, trust, review } = found;
  const seen = new Set<string>();
  const matchedBy = matches
    .map((m) => ({ type: m.known.type, value: m.known.value, path: m.path }))
    .filter((m) => {
      const key = JSON.stringify([m.type, m.value, m.path]);
      return seen.has(key) ? false : seen.add(key) !== undefined;
    });
  return {
    dataset: row.dataset.id,
    id: row.id,
    kind: row.dataset.id,
    organisation: organisationOf(row.dataset, row.document),
    matchedBy,
    trust,
    review,
    createdAt: createdAtOf(row.dataset, row.document),
    hold: holdOf(row.dataset, row.document, holdUntil),
  };
}

export function organisationOf(dataset: Dataset, document: Document): string | null {
  if (dataset.organisation === null) return null;
  const text = textOf(firstOf(document, dataset.organisation));
  return text === '' ? null : text;
}

/** The record's creation as an instant; null when the pack names no field or it holds no date. */
export function createdAtOf(dataset: Dataset, document: Document): Instant | null {
  const { createdAt } = dataset.policy;
  if (createdAt === null) return null;
  const value = firstOf(document, createdAt);
  const date = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : null;
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/**
 * The hold on a record, read from the record as it is now. `documentOn` goes to the rule as an instant (a BSON date) or
 * as it stands (a text such as `2026-03-01`); null when the field is missing.
 */
export function holdOf(dataset: Dataset, document: Document, holdUntil: ConnectorTools['holdUntil']): Ref['hold'] {
  const { hold } = dataset.policy;
  if (hold === null) return null;
  const flag = hold.whileField === null ? undefined : firstOf(document, hold.whileField);
  const flagged = flag !== undefined && flag !== null && flag !== false;
  const on = hold.documentOn === null ? undefined : firstOf(document, hold.documentOn);
  const documentOn =
    on instanceof Date && !Number.isNaN(on.getTime()) ? on.toISOString() : typeof on === 'string' ? on : null;
  return holdUntil(dataset.policy, documentOn, flagged);
}
