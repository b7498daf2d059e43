/**
 * Messages and keys of the transfer protocol (docs/portability-push.md): both sides use them, the counterpart of the tests
 * too. A message is canonical JSON (RFC 8785) signed with Ed25519 under a prefix of its own; chunks are AES-256-GCM under a
 * key that both sides agree on (X25519, HKDF-SHA256) for one session.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { fromBase64Url, toBase64Url } from '../../domain/ledger/base64.js';
import { canonicalBytes } from '../../domain/ledger/canonical-json.js';
import { verifyEd25519 } from '../keys/signing-crypto.js';

/** Bytes of one chunk before encryption. */
export const TRANSFER_CHUNK = 1024 * 1024;
const TAG = 16;

export type Message = Readonly<Record<string, string | number | boolean | null | Readonly<Record<string, string>>>>;

export interface Envelope {
  readonly message: Message;
  readonly signature: string;
}

function signedBytes(message: Message): Uint8Array {
  return Buffer.concat([Buffer.from('habeas-transfer/1\n'), canonicalBytes(message)]);
}

export function signMessage(sign: (bytes: Uint8Array) => Uint8Array, message: Message): Envelope {
  return { message, signature: toBase64Url(sign(signedBytes(message))) };
}

/** The message when it is signed by this key and of this type; else null. Never throws. */
export function openMessage(publicKey: Uint8Array, envelope: unknown, type: string): Message | null {
  if (typeof envelope !== 'object' || envelope === null) return null;
  const { message, signature } = envelope as Partial<Envelope>;
  const bytes = typeof signature === 'string' ? fromBase64Url(signature) : null;
  if (typeof message !== 'object' || message === null || message['type'] !== type || bytes === null) return null;
  try {
    return verifyEd25519(publicKey, signedBytes(message), bytes) ? message : null;
  } catch {
    return null;
  }
}

/** Opaque and the same for every attempt: names one package on its way to one receiver. */
export function transferIdOf(requestId: string, sha256: string, receiverKeyId: string): string {
  const digest = createHash('sha256').update(`habeas-transfer/1\n${requestId}\n${sha256}\n${receiverKeyId}`).digest();
  return `tr_${toBase64Url(digest).slice(0, 32)}`;
}

/** Raw 32 bytes of an X25519 key, base64url. */
export function exchangeKeyOf(key: KeyObject): string {
  return String(key.export({ format: 'jwk' }).x);
}

/** Throws for a key that is none. */
export function sessionKey(own: KeyObject, theirs: string, transferId: string, session: string): Buffer {
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: theirs }, format: 'jwk' });
  const secret = diffieHellman({ privateKey: own, publicKey });
  return Buffer.from(hkdfSync('sha256', secret, session, `habeas-transfer/1 ${transferId}`, 32));
}

interface ChunkPlace {
  readonly transferId: string;
  readonly session: string;
  readonly offset: number;
  readonly length: number;
  readonly total: number;
}

/** An offset is encrypted under one session key with one content only, so it can be the nonce. */
function nonceOf(offset: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(offset), 4);
  return nonce;
}

export function sealTransferChunk(key: Uint8Array, place: ChunkPlace, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(place.offset));
  cipher.setAAD(canonicalBytes({ ...place }));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** null when it was changed, moved, or sealed under another key. */
export function openTransferChunk(key: Uint8Array, place: ChunkPlace, sealed: Uint8Array): Buffer | null {
  if (sealed.length < TAG) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(place.offset));
    decipher.setAAD(canonicalBytes({ ...place }));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG)), decipher.final()]);
  } catch {
    return null;
  }
}
