export const KEY_ERROR_CODES = [
  /** No such key now: not written yet, or the store answered without it. Try again. */
  'key_absent',
  /** The destruction is on record: it will never come back. */
  'key_destroyed',
  /** The wrapped key does not open: wrong provider, or tampered with. */
  'key_damaged',
  /** A key file or folder is readable for others. */
  'key_permissions',
  /** The provider's settings make no sense. */
  'key_config',
  'key_provider_unavailable',
] as const;
export type KeyErrorCode = (typeof KEY_ERROR_CODES)[number];

/** Error of keys and providers. `detail` is a constant or an opaque id, never key material. */
export class KeyError extends Error {
  static readonly NAME = 'KeyError';
  readonly code: KeyErrorCode;
  readonly retryable: boolean;

  constructor(code: KeyErrorCode, detail: string) {
    super(`${code}: ${detail}`);
    this.name = KeyError.NAME;
    this.code = code;
    this.retryable = code === 'key_absent' || code === 'key_provider_unavailable';
  }
}
