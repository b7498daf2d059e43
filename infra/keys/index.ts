/** Keys: the provider port with its file implementation, and the ring of data keys wrapped by it. */
export {
  createKeyRing,
  CACHE_MS,
  type DataKey,
  type HashingKey,
  type KeyDoc,
  type KeyRing,
  type KeyRingOptions,
} from './key-ring.js';
export { KeyError, KEY_ERROR_CODES, type KeyErrorCode } from './errors.js';
export { fileKeyProvider } from './file-provider.js';
export { epochAt, epochDays, type KeyProvider } from './provider.js';
export { aadOf, open, seal } from './aead.js';
export { createSealer, type Sealer } from './sealer.js';
