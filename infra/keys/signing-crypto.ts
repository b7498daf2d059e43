/** Ed25519, SHA-256 and JWK over node:crypto: the functions that the pure ledger and certificate code is given. */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { canonicalBytes } from '../../domain/ledger/canonical-json.js';
import { fromBase64Url, toBase64Url } from '../../domain/ledger/base64.js';

/** SHA-256 of the bytes, 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest());
}

/** Public Ed25519 key as published: RFC 8037 with `kid` = RFC 7638 thumbprint. */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** The JWK is not a public Ed25519 key in its canonical spelling; code `bad_key`. */
export class PublicKeyError extends Error {
  readonly code = 'bad_key';

  constructor() {
    super('not a public Ed25519 key (JWK, RFC 8037)');
    this.name = 'PublicKeyError';
  }
}

/** RFC 7638 thumbprint (SHA-256, base64url) of a raw 32-byte Ed25519 public key: our key id. */
export function keyIdOf(publicKey: Uint8Array): string {
  return toBase64Url(sha256(canonicalBytes({ crv: 'Ed25519', kty: 'OKP', x: toBase64Url(publicKey) })));
}

export function publicJwkOf(publicKey: Uint8Array): PublicJwk {
  return { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey), kid: keyIdOf(publicKey), use: 'sig', alg: 'EdDSA' };
}

/** Raw 32 bytes of a public JWK; a `kid` that is given must be the key's own thumbprint. Throws PublicKeyError. */
export function publicKeyOfJwk(jwk: unknown): Uint8Array {
  if (typeof jwk !== 'object' || jwk === null) throw new PublicKeyError();
  const { kty, crv, x, kid, d } = jwk as Record<string, unknown>;
  const bytes = typeof x === 'string' ? fromBase64Url(x) : null;
  if (kty !== 'OKP' || crv !== 'Ed25519' || bytes?.length !== 32 || d !== undefined) throw new PublicKeyError();
  if (kid !== undefined && kid !== keyIdOf(bytes)) throw new PublicKeyError();
  return bytes;
}

/** Ed25519 verification (RFC 8032) with a raw public key. Never throws. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) }, format: 'jwk' });
    return verifySignature(null, message, key, signature);
  } catch {
    return false;
  }
}
