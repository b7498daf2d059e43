/** Indexes of Habeas' own store. Ascending only: a descending string key is not safe on every server that we support. */
import { COLLECTIONS } from './documents.js';
import { guarded, type Db } from './connect.js';

/** Idempotent; run at start by API, worker and set-up. */
export async function ensureIndexes(db: Db): Promise<void> {
  await guarded(async () => {
    const requests = db.collection(COLLECTIONS.requests);
    await requests.createIndexes([
      { key: { operator: 1, dueMs: 1 }, name: 'due' },
      { key: { operator: 1, receivedMs: 1 }, name: 'received' },
      { key: { operator: 1, state: 1 }, name: 'state' },
      { key: { subjectHashes: 1 }, name: 'subject' },
      { key: { 'approvals.id': 1 }, name: 'approval' },
      { key: { organisations: 1 }, name: 'organisation' },
      { key: { start: 1 }, name: 'start' },
    ]);
    await db
      .collection(COLLECTIONS.idempotency)
      .createIndexes([{ key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 }]);
    await db.collection(COLLECTIONS.organisations).createIndexes([{ key: { operator: 1 }, name: 'operator' }]);
    await db.collection(COLLECTIONS.systems).createIndexes([{ key: { operator: 1 }, name: 'operator' }]);
    await db
      .collection(COLLECTIONS.events)
      .createIndexes([{ key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 }]);
    await db
      .collection(COLLECTIONS.packageCodes)
      .createIndexes([{ key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 86_400 }]);
    await db.collection(COLLECTIONS.deliveries).createIndexes([
      { key: { operator: 1, organisation: 1, createdMs: 1 }, name: 'organisation' },
      { key: { approvalId: 1 }, name: 'approval' },
      { key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 },
    ]);
    await db.collection(COLLECTIONS.evidence).createIndexes([{ key: { requestId: 1 }, name: 'request' }]);
    await db.collection(COLLECTIONS.certificates).createIndexes([{ key: { requestId: 1 }, name: 'request' }]);
    await db.collection(COLLECTIONS.attempts).createIndexes([{ key: { minuteMs: 1 }, name: 'minute' }]);
  });
}
