import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import {
  ApplicationFailure,
  defaultPayloadConverter,
  type FailureConverter,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { createKeyRing, fileKeyProvider, type KeyDoc, type KeyProvider, type KeyRing } from '../keys/index.js';
import { connectStore, type Store } from '../store/connect.js';
import { FAILURE_CONVERTER_PATH } from './options.js';
import { ENCODING, createPayloadCodec, isTombstone } from './payload-codec.js';

const { failureConverter } = createRequire(import.meta.url)(FAILURE_CONVERTER_PATH) as {
  failureConverter: FailureConverter;
};

let base: TestDatabase;
let root: string;
let provider: KeyProvider;
let store: Store;
let keys: KeyRing;
let codec: PayloadCodec;
let world = Date.now();

const context = (workflowId: string) => ({ type: 'workflow', namespace: 'default', workflowId }) as const;
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const value = (one: Payload | undefined): unknown =>
  one === undefined ? undefined : defaultPayloadConverter.fromPayload(one);
const text = (one: Payload | undefined): string =>
  Buffer.concat(
    [...Object.values(one?.metadata ?? {}), one?.data ?? new Uint8Array()].map((part) => Buffer.from(part)),
  ).toString('latin1');

beforeAll(async () => {
  base = await testDatabase('codec');
  root = await mkdtemp(join(tmpdir(), 'habeas-codec-'));
  provider = await fileKeyProvider(join(root, 'keys'));
});
beforeEach(async () => {
  store = await connectStore({ url: base.url.replace('/?', `/${base.name}?`) });
  keys = createKeyRing({ db: store.db, provider, now: () => world });
  codec = createPayloadCodec({ keys, namespace: 'default' });
  return () => store.close();
});
afterAll(async () => {
  await base.drop();
  await rm(root, { recursive: true, force: true });
});

let next = 0;
async function request(): Promise<string> {
  next += 1;
  const id = `req_c${next}`;
  const { doc } = await keys.newRequestKey(id, 'infentre');
  await base.db.collection<KeyDoc>('keys').insertOne(doc);
  return id;
}

describe('payload codec', () => {
  it('encrypts under the key of the request and gives back every kind of payload', async () => {
    const id = await request();
    const values = [{ a: 'kari' }, 'kari', null, undefined, new Uint8Array([1, 2]), 7];
    const encoded = await codec.encode(values.map(payload), context(id));
    for (const one of encoded) {
      expect(Buffer.from(one.metadata?.['encoding'] ?? []).toString()).toBe(ENCODING);
      expect(text(one)).not.toContain('kari');
    }
    expect((await codec.decode(encoded, context(id))).map(value)).toEqual(values);
    // A tool without context finds the key by the payload itself.
    expect((await codec.decode(encoded)).map(value)).toEqual(values);
    expect(await codec.encode([], context(id))).toEqual([]);
  });

  it('is bound to its request, and notices a changed bit', async () => {
    const [id, other] = [await request(), await request()];
    const [one] = await codec.encode([payload('kari')], context(id));
    if (one === undefined) throw new Error('one payload expected');
    await expect(codec.decode([one], context(other))).rejects.toMatchObject({
      type: 'codec_scope',
      nonRetryable: true,
    });
    const scoped = { ...one, metadata: { ...one.metadata, 'habeas-scope': Buffer.from(other) } };
    await expect(codec.decode([scoped], context(other))).rejects.toMatchObject({ type: 'codec_damaged' });
    const flipped = Buffer.from(one.data ?? []);
    flipped[flipped.length - 1] = (flipped[flipped.length - 1] ?? 0) ^ 1;
    await expect(codec.decode([{ ...one, data: flipped }], context(id))).rejects.toMatchObject({
      type: 'codec_damaged',
    });
    const elsewhere = createPayloadCodec({ keys, namespace: 'other' });
    await expect(elsewhere.decode([one], context(id))).rejects.toMatchObject({ type: 'codec_damaged' });
  });

  it('uses the namespace key without context and for other workflows, readable from anywhere in it', async () => {
    const id = await request();
    const plain = await codec.encode([payload('kari')]);
    const due = await codec.encode([payload('kari')], context('due'));
    expect((await codec.decode(plain, context(id))).map(value)).toEqual(['kari']);
    // A schedule encodes for `due`; the server appends the time to the id of what it starts.
    expect((await codec.decode(due, context('due-2026-11-24T00:00:00Z'))).map(value)).toEqual(['kari']);
    expect(text(plain[0]) + text(due[0])).not.toContain('kari');
  });

  it('lets unknown encodings pass', async () => {
    const id = await request();
    const foreign = payload({ from: 'elsewhere' });
    expect(await codec.decode([foreign], context(id))).toEqual([foreign]);
  });

  it('turns a recorded destruction into a tombstone, and still encodes', async () => {
    const id = await request();
    const before = await codec.encode([payload('kari')], context(id));
    await keys.destroy(id);
    expect(value((await codec.decode(before, context(id)))[0])).toSatisfy(isTombstone);
    const after = await codec.encode([payload('still')], context(id));
    expect(text(after[0])).not.toContain('still');
    expect(value((await codec.decode(after, context(id)))[0])).toBe('still');
  });

  it('takes the destruction of the epoch for the same', async () => {
    const id = await request();
    const before = await codec.encode([payload('kari')], context(id));
    const own = await fileKeyProvider(join(root, 'own'));
    await own.createEpoch('e2026-11-19');
    await own.destroyEpoch('e2026-11-19');
    await base.db.collection<KeyDoc>('keys').updateOne({ _id: id }, { $set: { epoch: 'e2026-11-19' } });
    await expect(createKeyRing({ db: store.db, provider: own }).requestKey(id)).rejects.toMatchObject({
      code: 'key_destroyed',
    });
    const namespaceOnly: KeyRing = {
      ...keys,
      namespaceKey: () => keys.namespaceKey(),
      requestKey: (r) => createKeyRing({ db: store.db, provider: own }).requestKey(r),
    };
    expect(
      value((await createPayloadCodec({ keys: namespaceOnly, namespace: 'default' }).decode(before, context(id)))[0]),
    ).toSatisfy(isTombstone);
  });

  it('answers an absent key or an unreachable store with a retryable error, at once, and never with a tombstone', async () => {
    const id = await request();
    const encoded = await codec.encode([payload('kari')], context(id));
    await base.db.collection<KeyDoc>('keys').deleteOne({ _id: id });
    world += 60_000;
    for (const work of [codec.decode(encoded, context(id)), codec.encode([payload('kari')], context(id))]) {
      await expect(work).rejects.toMatchObject({ type: 'key_absent', nonRetryable: false });
    }
    await store.close();
    for (const work of [codec.decode(encoded, context(id)), codec.encode([payload('kari')], context(id))]) {
      await expect(work).rejects.toMatchObject({ type: 'store_unavailable', nonRetryable: false });
    }
  });

  it('can report a failure without the key, and then tells nothing of it', async () => {
    const failure = failureConverter.errorToFailure(
      ApplicationFailure.create({
        message: 'kari@example.no',
        type: 'kari@example.no',
        details: ['kari'],
        cause: new Error('kari'),
      }),
      defaultPayloadConverter,
    );
    const parts = [
      failure.encodedAttributes,
      failure.cause?.encodedAttributes,
      ...(failure.applicationFailureInfo?.details?.payloads ?? []),
    ];
    const encoded = await codec.encode(parts as Payload[], context('req_never'));
    for (const one of await codec.decode(encoded, context('req_never')))
      expect(value(one)).toEqual({ message: 'key_absent', stack_trace: '' });
    // Neither this nor any other key is at hand: a constant in the clear.
    await store.close();
    const fresh = createPayloadCodec({ keys: createKeyRing({ db: store.db, provider }), namespace: 'default' });
    for (const one of await fresh.encode(parts as Payload[], context('req_never'))) {
      expect(value(one)).toEqual({ message: 'store_unavailable', stack_trace: '' });
    }
    await expect(fresh.encode([payload('kari')])).rejects.toMatchObject({
      type: 'store_unavailable',
      nonRetryable: false,
    });
  });
});

describe('failure converter', () => {
  it('hides messages and stacks of the whole chain and cuts the type down to a code', () => {
    const error = ApplicationFailure.create({
      message: 'kari@example.no',
      type: 'kari@example.no',
      cause: new TypeError('kari', { cause: new Error('kari') }),
    });
    const failure = failureConverter.errorToFailure(error, defaultPayloadConverter);
    const visible = JSON.stringify(failure, (name, part: unknown) => (name === 'encodedAttributes' ? undefined : part));
    expect(visible).not.toContain('kari');
    expect(failure.applicationFailureInfo?.type).toBe('Error');
    const back = failureConverter.failureToError(failure, defaultPayloadConverter);
    expect(back.message).toBe('kari@example.no');
    // A failure that came in and goes out again stays hidden.
    const again = failureConverter.errorToFailure(back, defaultPayloadConverter);
    expect(
      JSON.stringify(again, (name, part: unknown) => (name === 'encodedAttributes' ? undefined : part)),
    ).not.toContain('kari');
  });

  it('keeps codes', () => {
    const failure = failureConverter.errorToFailure(
      ApplicationFailure.create({ message: 'm', type: 'plan_stale' }),
      defaultPayloadConverter,
    );
    expect(failure.applicationFailureInfo?.type).toBe('plan_stale');
  });
});
