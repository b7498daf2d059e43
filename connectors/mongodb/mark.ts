/** The `erasing` mark: tells the application to stop writing for somebody who is about to be erased. */
import type { Document } from 'mongodb';
import type { PartTargets } from '../../domain/ports/connector.js';
import { BATCH } from './run.js';
import type { Context } from './context.js';
import { idOfRef } from './ids.js';
import { sureRefs } from './targets.js';

/** Field that carries the mark. */
const ERASING = 'erasing';

/** Sets or removes the mark on the given records, acknowledged by the majority. Never creates a record. */
export async function mark(
  context: Context,
  input: { readonly targets: readonly PartTargets[]; readonly on: boolean },
): Promise<void> {
  const update: Document = input.on ? { $set: { [ERASING]: true } } : { $unset: { [ERASING]: '' } };
  for (const target of input.targets) {
    const collection = await context.store.collection(context.schema.dataset(target.part.dataset).policy);
    const ids = sureRefs([target]).map((r) => idOfRef(r.id));
    for (let from = 0; from < ids.length; from += BATCH) {
      await collection.updateMany({ _id: { $in: ids.slice(from, from + BATCH) } } as Document, update);
    }
  }
}
