/**
 * Standard Webhooks 1.0: `v1` HMAC-SHA256 and `v1a` Ed25519 over `id.timestamp.body`. Pure but for the keys it is given.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { EVENT_TOLERANCE_SECONDS, MAX_SIGNATURES } from '../../contracts/index.js';
import type { PartyKey } from '../../infra/store/parties.js';

export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  /** `v1` or `v1a` with the decoded bytes; at most five are read. */
  readonly signatures: readonly { readonly version: 'v1' | 'v1a'; readonly bytes: Buffer }[];
}

/** Ids may not hold a full stop (it separates the signed parts), nor anything that is not printable. */
const WEBHOOK_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

/** null when a header is missing or not in its form: unsigned. */
export function readHeaders(header: (name: string) => string | undefined): SignedHeaders | null {
  const id = header('webhook-id');
  const timestamp = header('webhook-timestamp');
  const list = header('webhook-signature');
  if (id === undefined || timestamp === undefined || list === undefined) return null;
  if (!WEBHOOK_ID.test(id) || !/^[0-9]{1,12}$/.test(timestamp)) return null;
  const signatures = list
    .split(' ')
    .filter((part) => part !== '')
    .slice(0, MAX_SIGNATURES)
    .flatMap((part) => {
      const [version, text] = part.split(',');
      if ((version !== 'v1' && version !== 'v1a') || text === undefined) return [];
      return [{ version, bytes: Buffer.from(text, 'base64') } as const];
    });
  return signatures.length === 0 ? null : { id, timestamp, signatures };
}

/** Within five minutes of real time, before or after. */
export function isTimely(headers: SignedHeaders, now: Date): boolean {
  return Math.abs(now.getTime() / 1000 - Number(headers.timestamp)) <= EVENT_TOLERANCE_SECONDS;
}

/** Raw Ed25519 public keys in SubjectPublicKeyInfo, as node wants them. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function matches(key: PartyKey, signature: SignedHeaders['signatures'][number], content: Buffer): boolean {
  if (key.kind === 'hmac' && signature.version === 'v1') {
    const expected = createHmac('sha256', key.bytes).update(content).digest();
    return expected.length === signature.bytes.length && timingSafeEqual(expected, signature.bytes);
  }
  if (key.kind === 'ed25519' && signature.version === 'v1a' && signature.bytes.length === 64) {
    const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key.bytes]), format: 'der', type: 'spki' });
    return verify(null, content, publicKey, signature.bytes);
  }
  return false;
}

/** The first key that made one of the signatures; null = none of them. */
export function signedBy(keys: readonly PartyKey[], headers: SignedHeaders, body: Buffer): PartyKey | null {
  const content = Buffer.concat([Buffer.from(`${headers.id}.${headers.timestamp}.`, 'utf8'), body]);
  for (const key of keys) {
    if (headers.signatures.some((signature) => matches(key, signature, content))) return key;
  }
  return null;
}
