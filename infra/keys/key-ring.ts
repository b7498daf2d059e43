/**
 * The data keys: one per request, one for the Temporal namespace, and one hashing key per operator and version.
 * All rest in the collection `keys`, wrapped under the epoch that was current when they were made; unwrapped they live
 * in memory for a minute at most, so that a destruction is obeyed everywhere within that minute.
 */
import { randomBytes } from 'node:crypto';
import { Binary, StoreError, guarded, type Collection, type Db } from '../store/connect.js';
import { KEY_BYTES, aadOf } from './aead.js';
import { KeyError } from './errors.js';
import { epochAt, epochDays, type KeyProvider } from './provider.js';

export interface KeyDoc {
  /** Request id, `ns/<namespace>` or `hash/<operator>/k<version>`. */
  readonly _id: string;
  readonly kind: 'request' | 'namespace' | 'hash';
  readonly operator: string | null;
  /** Names this very key in additional data; stays when the key is wrapped anew. */
  readonly kid: string;
  /** Epoch that wraps it now, and every epoch that ever did: a request is shredded only when all of these are destroyed. */
  readonly epoch: string;
  readonly epochs: readonly string[];
  /** Absent once destroyed. */
  readonly wrapped?: Binary;
  readonly createdAt: Date;
  readonly destroyedAt?: Date;
}

export interface DataKey {
  readonly kid: string;
  readonly operator: string | null;
  readonly bytes: Uint8Array;
}

export interface HashingKey {
  /** `k1`, `k2`, … */
  readonly version: string;
  readonly bytes: Uint8Array;
}

export interface KeyRingOptions {
  readonly db: Db;
  readonly provider: KeyProvider;
  /** ISO duration of days or weeks; default `P7D`. */
  readonly epochLength?: string;
  /** Temporal namespace whose key it holds; default `default`. */
  readonly namespace?: string;
  /** Host time in ms; default `Date.now`. */
  readonly now?: () => number;
}

export interface KeyRing {
  readonly collection: string;
  /** Makes (does not store) the key of a new request: the intake transaction inserts `doc` into `collection`. */
  newRequestKey(requestId: string, operator: string): Promise<{ readonly doc: KeyDoc; readonly key: DataKey }>;
  /** Errors: KeyError `key_absent` (retryable), `key_destroyed`, `key_damaged`; StoreError `unavailable`. */
  requestKey(requestId: string): Promise<DataKey>;
  /** Made at the first call, once for all processes. The last one is kept while the store is away, so that failures can be reported. */
  namespaceKey(): Promise<DataKey>;
  /** All live versions of the operator's hashing key, newest first; the first is made when there is none. */
  hashingKeys(operator: string): Promise<readonly [HashingKey, ...HashingKey[]]>;
  /** Records the destruction and drops the wrapped key (majority); idempotent. Errors: KeyError `key_absent` when there never was one. */
  destroy(requestId: string): Promise<{ readonly destroyedAt: Date }>;
  ensureIndexes(): Promise<void>;
}

/** Longest life of an unwrapped key in memory. */
export const CACHE_MS = 60_000;
/** Plenty for the requests that are active within a minute; the oldest goes first. */
const CACHE_SIZE = 5_000;

export function createKeyRing(options: KeyRingOptions): KeyRing {
  return new MongoKeyRing(options);
}

class MongoKeyRing implements KeyRing {
  readonly collection = 'keys';
  private readonly keys: Collection<KeyDoc>;
  private readonly provider: KeyProvider;
  private readonly days: number;
  private readonly namespaceId: string;
  private readonly now: () => number;
  private readonly cache = new Map<string, { readonly key: DataKey; readonly at: number }>();
  private readonly loading = new Map<string, Promise<DataKey>>();
  private readonly hashing = new Map<
    string,
    { readonly keys: readonly [HashingKey, ...HashingKey[]]; readonly at: number }
  >();
  private lastNamespaceKey: DataKey | null = null;

  constructor(options: KeyRingOptions) {
    this.keys = options.db.collection<KeyDoc>(this.collection);
    this.provider = options.provider;
    this.days = epochDays(options.epochLength ?? 'P7D');
    this.namespaceId = `ns/${options.namespace ?? 'default'}`;
    this.now = options.now ?? Date.now;
  }

  async newRequestKey(requestId: string, operator: string): Promise<{ doc: KeyDoc; key: DataKey }> {
    return this.make(requestId, 'request', operator);
  }

  requestKey(requestId: string): Promise<DataKey> {
    return this.cached(requestId, async () => {
      const doc = await guarded(() => this.keys.findOne({ _id: requestId }));
      if (doc === null) throw new KeyError('key_absent', requestId);
      return this.unwrap(doc);
    });
  }

  async namespaceKey(): Promise<DataKey> {
    try {
      this.lastNamespaceKey = await this.cached(this.namespaceId, () => this.once(this.namespaceId, 'namespace', null));
      return this.lastNamespaceKey;
    } catch (error) {
      const away =
        (error instanceof StoreError && error.retryable) ||
        (error instanceof KeyError && error.code === 'key_provider_unavailable');
      if (away && this.lastNamespaceKey !== null) return this.lastNamespaceKey;
      throw error;
    }
  }

