/** Sealing of small secrets at rest (AES-256-GCM) under a key derived from one that the key ring keeps. */
import { hkdfSync } from 'node:crypto';
import { aadOf, open, seal } from './aead.js';

/** Seals and opens key material; the scope binds it to its place so that it cannot be moved. */
export interface Sealer {
  seal(scope: string, plain: string): Promise<string>;
  /** Throws when the bytes were changed or moved. */
  open(scope: string, sealed: string): Promise<string>;
}

/**
 * `party-key`: with which parties sign what they send to us; only the API holds that key. `webhook-endpoint`: with which
 * we sign what we send; workers need it, and it opens nothing else.
 */
const LABELS = {
  'party-key': 'habeas/api/party-keys/v1',
  'webhook-endpoint': 'habeas/webhook-endpoints/v1',
} as const;

export function createSealer(secret: Uint8Array, what: keyof typeof LABELS): Sealer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', LABELS[what], 32));
  const aad = (scope: string): Buffer => aadOf({ v: 1, what, scope });
  return {
    seal: async (scope, plain) => seal(key, Buffer.from(plain, 'utf8'), aad(scope)).toString('base64'),
    async open(scope, sealed) {
      const plain = open(key, Buffer.from(sealed, 'base64'), aad(scope));
      if (plain === null) throw new Error(`${what.replace('-', '_')}_damaged`);
      return plain.toString('utf8');
    },
  };
}
