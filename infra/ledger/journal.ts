/** The journal over MongoDB (port `Journal`): one row per (request, part, generation) in Habeas' own store. */
import type { Collection, Db } from '../store/connect.js';
import type { Journal, JournalRow } from '../../domain/ports/ledgers.js';
import type { Stamp } from '../../domain/words.js';
import { retryOnceOnDuplicate } from './retry.js';

type JournalDocument = Omit<JournalRow, 'id'> & { readonly _id: string };

/** Creates the indexes of the journal; safe to repeat. */
export async function ensureJournalIndexes(db: Db): Promise<void> {
  await journal(db).createIndex({ requestId: 1 });
}

export class MongoJournal implements Journal {
  readonly #at: Collection<JournalDocument>;

  constructor(db: Db) {
    this.#at = journal(db);
  }

  /**
   * One bulk write with majority. Many callers retry: a row that exists keeps `startedAt` and its state, counts one more
   * attempt and takes the new number of targets. A write that the driver itself repeats after a server crash may count
   * an attempt twice; `attempts` tells of trouble, nothing is decided by it.
   */
  async begin(rows: readonly Omit<JournalRow, 'state' | 'verifiedAt' | 'attempts'>[]): Promise<void> {
    if (rows.length === 0) return;
    const writes = rows.map(({ id, targets, ...rest }) => ({
      updateOne: {
        filter: { _id: id },
        update: {
          $setOnInsert: { ...rest, state: 'intent' as const, verifiedAt: null },
          $set: { targets },
          $inc: { attempts: 1 },
        },
        upsert: true,
      },
    }));
    await retryOnceOnDuplicate(() => this.#at.bulkWrite(writes, { ordered: true }));
  }

  /** One write with majority. Idempotent: the first `verifiedAt` wins. */
  async verified(ids: readonly string[], at: Stamp): Promise<void> {
    if (ids.length === 0) return;
    await this.#at.updateMany(
      { _id: { $in: [...ids] }, state: 'intent' },
      { $set: { state: 'verified', verifiedAt: at } },
    );
  }

  /** Rows of one request, ordered by id. */
  async ofRequest(requestId: string): Promise<readonly JournalRow[]> {
    const found = await this.#at.find({ requestId }).toArray();
    return found.map(({ _id, ...rest }) => ({ id: _id, ...rest })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function journal(db: Db): Collection<JournalDocument> {
  return db.collection<JournalDocument>('journal', {
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  });
}
