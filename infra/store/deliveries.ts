/** The log of outgoing events: one document per event and endpoint, its attempts, and whether it got there. */
import { COLLECTIONS, type DeliveryDoc } from './documents.js';
import { guarded, StoreError, type Db, type Filter } from './connect.js';

/** Attempts that are kept: three whole schedules. */
const ATTEMPTS_KEPT = 30;

export interface DeliveryPosition {
  readonly createdMs: number;
  readonly id: string;
}

export interface DeliveryStore {
  get(id: string): Promise<DeliveryDoc | null>;
  /** Inserts those that are not there yet. */
  add(deliveries: readonly DeliveryDoc[]): Promise<void>;
  /** Newest first. */
  list(
    operator: string,
    organisation: string,
    options: { readonly state?: string; readonly after: DeliveryPosition | null; readonly limit: number },
  ): Promise<DeliveryDoc[]>;
  ofApproval(approvalId: string): Promise<DeliveryDoc[]>;
  /** Notes what an attempt came to. */
  note(id: string, attempt: DeliveryDoc['attempts'][number], state: DeliveryDoc['state']): Promise<void>;
  /** Opens it again for another run, by compare-and-set; null = somebody else just did, or it is not there. */
  reopen(id: string, runs: number): Promise<DeliveryDoc | null>;
}

export function createDeliveryStore(db: Db): DeliveryStore {
  const deliveries = db.collection<DeliveryDoc>(COLLECTIONS.deliveries);
  const get = (id: string): Promise<DeliveryDoc | null> => guarded(() => deliveries.findOne({ _id: id }));
  return {
    get,
    async add(docs) {
      for (const doc of docs) {
        try {
          await guarded(() => deliveries.insertOne(doc));
        } catch (error) {
          if (!(error instanceof StoreError) || error.code !== 'duplicate') throw error;
        }
      }
    },
    list: (operator, organisation, { state, after, limit }) =>
      guarded(() => {
        const where: Record<string, unknown> = { operator, organisation };
        if (state !== undefined) where['state'] = state;
        const beyond =
          after === null
            ? {}
            : {
                $or: [{ createdMs: { $lt: after.createdMs } }, { createdMs: after.createdMs, _id: { $gt: after.id } }],
              };
        return deliveries
          .find({ $and: [where, beyond] } as Filter<DeliveryDoc>)
          .sort({ createdMs: -1, _id: 1 })
          .limit(limit)
          .toArray();
      }),
    ofApproval: (approvalId) =>
      guarded(async () => {
        const found = await deliveries.find({ approvalId }).toArray();
        return found.sort((a, b) => a.createdMs - b.createdMs);
      }),
    async note(id, attempt, state) {
      await guarded(() =>
        deliveries.updateOne(
          { _id: id },
          {
            $push: { attempts: { $each: [attempt], $slice: -ATTEMPTS_KEPT } },
            $set: { state, ...(state === 'delivered' ? { deliveredAt: attempt.at } : {}) },
          },
        ),
      );
    },
    async reopen(id, runs) {
      const done = await guarded(() =>
        deliveries.updateOne({ _id: id, runs }, { $set: { state: 'pending', runs: runs + 1 } }),
      );
      return done.modifiedCount === 1 ? get(id) : null;
    },
  };
}
