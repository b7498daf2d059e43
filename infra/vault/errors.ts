export const VAULT_ERROR_CODES = ['key_destroyed', 'damaged', 'absent', 'unfinished', 'value'] as const;
export type VaultErrorCode = (typeof VAULT_ERROR_CODES)[number];

/**
 * Error of the vault: `key_destroyed` (forgotten for good), `damaged` (does not open: moved, changed or truncated),
 * `absent` (no such artefact), `unfinished` (writer used after its end), `value` (not JSON). Names and ids only.
 * What may pass with time comes as KeyError or StoreError with `retryable: true`.
 */
export class VaultError extends Error {
  static readonly NAME = 'VaultError';
  readonly code: VaultErrorCode;
  readonly retryable = false;

  constructor(code: VaultErrorCode, requestId: string, name: string) {
    super(`${code}: ${requestId} ${name}`);
    this.name = VaultError.NAME;
    this.code = code;
  }
}