  async hashingKeys(operator: string): Promise<readonly [HashingKey, ...HashingKey[]]> {
    const known = this.hashing.get(operator);
    if (known !== undefined && this.fresh(known.at)) return known.keys;
    const at = this.now();
    const docs = await guarded(() => this.keys.find({ kind: 'hash', operator }).toArray());
    const live = docs.filter((doc) => doc.destroyedAt === undefined).sort((a, b) => versionOf(b) - versionOf(a));
    const versions: HashingKey[] = [];
    for (const doc of live) versions.push({ version: `k${versionOf(doc)}`, bytes: (await this.unwrap(doc)).bytes });
    const [newest, ...older] = versions;
    const keys: readonly [HashingKey, ...HashingKey[]] =
      newest === undefined
        ? [{ version: 'k1', bytes: (await this.once(`hash/${operator}/k1`, 'hash', operator)).bytes }]
        : [newest, ...older];
    this.hashing.set(operator, { keys, at });
    return keys;
  }

  async destroy(requestId: string): Promise<{ destroyedAt: Date }> {
    this.cache.delete(requestId);
    const destroyedAt = new Date(this.now());
    const doc = await guarded(async () => {
      await this.keys.updateOne(
        { _id: requestId, destroyedAt: { $exists: false } },
        { $set: { destroyedAt }, $unset: { wrapped: '' } },
      );
      return this.keys.findOne({ _id: requestId }, { projection: { destroyedAt: 1 } });
    });
    // A load that was under way may have put it back.
    this.cache.delete(requestId);
    if (doc?.destroyedAt === undefined) throw new KeyError('key_absent', requestId);
    return { destroyedAt: doc.destroyedAt };
  }

  async ensureIndexes(): Promise<void> {
    await guarded(() => this.keys.createIndex({ kind: 1, operator: 1 }));
  }

  /** Finds the key or makes it; of several makers the first insert wins and the others read it. */
  private async once(id: string, kind: KeyDoc['kind'], operator: string | null): Promise<DataKey> {
    const found = await guarded(() => this.keys.findOne({ _id: id }));
    if (found !== null) return this.unwrap(found);
    const { doc } = await this.make(id, kind, operator);
    try {
      await guarded(() => this.keys.insertOne(doc));
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'duplicate')) throw error;
    }
    const stored = await guarded(() => this.keys.findOne({ _id: id }));
    if (stored === null) throw new KeyError('key_absent', kind);
    return this.unwrap(stored);
  }

  private async make(
    id: string,
    kind: KeyDoc['kind'],
    operator: string | null,
  ): Promise<{ doc: KeyDoc; key: DataKey }> {
    const epoch = epochAt(this.now(), this.days);
    await this.provider.createEpoch(epoch);
    const kid = randomBytes(8).toString('hex');
    const bytes = randomBytes(KEY_BYTES);
    const wrapped = new Binary(await this.provider.wrap(epoch, bytes, wrapAad(id, kid, operator)));
    const doc: KeyDoc = {
      _id: id,
      kind,
      operator,
      kid,
      epoch,
      epochs: [epoch],
      wrapped,
      createdAt: new Date(this.now()),
    };
    return { doc, key: { kid, operator, bytes } };
  }

  private async unwrap(doc: KeyDoc): Promise<DataKey> {
    if (doc.destroyedAt !== undefined) throw new KeyError('key_destroyed', doc._id);
    if (doc.wrapped === undefined) throw new KeyError('key_damaged', doc._id);
    const bytes = await this.provider.unwrap(doc.epoch, doc.wrapped.value(), wrapAad(doc._id, doc.kid, doc.operator));
    return { kid: doc.kid, operator: doc.operator, bytes };
  }

  private async cached(id: string, load: () => Promise<DataKey>): Promise<DataKey> {
    const hit = this.cache.get(id);
    if (hit !== undefined && this.fresh(hit.at)) return hit.key;
    this.cache.delete(id);
    const running = this.loading.get(id);
    if (running !== undefined) return running;
    // The minute counts from before the read: what was read may be destroyed while it travels.
    const at = this.now();
    const loading = load().then((key) => {
      if (this.cache.size >= CACHE_SIZE) {
        const oldest = this.cache.keys().next().value;
        if (oldest !== undefined) this.cache.delete(oldest);
      }
      this.cache.set(id, { key, at });
      return key;
    });
    this.loading.set(id, loading);
    try {
      return await loading;
    } finally {
      this.loading.delete(id);
    }
  }

  private fresh(at: number): boolean {
    const age = this.now() - at;
    return age >= 0 && age < CACHE_MS;
  }
}

function wrapAad(id: string, kid: string, operator: string | null): Buffer {
  return aadOf({ v: 1, what: 'key', id, kid, operator: operator ?? '' });
}

function versionOf(doc: KeyDoc): number {
  return Number(/\/k(\d+)$/.exec(doc._id)?.[1] ?? 0);
}
