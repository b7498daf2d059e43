/**
 * Keyed hashes of identifiers: how requests of one person meet each other, and how an answer file is found again, without
 * anybody keeping the identifier. The key belongs to the operator and outlives the data keys.
 */
import { createHmac } from 'node:crypto';
import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import type { IdentifierHasher } from '../../domain/ports/services.js';
import type { HashingKey, KeyRing } from '../keys/index.js';
import { IdentityError } from './errors.js';

export interface Hasher extends IdentifierHasher {
  /** Under every live key version, newest first: for looking up rows that were written under an older one. */
  hashAll(operator: string, type: string, value: string): Promise<readonly string[]>;
}

/** Errors of both functions: IdentityError `identifier_empty` (a value whose normal form is empty would make strangers one person); KeyError, StoreError. */
export function createHasher(keys: KeyRing): Hasher {
  return {
    async hash(operator, type, value) {
      const [newest] = await keys.hashingKeys(operator);
      return hashUnder(newest, type, value);
    },
    async hashAll(operator, type, value) {
      return (await keys.hashingKeys(operator)).map((key) => hashUnder(key, type, value));
    },
  };
}

/** `k<version>:` + base64url(HMAC-SHA-256(key, JSON of [type, normal form])). */
function hashUnder(key: HashingKey, type: string, value: string): string {
  const normal = normaliseIdentifier(type, value);
  if (normal.trim() === '') throw new IdentityError('identifier_empty');
  const mac = createHmac('sha256', key.bytes)
    .update(JSON.stringify([type, normal]), 'utf8')
    .digest('base64url');
  return `${key.version}:${mac}`;
}
