/** AES-256-GCM as one byte string: nonce (12) | tag (16) | ciphertext. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE = 12;
const TAG = 16;
export const KEY_BYTES = 32;

/** Encrypts under a fresh random nonce. A data key serves far fewer than the 2^32 messages that random nonces allow. */
export function seal(key: Uint8Array, plain: Uint8Array, aad: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  cipher.setAAD(aad);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Opens what `seal` made; null when key, data or additional data differ in one bit. */
export function open(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer | null {
  if (sealed.byteLength < NONCE + TAG) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
  } catch {
    return null;
  }
}

/**
 * Additional authenticated data: canonical JSON (sorted keys, no white space) of named strings and numbers, so that no
 * two different sets of facts give the same bytes.
 */
export function aadOf(facts: Readonly<Record<string, string | number>>): Buffer {
  const sorted = Object.keys(facts).sort();
  return Buffer.from(
    `{${sorted.map((name) => `${JSON.stringify(name)}:${JSON.stringify(facts[name])}`).join(',')}}`,
    'utf8',
  );
}
