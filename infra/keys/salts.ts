/** Salts for commitments, derived from the request's data key: nothing to store, and gone with the key. */
import { hkdfSync } from 'node:crypto';
import type { Salts } from '../../domain/ports/services.js';
import type { KeyRing } from './key-ring.js';

/** HKDF-SHA-256 (RFC 5869) with a label of its own, so that the salt tells nothing about the key. */
export function createSalts(keys: KeyRing): Salts {
  return {
    async commitmentSalt(requestId) {
      const key = await keys.requestKey(requestId);
      return Buffer.from(hkdfSync('sha256', key.bytes, requestId, 'habeas/subject-commitment/v1', 24)).toString(
        'base64url',
      );
    },
  };
}
