/** How often a download code may be sent for one request. The codes themselves (hash, tries, single use) are infra/identity's. */
import { COLLECTIONS, type PackageCodeDoc } from './documents.js';
import { guarded, StoreError, type Db } from './connect.js';

/** A new code may be asked for after a minute. */
export const CODE_PAUSE_MS = 60_000;
/** Codes per request and day, with five tries each: the chance of guessing stays below one in ten thousand a day. */
export const CODES_PER_DAY = 10;

export interface PackageCodeStore {
  /** True when another code may be sent now, and counts it; false when the last one is too young or the day's number is used up. */
  mayIssue(requestId: string, nowMs: number): Promise<boolean>;
}

export function createPackageCodeStore(db: Db): PackageCodeStore {
  const codes = db.collection<PackageCodeDoc>(COLLECTIONS.packageCodes);
  return {
    async mayIssue(requestId, nowMs) {
      const before = await guarded(() => codes.findOne({ _id: requestId }));
      const day = Math.floor(nowMs / 86_400_000);
      const sentToday = before?.day === day ? before.sentToday : 0;
      if ((before !== null && before.sentMs > nowMs - CODE_PAUSE_MS) || sentToday >= CODES_PER_DAY) return false;
      const fresh = { sentMs: nowMs, day, sentToday: sentToday + 1, expiresAt: new Date(nowMs + 2 * 86_400_000) };
      if (before !== null) {
        // Compare-and-set: of two at once, one sends.
        const done = await guarded(() => codes.updateOne({ _id: requestId, sentMs: before.sentMs }, { $set: fresh }));
        return done.modifiedCount === 1;
      }
      try {
        await guarded(() => codes.insertOne({ _id: requestId, ...fresh }));
        return true;
      } catch (error) {
        if (error instanceof StoreError && error.code === 'duplicate') return false;
        throw error;
      }
    },
  };
}
