/** Whole records, by `_id`. */
import { MongoServerError, type Collection, type Document } from 'mongodb';
import { BATCH, type Run, type Tally } from './run.js';
import { idOfRef, refIdOf } from './ids.js';
import { AS_STORED } from './store.js';
import { changedHands, stateOf } from './targets.js';

/** Reads each batch again just before it goes: held records, younger ones under the same id and those that are somebody else's by now stay. */
export async function deleteRecords(run: Run): Promise<Tally> {
  const { context, dataset, part, targets, heartbeat } = run;
  const collection = await context.store.collection(dataset.policy);
  let touched = 0;
  let held = 0;
  for (let from = 0; from < targets.length; from += BATCH) {
    heartbeat({ part: part.dataset, done: from });
    const batch = new Map(targets.slice(from, from + BATCH).map((t) => [t.ref.id, t]));
    const ids = [...batch.keys()].map(idOfRef);
    const open: unknown[] = [];
    for await (const document of collection.find({ _id: { $in: ids } } as Document, {
      ...AS_STORED,
      projection: dataset.projection,
    })) {
      const target = batch.get(refIdOf(document['_id']));
      if (target === undefined || changedHands(dataset, target.ref, document, target.known)) continue;
      const state = stateOf(context, dataset, part, target.ref, document);
      if (state === 'open') open.push(document['_id']);
      if (state === 'held') held += 1;
    }
    if (open.length === 0) continue;
    touched +=
      dataset.chunks === null
        ? await removeMany(collection, open, run)
        : await removeFiles(collection, open, run, dataset.chunks);
  }
  return { touched, held };
}

async function removeMany(collection: Collection, ids: readonly unknown[], run: Run): Promise<number> {
  const { deletedCount } = await collection.deleteMany({ _id: { $in: ids }, ...notFlagged(run) } as Document);
  return deletedCount;
}

/** A hold that is set between reading and deleting still counts. */
function notFlagged(run: Run): Document {
  const flag = run.dataset.policy.hold?.whileField;
  return typeof flag === 'string' ? { [flag]: { $in: [null, false] } } : {};
}

/**
 * A GridFS file and its chunks, in one transaction each: nobody ever meets half a file. `withTransaction` repeats what
 * the server marks as transient (a primary that stepped down, a commit whose answer was lost).
 */
async function removeFiles(files: Collection, ids: readonly unknown[], run: Run, chunksName: string): Promise<number> {
  const client = await run.context.store.client();
  const chunks = (await run.context.store.database(run.dataset.policy.database)).collection(chunksName);
  let touched = 0;
  for (const id of ids) {
    run.heartbeat({ part: run.part.dataset, done: touched });
    const filter = { _id: id, ...notFlagged(run) } as Document;
    try {
      touched += await client.withSession((session) =>
        session.withTransaction(async () => {
          const { deletedCount } = await files.deleteOne(filter, { session });
          if (deletedCount === 1) await chunks.deleteMany({ files_id: id }, { session });
          return deletedCount;
        }),
      );
    } catch (error) {
      // 20: a stand-alone server has no transactions. Chunks first: what is left after a crash is still found.
      if (!(error instanceof MongoServerError) || error.code !== 20) throw error;
      await chunks.deleteMany({ files_id: id });
      touched += (await files.deleteOne(filter)).deletedCount;
    }
  }
  return touched;
}
