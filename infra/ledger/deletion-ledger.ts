/**
 * The deletion ledger over MongoDB (port `DeletionLedger`): which internal ids were erased, so that a restored copy can be
 * erased again. In the ledger's own database; internal ids and keyed hashes only.
 */
import type { AnyBulkWriteOperation, Collection, Db } from '../store/connect.js';
import type { DeletionEntry, DeletionLedger } from '../../domain/ports/ledgers.js';
import type { Stamp } from '../../domain/words.js';
import { LedgerError } from './errors.js';
import { retryOnceOnDuplicate } from './retry.js';

type DeletionDocument = Omit<DeletionEntry, 'id'> & { readonly _id: string };

/** Creates the indexes of the deletion ledger; safe to repeat. */
export async function ensureDeletionIndexes(db: Db): Promise<void> {
  await deletions(db).createIndex({ requestId: 1 });
  await deletions(db).createIndex({ operator: 1, system: 1 });
}

export class MongoDeletionLedger implements DeletionLedger {
  readonly #at: Collection<DeletionDocument>;

  constructor(db: Db) {
    this.#at = deletions(db);
  }

  /**
   * One bulk write with majority. Many callers retry, and they may retry with a longer list of ids: an entry that exists
   * keeps its `startedAt` and gains the ids that are new. Where new ids come to an entry that was already `effective` it
   * becomes `intent` again, because nobody has read those back; the same ids leave it effective.
   * Errors: LedgerError `invalid_entry` (an entry that is not an intent); errors of the driver pass through.
   */
  async intend(entries: readonly DeletionEntry[]): Promise<void> {
    if (entries.length === 0) return;
    if (entries.some((entry) => entry.state !== 'intent' || entry.effectiveAt !== null))
      throw new LedgerError('invalid_entry', 'not an intent');
    const writes = entries.flatMap((entry): AnyBulkWriteOperation<DeletionDocument>[] => {
      const { id, ids, hashes, ...rest } = entry;
      const upsert = {
        updateOne: {
          filter: { _id: id },
          update: { $setOnInsert: rest, $addToSet: { ids: { $each: [...ids] }, hashes: { $each: [...hashes] } } },
          upsert: true,
        },
      };
      if (ids.length === 0) return [upsert];
      const reopen = {
        updateOne: {
          filter: { _id: id, state: 'effective' as const, ids: { $not: { $all: [...ids] } } },
          update: { $set: { state: 'intent' as const, effectiveAt: null } },
        },
      };
      // In this order: a crash between the two leaves an intent, never an effect that was not read back.
      return [reopen, upsert];
    });
    await retryOnceOnDuplicate(() => this.#at.bulkWrite(writes, { ordered: true }));
  }

  /** One write with majority, after read-back. Idempotent: an entry that is effective keeps its first `effectiveAt`. */
  async effective(ids: readonly string[], at: Stamp): Promise<void> {
    if (ids.length === 0) return;
    await this.#at.updateMany(
      { _id: { $in: [...ids] }, state: 'intent' },
      { $set: { state: 'effective', effectiveAt: at } },
    );
  }

  /** Entries of one request, ordered by id. */
  async ofRequest(requestId: string): Promise<readonly DeletionEntry[]> {
    const found = await this.#at.find({ requestId }).toArray();
    return found.map(({ _id, ...rest }) => ({ id: _id, ...rest })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function deletions(db: Db): Collection<DeletionDocument> {
  return db.collection<DeletionDocument>('deletions', {
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  });
}
