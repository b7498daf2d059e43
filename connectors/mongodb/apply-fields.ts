/** Parts of records: mask, unset, pull. */
import type { Collection, Document } from 'mongodb';
import type { Run, Tally } from './run.js';
import { changeOf } from './changes.js';
import { failure, isDuplicateKey } from './errors.js';
import { idOfRef } from './ids.js';
import { AS_STORED } from './store.js';
import { changedHands, stateOf, type Target } from './targets.js';

/** How often a record may change between reading and writing before the attempt gives up (the activity repeats it). */
const TRIES = 6;

export async function editRecords(run: Run): Promise<Tally> {
  const collection = await run.context.store.collection(run.dataset.policy);
  let touched = 0;
  let held = 0;
  for (const [index, target] of run.targets.entries()) {
    if (index % 20 === 0) run.heartbeat({ part: run.part.dataset, done: index });
    const outcome = await editRecord(collection, run, target);
    if (outcome === 'changed') touched += 1;
    if (outcome === 'held') held += 1;
  }
  return { touched, held };
}

/**
 * Compare-and-set: positions in arrays are only right for the array that was read, so the write names the touched
 * fields as they were. When the application was faster, the record is read again.
 */
async function editRecord(collection: Collection, run: Run, target: Target): Promise<'changed' | 'nothing' | 'held'> {
  const id = idOfRef(target.ref.id);
  let unique = false;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const document = await collection.findOne({ _id: id } as Document, AS_STORED);
    if (document === null) return 'nothing';
    const state = stateOf(run.context, run.dataset, run.part, target.ref, document);
    if (state !== 'open') return state === 'held' ? 'held' : 'nothing';
    if (changedHands(run.dataset, target.ref, document, target.known)) return 'nothing';
    const change = changeOf(run.dataset, document, target.known, unique);
    if (change === null) return 'nothing';
    try {
      const { matchedCount } = await collection.updateOne({ _id: id, ...change.unchanged } as Document, change.update);
      if (matchedCount === 1) return 'changed';
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      if (unique) throw failure('precondition', `unique index in dataset ${run.dataset.id}`);
      unique = true;
    }
  }
  throw failure('conflict', run.dataset.id);
}
