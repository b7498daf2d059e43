/** Preconditions of the pack, asked of the operator's own store. */
import type { Document } from 'mongodb';
import type { Identifier } from '../../domain/plan/types.js';
import type { GuardInput, GuardResult } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { failure } from './errors.js';
import { refIdOf, textOf } from './ids.js';
import { isSure } from './matching.js';
import { firstOf, isFieldPath, leavesOf, projectionOf } from './paths.js';
import { checkedValue, exactFilter, isContact, normalOf, spellingFilter } from './spelling.js';
import { AS_STORED } from './store.js';

/** References that are shown of one guard; more are not needed to know that it blocks. */
const MOST_REFS = 50;

interface Placeholder {
  readonly path: string;
  readonly type: string;
  readonly values: readonly string[];
}

/**
 * Runs the guard's equality filter with `$email`, `$userId`, … replaced by the person's proven and trusted identifiers
 * of that type; `blocking` when a record matches, with the values of `ref` (account ids). A placeholder for which the
 * person has no identifier matches nobody.
 * ConnectorError `config`: the filter is no equality filter.
 */
export async function guard(context: Context, { guard: rule, identifiers }: GuardInput): Promise<GuardResult> {
  const conditions: Document[] = [];
  const placeholders: Placeholder[] = [];
  for (const [path, wanted] of Object.entries(rule.query)) {
    if (!isFieldPath(path)) throw failure('config', `query of guard ${rule.id}`);
    const placeholder = placeholderOf(path, wanted, identifiers);
    if (placeholder === null) conditions.push({ [path]: { $in: literals(wanted, rule.id) } });
    else placeholders.push(placeholder);
  }
  // A guard that does not ask about the person would block everybody.
  if (placeholders.length === 0 || !isFieldPath(rule.ref)) throw failure('config', `query of guard ${rule.id}`);
  if (placeholders.some((p) => p.values.length === 0)) return { id: rule.id, state: 'clear', refs: [] };
  for (const { path, type, values } of placeholders) {
    conditions.push(isContact(type) ? spellingFilter(path, type, values) : exactFilter(path, values));
  }
  const collection = await context.store.collection({
    collection: rule.collection,
    database: databaseOf(context, rule.collection),
  });
  const projection = projectionOf([rule.ref, ...placeholders.map((p) => p.path)]);
  const refs = new Set<string>();
  for await (const document of collection.find({ $and: conditions }, { ...AS_STORED, projection })) {
    if (!placeholders.every((p) => matches(document, p))) continue;
    refs.add(textOf(firstOf(document, rule.ref)) ?? refIdOf(document['_id']));
    if (refs.size >= MOST_REFS) break;
  }
  return { id: rule.id, state: refs.size === 0 ? 'clear' : 'blocking', refs: [...refs].sort() };
}

function placeholderOf(path: string, wanted: unknown, identifiers: readonly Identifier[]): Placeholder | null {
  const name = typeof wanted === 'string' ? /^\$([A-Za-z][A-Za-z0-9_]*)$/.exec(wanted)?.[1] : undefined;
  if (name === undefined) return null;
  const own = identifiers.filter((i) => i.type === name && isSure(i.trust));
  return { path, type: name, values: own.map((i) => checkedValue(i.type, i.value)) };
}

function literals(wanted: unknown, id: string): unknown[] {
  const all: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const fine = all.every(
    (v) =>
      v === null || typeof v === 'number' || typeof v === 'boolean' || (typeof v === 'string' && !v.startsWith('$')),
  );
  if (!fine || all.length === 0) throw failure('config', `query of guard ${id}`);
  return all;
}

function matches(document: Document, { path, type, values }: Placeholder): boolean {
  const wanted = new Set(values.map((v) => normalOf(type, v)));
  return leavesOf(document, path).some(
    (leaf) => wanted.has(normalOf(type, leaf.value)) && normalOf(type, leaf.value) !== null,
  );
}

/** The guard names a collection only; where a dataset reads that collection in another database, so does the guard. */
function databaseOf(context: Context, collection: string): string | null {
  return context.schema.datasets.find((d) => d.policy.collection === collection)?.policy.database ?? null;
}
