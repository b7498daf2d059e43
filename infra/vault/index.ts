/** The vault: where personal data of a request rests, encrypted under the request's own key. */
export { createVault, VAULT_COLLECTIONS, type Entry, type VaultStore } from './vault.js';
export { VaultError, VAULT_ERROR_CODES, type VaultErrorCode } from './errors.js';
export { CHUNK_BYTES } from './artefacts.js';
export type { ChunkDoc, VaultDoc } from './documents.js';
