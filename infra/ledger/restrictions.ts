/** Restricted records and suppressed people (ports `Restrictions`, `Suppressions`): internal ids and keyed hashes only. */
import type { RestrictedRecord, Restrictions, Suppression, Suppressions } from '../../domain/ports/restrictions.js';
import type { Collection, Db } from '../store/connect.js';
import { retryOnceOnDuplicate } from './retry.js';

interface RestrictionDoc extends RestrictedRecord {
  /** `<request>/<system>/<dataset>/<ref>` */
  readonly _id: string;
  readonly liftedAt: string | null;
}

type SuppressionDoc = Suppression & { /** `<operator>/<purpose>/<hash>` */ readonly _id: string };

const MAJORITY = { writeConcern: { w: 'majority' }, readConcern: { level: 'majority' } } as const;

/** Safe to repeat. */
export async function ensureRestrictionIndexes(db: Db): Promise<void> {
  await restrictions(db).createIndexes([
    { key: { operator: 1, dataset: 1, ref: 1 } },
    { key: { operator: 1, dataset: 1, name: 1 } },
    { key: { requestId: 1 } },
  ]);
  await suppressions(db).createIndex({ operator: 1, hash: 1 });
}

/** Errors of the driver pass through. */
export function createRestrictions(db: Db): Restrictions {
  const at = restrictions(db);
  return {
    async set(records) {
      if (records.length === 0) return;
      await retryOnceOnDuplicate(() =>
        at.bulkWrite(
          records.map((record) => ({
            updateOne: {
              filter: { _id: idOf(record) },
              update: { $setOnInsert: { ...record, liftedAt: null } },
              upsert: true,
            },
          })),
          { ordered: false },
        ),
      );
    },
    async lift(requestId, system, dataset, liftedAt) {
      await at.updateMany({ requestId, system, dataset, liftedAt: null }, { $set: { liftedAt } });
    },
    async inForce(operator, dataset, ref) {
      const found = await at.find({ operator, dataset, liftedAt: null, $or: [{ ref }, { name: ref }] }).toArray();
      const [first] = found.sort((a, b) => (a.since < b.since ? -1 : 1));
      if (first === undefined) return null;
      const { _id, liftedAt: _none, ...record } = first;
      return record;
    },
    async keptByOthers({ operator, system, dataset, requestId }, refs) {
      if (refs.length === 0) return new Set();
      const found = await at
        .find(
          { operator, dataset, ref: { $in: [...refs] }, liftedAt: null },
          { projection: { ref: 1, system: 1, requestId: 1 } },
        )
        .toArray();
      return new Set(found.filter((d) => d.system === system && d.requestId !== requestId).map((d) => d.ref));
    },
  };
}

/** Errors of the driver pass through. */
export function createSuppressions(db: Db): Suppressions {
  const at = suppressions(db);
  return {
    async remember(entries) {
      if (entries.length === 0) return;
      await retryOnceOnDuplicate(() =>
        at.bulkWrite(
          entries.map((entry) => ({
            updateOne: {
              filter: { _id: `${entry.operator}/${entry.purpose}/${entry.hash}` },
              update: { $setOnInsert: { ...entry } },
              upsert: true,
            },
          })),
          { ordered: false },
        ),
      );
    },
    async purposesOf(operator, hashes) {
      if (hashes.length === 0) return [];
      const found = await at.find({ operator, hash: { $in: [...hashes] } }).toArray();
      return [...new Set(found.map((d) => d.purpose))].sort();
    },
  };
}

function idOf(record: RestrictedRecord): string {
  return `${record.requestId}/${record.system}/${record.dataset}/${record.ref}`;
}

function restrictions(db: Db): Collection<RestrictionDoc> {
  return db.collection<RestrictionDoc>('restrictions', MAJORITY);
}

function suppressions(db: Db): Collection<SuppressionDoc> {
  return db.collection<SuppressionDoc>('suppressions', MAJORITY);
}
