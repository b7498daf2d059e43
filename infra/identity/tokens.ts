/**
 * API tokens: `dsk_` + 43 letters and digits (256 random bits) + 6 letters and digits of CRC32 over what stands before,
 * so that a scanner knows a real one and a typing error is refused without a look into the store. Only the SHA-256 of a
 * token is stored: 256 random bits need no slow hash.
 */
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { guarded, type Collection, type Db } from '../store/connect.js';
import { IdentityError } from './errors.js';

const PREFIX = 'dsk_';
const RANDOM = 43;
const CHECK = 6;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM + CHECK}}$`);

/** A new token's text; shown once, never stored. */
export function newTokenText(): string {
  let text = PREFIX;
  while (text.length < PREFIX.length + RANDOM) {
    for (const byte of randomBytes(64)) {
      // 248 = 4 × 62: bytes above would favour the first letters.
      if (byte < 248 && text.length < PREFIX.length + RANDOM) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text + checkOf(text);
}

/** True when the text has the form of a token and its check digits are right. Says nothing about whether it is known. */
export function isTokenText(text: string): boolean {
  return FORM.test(text) && text.slice(-CHECK) === checkOf(text.slice(0, -CHECK));
}

/** SHA-256 of the whole text, hex. */
export function hashToken(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function checkOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let n = 0; n < CHECK; n += 1) {
    digits = ALPHABET.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Who a token speaks for. */
export interface TokenGrant {
  /** Name given by the admin ("billing export"), not of a person. */
  readonly name: string;
  readonly role: string | null;
  readonly scopes: readonly string[];
  readonly operators: readonly string[];
  readonly organisation: string | null;
  /** World time; at most a year ahead. */
  readonly expiresAt: Date;
}

export interface TokenRecord extends TokenGrant {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

interface TokenDoc extends TokenGrant {
  readonly _id: string;
  readonly hash: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface Tokens {
  /** Errors: IdentityError `token_expiry` (past, or more than a year ahead), `token_grant` (neither role nor scope, or no operator). */
  issue(grant: TokenGrant): Promise<{ readonly id: string; readonly token: string }>;
  /** The grant of a live token; null when it is malformed, unknown, expired or revoked (callers cannot tell which). */
  verify(token: string): Promise<TokenRecord | null>;
  list(): Promise<readonly TokenRecord[]>;
  /** Idempotent; false when there is no such token. */
  revoke(id: string): Promise<boolean>;
  ensureIndexes(): Promise<void>;
}

const YEAR_MS = 366 * 86_400_000;
/** `lastUsedAt` is written at most this often: it is a hint for people, not a log. */
const USED_EVERY_MS = 60_000;

export function createTokens(options: { readonly db: Db; readonly now?: () => number }): Tokens {
  return new MongoTokens(options.db.collection<TokenDoc>('tokens'), options.now ?? Date.now);
}

class MongoTokens implements Tokens {
  constructor(
    private readonly tokens: Collection<TokenDoc>,
    private readonly now: () => number,
  ) {}

  async issue(grant: TokenGrant): Promise<{ id: string; token: string }> {
    const now = this.now();
    const left = grant.expiresAt.getTime() - now;
    if (!(left > 0 && left <= YEAR_MS)) throw new IdentityError('token_expiry');
    if ((grant.role === null && grant.scopes.length === 0) || grant.operators.length === 0)
      throw new IdentityError('token_grant');
    const token = newTokenText();
    const _id = `tok_${randomBytes(12).toString('hex')}`;
    const { name, role, scopes, operators, organisation, expiresAt } = grant;
    const doc: TokenDoc = {
      ...{ _id, hash: hashToken(token), name, role, scopes, operators, organisation, expiresAt },
      ...{ createdAt: new Date(now), lastUsedAt: null, revokedAt: null },
    };
    await guarded(() => this.tokens.insertOne(doc));
    return { id: _id, token };
  }

  async verify(token: string): Promise<TokenRecord | null> {
    if (!isTokenText(token)) return null;
    const doc = await guarded(() => this.tokens.findOne({ hash: hashToken(token) }));
    const now = this.now();
    if (doc === null || doc.revokedAt !== null || doc.expiresAt.getTime() <= now) return null;
    if (doc.lastUsedAt === null || now - doc.lastUsedAt.getTime() >= USED_EVERY_MS) {
      await guarded(() => this.tokens.updateOne({ _id: doc._id }, { $set: { lastUsedAt: new Date(now) } }));
    }
    return record(doc);
  }

  async list(): Promise<readonly TokenRecord[]> {
    return (await guarded(() => this.tokens.find().toArray())).map(record);
  }

  async revoke(id: string): Promise<boolean> {
    const revokedAt = new Date(this.now());
    return guarded(async () => {
      const { modifiedCount } = await this.tokens.updateOne({ _id: id, revokedAt: null }, { $set: { revokedAt } });
      return modifiedCount === 1 || (await this.tokens.findOne({ _id: id }, { projection: { _id: 1 } })) !== null;
    });
  }

  async ensureIndexes(): Promise<void> {
    await guarded(() => this.tokens.createIndex({ hash: 1 }, { unique: true }));
  }
}

function record(doc: TokenDoc): TokenRecord {
  const { _id, hash: _hash, ...rest } = doc;
  return { id: _id, ...rest };
}
