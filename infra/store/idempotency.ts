/** Stored responses of commands: claim, finish, release. A refused command leaves nothing behind, so its key may be used again. */
import { COLLECTIONS, type IdempotencyDoc, type StoredResponse } from './documents.js';
import { guarded, StoreError, type Collection, type Db } from './connect.js';

/** How long a stored response is kept: 30 days. */
export const IDEMPOTENCY_MS = 30 * 86_400_000;
/** A claim older than this belongs to a process that died; the command runs again under the same update id. */
export const CLAIM_MS = 60_000;

export type Claim =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'done'; readonly response: StoredResponse | null; readonly requestId: string | null }
  | { readonly kind: 'running' }
  | { readonly kind: 'other_body' };

export interface IdempotencyStore {
  /** The record as it is, without claiming it. */
  look(id: string, fingerprint: string): Promise<Claim | null>;
  claim(id: string, fingerprint: string, nowMs: number): Promise<Claim>;
  finish(id: string, response: StoredResponse): Promise<void>;
  release(id: string): Promise<void>;
}

export function createIdempotencyStore(db: Db): IdempotencyStore {
  const records: Collection<IdempotencyDoc> = db.collection<IdempotencyDoc>(COLLECTIONS.idempotency);
  const meet = (doc: IdempotencyDoc, fingerprint: string): Claim => {
    if (doc.fingerprint !== fingerprint) return { kind: 'other_body' };
    if (doc.state === 'done') return { kind: 'done', response: doc.response, requestId: doc.requestId };
    return { kind: 'running' };
  };
  return {
    look: (id, fingerprint) =>
      guarded(async () => {
        const doc = await records.findOne({ _id: id });
        return doc === null ? null : meet(doc, fingerprint);
      }),
    async claim(id, fingerprint, nowMs) {
      try {
        await guarded(() =>
          records.insertOne({
            _id: id,
            fingerprint,
            state: 'running',
            startedMs: nowMs,
            response: null,
            requestId: null,
            expiresAt: new Date(nowMs + IDEMPOTENCY_MS),
          }),
        );
        return { kind: 'claimed' };
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'duplicate') throw error;
      }
      const doc = await guarded(() => records.findOne({ _id: id }));
      if (doc === null) return { kind: 'running' };
      const met = meet(doc, fingerprint);
      if (met.kind !== 'running' || doc.startedMs > nowMs - CLAIM_MS) return met;
      const taken = await guarded(() =>
        records.updateOne({ _id: id, state: 'running', startedMs: doc.startedMs }, { $set: { startedMs: nowMs } }),
      );
      return taken.modifiedCount === 1 ? { kind: 'claimed' } : { kind: 'running' };
    },
    async finish(id, response) {
      await guarded(() => records.updateOne({ _id: id }, { $set: { state: 'done', response } }));
    },
    async release(id) {
      await guarded(() => records.deleteOne({ _id: id, state: 'running' }));
    },
  };
}
