/**
 * The sending side of docs/portability-push.md. It keeps no state: before any byte the receiver proves its key, says where
 * it stands, and gets the rest. Killed at any moment, the next attempt goes on from what the receiver has.
 */
import { createHash, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { toBase64Url } from '../../domain/ledger/base64.js';
import type { TransferReceipt, Transfers } from '../../domain/ports/transfers.js';
import { keyIdOf, publicKeyOfJwk } from '../keys/signing-crypto.js';
import type { Signer, SigningKeys } from '../keys/signing.js';
import { openLine, type Answer, type Line, type LineOptions } from './exchange.js';
import { TransferError } from './transfer-error.js';
import {
  exchangeKeyOf,
  openMessage,
  sealTransferChunk,
  sessionKey,
  signMessage,
  TRANSFER_CHUNK,
  transferIdOf,
  type Message,
} from './transfer-protocol.js';

type Order = Parameters<Transfers['send']>[0];

/** The receiver may say once in a while that it stands elsewhere; one that says so for ever is broken. */
const MAX_REPOSITIONS = 5;

export function createTransfers(
  options: { readonly signing: SigningKeys; readonly now?: () => Date } & LineOptions,
): Transfers {
  return {
    async send(order) {
      const receiverKey = keyOf(order.receiver.key);
      const line = openLine(order.receiver.url, options);
      try {
        const signer = await options.signing.signer(order.operator);
        return await new Sending(order, line, signer, receiverKey, options.now ?? (() => new Date())).run();
      } finally {
        line.close();
      }
    },
  };
}

/** Raw public key of a receiver's JWK text. Throws TransferError `receiver_invalid`. */
export function keyOf(jwk: string): Uint8Array {
  try {
    return publicKeyOfJwk(JSON.parse(jwk));
  } catch {
    throw new TransferError('receiver_invalid');
  }
}

class Sending {
  private readonly receiverKeyId: string;
  private readonly transferId: string;

  constructor(
    private readonly order: Order,
    private readonly line: Line,
    private readonly signer: Signer,
    private readonly receiverKey: Uint8Array,
    private readonly now: () => Date,
  ) {
    this.receiverKeyId = keyIdOf(receiverKey);
    this.transferId = transferIdOf(order.requestId, order.sha256, this.receiverKeyId);
  }

  async run(): Promise<TransferReceipt> {
    const { session, exchangeKey } = await this.challenge();
    const own = generateKeyPairSync('x25519');
    const key = this.agree(own.privateKey, exchangeKey, session);
    let offset = await this.open(session, exchangeKeyOf(own.publicKey));
    for (let turn = 0; offset < this.order.bytes; turn += 1) {
      if (turn > MAX_REPOSITIONS) throw new TransferError('receiver_unavailable');
      offset = await this.chunks(session, key, offset);
    }
    return this.finish(session);
  }

  /** The receiver signs our random number together with its own address: another key, or one that is only relayed, ends it. */
  private async challenge(): Promise<{ session: string; exchangeKey: string }> {
    const nonce = toBase64Url(randomBytes(32));
    const answer = await this.say('/challenge', {
      type: 'transfer.challenge',
      transferId: this.transferId,
      nonce,
      url: this.order.receiver.url,
      operator: this.order.operator,
      senderKey: { crv: 'Ed25519', kty: 'OKP', x: this.signer.publicJwk.x },
      receiverKeyId: this.receiverKeyId,
      at: this.now().toISOString(),
    });
    refuse(answer);
    const proof = openMessage(this.receiverKey, answer.body, 'transfer.proof');
    const session = proof?.['session'];
    const exchangeKey = proof?.['exchangeKey'];
    const fits =
      proof?.['transferId'] === this.transferId &&
      proof['nonce'] === nonce &&
      proof['url'] === this.order.receiver.url &&
      proof['senderKeyId'] === this.signer.keyId;
    if (!fits || typeof session !== 'string' || typeof exchangeKey !== 'string')
      throw new TransferError('receiver_key_mismatch');
    return { session, exchangeKey };
  }

  private agree(own: KeyObject, theirs: string, session: string): Buffer {
    try {
      return sessionKey(own, theirs, this.transferId, session);
    } catch {
      throw new TransferError('receiver_key_mismatch');
    }
  }

  private async open(session: string, exchangeKey: string): Promise<number> {
    const { bytes, sha256 } = this.order;
    const answer = await this.say('/transfers', {
      type: 'transfer.open',
      transferId: this.transferId,
      session,
      exchangeKey,
      bytes,
      sha256,
      contentType: 'application/zip',
    });
    refuse(answer);
    const state = openMessage(this.receiverKey, answer.body, 'transfer.state');
    const offset = state?.['offset'];
    if (state?.['transferId'] !== this.transferId || !isOffset(offset, bytes))
      throw new TransferError('receiver_refused');
    return offset;
  }

  /** Sends from `offset` on; resolves with where the receiver stands then. */
  private async chunks(session: string, key: Uint8Array, offset: number): Promise<number> {
    const whole = createHash('sha256');
    let seen = 0;
    let at = offset;
    for await (const chunk of rechunked(this.order.content(), TRANSFER_CHUNK)) {
      this.order.heartbeat();
      whole.update(chunk);
      const begin = seen;
      seen += chunk.length;
      if (seen > this.order.bytes) throw new TransferError('package_changed');
      if (seen <= at) continue;
      const plain = chunk.subarray(at - begin);
      const next = await this.put(session, key, at, plain);
      if (next !== at + plain.length) return next;
      at = next;
      if (Math.floor(at / PROGRESS) !== Math.floor(offset / PROGRESS) || at === this.order.bytes)
        await this.order.progress(at);
      offset = at;
    }
    // What was sent is what was released, or the receiver's own check of the whole would be the only one.
    if (seen !== this.order.bytes || whole.digest('hex') !== this.order.sha256)
      throw new TransferError('package_changed');
    return at;
  }

  private async put(session: string, key: Uint8Array, offset: number, plain: Uint8Array): Promise<number> {
    const { bytes: total } = this.order;
    const place = { transferId: this.transferId, session, offset, length: plain.length, total };
    const answer = await this.line.call('PUT', `/transfers/${this.transferId}`, sealTransferChunk(key, place, plain), {
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${offset}-${offset + plain.length - 1}/${total}`,
      'habeas-session': session,
      'habeas-chunk-sha256': createHash('sha256').update(plain).digest('hex'),
    });
    if (answer.status === 422) throw new TransferError('receiver_hash_mismatch');
    if (answer.status !== 409) refuse(answer);
    const next = (answer.body as { offset?: unknown } | null)?.offset;
    if (!isOffset(next, total)) throw new TransferError('receiver_unavailable');
    return next;
  }

  private async finish(session: string): Promise<TransferReceipt> {
    const { bytes, sha256 } = this.order;
    const answer = await this.say(`/transfers/${this.transferId}/finish`, {
      type: 'transfer.finish',
      transferId: this.transferId,
      session,
      bytes,
      sha256,
    });
    if (answer.status === 422) throw new TransferError('receiver_hash_mismatch');
    refuse(answer);
    const receipt = openMessage(this.receiverKey, answer.body, 'transfer.receipt');
    const receivedAt = receipt?.['receivedAt'];
    const fits =
      receipt?.['transferId'] === this.transferId &&
      receipt['bytes'] === bytes &&
      receipt['sha256'] === sha256 &&
      receipt['senderKeyId'] === this.signer.keyId &&
      receipt['receiverKeyId'] === this.receiverKeyId;
    if (!fits || typeof receivedAt !== 'string') throw new TransferError('receipt_invalid');
    return {
      type: 'transfer.receipt',
      transferId: this.transferId,
      bytes,
      sha256,
      receivedAt,
      receiverKeyId: this.receiverKeyId,
      senderKeyId: this.signer.keyId,
      signature: String((answer.body as { signature?: unknown }).signature),
    };
  }

  private say(path: string, message: Message): Promise<Answer> {
    const envelope = signMessage((bytes) => this.signer.sign(bytes), message);
    return this.line.call('POST', path, Buffer.from(JSON.stringify(envelope)));
  }
}

/** How often the record hears of it. */
const PROGRESS = 16 * 1024 * 1024;

/** A no is a no; an outage may pass. */
function refuse({ status }: Answer): void {
  if (status >= 200 && status < 300) return;
  throw new TransferError(
    status >= 500 || status === 408 || status === 429 ? 'receiver_unavailable' : 'receiver_refused',
  );
}

function isOffset(value: unknown, total: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= total;
}

/** Pieces of exactly `size` bytes, the last one shorter. */
async function* rechunked(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let buffer = Buffer.alloc(size);
  let used = 0;
  for await (const piece of source) {
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + size - used);
      buffer.set(part, used);
      used += part.length;
      from += part.length;
      if (used < size) continue;
      yield buffer;
      buffer = Buffer.alloc(size);
      used = 0;
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}
