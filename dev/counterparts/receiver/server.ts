/**
 * The receiving side of docs/portability-push.md over node:http. It proves its key, takes chunks in order, checks each and
 * the whole, and signs a receipt. It can misbehave on purpose: `corrupt` breaks a chunk on arrival, `key` is another key.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromBase64Url, toBase64Url } from '../../../domain/ledger/base64.js';
import { keyIdOf, publicKeyOfJwk } from '../../../infra/keys/signing-crypto.js';
import {
  exchangeKeyOf,
  openMessage,
  openTransferChunk,
  sessionKey,
  signMessage,
  type Message,
} from '../../../infra/packages/transfer-protocol.js';
import { ReceiverStore, type TransferNote } from './store.js';

export interface ReceiverOptions {
  readonly folder: string;
  readonly port?: number;
  /** Address under which senders know it; default its own. */
  readonly url?: string;
  /** Signs with this key instead of its own: a receiver that is not who it should be. */
  readonly key?: KeyObject;
  /** Called for each chunk before it is stored; may change it or throw (the connection is then cut). */
  readonly onChunk?: (plain: Buffer, offset: number) => Buffer;
}

export interface RunningReceiver {
  readonly url: string;
  /** Public key as JWK text, as a request names it. */
  readonly key: string;
  readonly keyId: string;
  readonly store: ReceiverStore;
  /** What came in, oldest first: `challenge`, `open 0`, `chunk 0`, `finish`. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

interface Session {
  readonly transferId: string;
  readonly id: string;
  readonly own: KeyObject;
  readonly senderKey: Uint8Array;
  key: Buffer | null;
}

/** A chunk with its tag, and room for a larger chunk size of a later version. */
const BODY_LIMIT = 8 * 1024 * 1024;

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(String(status));
  }
}

