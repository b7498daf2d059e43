/**
 * What `mask`, `unset` and `pull` change in one record, and only there. Pure: the record as it is stored in, one update
 * out, or null when nothing of the person is left at these paths.
 */
import { ObjectId, type Document } from 'mongodb';
import { isSure, matchesOf, type Known, type Match } from './matching.js';
import { fieldsAt, isWithin, leavesOf, type Leaf } from './paths.js';
import { erasedPaths, type Dataset } from './schema.js';

/** Stands where a text of the person stood. Values of other types become null, so that no reader meets a text there. */
export const MASK = '[erased]';

export interface Change {
  readonly update: Document;
  /** The record's touched fields as they were read: the write happens only while they are still these. */
  readonly unchanged: Document;
}

export function isMasked(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.startsWith(MASK));
}

/** `unique`: the plain mask met a unique index, use one that nobody else has. */
export function changeOf(
  dataset: Dataset,
  document: Document,
  known: ReadonlyMap<string, Known>,
  unique = false,
): Change | null {
  const matches = matchesOf(dataset, document, known).filter((m) => isSure(m.trust));
  const set: Record<string, unknown> = {};
  const unset: Record<string, ''> = {};
  const pullAll: Record<string, unknown[]> = {};
  const paths = erasedPaths(dataset.policy);
  for (const path of paths.filter((p) => !paths.some((other) => other !== p && isWithin(p, other)))) {
    switch (dataset.policy.erase.kind) {
      case 'mask':
        for (const leaf of leavesOf(document, path)) {
          if (isMasked(leaf.value) || !isTouchable(dataset, leaf, matches)) continue;
          if (typeof leaf.value === 'string') set[leaf.at] = unique ? `${MASK}-${new ObjectId().toHexString()}` : MASK;
          else if (unique) unset[leaf.at] = '';
          else set[leaf.at] = null;
        }
        break;
      case 'unset':
        for (const field of fieldsAt(document, path)) unsetField(dataset, field, path, matches, unset, pullAll);
        break;
      case 'pull':
        for (const field of fieldsAt(document, path)) pullElements(field, matches, pullAll);
        break;
      default:
    }
  }
  return asChange(document, set, unset, pullAll);
}

function unsetField(
  dataset: Dataset,
  field: Leaf,
  path: string,
  matches: readonly Match[],
  unset: Record<string, ''>,
  pullAll: Record<string, unknown[]>,
): void {
  if (Array.isArray(field.value) && isScoped(dataset, path)) pullElements(field, matches, pullAll);
  else if (isTouchable(dataset, field, matches)) unset[field.at] = '';
}

function pullElements(field: Leaf, matches: readonly Match[], pullAll: Record<string, unknown[]>): void {
  if (!Array.isArray(field.value)) return;
  const hit = field.value.filter((_, index) => matches.some((m) => isWithin(m.at, `${field.at}.${index}`)));
  if (hit.length > 0) pullAll[field.at] = hit;
}

/** In an array through which people are matched, only the elements that match may be touched. */
function isTouchable(dataset: Dataset, leaf: Leaf, matches: readonly Match[]): boolean {
  return leaf.elements.every(({ array, at }) => !isScoped(dataset, array) || matches.some((m) => isWithin(m.at, at)));
}

/**
 * Whether an array may hold several people: identifiers or links reach into it. The arrays of a record that lets her
 * sign in (her old addresses) are hers. Decided by the pack, never by what a record looks like today: an array that no
 * longer matches must not count as hers.
 */
export function isScoped(dataset: Dataset, array: string): boolean {
  return !dataset.policy.signIn && dataset.matchPaths.some((path) => isWithin(path, array));
}

export function asChange(document: Document, set: Document, unset: Document, pullAll: Document): Change | null {
  const update: Document = {};
  if (Object.keys(set).length > 0) update['$set'] = set;
  if (Object.keys(unset).length > 0) update['$unset'] = unset;
  if (Object.keys(pullAll).length > 0) update['$pullAll'] = pullAll;
  const touched = [set, unset, pullAll].flatMap((part) => Object.keys(part));
  if (touched.length === 0) return null;
  const tops = [...new Set(touched.map((path) => path.split('.')[0] ?? path))];
  return { update, unchanged: Object.fromEntries(tops.map((top) => [top, { $eq: document[top] as unknown }])) };
}
