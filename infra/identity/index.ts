/** Who speaks and who is meant: tokens of machines, codes of people, keyed hashes, the person fence. */
export {
  createTokens,
  hashToken,
  isTokenText,
  newTokenText,
  type TokenGrant,
  type TokenRecord,
  type Tokens,
} from './tokens.js';
export { createCodes, CODE_MINUTES, CODE_TRIES, type CodeAnswer, type Codes } from './codes.js';
export { createHasher, type Hasher } from './hasher.js';
export { createFence, type Fence } from './fence.js';
export { IdentityError, IDENTITY_ERROR_CODES, type IdentityErrorCode } from './errors.js';
