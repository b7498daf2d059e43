/** Keyed hashes and sealing for the API, both derived from one secret that the key ring keeps (the namespace key). */
import { createHmac, hkdfSync } from 'node:crypto';
import { createSealer as sealer, type Sealer } from '../infra/keys/index.js';
import type { Mac } from '../infra/store/cursor.js';

function derive(secret: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', label, 32));
}

/** HMAC-SHA-256 over purpose and parts as one JSON array, so that no two lists of parts meet; base64url, 43 characters. */
export function createMac(secret: Uint8Array): Mac {
  const key = derive(secret, 'habeas/api/mac/v1');
  return (purpose, ...parts) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, ...parts]), 'utf8')
      .digest('base64url');
}

/** Seals parties' signing secrets at rest; the scope is authenticated, so none can be moved to another party. */
export function createSealer(secret: Uint8Array): Sealer {
  return sealer(secret, 'party-key');
}
