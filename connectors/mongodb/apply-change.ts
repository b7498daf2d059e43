/** Corrects: the ordered fields in exactly her own records, compare-and-set, with the values before kept first. */
import type { Collection, Document } from 'mongodb';
import type { ApplyInput, ApplyResult, FieldValue } from '../../domain/ports/connector.js';
import { correctedBefore, correctionOf, type Before } from './corrections.js';
import { failure, isDuplicateKey } from './errors.js';
import { idOfRef, refIdOf } from './ids.js';
import { BATCH, type Run } from './run.js';
import { AS_STORED } from './store.js';
import { stateOf, type Target } from './targets.js';

/** How often a record may change between reading and writing before the attempt gives up (the activity repeats it). */
const TRIES = 6;

/** Name of the note with the values before the change of one part; the activity keeps it as a vault entry of its own. */
export function beforeName(partKey: string): string {
  return `before/${partKey}`;
}

/** By record id; what an earlier attempt noted stays, since by now the record may hold the new value. Personal data. */
export interface BeforeNote {
  readonly records: Readonly<Record<string, Before>>;
}

/**
 * Idempotent. A field that holds a list is left to a person (`manual`, `list_of_values`) before anything is written.
 * ConnectorError: `conflict` (a record kept changing), `precondition` (the new value is somebody else's under a unique
 * index: nothing of that record is changed), `too_many_targets`.
 */
export async function changeRecords(
  run: Run,
  orders: readonly FieldValue[],
  memory: ApplyInput['memory'],
): Promise<ApplyResult> {
  const { part, targets, dataset, context } = run;
  const collection = await context.store.collection(dataset.policy);
  const noted = ((await memory.get(beforeName(part.key))) as BeforeNote | null | undefined) ?? { records: {} };
  const records: Record<string, Before> = { ...noted.records };
  const due: Target[] = [];
  for (let from = 0; from < targets.length; from += BATCH) {
    run.heartbeat({ part: part.dataset, read: from });
    const batch = new Map(targets.slice(from, from + BATCH).map((t) => [t.ref.id, t]));
    const cursor = collection.find({ _id: { $in: [...batch.keys()].map(idOfRef) } } as Document, AS_STORED);
    for await (const document of cursor) {
      const target = batch.get(refIdOf(document['_id']));
      if (target === undefined || stateOf(context, dataset, part, target.ref, document) === 'other') continue;
      const wasHers = correctedBefore(records[target.ref.id]);
      const correction = correctionOf(dataset, document, target.known, orders, wasHers);
      if (correction.kind === 'list') return { key: part.key, kind: 'manual', why: 'list_of_values' };
      if (correction.kind === 'nothing') continue;
      records[target.ref.id] = { ...correction.before, ...records[target.ref.id] };
      due.push(target);
    }
  }
  if (due.length === 0) return { key: part.key, kind: 'applied', touched: 0 };
  // Before the first write: whoever dies after it still knows what stood there.
  await memory.save(beforeName(part.key), { records } satisfies BeforeNote);
  let touched = 0;
  for (const [index, target] of due.entries()) {
    if (index % 20 === 0) run.heartbeat({ part: part.dataset, done: index });
    if (await changeRecord(collection, run, target, orders, correctedBefore(records[target.ref.id]))) touched += 1;
  }
  return { key: part.key, kind: 'applied', touched };
}

/** The write names the touched fields as they were read; when the application was faster, the record is read again. */
async function changeRecord(
  collection: Collection,
  run: Run,
  target: Target,
  orders: readonly FieldValue[],
  wasHers: boolean,
): Promise<boolean> {
  const { context, dataset, part } = run;
  const id = idOfRef(target.ref.id);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const document = await collection.findOne({ _id: id } as Document, AS_STORED);
    if (document === null || stateOf(context, dataset, part, target.ref, document) === 'other') return false;
    const correction = correctionOf(dataset, document, target.known, orders, wasHers);
    if (correction.kind !== 'change') return false;
    const { update, unchanged } = correction.change;
    try {
      const { matchedCount } = await collection.updateOne({ _id: id, ...unchanged } as Document, update);
      if (matchedCount === 1) return true;
    } catch (error) {
      if (isDuplicateKey(error)) throw failure('precondition', `unique index in dataset ${dataset.id}`);
      throw error;
    }
  }
  throw failure('conflict', dataset.id);
}
