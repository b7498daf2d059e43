/** The vault over MongoDB: port domain/ports/vault.ts. Collections `vault` (entries, manifests) and `vault_chunks`. */
import type { ArtefactWriter, Vault } from '../../domain/ports/vault.js';
import { KeyError, type DataKey, type KeyDoc, type KeyRing } from '../keys/index.js';
import { guarded, type Collection, type Db } from '../store/connect.js';
import { ChunkWriter, readChunks, type ArtefactStore } from './artefacts.js';
import { openEntry, sealEntry, type ChunkDoc, type VaultDoc } from './documents.js';
import { VaultError } from './errors.js';

export const VAULT_COLLECTIONS = ['vault', 'vault_chunks'] as const;

export interface Entry {
  readonly name: string;
  readonly value: unknown;
}

export interface VaultStore extends Vault {
  /**
   * Seals the first entries of a request under a key of its own, without writing anything: the intake transaction
   * inserts `keyDoc` into `keys` and `vaultDocs` into `vault`. Nothing is cached: a transaction that fails leaves no key.
   */
  sealNew(
    requestId: string,
    operator: string,
    entries: readonly Entry[],
  ): Promise<{ readonly keyDoc: KeyDoc; readonly vaultDocs: readonly VaultDoc[] }>;
  /** Deletes everything of a request (forgetting); returns how many documents went. */
  removeAll(requestId: string): Promise<number>;
  ensureIndexes(): Promise<void>;
}

export function createVault(options: { readonly db: Db; readonly keys: KeyRing }): VaultStore {
  return new MongoVault(options.db, options.keys);
}

class MongoVault implements VaultStore, ArtefactStore {
  readonly entries: Collection<VaultDoc>;
  readonly chunks: Collection<ChunkDoc>;

  constructor(
    db: Db,
    private readonly keys: KeyRing,
  ) {
    this.entries = db.collection<VaultDoc>('vault');
    this.chunks = db.collection<ChunkDoc>('vault_chunks');
  }

  async get<T>(requestId: string, name: string): Promise<T | null> {
    const key = await this.key(requestId, name);
    const doc = await guarded(() => this.entries.findOne({ _id: `${requestId}/${name}` }));
    return doc === null || doc.kind !== 'entry' ? null : openEntry<T>(key, requestId, name, doc);
  }

  async list<T>(requestId: string, prefix: string): Promise<readonly { name: string; value: T }[]> {
    const key = await this.key(requestId, prefix);
    // Names are ASCII, so every name with the prefix sorts before prefix + U+FFFF.
    const docs = await guarded(() =>
      this.entries.find({ requestId, name: { $gte: prefix, $lt: `${prefix}\uFFFF` } }).toArray(),
    );
    return docs
      .filter((doc) => doc.kind === 'entry' && doc.name.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((doc) => ({ name: doc.name, value: openEntry<T>(key, requestId, doc.name, doc) }));
  }

  async put(requestId: string, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const key = await this.key(requestId, entries[0]?.name ?? '');
    const docs = entries.map((entry) => sealEntry(key, requestId, entry.name, entry.value));
    await guarded(() =>
      this.entries.bulkWrite(
        docs.map((doc) => ({ replaceOne: { filter: { _id: doc._id }, replacement: doc, upsert: true } })),
        { ordered: true },
      ),
    );
  }

  async remove(requestId: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await guarded(async () => {
      await this.entries.deleteMany({ requestId, name: { $in: [...names] } });
      await this.chunks.deleteMany({ requestId, name: { $in: [...names] } });
    });
  }

  writeStream(requestId: string, name: string): ArtefactWriter {
    return new ChunkWriter(this, requestId, name);
  }

  readStream(requestId: string, name: string): AsyncIterable<Uint8Array> {
    return readChunks(this, requestId, name);
  }

  async sealNew(
    requestId: string,
    operator: string,
    entries: readonly Entry[],
  ): Promise<{ keyDoc: KeyDoc; vaultDocs: readonly VaultDoc[] }> {
    const { doc, key } = await this.keys.newRequestKey(requestId, operator);
    return { keyDoc: doc, vaultDocs: entries.map((entry) => sealEntry(key, requestId, entry.name, entry.value)) };
  }

  async removeAll(requestId: string): Promise<number> {
    return guarded(async () => {
      const entries = await this.entries.deleteMany({ requestId });
      const chunks = await this.chunks.deleteMany({ requestId });
      return entries.deletedCount + chunks.deletedCount;
    });
  }

  async ensureIndexes(): Promise<void> {
    await guarded(async () => {
      await this.entries.createIndex({ requestId: 1, name: 1 });
      await this.chunks.createIndex({ requestId: 1, name: 1 });
    });
  }

  async key(requestId: string, name: string): Promise<DataKey> {
    try {
      return await this.keys.requestKey(requestId);
    } catch (error) {
      if (error instanceof KeyError && error.code === 'key_destroyed')
        throw new VaultError('key_destroyed', requestId, name);
      throw error;
    }
  }
}
