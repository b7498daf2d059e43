export const IDENTITY_ERROR_CODES = ['token_expiry', 'token_grant', 'identifier_empty', 'fence_busy'] as const;
export type IdentityErrorCode = (typeof IDENTITY_ERROR_CODES)[number];

/** Error of tokens, codes, hashes and fences; the message is the code. */
export class IdentityError extends Error {
  static readonly NAME = 'IdentityError';
  constructor(readonly code: IdentityErrorCode) {
    super(code);
    this.name = IdentityError.NAME;
  }
}
