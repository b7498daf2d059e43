/** Claims of equal requests (port `Claims`): the key is the document's id, so that one of two wins whatever happens. */
import type { Claims } from '../../domain/ports/services.js';
import { guarded, StoreError, type Db } from './connect.js';
import { COLLECTIONS, type RequestDoc } from './documents.js';

interface ClaimDoc {
  readonly _id: string;
  readonly requestId: string;
}

/** How often a claim may change hands between our look and our step before we give up for now. */
const ROUNDS = 10;

/** Errors: StoreError (`conflict` when the claim kept changing hands). */
export function createClaims(db: Db): Claims {
  const claims = db.collection<ClaimDoc>('claims', {
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  });
  const requests = db.collection<RequestDoc>(COLLECTIONS.requests);

  const isOpen = async (id: string): Promise<boolean> => {
    const doc = await guarded(() => requests.findOne({ _id: id }, { projection: { state: 1 } }));
    return doc !== null && doc.state !== 'closed' && doc.state !== 'shredded';
  };

  return {
    async take({ key, requestId }) {
      for (let round = 0; round < ROUNDS; round += 1) {
        try {
          await guarded(() => claims.insertOne({ _id: key, requestId }));
          return { survivor: null };
        } catch (error) {
          if (!(error instanceof StoreError) || error.code !== 'duplicate') throw error;
        }
        const holder = await guarded(() => claims.findOne({ _id: key }));
        if (holder === null) continue;
        if (holder.requestId === requestId) return { survivor: null };
        if (await isOpen(holder.requestId)) return { survivor: holder.requestId };
        const passed = await guarded(() =>
          claims.updateOne({ _id: key, requestId: holder.requestId }, { $set: { requestId } }),
        );
        if (passed.matchedCount === 1) return { survivor: null };
      }
      throw new StoreError('conflict');
    },
    async samePerson(requestId, hashes) {
      const doc = await guarded(() =>
        requests.findOne({
          _id: requestId,
          subjectHashes: { $in: [...hashes] },
          'view.identity.state': 'verified',
        }),
      );
      return doc !== null;
    },
    async earlier({ operator, right, hashes, since, not }) {
      const found = await guarded(() =>
        requests
          .find(
            {
              subjectHashes: { $in: [...hashes] },
              operator,
              right,
              receivedMs: { $gte: Date.parse(since) },
              'view.answeredAt': { $ne: null },
              _id: { $ne: not },
            },
            { projection: { receivedMs: 1 } },
          )
          .limit(50)
          .toArray(),
      );
      return found.sort((a, b) => a.receivedMs - b.receivedMs).map((doc) => doc._id);
    },
  };
}
