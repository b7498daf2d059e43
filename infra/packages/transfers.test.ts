import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type ReceiverOptions, type RunningReceiver } from '../../dev/counterparts/receiver/index.js';
import type { TransferReceipt } from '../../domain/ports/transfers.js';
import { signingKeys, type SigningKeys } from '../keys/signing.js';
import { createTransfers } from './index.js';
import { TransferError } from './transfer-error.js';
import { openMessage, signMessage, TRANSFER_CHUNK } from './transfer-protocol.js';

let root: string;
let signing: SigningKeys;
const open: RunningReceiver[] = [];
let folders = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'habeas-transfer-'));
  signing = signingKeys(join(root, 'keys'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Bytes that compress to nothing and repeat nowhere, so that a chunk in the wrong place shows. */
function content(bytes: number): Buffer {
  const all = Buffer.alloc(bytes);
  for (let at = 0, n = 0; at < bytes; at += 32, n += 1) createHash('sha256').update(String(n)).digest().copy(all, at);
  return all;
}

async function receiver(more: Partial<ReceiverOptions> = {}): Promise<RunningReceiver> {
  folders += 1;
  const one = await startReceiver({ folder: join(root, `receiver-${folders}`), ...more });
  open.push(one);
  return one;
}

interface Sent {
  readonly all: Buffer;
  readonly to: { readonly url: string; readonly key: string };
  readonly requestId?: string;
  /** Ends the sender like a kill after so many chunks. */
  readonly dieAfter?: number;
  readonly allowLoopback?: boolean;
}

async function send(order: Sent): Promise<{ receipt: TransferReceipt | null; code: string | null; read: number }> {
  let [chunks, read] = [0, 0];
  const transfers = createTransfers({ signing, allowLoopback: order.allowLoopback ?? true });
  try {
    const receipt = await transfers.send({
      operator: 'infentre',
      requestId: order.requestId ?? 'req_1',
      receiver: order.to,
      bytes: order.all.length,
      sha256: createHash('sha256').update(order.all).digest('hex'),
      async *content() {
        for (let at = 0; at < order.all.length; at += 100_000) {
          read += 1;
          yield order.all.subarray(at, at + 100_000);
        }
      },
      progress: async () => undefined,
      heartbeat() {
        chunks += 1;
        if (order.dieAfter !== undefined && chunks > order.dieAfter) throw new Error('killed');
      },
    });
    return { receipt, code: null, read };
  } catch (error) {
    if (!(error instanceof TransferError)) return { receipt: null, code: 'killed', read };
    return { receipt: null, code: error.code, read };
  }
}

const arrived = (at: RunningReceiver): string[] => at.seen.filter((line) => line.startsWith('chunk'));

describe('a push to another controller', () => {
  it('brings every byte, chunk by chunk, and a receipt that the receiver signed', async () => {
    const to = await receiver();
    const all = content(2 * TRANSFER_CHUNK + 12_345);
    const { receipt } = await send({ all, to });
    expect(to.seen).toEqual([
      'challenge',
      'open 0',
      'chunk 0',
      `chunk ${TRANSFER_CHUNK}`,
      `chunk ${2 * TRANSFER_CHUNK}`,
      'finish',
    ]);
    expect((await readFile(to.store.path(receipt?.transferId ?? ''))).equals(all)).toBe(true);
    expect(receipt).toMatchObject({ bytes: all.length, receiverKeyId: to.keyId });
    const { x } = JSON.parse(to.key) as { x: string };
    const { signature, ...message } = receipt as TransferReceipt;
    expect(openMessage(Buffer.from(x, 'base64url'), { message, signature }, 'transfer.receipt')).not.toBe(null);
    expect(
      openMessage(Buffer.from(x, 'base64url'), { message: { ...message, bytes: 1 }, signature }, 'transfer.receipt'),
    ).toBe(null);
  });

  it('to a receiver with another key: nothing leaves, the package is not even read', async () => {
    const impostor = await receiver({ key: generateKeyPairSync('ed25519').privateKey });
    const rightful = await receiver();
    const { code, read } = await send({ all: content(50_000), to: { url: impostor.url, key: rightful.key } });
    expect([code, read, impostor.seen]).toEqual(['receiver_key_mismatch', 0, ['challenge']]);
  });

  it('to somebody who passes our challenge on to the rightful receiver: nothing leaves', async () => {
    const rightful = await receiver();
    const relay = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        void fetch(`${rightful.url}${request.url?.replace('/relay', '')}`, {
          method: 'POST',
          body: Buffer.concat(parts),
        }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
      });
    });
    await new Promise<void>((ready) => relay.listen(0, '127.0.0.1', ready));
    const url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}/relay`;
    const { code, read } = await send({ all: content(50_000), to: { url, key: rightful.key } });
    relay.close();
    expect([code, read]).toEqual(['receiver_refused', 0]);
  });

  it('to somebody who got a proof from the rightful receiver on his own account: nothing leaves', async () => {
    const rightful = await receiver();
    const own = generateKeyPairSync('ed25519');
    const thief = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const asked = (JSON.parse(Buffer.concat(parts).toString()) as { message: Record<string, string> }).message;
        const { x } = own.publicKey.export({ format: 'jwk' });
        const message = { ...asked, url: rightful.url, senderKey: { crv: 'Ed25519', kty: 'OKP', x: String(x) } };
        const envelope = signMessage((bytes) => new Uint8Array(sign(null, bytes, own.privateKey)), message);
        void fetch(`${rightful.url}/challenge`, { method: 'POST', body: JSON.stringify(envelope) }).then(
          async (answer) => response.writeHead(answer.status).end(await answer.text()),
        );
      });
    });
    await new Promise<void>((ready) => thief.listen(0, '127.0.0.1', ready));
    const url = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/inbox`;
    const { code, read } = await send({ all: content(50_000), to: { url, key: rightful.key } });
    thief.close();
    expect([code, read, rightful.seen]).toEqual(['receiver_key_mismatch', 0, ['challenge']]);
  });

  it('goes on from what the receiver has, wherever the sender dies, and never sends a byte twice', async () => {
    const all = content(5 * TRANSFER_CHUNK + 1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }), async (deaths) => {
        const to = await receiver();
        for (const dieAfter of deaths) await send({ all, to, dieAfter });
        const { receipt, code } = await send({ all, to });
        expect(code).toBe(null);
        const offsets = arrived(to);
        expect(new Set(offsets).size).toBe(offsets.length);
        expect(offsets).toHaveLength(6);
        expect((await readFile(to.store.path(receipt?.transferId ?? ''))).equals(all)).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it('survives a receiver that is killed and comes back with half a chunk', async () => {
    const folder = join(root, 'restarted');
    const all = content(3 * TRANSFER_CHUNK);
    const port = Number(new URL((await startProbe()).url).port);
    // The same folder and key at the same address, twice.
    const dying = await startReceiver({
      folder,
      port,
      onChunk(plain, offset) {
        if (offset === TRANSFER_CHUNK) {
          dying.store.append(transferIdOf(dying), plain.subarray(0, 1000));
          throw new Error('killed');
        }
        return plain;
      },
    });
    expect((await send({ all, to: dying })).code).toBe('receiver_unavailable');
    await dying.close();
    const again = await startReceiver({ folder, port });
    open.push(again);
    const { receipt } = await send({ all, to: again });
    expect(again.seen[1]).toBe(`open ${TRANSFER_CHUNK + 1000}`);
    expect((await readFile(again.store.path(receipt?.transferId ?? ''))).equals(all)).toBe(true);
  });

  it('a chunk that arrives broken is refused and comes again; a whole that does not fit begins anew', async () => {
    let broken = false;
    const to = await receiver({
      onChunk(plain) {
        if (broken) return plain;
        broken = true;
        const other = Buffer.from(plain);
        other[7] = (other[7] ?? 0) ^ 1;
        return other;
      },
    });
    const all = content(TRANSFER_CHUNK + 5);
    expect((await send({ all, to })).code).toBe('receiver_hash_mismatch');
    const { receipt } = await send({ all, to });
    expect((await readFile(to.store.path(receipt?.transferId ?? ''))).equals(all)).toBe(true);

    const other = await receiver();
    await send({ all, to: other, dieAfter: 1 });
    other.store.restart(transferIdOf(other));
    other.store.append(transferIdOf(other), Buffer.alloc(TRANSFER_CHUNK, 1));
    expect((await send({ all, to: other })).code).toBe('receiver_hash_mismatch');
    expect(other.store.offset(transferIdOf(other))).toBe(0);
    expect((await send({ all, to: other })).code).toBe(null);
  });

  it('a package that is not the released one is not finished', async () => {
    const to = await receiver();
    const transfers = createTransfers({ signing, allowLoopback: true });
    const sent = transfers.send({
      operator: 'infentre',
      requestId: 'req_1',
      receiver: to,
      bytes: 10,
      sha256: createHash('sha256').update('another').digest('hex'),
      async *content() {
        yield Buffer.from('0123456789');
      },
      progress: async () => undefined,
      heartbeat: () => undefined,
    });
    await expect(sent).rejects.toMatchObject({ code: 'package_changed' });
    expect(to.seen).not.toContain('finish');
  });

  it.each([
    ['http://192.168.1.5/inbox', false],
    ['http://127.0.0.1:9/inbox', false],
    ['https://127.0.0.1:9/inbox', false],
    ['https://10.0.0.1/inbox', true],
    ['https://[fd00::1]/inbox', true],
    ['http://example.com/inbox', true],
    ['https://user:pass@example.com/inbox', true],
    ['file:///etc/passwd', true],
  ])('does not call %s (loopback allowed: %s)', async (url, allowLoopback) => {
    const { key } = await receiver();
    expect((await send({ all: content(10), to: { url, key }, allowLoopback })).code).toBe('receiver_address_refused');
  });

  it('a name that leads to this machine or a private network is not called', async () => {
    const { key } = await receiver();
    for (const address of ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1']) {
      const transfers = createTransfers({
        signing,
        allowLoopback: false,
        resolve: ((_: string, __: unknown, done: (e: null, a: { address: string; family: number }[]) => void) =>
          done(null, [{ address, family: address.includes(':') ? 6 : 4 }])) as never,
      });
      await expect(
        transfers.send({
          operator: 'infentre',
          requestId: 'req_1',
          receiver: { url: 'https://receiver.example.com/inbox', key },
          bytes: 1,
          sha256: '',
          async *content() {
            yield Buffer.from('0');
          },
          progress: async () => undefined,
          heartbeat: () => undefined,
        }),
      ).rejects.toMatchObject({ code: 'receiver_address_refused' });
    }
  });

  it('a key that is none is no receiver', async () => {
    const { url } = await receiver();
    for (const key of ['', '{}', '{"kty":"RSA"}', 'null', '{"kty":"OKP","crv":"Ed25519","x":"AA"}'])
      expect((await send({ all: content(10), to: { url, key } })).code).toBe('receiver_invalid');
  });
});

/** A port that is free now. */
async function startProbe(): Promise<{ url: string }> {
  const probe = createServer();
  await new Promise<void>((ready) => probe.listen(0, '127.0.0.1', ready));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return { url: `http://127.0.0.1:${port}` };
}

function transferIdOf(at: RunningReceiver): string {
  const [only] = at.store.transfers();
  return only ?? '';
}
