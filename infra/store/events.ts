/** Inbound events: each webhook id once (`received → applied | refused`), and counted unauthenticated attempts. */
import { COLLECTIONS, type AttemptDoc, type BackupCopyDoc, type EventDoc } from './documents.js';
import { guarded, StoreError, type Db } from './connect.js';

export interface EventStore {
  /** Inserts it as `received`, or gives what is there. */
  receive(doc: EventDoc): Promise<EventDoc>;
  get(id: string): Promise<EventDoc | null>;
  settle(id: string, state: 'applied' | 'refused', code: string | null): Promise<void>;
  /** A refused event may come again (its key, its approval or the plan may have changed): back to `received`. */
  reopen(id: string): Promise<void>;
  countAttempt(operator: string, minuteMs: number, addressClass: string): Promise<void>;
  /** Counts of minutes before `beforeMs`; the caller writes them to the ledger, then drops them. */
  attemptsBefore(beforeMs: number, limit: number): Promise<AttemptDoc[]>;
  dropAttempts(ids: readonly string[]): Promise<void>;
  putBackupCopy(doc: BackupCopyDoc): Promise<void>;
}

export function createEventStore(db: Db): EventStore {
  const events = db.collection<EventDoc>(COLLECTIONS.events);
  const attempts = db.collection<AttemptDoc>(COLLECTIONS.attempts);
  const copies = db.collection<BackupCopyDoc>(COLLECTIONS.backupCopies);
  return {
    async receive(doc) {
      try {
        await guarded(() => events.insertOne(doc));
        return doc;
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'duplicate') throw error;
      }
      return (await guarded(() => events.findOne({ _id: doc._id }))) ?? doc;
    },
    get: (id) => guarded(() => events.findOne({ _id: id })),
    async settle(id, state, code) {
      await guarded(() => events.updateOne({ _id: id, state: 'received' }, { $set: { state, code } }));
    },
    async reopen(id) {
      await guarded(() => events.updateOne({ _id: id, state: 'refused' }, { $set: { state: 'received', code: null } }));
    },
    async countAttempt(operator, minuteMs, addressClass) {
      await guarded(() =>
        attempts.updateOne(
          { _id: `${operator}/${minuteMs}/${addressClass}` },
          { $inc: { count: 1 }, $setOnInsert: { operator, minuteMs, addressClass } },
          { upsert: true },
        ),
      );
    },
    attemptsBefore: (beforeMs, limit) =>
      guarded(() =>
        attempts
          .find({ minuteMs: { $lt: beforeMs } })
          .limit(limit)
          .toArray(),
      ),
    async dropAttempts(ids) {
      await guarded(() => attempts.deleteMany({ _id: { $in: [...ids] } }));
    },
    async putBackupCopy(doc) {
      const { _id, goneAt, takenAt, expiresAt, ...rest } = doc;
      const known = {
        ...rest,
        ...(takenAt === null ? {} : { takenAt }),
        ...(expiresAt === null ? {} : { expiresAt }),
        ...(goneAt === null ? {} : { goneAt }),
      };
      await guarded(() => copies.updateOne({ _id }, { $set: known }, { upsert: true }));
    },
  };
}
