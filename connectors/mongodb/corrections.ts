/**
 * What a correction changes in one record, and only there (GDPR Art. 16). Pure: the record as it is stored in, one update
 * out. Of an array through which people are matched only her own elements are touched; copies are corrected where they
 * exist, the field that the request names is also set where it is missing (incomplete data is completed).
 */
import { BSON, Double, Int32, Long, type Document } from 'mongodb';
import { typeOf } from '../../domain/plan/corrections.js';
import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import type { FieldValue } from '../../domain/ports/connector.js';
import type { FieldType } from '../../domain/words.js';
import { asChange, isScoped, type Change } from './changes.js';
import { isSure, matchesOf, type Known, type Match } from './matching.js';
import { fieldsAt, isDocument, isWithin, type Leaf } from './paths.js';
import type { Dataset } from './schema.js';

/** Values before the change, by concrete path, as canonical Extended JSON; `null` = the field was missing. Personal data. */
export type Before = Readonly<Record<string, unknown>>;

export type Correction =
  | { readonly kind: 'nothing' }
  /** The field holds a list: which of its values is meant, only a person can say. */
  | { readonly kind: 'list'; readonly field: string }
  | { readonly kind: 'change'; readonly change: Change; readonly before: Before };

/**
 * Whether an earlier attempt corrected the record itself (not only her element of a shared array): then it is hers, although
 * it may not match by its old address any more.
 */
export function correctedBefore(before: Before | undefined): boolean {
  return before !== undefined && Object.keys(before).some((at) => !/(^|\.)\d+(\.|$)/.test(at));
}

/** `wasHers`: see {@link correctedBefore}. */
export function correctionOf(
  dataset: Dataset,
  document: Document,
  known: ReadonlyMap<string, Known>,
  orders: readonly FieldValue[],
  wasHers: boolean,
): Correction {
  const matches = matchesOf(dataset, document, known).filter((m) => isSure(m.trust));
  const set: Document = {};
  const unset: Document = {};
  const before: Record<string, unknown> = {};
  for (const order of orders) {
    const type = typeOf(dataset.policy, order.field);
    const leaves = fieldsAt(document, order.field).filter((leaf) => isHersHere(dataset, leaf, matches, wasHers));
    for (const leaf of leaves) {
      if (Array.isArray(leaf.value)) {
        if (order.value !== null) return { kind: 'list', field: order.field };
        if (leaf.value.length === 0) continue;
      }
      if (order.value !== null && isSame(leaf.value, order.value, type)) {
        followNorm(dataset, document, order, leaf.at, set, unset, before);
        continue;
      }
      before[leaf.at] = asJson(leaf.value);
      if (order.value === null) unset[leaf.at] = '';
      else set[leaf.at] = asStored(leaf.value, order.value, type);
      followNorm(dataset, document, order, leaf.at, set, unset, before);
    }
    if (leaves.length === 0 && isMissing(dataset, document, order, matches, wasHers)) {
      before[order.field] = null;
      set[order.field] = asStored(undefined, order.value, type);
    }
  }
  const change = asChange(document, set, unset, {});
  return change === null ? { kind: 'nothing' } : { kind: 'change', change, before };
}

/**
 * A record that lets her sign in is hers as a whole. Elsewhere a value in an array that holds several people is hers only
 * in her own elements, and a value outside such arrays only where the record itself, not an element of it, is hers.
 */
function isHersHere(dataset: Dataset, leaf: Leaf, matches: readonly Match[], wasHers: boolean): boolean {
  if (dataset.policy.signIn) return true;
  const shared = leaf.elements.filter(({ array }) => isScoped(dataset, array));
  if (shared.length > 0) return shared.every(({ at }) => matches.some((m) => isWithin(m.at, at)));
  return wasHers || matches.some((m) => m.element === '');
}

/** Named, to be set, absent, and its parent is there and no array: then it completes the record. */
function isMissing(
  dataset: Dataset,
  document: Document,
  order: FieldValue,
  matches: readonly Match[],
  wasHers: boolean,
): boolean {
  if (order.named !== true || order.value === null || fieldsAt(document, order.field).length > 0) return false;
  if (!dataset.policy.signIn && !wasHers && !matches.some((m) => m.element === '')) return false;
  let node: unknown = document;
  for (const step of order.field.split('.').slice(0, -1)) {
    if (!isDocument(node) || !Object.hasOwn(node, step)) return false;
    node = node[step];
  }
  return isDocument(node);
}

/** The normalised copy beside a field (`emailNorm`) is kept in step: a stale one would hide her, or show her under the old. */
function followNorm(
  dataset: Dataset,
  document: Document,
  order: FieldValue,
  at: string,
  set: Document,
  unset: Document,
  before: Record<string, unknown>,
): void {
  const type = dataset.searches.find((s) => s.path === order.field)?.type;
  const copy = `${at}Norm`;
  const stored = valueAt(document, copy);
  if (type === undefined || stored === undefined) return;
  const wanted = typeof order.value === 'string' ? normaliseIdentifier(type, order.value) : null;
  if (stored === wanted) return;
  before[copy] = asJson(stored);
  if (wanted === null) unset[copy] = '';
  else set[copy] = wanted;
}

function valueAt(document: Document, concrete: string): unknown {
  let node: unknown = document;
  for (const step of concrete.split('.')) {
    if (Array.isArray(node)) node = node[Number(step)] as unknown;
    else if (isDocument(node) && Object.hasOwn(node, step)) node = node[step];
    else return undefined;
  }
  return node;
}

function isSame(stored: unknown, value: Exclude<FieldValue['value'], null>, type: FieldType): boolean {
  if (stored instanceof Date) return type === 'date' && stored.getTime() === Date.parse(String(value));
  if (stored instanceof Int32 || stored instanceof Double) return stored.valueOf() === value;
  if (stored instanceof Long) return stored.toNumber() === value;
  return stored === value;
}

/** As the record has it: numbers keep their width, dates that were texts stay texts. */
function asStored(stored: unknown, value: FieldValue['value'], type: FieldType): unknown {
  if (type === 'date' && typeof value === 'string' && typeof stored !== 'string') return new Date(value);
  if (typeof value !== 'number') return value;
  if (stored instanceof Double) return new Double(value);
  if (!Number.isInteger(value)) return value;
  if (stored instanceof Long) return Long.fromNumber(value);
  return value;
}

function asJson(value: unknown): unknown {
  return BSON.EJSON.serialize({ value }, { relaxed: false })['value'] as unknown;
}
