/**
 * Six-digit codes that prove control of an address: valid for 10 minutes of world time, five tries, one use. A new code
 * replaces the old one. What rests is an HMAC under the operator's hashing key: a million codes are nothing to somebody
 * who has the store but not the key.
 */
import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../keys/index.js';
import { guarded, type Collection, type Db } from '../store/connect.js';

export const CODE_MINUTES = 10;
export const CODE_TRIES = 5;

export type CodeAnswer =
  | 'ok'
  | 'wrong'
  /** Never issued, replaced, used, or too old: ask for a new one. */
  | 'expired'
  /** Five tries are used up: ask for a new one. */
  | 'too_many_tries';

export interface Codes {
  /** `purpose` names what it proves, for example `identity/0` for the first identifier, `package` for a download. Returns the six digits. */
  issue(input: { readonly operator: string; readonly requestId: string; readonly purpose: string }): Promise<string>;
  /**
   * Counts the try before it compares, so that parallel guesses cannot outrun the limit; `ok` once only. `keep`: a look
   * that counts as a try but does not use the code up.
   */
  check(input: {
    readonly operator: string;
    readonly requestId: string;
    readonly purpose: string;
    readonly code: string;
    readonly keep?: boolean;
  }): Promise<CodeAnswer>;
  removeAll(requestId: string): Promise<void>;
}

interface CodeDoc {
  /** `<requestId>/<purpose>` */
  readonly _id: string;
  readonly requestId: string;
  readonly nonce: string;
  /** `k<version>:` + HMAC. */
  readonly hash: string;
  readonly expiresAt: Date;
  readonly tries: number;
  readonly usedAt: Date | null;
}

export function createCodes(options: { readonly db: Db; readonly keys: KeyRing; readonly now?: () => number }): Codes {
  return new MongoCodes(options.db.collection<CodeDoc>('codes'), options.keys, options.now ?? Date.now);
}

class MongoCodes implements Codes {
  constructor(
    private readonly codes: Collection<CodeDoc>,
    private readonly keys: KeyRing,
    private readonly now: () => number,
  ) {}

  async issue({ operator, requestId, purpose }: Parameters<Codes['issue']>[0]): Promise<string> {
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    const nonce = randomBytes(16).toString('hex');
    const [key] = await this.keys.hashingKeys(operator);
    const _id = `${requestId}/${purpose}`;
    const doc: CodeDoc = {
      ...{ _id, requestId, nonce, hash: `${key.version}:${mac(key.bytes, _id, nonce, code)}`, tries: 0, usedAt: null },
      expiresAt: new Date(this.now() + CODE_MINUTES * 60_000),
    };
    await guarded(() => this.codes.replaceOne({ _id }, doc, { upsert: true }));
    return code;
  }

  async check({
    operator,
    requestId,
    purpose,
    code,
    keep = false,
  }: Parameters<Codes['check']>[0]): Promise<CodeAnswer> {
    const _id = `${requestId}/${purpose}`;
    const now = new Date(this.now());
    const counted = await guarded(() =>
      this.codes.updateOne(
        { _id, usedAt: null, expiresAt: { $gt: now }, tries: { $lt: CODE_TRIES } },
        { $inc: { tries: 1 } },
      ),
    );
    const doc = await guarded(() => this.codes.findOne({ _id }));
    if (doc === null || doc.usedAt !== null || doc.expiresAt <= now) return 'expired';
    if (counted.modifiedCount === 0) return 'too_many_tries';
    const version = doc.hash.slice(0, doc.hash.indexOf(':'));
    const key = (await this.keys.hashingKeys(operator)).find((each) => each.version === version);
    if (key === undefined) return 'expired';
    if (!same(doc.hash.slice(version.length + 1), mac(key.bytes, _id, doc.nonce, code.trim()))) return 'wrong';
    if (keep) return 'ok';
    // The nonce binds the use to the code that was compared: one that replaced it meanwhile stays unused.
    const used = await guarded(() =>
      this.codes.updateOne({ _id, nonce: doc.nonce, usedAt: null }, { $set: { usedAt: now } }),
    );
    return used.modifiedCount === 1 ? 'ok' : 'expired';
  }

  async removeAll(requestId: string): Promise<void> {
    await guarded(() => this.codes.deleteMany({ requestId }));
  }
}

function mac(key: Uint8Array, id: string, nonce: string, code: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['code', id, nonce, code]), 'utf8')
    .digest('base64url');
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
