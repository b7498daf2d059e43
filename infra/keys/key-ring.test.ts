import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { connectStore } from '../store/connect.js';
import { fileKeyProvider } from './file-provider.js';
import { createKeyRing, type KeyDoc, type KeyRing } from './key-ring.js';
import type { KeyProvider } from './provider.js';

let base: TestDatabase;
let root: string;
let provider: KeyProvider;
let world = Date.parse('2026-11-24T10:00:00Z');
const now = (): number => world;
const ring = (): KeyRing => createKeyRing({ db: base.db, provider, now });

beforeAll(async () => {
  base = await testDatabase('keys');
  root = await mkdtemp(join(tmpdir(), 'habeas-ring-'));
  provider = await fileKeyProvider(join(root, 'keys'));
});
beforeEach(async () => {
  world = Date.parse('2026-11-24T10:00:00Z');
  await base.db.collection('keys').deleteMany({});
});
afterAll(async () => {
  await base.drop();
  await rm(root, { recursive: true, force: true });
});

async function stored(id: string): Promise<Uint8Array> {
  const made = await ring().newRequestKey(id, 'infentre');
  await base.db.collection<KeyDoc>('keys').insertOne(made.doc);
  return made.key.bytes;
}

describe('data keys', () => {
  it('rest wrapped only, with the epoch of their day', async () => {
    const bytes = await stored('req_a');
    const doc = await base.db.collection<KeyDoc>('keys').findOne({ _id: 'req_a' });
    expect(doc).toMatchObject({ kind: 'request', operator: 'infentre', epoch: 'e2026-11-19', epochs: ['e2026-11-19'] });
    expect(Buffer.from(doc?.wrapped?.value() ?? []).includes(Buffer.from(bytes))).toBe(false);
    expect(Buffer.from((await ring().requestKey('req_a')).bytes)).toEqual(Buffer.from(bytes));
  });

  it('are absent (retryable) until written, and destroyed for good once that is recorded', async () => {
    const keys = ring();
    await expect(keys.requestKey('req_b')).rejects.toMatchObject({ code: 'key_absent', retryable: true });
    await stored('req_b');
    await keys.requestKey('req_b');
    const first = await keys.destroy('req_b');
    world += 5_000;
    expect(await keys.destroy('req_b')).toEqual(first);
    await expect(keys.requestKey('req_b')).rejects.toMatchObject({ code: 'key_destroyed', retryable: false });
    expect(await base.db.collection<KeyDoc>('keys').findOne({ _id: 'req_b' })).not.toHaveProperty('wrapped');
    await expect(keys.destroy('req_none')).rejects.toMatchObject({ code: 'key_absent' });
  });

  it('are gone in another process within a minute of their destruction', async () => {
    await stored('req_c');
    const [here, there] = [ring(), ring()];
    await there.requestKey('req_c');
    await here.destroy('req_c');
    world += 59_999;
    await there.requestKey('req_c');
    world += 1;
    await expect(there.requestKey('req_c')).rejects.toMatchObject({ code: 'key_destroyed' });
  });

  it('do not open for another request: a key document cannot be moved', async () => {
    await stored('req_d');
    const doc = await base.db.collection<KeyDoc>('keys').findOne({ _id: 'req_d' });
    if (doc === null) throw new Error('no key');
    await base.db.collection<KeyDoc>('keys').insertOne({ ...doc, _id: 'req_e' });
    await expect(ring().requestKey('req_e')).rejects.toMatchObject({ code: 'key_damaged' });
  });

  it('ask the store once for many concurrent readers', async () => {
    await stored('req_f');
    let finds = 0;
    const store = await connectStore({
      url: base.url.replace('/?', `/${base.name}?`),
      onCommand: (name) => (finds += name === 'find' ? 1 : 0),
    });
    const keys = createKeyRing({ db: store.db, provider, now });
    await Promise.all(Array.from({ length: 20 }, () => keys.requestKey('req_f')));
    expect(finds).toBe(1);
    await store.close();
  });
});

describe('namespace and hashing keys', () => {
  it('are made once, whoever comes first', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => ring().namespaceKey()));
    expect(new Set(all.map((key) => key.kid)).size).toBe(1);
    const hashes = await Promise.all(Array.from({ length: 6 }, () => ring().hashingKeys('infentre')));
    expect(new Set(hashes.map(([key]) => Buffer.from(key.bytes).toString('hex'))).size).toBe(1);
    expect(hashes[0]?.map((key) => key.version)).toEqual(['k1']);
    expect(await base.db.collection('keys').countDocuments({ kind: { $in: ['namespace', 'hash'] } })).toBe(2);
  });

  it('keep the namespace key while the store is away, nothing else', async () => {
    await stored('req_g');
    const store = await connectStore({ url: base.url.replace('/?', `/${base.name}?`) });
    const keys = createKeyRing({ db: store.db, provider, now });
    const key = await keys.namespaceKey();
    await keys.requestKey('req_g');
    await store.close();
    world += 61_000;
    expect((await keys.namespaceKey()).kid).toBe(key.kid);
    await expect(keys.requestKey('req_g')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });
});
