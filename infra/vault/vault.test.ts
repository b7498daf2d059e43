import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { createKeyRing, fileKeyProvider, type KeyDoc, type KeyProvider, type KeyRing } from '../keys/index.js';
import { Binary, connectStore, type Store } from '../store/connect.js';
import { CHUNK_BYTES, createVault, type ChunkDoc, type VaultDoc, type VaultStore } from './index.js';

let base: TestDatabase;
let root: string;
let provider: KeyProvider;
let store: Store;
let keys: KeyRing;
let vault: VaultStore;
const commands: string[] = [];

beforeAll(async () => {
  base = await testDatabase('vault');
  root = await mkdtemp(join(tmpdir(), 'habeas-vault-'));
  provider = await fileKeyProvider(join(root, 'keys'));
  store = await connectStore({
    url: base.url.replace('/?', `/${base.name}?`),
    onCommand: (name, collection) => commands.push(`${name} ${collection}`),
  });
  keys = createKeyRing({ db: store.db, provider });
  vault = createVault({ db: store.db, keys });
  await keys.ensureIndexes();
  await vault.ensureIndexes();
});
afterAll(async () => {
  await store.close();
  await base.drop();
  await rm(root, { recursive: true, force: true });
});

let next = 0;
async function request(entries: { name: string; value: unknown }[] = []): Promise<string> {
  next += 1;
  const id = `req_${next}`;
  const { keyDoc, vaultDocs } = await vault.sealNew(id, 'infentre', entries);
  await store.db.collection<KeyDoc>('keys').insertOne(keyDoc);
  if (vaultDocs.length > 0) await store.db.collection<VaultDoc>('vault').insertMany([...vaultDocs]);
  return id;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

const docs = () => base.db.collection<VaultDoc>('vault');
const chunkDocs = () => base.db.collection<ChunkDoc>('vault_chunks');

describe('entries', () => {
  it('come back as they were put, replaced and listed by prefix', async () => {
    const id = await request([{ name: 'subject', value: { email: 'kari@example.no' } }]);
    await vault.put(id, [
      { name: 'found/app', value: [1] },
      { name: 'found/mail', value: [2] },
      { name: 'foundling', value: 3 },
    ]);
    await vault.put(id, [{ name: 'found/app', value: [4] }]);
    expect(await vault.get(id, 'subject')).toEqual({ email: 'kari@example.no' });
    expect(await vault.get(id, 'none')).toBeNull();
    expect(await vault.list(id, 'found/')).toEqual([
      { name: 'found/app', value: [4] },
      { name: 'found/mail', value: [2] },
    ]);
    await vault.remove(id, ['found/app']);
    expect(await vault.get(id, 'found/app')).toBeNull();
  });

  it('cost one command each: put, get, list', async () => {
    const id = await request();
    await keys.requestKey(id);
    commands.length = 0;
    await vault.put(
      id,
      Array.from({ length: 10 }, (_, n) => ({ name: `found/s${n}`, value: n })),
    );
    await vault.list(id, 'found/');
    await vault.get(id, 'found/s3');
    expect(commands).toEqual(['update vault', 'find vault', 'find vault']);
  });

  it('are unreadable in the store', async () => {
    await request([{ name: 'subject', value: { name: 'Kanari Fugl', email: 'kanari@example.no' } }]);
    for (const doc of await docs().find().toArray())
      expect(Buffer.from(doc.data.value()).toString('latin1') + doc._id).not.toMatch(/anari/);
  });

  it('refuse what JSON cannot carry', async () => {
    const id = await request();
    await expect(vault.put(id, [{ name: 'x', value: undefined }])).rejects.toMatchObject({ code: 'value' });
  });

  it('do not open under another name, request, kind or key, nor with a bit changed', async () => {
    const id = await request([{ name: 'subject', value: 'kari' }]);
    const other = await request([{ name: 'subject', value: 'per' }]);
    const doc = await docs().findOne({ _id: `${id}/subject` });
    if (doc === null) throw new Error('no entry');
    await docs().insertOne({ ...doc, _id: `${id}/plan`, name: 'plan' });
    await expect(vault.get(id, 'plan')).rejects.toMatchObject({ code: 'damaged' });
    await docs().updateOne({ _id: `${other}/subject` }, { $set: { data: doc.data } });
    await expect(vault.get(other, 'subject')).rejects.toMatchObject({ code: 'damaged' });
    // A value that reads like the manifest of an empty artefact.
    const empty = { write: 'x', chunks: 0, bytes: 0, sha256: createHash('sha256').digest('hex') };
    await vault.put(id, [{ name: 'shaped', value: empty }]);
    await docs().updateOne({ _id: `${id}/shaped` }, { $set: { kind: 'artefact' } });
    await expect(collect(vault.readStream(id, 'shaped'))).rejects.toMatchObject({ code: 'damaged' });

    const key = await base.db.collection<KeyDoc>('keys').findOne({ _id: id });
    if (key === null) throw new Error('no key');
    // The operator is bound twice: in the wrapped key and in every entry.
    await base.db.collection<KeyDoc>('keys').updateOne({ _id: id }, { $set: { operator: 'faktry' } });
    await expect(
      createVault({ db: store.db, keys: createKeyRing({ db: store.db, provider }) }).get(id, 'subject'),
    ).rejects.toMatchObject({ code: 'key_damaged' });
    await base.db.collection<KeyDoc>('keys').updateOne({ _id: id }, { $set: { operator: key.operator } });

    const flipped = Buffer.from(doc.data.value());
    flipped[flipped.length - 1] = (flipped[flipped.length - 1] ?? 0) ^ 1;
    await docs().replaceOne({ _id: doc._id }, { ...doc, data: new Binary(flipped) });
    await expect(vault.get(id, 'subject')).rejects.toMatchObject({ code: 'damaged' });
    await docs().replaceOne({ _id: doc._id }, doc);
    expect(await vault.get(id, 'subject')).toBe('kari');
  });

  it('are forgotten with their key, and absent keys are worth another try', async () => {
    const id = await request([{ name: 'subject', value: 'kari' }]);
    await keys.destroy(id);
    await expect(vault.get(id, 'subject')).rejects.toMatchObject({ name: 'VaultError', code: 'key_destroyed' });
    await expect(vault.put(id, [{ name: 'x', value: 1 }])).rejects.toMatchObject({ code: 'key_destroyed' });
    await expect(vault.get('req_unknown', 'subject')).rejects.toMatchObject({ code: 'key_absent', retryable: true });
  });

  it('of a request whose transaction failed leave no key behind', async () => {
    await vault.sealNew('req_failed', 'infentre', [{ name: 'subject', value: 1 }]);
    await expect(vault.get('req_failed', 'subject')).rejects.toMatchObject({ code: 'key_absent' });
  });
});

describe('artefacts', () => {
  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])(
    'of %i bytes come back whole',
    async (size) => {
      const id = await request();
      const data = randomBytes(size);
      const writer = vault.writeStream(id, 'package');
      for (let from = 0; from < size; from += 100_000) await writer.write(data.subarray(from, from + 100_000));
      const { bytes, sha256 } = await writer.finish();
      expect(bytes).toBe(size);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect((await collect(vault.readStream(id, 'package'))).equals(data)).toBe(true);
      expect(await chunkDocs().countDocuments({ requestId: id })).toBe(Math.ceil(size / CHUNK_BYTES));
    },
  );

  it('keep the order of writes that were not awaited', async () => {
    const id = await request();
    const writer = vault.writeStream(id, 'package');
    const parts = Array.from({ length: 9 }, () => randomBytes(90_000));
    const writes = parts.map((part) => writer.write(part));
    await writer.finish();
    await Promise.all(writes);
    expect((await collect(vault.readStream(id, 'package'))).equals(Buffer.concat(parts))).toBe(true);
  });

  it('are invisible until finished; a later one replaces the earlier and clears away what was left', async () => {
    const id = await request();
    const lost = vault.writeStream(id, 'package');
    await lost.write(randomBytes(2 * CHUNK_BYTES));
    await expect(collect(vault.readStream(id, 'package'))).rejects.toMatchObject({ code: 'absent' });
    const one = vault.writeStream(id, 'package');
    await one.write(Buffer.from('one'));
    await one.finish();
    const two = vault.writeStream(id, 'package');
    await two.write(Buffer.from('two'));
    expect((await collect(vault.readStream(id, 'package'))).toString()).toBe('one');
    await two.finish();
    expect((await collect(vault.readStream(id, 'package'))).toString()).toBe('two');
    expect(await chunkDocs().countDocuments({ requestId: id })).toBe(1);
    await expect(two.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'unfinished' });
  });

  it('leave nothing when aborted', async () => {
    const id = await request();
    const writer = vault.writeStream(id, 'package');
    await writer.write(randomBytes(CHUNK_BYTES + 1));
    await writer.abort();
    expect(await chunkDocs().countDocuments({ requestId: id })).toBe(0);
    await expect(writer.finish()).rejects.toMatchObject({ code: 'unfinished' });
  });

  it('notice a missing, swapped or foreign chunk', async () => {
    const id = await request();
    const writer = vault.writeStream(id, 'package');
    await writer.write(randomBytes(2 * CHUNK_BYTES));
    await writer.finish();
    const [first, second] = await chunkDocs().find({ requestId: id }).sort({ n: 1 }).toArray();
    if (first === undefined || second === undefined) throw new Error('two chunks expected');
    await chunkDocs().updateOne({ _id: first._id }, { $set: { data: second.data } });
    // At once, not only by the hash at the end: nothing of a swapped chunk is handed out.
    await expect(vault.readStream(id, 'package')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'damaged',
    });
    await chunkDocs().deleteOne({ _id: first._id });
    await expect(collect(vault.readStream(id, 'package'))).rejects.toMatchObject({ code: 'damaged' });
  });

  it('go with everything else of the request', async () => {
    const id = await request([{ name: 'subject', value: 1 }]);
    const writer = vault.writeStream(id, 'package');
    await writer.write(randomBytes(10));
    await writer.finish();
    expect(await vault.removeAll(id)).toBe(3);
    expect(
      (await docs().countDocuments({ requestId: id })) + (await chunkDocs().countDocuments({ requestId: id })),
    ).toBe(0);
  });
});
