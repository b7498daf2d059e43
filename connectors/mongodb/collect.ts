/** Streams a person's records into the sink, one by one. */
import { BSON, Double, Int32, Long, type Document } from 'mongodb';
import type { CollectInput } from '../../domain/ports/connector.js';
import { BATCH } from './run.js';
import { isScoped } from './changes.js';
import type { Context } from './context.js';
import { idOfRef, refIdOf } from './ids.js';
import { isSure, knownFromRef, matchesOf, toMap, type Match } from './matching.js';
import { isDocument, isWithin, leavesOf } from './paths.js';
import type { Dataset } from './schema.js';
import { AS_STORED } from './store.js';

/**
 * Returns how many records went into the sink per part key; review parts give 0 (nobody knows yet whose they are).
 * Values keep their meaning: what JSON cannot hold (Decimal128, whole numbers above 2^53, dates outside 1970 to 9999,
 * ids, binary) is canonical Extended JSON. Elements of shared arrays that are not hers never leave; of a record that
 * is not hers as a whole only the declared fields leave; undeclared secrets (password hashes, tokens) never do.
 */
export async function collect(context: Context, input: CollectInput): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { part, refs } of input.targets) {
    counts[part.key] = 0;
    if (part.review !== null) continue;
    const dataset = context.schema.dataset(part.dataset);
    const collection = await context.store.collection(dataset.policy);
    const sure = refs.filter((r) => r.review === null && isSure(r.trust));
    for (let from = 0; from < sure.length; from += BATCH) {
      const batch = new Map(sure.slice(from, from + BATCH).map((r) => [r.id, r]));
      input.heartbeat({ part: part.dataset, done: from });
      const cursor = collection.find({ _id: { $in: [...batch.keys()].map(idOfRef) } } as Document, {
        ...AS_STORED,
        batchSize: 50,
      });
      for await (const document of cursor) {
        const ref = batch.get(refIdOf(document['_id']));
        if (ref === undefined) continue;
        const matches = matchesOf(dataset, document, toMap(knownFromRef(ref))).filter((m) => isSure(m.trust));
        const own = ownPart(context, dataset, document, matches);
        await input.sink.record({
          system: context.schema.system,
          dataset: dataset.id,
          organisation: part.organisation,
          data: own,
          others: othersIn(dataset, document),
        });
        counts[part.key] = (counts[part.key] ?? 0) + 1;
        if (dataset.chunks !== null) await collectChunks(context, input, dataset, document, part.organisation);
      }
    }
  }
  return counts;
}

/** The contents of a GridFS file follow its record, chunk by chunk. */
async function collectChunks(
  context: Context,
  input: CollectInput,
  dataset: Dataset,
  file: Document,
  organisation: string | null,
): Promise<void> {
  if (dataset.chunks === null) return;
  const chunks = (await context.store.database(dataset.policy.database)).collection(dataset.chunks);
  for await (const chunk of chunks.find({ files_id: file['_id'] } as Document, {
    ...AS_STORED,
    sort: { n: 1 },
    batchSize: 4,
  })) {
    input.heartbeat({ part: dataset.id });
    await input.sink.record({
      system: context.schema.system,
      dataset: dataset.id,
      organisation,
      data: asData(chunk),
      others: [],
    });
  }
}

function ownPart(
  context: Context,
  dataset: Dataset,
  document: Document,
  matches: readonly Match[],
): Record<string, unknown> {
  // A record that no longer matches as it did when it was planned is not shown as a whole either.
  const whole = dataset.policy.signIn || matches.some((m) => m.element === '');
  const declared = Object.keys(dataset.policy.fields);
  const secrets = new Set(context.settings.secrets);
  const keep = (path: string, key: string): boolean => {
    if (path === '_id') return true;
    if (declared.some((d) => isWithin(path, d) || isWithin(d, path))) return true;
    return whole && !secrets.has(key);
  };
  return asData(copy(dataset, document, '', '', matches, keep) as Document);
}

/** `path` is the declared path, `at` the one with positions. */
function copy(
  dataset: Dataset,
  node: unknown,
  path: string,
  at: string,
  matches: readonly Match[],
  keep: (path: string, key: string) => boolean,
): unknown {
  if (Array.isArray(node)) {
    const shared = path !== '' && isScoped(dataset, path);
    return node.flatMap((element: unknown, index) => {
      const here = `${at}.${index}`;
      if (shared && !matches.some((m) => isWithin(m.at, here))) return [];
      return [copy(dataset, element, path, here, matches, keep)];
    });
  }
  if (!isDocument(node)) return node;
  const out: Document = {};
  for (const [key, value] of Object.entries(node)) {
    const inner = path === '' ? key : `${path}.${key}`;
    if (!keep(inner, key)) continue;
    Object.defineProperty(out, key, {
      value: copy(dataset, value, inner, at === '' ? key : `${at}.${key}`, matches, keep),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return out;
}

function othersIn(dataset: Dataset, document: Document): string[] {
  return Object.entries(dataset.policy.fields)
    .filter(([path, field]) => field.others === true && leavesOf(document, path).length > 0)
    .map(([path]) => path)
    .sort();
}

/** Plain JSON where that loses nothing a reader would miss, canonical Extended JSON elsewhere. */
export function asData(document: Document): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, plain(value)]));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isDocument(value)) return asData(value);
  if (value instanceof Int32) return value.valueOf();
  if (value instanceof Double && Number.isFinite(value.valueOf()) && !Object.is(value.valueOf(), -0))
    return value.valueOf();
  if (value instanceof Long) {
    const number = value.toNumber();
    if (Number.isSafeInteger(number)) return number;
  }
  if (value instanceof Date && value.getTime() >= 0 && value.getUTCFullYear() <= 9999)
    return { $date: value.toISOString() };
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (value === undefined) return null;
  return BSON.EJSON.serialize({ value }, { relaxed: false })['value'];
}
