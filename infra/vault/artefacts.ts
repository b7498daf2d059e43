/** Large artefacts: encrypted chunks of 256 KiB, written and read one at a time. */
import { createHash, randomBytes } from 'node:crypto';
import type { ArtefactWriter } from '../../domain/ports/vault.js';
import type { DataKey } from '../keys/index.js';
import { StoreError, guarded, type Collection } from '../store/connect.js';
import {
  openChunk,
  openEntry,
  sealChunk,
  sealEntry,
  type ChunkDoc,
  type Manifest,
  type VaultDoc,
} from './documents.js';
import { VaultError } from './errors.js';

export const CHUNK_BYTES = 256 * 1024;

export interface ArtefactStore {
  readonly entries: Collection<VaultDoc>;
  readonly chunks: Collection<ChunkDoc>;
  key(requestId: string, name: string): Promise<DataKey>;
}

/** Writes of one writer are put one after another; `write` resolves when at most one chunk is still in memory. */
export class ChunkWriter implements ArtefactWriter {
  private readonly write_ = randomBytes(8).toString('hex');
  private readonly hash = createHash('sha256');
  private readonly buffer = Buffer.alloc(CHUNK_BYTES);
  private used = 0;
  private bytes = 0;
  private count = 0;
  private ended = false;
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ArtefactStore,
    private readonly requestId: string,
    private readonly name: string,
  ) {}

  write(chunk: Uint8Array): Promise<void> {
    return this.queue(async () => {
      this.hash.update(chunk);
      this.bytes += chunk.byteLength;
      for (let from = 0; from < chunk.byteLength; ) {
        const part = chunk.subarray(from, from + CHUNK_BYTES - this.used);
        this.buffer.set(part, this.used);
        this.used += part.byteLength;
        from += part.byteLength;
        if (this.used === CHUNK_BYTES) await this.flush();
      }
    });
  }

  finish(): Promise<{ bytes: number; sha256: string }> {
    return this.queue(async () => {
      if (this.used > 0) await this.flush();
      this.ended = true;
      const manifest: Manifest = {
        write: this.write_,
        chunks: this.count,
        bytes: this.bytes,
        sha256: this.hash.digest('hex'),
      };
      const key = await this.store.key(this.requestId, this.name);
      const doc = sealEntry(key, this.requestId, this.name, manifest, 'artefact');
      // This one replacement makes it visible; chunks of earlier or unfinished writes are of no more use.
      await guarded(() => this.store.entries.replaceOne({ _id: doc._id }, doc, { upsert: true }));
      await this.dropOthers();
      return { bytes: manifest.bytes, sha256: manifest.sha256 };
    });
  }

  abort(): Promise<void> {
    this.ended = true;
    const { requestId, name, write_: write } = this;
    return this.tail
      .catch(() => undefined)
      .then(async () => {
        await guarded(() => this.store.chunks.deleteMany({ requestId, name, write }));
      });
  }

  private async flush(): Promise<void> {
    const key = await this.store.key(this.requestId, this.name);
    const doc = sealChunk(key, this.requestId, this.name, this.write_, this.count, this.buffer.subarray(0, this.used));
    try {
      await guarded(() => this.store.chunks.insertOne(doc));
    } catch (error) {
      // The id holds a random write id: a duplicate is our own insert, repeated by the driver after a lost answer.
      if (!(error instanceof StoreError && error.code === 'duplicate')) throw error;
    }
    this.count += 1;
    this.used = 0;
  }

  private async dropOthers(): Promise<void> {
    const { requestId, name, write_: write } = this;
    await guarded(() => this.store.chunks.deleteMany({ requestId, name, write: { $ne: write } }));
  }

  /** After a failed step every later one fails the same way: an artefact with a hole can never be finished. */
  private queue<T>(step: () => Promise<T>): Promise<T> {
    const run = this.tail.then(() => {
      if (this.ended) throw new VaultError('unfinished', this.requestId, this.name);
      return step();
    });
    this.tail = run.then(() => undefined);
    // The caller sees the rejection on `run`; this keeps the chain itself from counting as unhandled.
    this.tail.catch(() => undefined);
    return run;
  }
}

/**
 * Reads a finished artefact chunk by chunk.
 * Errors: VaultError `absent`, `damaged` (a chunk is missing, moved or changed, or the whole does not have its hash), `key_destroyed`.
 */
export async function* readChunks(store: ArtefactStore, requestId: string, name: string): AsyncGenerator<Uint8Array> {
  const key = await store.key(requestId, name);
  const doc = await guarded(() => store.entries.findOne({ _id: `${requestId}/${name}` }));
  if (doc === null || doc.kind !== 'artefact') throw new VaultError('absent', requestId, name);
  const manifest = openEntry<Manifest>(key, requestId, name, doc);
  const hash = createHash('sha256');
  for (let n = 0; n < manifest.chunks; n += 1) {
    const chunk = await guarded(() => store.chunks.findOne({ _id: `${requestId}/${name}/${manifest.write}/${n}` }));
    if (chunk === null) throw new VaultError('damaged', requestId, name);
    const plain = openChunk(key, requestId, name, manifest.write, n, chunk);
    hash.update(plain);
    yield plain;
  }
  if (hash.digest('hex') !== manifest.sha256) throw new VaultError('damaged', requestId, name);
}
