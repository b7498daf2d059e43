/**
 * Signing keys of operators (Ed25519), one per operator, for certificates and ledger checkpoints. Kept in a folder of
 * the key provider, never in the store. Created on first use; two processes that race for the first use get the same key.
 */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBase64Url } from '../../domain/ledger/base64.js';
import { keyIdOf, publicJwkOf, type PublicJwk } from './signing-crypto.js';

/** A key that signs; the private half never leaves this object. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly keyId: string;
  /** Raw 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly publicJwk: PublicJwk;
  /** Ed25519 signature, 64 bytes, deterministic. */
  sign(message: Uint8Array): Uint8Array;
}

export interface SigningKeys {
  /** The operator's key; made when there is none. Errors: SigningKeyError. */
  signer(operator: string): Promise<Signer>;
}

export type SigningKeyErrorCode = 'bad_operator' | 'key_unreadable' | 'key_permissions';

/**
 * `bad_operator`: not an operator id. `key_unreadable`: the file is not one of our keys (never overwritten: a new key
 * would make every earlier certificate unverifiable). `key_permissions`: others than the owner may read it.
 */
export class SigningKeyError extends Error {
  readonly code: SigningKeyErrorCode;

  constructor(code: SigningKeyErrorCode, file: string | null = null) {
    super(file === null ? `signing key: ${code}` : `signing key: ${code} (${file})`);
    this.name = 'SigningKeyError';
    this.code = code;
  }
}

/**
 * Keys in `<folder>/signing/<operator>.jwk`: private JWKs (RFC 8037), mode 0600, folder 0700.
 * A key file appears whole or not at all (temporary file, then a hard link that fails when somebody was first).
 */
export function signingKeys(folder: string): SigningKeys {
  const known = new Map<string, Promise<Signer>>();
  return {
    signer(operator) {
      let found = known.get(operator);
      if (found === undefined) {
        found = loadOrCreate(join(folder, 'signing'), operator);
        known.set(operator, found);
        // A failure is not remembered: the operator mends the file and tries again.
        found.catch(() => known.delete(operator));
      }
      return found;
    },
  };
}

async function loadOrCreate(folder: string, operator: string): Promise<Signer> {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(operator)) throw new SigningKeyError('bad_operator');
  const file = join(folder, `${operator}.jwk`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const existing = await load(file);
  if (existing !== null) return existing;
  await create(file);
  const created = await load(file);
  if (created === null) throw new SigningKeyError('key_unreadable', file);
  return created;
}

async function load(file: string): Promise<Signer | null> {
  let text: string;
  try {
    if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0)
      throw new SigningKeyError('key_permissions', file);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    const jwk = JSON.parse(text) as Record<string, unknown>;
    const publicKey = typeof jwk['x'] === 'string' ? fromBase64Url(jwk['x']) : null;
    if (publicKey?.length !== 32) throw new Error('no public half');
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('other kind of key');
    return signerOf(key);
  } catch {
    // The cause may quote the file, which is a secret.
    throw new SigningKeyError('key_unreadable', file);
  }
}

function signerOf(key: KeyObject): Signer {
  const { x } = key.export({ format: 'jwk' });
  const publicKey = fromBase64Url(x ?? '') ?? new Uint8Array(0);
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    publicJwk: publicJwkOf(publicKey),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

async function create(file: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const temporary = `${file}.${process.pid}.${randomBytes(6).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(privateKey.export({ format: 'jwk' })));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // The process's umask may have taken bits away, never added any; this makes the mode exact.
    await chmod(temporary, 0o600);
    await link(temporary, file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    await unlink(temporary);
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
