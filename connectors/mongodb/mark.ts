/** The `erasing` mark: tells the application to stop writing for somebody who is about to be erased. */
import type { Document } from 'mongodb';
import type { PartTargets } from '../../domain/ports/connector.js';
import { BATCH } from './run.js';
import type { Context } from './context.js';
import { AS_STORED } from './store.js';
import { idOfRef, refIdOf } from './ids.js';
import { knownFromRef, toMap } from './matching.js';
import { changedHands, sureRefs } from './targets.js';

/** Field that carries the mark. */
const ERASING = 'erasing';

/** Sets or removes the mark on the given records, acknowledged by the majority. Never creates a record. */
export async function mark(
  context: Context,
  input: { readonly targets: readonly PartTargets[]; readonly on: boolean },
): Promise<void> {
  const update: Document = input.on ? { $set: { [ERASING]: true } } : { $unset: { [ERASING]: '' } };
  for (const target of input.targets) {
    const dataset = context.schema.dataset(target.part.dataset);
    const collection = await context.store.collection(dataset.policy);
    const refs = new Map(sureRefs([target]).map((r) => [r.id, r]));
    const ids = [...refs.keys()];
    for (let from = 0; from < ids.length; from += BATCH) {
      const named = { _id: { $in: ids.slice(from, from + BATCH).map(idOfRef) } } as Document;
      const hers: unknown[] = [];
      // An account that is somebody else's by now is not being erased; taking a mark back is never wrong.
      for await (const document of collection.find(named, { ...AS_STORED, projection: dataset.projection })) {
        const ref = refs.get(refIdOf(document['_id']));
        if (ref !== undefined && !(input.on && changedHands(dataset, ref, document, toMap(knownFromRef(ref)))))
          hers.push(document['_id']);
      }
      if (hers.length > 0) await collection.updateMany({ _id: { $in: hers } } as Document, update);
    }
  }
}
