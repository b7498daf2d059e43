/** Open requests of one person by keyed hashes (port `PersonRequests`); the workflow itself is told by the caller's way. */
import type { PersonRequests } from '../../domain/ports/services.js';
import { guarded, type Db, type Filter } from './connect.js';
import { COLLECTIONS, type RequestDoc } from './documents.js';

/** More open requests of one person than this are not hers alone. */
const MOST = 200;

export function createPersonRequests(db: Db, searchAgain: PersonRequests['searchAgain']): PersonRequests {
  const requests = db.collection<RequestDoc>(COLLECTIONS.requests, {
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  });
  return {
    async open(operator, hashes, except) {
      if (hashes.length === 0) return [];
      const found = await guarded(() =>
        requests
          .find(
            {
              operator,
              subjectHashes: { $in: [...hashes] },
              state: { $nin: ['closed', 'shredded'] },
              forgetting: null,
              _id: { $ne: except },
            } as Filter<RequestDoc>,
            { projection: { _id: 1 } },
          )
          .limit(MOST)
          .toArray(),
      );
      return found.map((doc) => doc._id).sort();
    },
    async addHashes(requestId, hashes) {
      await guarded(() =>
        requests.updateOne({ _id: requestId }, { $addToSet: { subjectHashes: { $each: [...hashes] } } }),
      );
    },
    searchAgain,
  };
}
