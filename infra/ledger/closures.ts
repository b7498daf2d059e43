/** Account closures and the people in them (port `Closures`), in the ledger's own database: keyed hashes and counts only. */
import type { ClosureRow, Closures } from '../../domain/ports/closures.js';
import type { Collection, Db } from '../store/connect.js';
import { retryOnceOnDuplicate } from './retry.js';

type ClosureDoc = Omit<ClosureRow, 'id'> & { readonly _id: string };

interface PersonDoc {
  /** `<closure>/<hash>` */
  readonly _id: string;
  readonly closure: string;
  readonly operator: string;
  readonly hash: string;
}

const MAJORITY = { writeConcern: { w: 'majority' }, readConcern: { level: 'majority' } } as const;

/** Safe to repeat. */
export async function ensureClosureIndexes(db: Db): Promise<void> {
  await people(db).createIndexes([{ key: { closure: 1 } }, { key: { operator: 1, hash: 1 } }]);
}

/** Errors of the driver pass through. */
export function createClosures(db: Db): Closures {
  const closures = db.collection<ClosureDoc>('closures', MAJORITY);
  const rows = people(db);
  return {
    async begin({ id, ...row }) {
      await retryOnceOnDuplicate(() => closures.updateOne({ _id: id }, { $setOnInsert: row }, { upsert: true }));
    },
    async update(id, change) {
      await closures.updateOne({ _id: id }, { $set: change });
    },
    async get(id) {
      const found = await closures.findOne({ _id: id });
      if (found === null) return null;
      const { _id, ...row } = found;
      return { id: _id, ...row };
    },
    async people(id, operator, hashes) {
      if (hashes.length === 0) return;
      await retryOnceOnDuplicate(() =>
        rows.bulkWrite(
          [...new Set(hashes)].map((hash) => ({
            updateOne: {
              filter: { _id: `${id}/${hash}` },
              update: { $setOnInsert: { closure: id, operator, hash } },
              upsert: true,
            },
          })),
          { ordered: false },
        ),
      );
    },
    async hashesOf(id) {
      const found = await rows.find({ closure: id }, { projection: { hash: 1 } }).toArray();
      return found.map((row) => row.hash).sort();
    },
  };
}

function people(db: Db): Collection<PersonDoc> {
  return db.collection<PersonDoc>('closure_people', MAJORITY);
}
