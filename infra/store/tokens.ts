/** API tokens at rest: SHA-256 of the token, never the token. Making and checking the token's form is infra/identity's. */
import { createHash } from 'node:crypto';
import { COLLECTIONS, type TokenDoc } from './documents.js';
import { guarded, type Db } from './connect.js';

export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

export interface TokenStore {
  insert(doc: TokenDoc): Promise<void>;
  byHash(hash: string): Promise<TokenDoc | null>;
  get(id: string): Promise<TokenDoc | null>;
  /** By id upwards; `operators` null = all. */
  list(operators: readonly string[] | null, afterId: string | null, limit: number): Promise<TokenDoc[]>;
  /** First revocation wins. */
  revoke(id: string, at: string): Promise<void>;
  used(id: string, at: string): Promise<void>;
}

export function createTokenStore(db: Db): TokenStore {
  const tokens = db.collection<TokenDoc>(COLLECTIONS.tokens);
  return {
    async insert(doc) {
      await guarded(() => tokens.insertOne(doc));
    },
    byHash: (hash) => guarded(() => tokens.findOne({ hash })),
    get: (id) => guarded(() => tokens.findOne({ _id: id })),
    list: (operators, afterId, limit) =>
      guarded(() =>
        tokens
          .find({
            ...(operators === null ? {} : { operator: { $in: [...operators] } }),
            ...(afterId === null ? {} : { _id: { $gt: afterId } }),
          })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      ),
    async revoke(id, at) {
      await guarded(() => tokens.updateOne({ _id: id, revokedAt: null }, { $set: { revokedAt: at } }));
    },
    async used(id, at) {
      await guarded(() => tokens.updateOne({ _id: id }, { $set: { lastUsedAt: at } }));
    },
  };
}
