/** Six-digit codes that open a package once. Only a keyed hash rests here. */
import { COLLECTIONS, type PackageCodeDoc } from './documents.js';
import { guarded, type Db } from './connect.js';

/** A code lives ten minutes, survives five wrong tries, and a new one may be asked for after a minute. */
export const CODE_MS = 600_000;
export const CODE_TRIES = 5;
export const CODE_PAUSE_MS = 60_000;
/** Codes per request and day: keeps the chance of guessing below one in ten thousand a day. */
export const CODES_PER_DAY = 10;

export interface PackageCodeStore {
  /** Replaces an older code; false when the last one is less than a minute old or the day's number is used up. */
  put(requestId: string, hash: string, nowMs: number): Promise<boolean>;
  /** True once: the right code, in time, not used, not tried out. Every wrong try counts. */
  take(requestId: string, hash: string, nowMs: number): Promise<boolean>;
}

export function createPackageCodeStore(db: Db): PackageCodeStore {
  const codes = db.collection<PackageCodeDoc>(COLLECTIONS.packageCodes);
  return {
    async put(requestId, hash, nowMs) {
      const before = await guarded(() => codes.findOne({ _id: requestId }));
      if (before !== null && before.sentMs > nowMs - CODE_PAUSE_MS) return false;
      const day = Math.floor(nowMs / 86_400_000);
      const sentToday = before?.day === day ? before.sentToday : 0;
      if (sentToday >= CODES_PER_DAY) return false;
      const expiresAt = new Date(nowMs + CODE_MS);
      const fresh = { hash, sentMs: nowMs, tries: 0, used: false, day, sentToday: sentToday + 1, expiresAt };
      if (before === null) {
        await guarded(() => codes.updateOne({ _id: requestId }, { $setOnInsert: fresh }, { upsert: true }));
        return true;
      }
      const done = await guarded(() => codes.updateOne({ _id: requestId, sentMs: before.sentMs }, { $set: fresh }));
      return done.modifiedCount === 1;
    },
    async take(requestId, hash, nowMs) {
      const open = { _id: requestId, used: false, tries: { $lt: CODE_TRIES }, expiresAt: { $gt: new Date(nowMs) } };
      // Compare-and-set on the hash: two downloads at once cannot both win.
      const won = await guarded(() => codes.updateOne({ ...open, hash }, { $set: { used: true } }));
      if (won.modifiedCount === 1) return true;
      await guarded(() => codes.updateOne(open, { $inc: { tries: 1 } }));
      return false;
    },
  };
}