export async function startReceiver(options: ReceiverOptions): Promise<RunningReceiver> {
  const store = new ReceiverStore(options.folder);
  const key = options.key ?? store.key();
  const publicKey = fromBase64Url(String(key.export({ format: 'jwk' }).x)) ?? new Uint8Array(0);
  const seen: string[] = [];
  const sessions = new Map<string, Session>();
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((ready, failed) => {
    server.once('error', failed);
    server.listen(options.port ?? 0, '127.0.0.1', ready);
  });
  const url = options.url ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/inbox`;
  const signed = (message: Message) => signMessage((bytes) => new Uint8Array(sign(null, bytes, key)), message);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = new URL(request.url ?? '/', url).pathname.replace(new URL(url).pathname, '');
    try {
      const answer = await route(request, path, body);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      response.writeHead(error.status, { 'content-type': 'application/json' }).end(JSON.stringify(error.facts));
    }
  }

  async function route(request: IncomingMessage, path: string, body: Buffer): Promise<unknown> {
    if (request.method === 'POST' && path === '/challenge') return challenge(json(body));
    if (request.method === 'POST' && path === '/transfers') return open(json(body));
    const [, transferId = '', finish] = /^\/transfers\/([A-Za-z0-9_-]+)(\/finish)?$/.exec(path) ?? [];
    if (transferId === '') throw new Refused(404);
    if (request.method === 'PUT' && finish === undefined) return chunk(request, transferId, body);
    if (request.method === 'POST' && finish !== undefined) return close(transferId, json(body));
    throw new Refused(405);
  }

  /** Says who we are before anything comes: signs the sender's number together with our own address. */
  function challenge(envelope: unknown): unknown {
    seen.push('challenge');
    const claimed = (envelope as { message?: { senderKey?: unknown } } | null)?.message?.senderKey;
    const senderKey = senderKeyOf(claimed);
    const message = openMessage(senderKey, envelope, 'transfer.challenge');
    if (message === null) throw new Refused(401);
    if (message['url'] !== url) throw new Refused(421);
    const session: Session = {
      transferId: String(message['transferId']),
      id: toBase64Url(randomBytes(16)),
      own: generateKeyPairSync('x25519').privateKey,
      senderKey,
      key: null,
    };
    sessions.set(session.transferId, session);
    return signed({
      type: 'transfer.proof',
      transferId: session.transferId,
      nonce: String(message['nonce']),
      url,
      session: session.id,
      exchangeKey: exchangeKeyOf(session.own),
      senderKeyId: keyIdOf(senderKey),
      receiverKeyId: keyIdOf(publicKey),
    });
  }

  function open(envelope: unknown): unknown {
    const claimed = (envelope as { message?: Message } | null)?.message;
    const session = sessionOf(String(claimed?.['transferId']), claimed?.['session']);
    const message = openMessage(session.senderKey, envelope, 'transfer.open');
    if (message === null) throw new Refused(401);
    const { transferId } = session;
    const [bytes, sha256] = [Number(message['bytes']), String(message['sha256'])];
    const before = store.note(transferId);
    const senderKeyId = keyIdOf(session.senderKey);
    // The same name for something else, or from somebody else: never mixed with what is there.
    if (before !== null && (before.bytes !== bytes || before.sha256 !== sha256 || before.senderKeyId !== senderKeyId))
      throw new Refused(403);
    if (before === null) store.keep({ transferId, senderKeyId, bytes, sha256, receipt: null });
    session.key = sessionKey(session.own, String(message['exchangeKey']), transferId, session.id);
    const offset = store.offset(transferId);
    seen.push(`open ${offset}`);
    return signed({ type: 'transfer.state', transferId, session: session.id, offset, done: before?.receipt != null });
  }

  function chunk(request: IncomingMessage, transferId: string, body: Buffer): unknown {
    const session = sessionOf(transferId, request.headers['habeas-session']);
    const note = noteOf(transferId);
    const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers['content-range'] ?? '') ?? [];
    const [offset, end] = [Number(from), Number(to) + 1];
    if (session.key === null || !Number.isSafeInteger(offset) || Number(total) !== note.bytes || end > note.bytes)
      throw new Refused(400);
    const at = store.offset(transferId);
    if (offset !== at) throw new Refused(409, { offset: at });
    const place = { transferId, session: session.id, offset, length: end - offset, total: note.bytes };
    const opened = openTransferChunk(session.key, place, body);
    if (opened === null || opened.length !== end - offset) throw new Refused(422);
    const plain = options.onChunk?.(opened, offset) ?? opened;
    if (createHash('sha256').update(plain).digest('hex') !== request.headers['habeas-chunk-sha256'])
      throw new Refused(422);
    store.append(transferId, plain);
    seen.push(`chunk ${offset}`);
    return { offset: at + plain.length };
  }

  async function close(transferId: string, envelope: unknown): Promise<unknown> {
    const session = sessionOf(transferId, (envelope as { message?: Message } | null)?.message?.['session']);
    if (openMessage(session.senderKey, envelope, 'transfer.finish') === null) throw new Refused(401);
    const note = noteOf(transferId);
    seen.push('finish');
    if (note.receipt !== null) return note.receipt;
    if (store.offset(transferId) !== note.bytes) throw new Refused(409, { offset: store.offset(transferId) });
    if ((await store.sha256(transferId)) !== note.sha256) {
      store.restart(transferId);
      throw new Refused(422);
    }
    const receipt = signed({
      type: 'transfer.receipt',
      transferId,
      bytes: note.bytes,
      sha256: note.sha256,
      receivedAt: new Date().toISOString(),
      receiverKeyId: keyIdOf(publicKey),
      senderKeyId: note.senderKeyId,
    });
    store.keep({ ...note, receipt });
    return receipt;
  }

  /** A session that a restart or a newer attempt ended: the sender begins again with a challenge. */
  function sessionOf(transferId: string, id: unknown): Session {
    const session = sessions.get(transferId);
    if (session === undefined || session.id !== id) throw new Refused(408);
    return session;
  }

  function noteOf(transferId: string): TransferNote {
    const note = store.note(transferId);
    if (note === null) throw new Refused(404);
    return note;
  }

  return {
    url,
    key: JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) }),
    keyId: keyIdOf(publicKey),
    store,
    seen,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function senderKeyOf(jwk: unknown): Uint8Array {
  try {
    return publicKeyOfJwk(jwk);
  } catch {
    throw new Refused(400);
  }
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refused(400);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > BODY_LIMIT) throw new Error('too large');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
