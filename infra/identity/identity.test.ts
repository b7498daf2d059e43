import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCanary, scanForCanaries } from '../../test/support/canary.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { createKeyRing, fileKeyProvider, type KeyDoc, type KeyRing } from '../keys/index.js';
import {
  CODE_TRIES,
  createCodes,
  createHasher,
  createTokens,
  hashToken,
  isTokenText,
  newTokenText,
  type Codes,
  type Tokens,
} from './index.js';

let base: TestDatabase;
let root: string;
let keys: KeyRing;
let world = 0;
const now = (): number => world;

beforeAll(async () => {
  base = await testDatabase('identity');
  root = await mkdtemp(join(tmpdir(), 'habeas-identity-'));
  keys = createKeyRing({ db: base.db, provider: await fileKeyProvider(join(root, 'keys')) });
});
beforeEach(() => {
  world = Date.parse('2026-11-24T10:00:00Z');
});
afterAll(async () => {
  await base.drop();
  await rm(root, { recursive: true, force: true });
});

describe('token texts', () => {
  it('have prefix, 43 random letters and six check letters, and differ', () => {
    const texts = Array.from({ length: 200 }, newTokenText);
    for (const text of texts) expect(text).toMatch(/^dsk_[0-9A-Za-z]{49}$/);
    expect(texts.every(isTokenText)).toBe(true);
    expect(new Set(texts).size).toBe(200);
  });

  it('use every letter about equally', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 2_000; n += 1)
      for (const letter of newTokenText().slice(4, 47)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    // 86,000 letters over 62: 1,387 each, standard deviation 37.
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1_387)).toBeLessThan(260);
  });

  it('are refused after any single change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 52 }), fc.constantFrom(...'azAZ09_-'), (at, letter) => {
        const text = newTokenText();
        fc.pre(text[at] !== letter);
        expect(isTokenText(text.slice(0, at) + letter + text.slice(at + 1))).toBe(false);
      }),
    );
    for (const bad of ['', 'dsk_', newTokenText().slice(0, -1), `${newTokenText()}0`, ` ${newTokenText()}`])
      expect(isTokenText(bad)).toBe(false);
  });
});

describe('tokens', () => {
  let tokens: Tokens;
  const grant = (days = 30) => ({
    ...{ name: 'billing', role: null, scopes: ['requests:read'], operators: ['infentre'], organisation: null },
    expiresAt: new Date(world + days * 86_400_000),
  });
  beforeAll(async () => {
    tokens = createTokens({ db: base.db, now });
    await tokens.ensureIndexes();
  });

  it('verify to their grant; only the hash is stored', async () => {
    const { id, token } = await tokens.issue(grant());
    expect(await tokens.verify(token)).toMatchObject({ id, scopes: ['requests:read'], operators: ['infentre'] });
    const stored = JSON.stringify(await base.db.collection('tokens').find().toArray());
    expect(stored).toContain(hashToken(token));
    expect(stored).not.toContain(token.slice(4, 20));
    expect(JSON.stringify(await tokens.list())).not.toContain(hashToken(token));
  });

  it('are refused when unknown, expired or revoked', async () => {
    const { id, token } = await tokens.issue(grant());
    expect(await tokens.verify(newTokenText())).toBeNull();
    expect(await tokens.verify('nonsense')).toBeNull();
    world += 30 * 86_400_000 - 1;
    expect(await tokens.verify(token)).not.toBeNull();
    world += 1;
    expect(await tokens.verify(token)).toBeNull();
    world -= 1_000;
    expect(await tokens.revoke(id)).toBe(true);
    expect(await tokens.revoke(id)).toBe(true);
    expect(await tokens.revoke('tok_none')).toBe(false);
    expect(await tokens.verify(token)).toBeNull();
  });

  it('need an end within a year and something to allow', async () => {
    await expect(tokens.issue(grant(0))).rejects.toMatchObject({ code: 'token_expiry' });
    await expect(tokens.issue(grant(367))).rejects.toMatchObject({ code: 'token_expiry' });
    await expect(tokens.issue({ ...grant(), expiresAt: new Date(Number.NaN) })).rejects.toMatchObject({
      code: 'token_expiry',
    });
    await expect(tokens.issue({ ...grant(), scopes: [] })).rejects.toMatchObject({ code: 'token_grant' });
    await expect(tokens.issue({ ...grant(), operators: [] })).rejects.toMatchObject({ code: 'token_grant' });
  });
});

describe('codes', () => {
  let codes: Codes;
  const at = { operator: 'infentre', requestId: 'req_1', purpose: 'identity/0' };
  const other = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  beforeEach(() => {
    codes = createCodes({ db: base.db, keys, now });
  });

  it('are six digits, good once, for ten minutes', async () => {
    const code = await codes.issue(at);
    expect(code).toMatch(/^\d{6}$/);
    world += 10 * 60_000 - 1;
    expect(await codes.check({ ...at, code: other(code) })).toBe('wrong');
    expect(await codes.check({ ...at, code })).toBe('ok');
    expect(await codes.check({ ...at, code })).toBe('expired');
    const late = await codes.issue(at);
    world += 10 * 60_000;
    expect(await codes.check({ ...at, code: late })).toBe('expired');
  });

  it('belong to one request and purpose, and a new one replaces the old', async () => {
    const code = await codes.issue(at);
    expect(await codes.check({ ...at, purpose: 'identity/1', code })).toBe('expired');
    expect(await codes.check({ ...at, requestId: 'req_2', code })).toBe('expired');
    const next = await codes.issue(at);
    if (next !== code) expect(await codes.check({ ...at, code })).toBe('wrong');
    expect(await codes.check({ ...at, code: next })).toBe('ok');
  });

  it('allow five tries, also when fifty come at once', async () => {
    const code = await codes.issue(at);
    const answers = await Promise.all(Array.from({ length: 50 }, () => codes.check({ ...at, code: other(code) })));
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(CODE_TRIES);
    expect(answers.filter((answer) => answer === 'too_many_tries')).toHaveLength(50 - CODE_TRIES);
    expect(await codes.check({ ...at, code })).toBe('too_many_tries');
  });

  it('say ok once when the right one comes four times at once', async () => {
    const code = await codes.issue(at);
    // A clock that moves between the four, as clocks do.
    const ticking = createCodes({ db: base.db, keys, now: () => (world += 1) });
    const answers = await Promise.all([1, 2, 3, 4].map(() => ticking.check({ ...at, code })));
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
  });

  it('do not rest in the clear', async () => {
    const code = await codes.issue({ ...at, requestId: 'req_clear' });
    const doc = await base.db.collection<{ _id: string }>('codes').findOne({ _id: 'req_clear/identity/0' });
    expect(JSON.stringify(doc)).not.toContain(code);
    await codes.removeAll('req_clear');
    expect(await base.db.collection<{ _id: string }>('codes').findOne({ _id: 'req_clear/identity/0' })).toBeNull();
  });
});

describe('identifier hashes', () => {
  it('are equal for one address in any spelling, and differ by operator and type', async () => {
    const hasher = createHasher(keys);
    const one = await hasher.hash('infentre', 'email', ' Kari@Example.no');
    expect(one).toMatch(/^k1:[A-Za-z0-9_-]{43}$/);
    expect(await hasher.hash('infentre', 'email', 'kari@example.no')).toBe(one);
    expect(await hasher.hash('faktry', 'email', 'kari@example.no')).not.toBe(one);
    expect(await hasher.hash('infentre', 'userId', 'kari@example.no')).not.toBe(one);
    expect(await hasher.hashAll('infentre', 'email', 'kari@example.no')).toEqual([one]);
  });

  it('refuse what has an empty normal form', async () => {
    await expect(createHasher(keys).hash('infentre', 'phone', 'none')).rejects.toMatchObject({
      code: 'identifier_empty',
    });
    await expect(createHasher(keys).hash('infentre', 'userId', ' ')).rejects.toMatchObject({
      code: 'identifier_empty',
    });
  });

  it('look up under every live version, newest first', async () => {
    const hasher = createHasher(keys);
    const old = await hasher.hash('itefy', 'email', 'per@example.no');
    const { doc } = await keys.newRequestKey('hash/itefy/k2', 'itefy');
    await base.db.collection<KeyDoc>('keys').insertOne({ ...doc, kind: 'hash' });
    const fresh = createHasher(createKeyRing({ db: base.db, provider: await fileKeyProvider(join(root, 'keys')) }));
    const all = await fresh.hashAll('itefy', 'email', 'per@example.no');
    expect(all.map((each) => each.slice(0, 3))).toEqual(['k2:', 'k1:']);
    expect(all[1]).toBe(old);
    expect(await fresh.hash('itefy', 'email', 'per@example.no')).toBe(all[0]);
  });
});

it('leaves nobody in the store', async () => {
  const person = makeCanary();
  const hasher = createHasher(keys);
  await base.db
    .collection<{ _id: string }>('fences')
    .insertOne({ _id: await hasher.hash('infentre', 'email', person.email) });
  expect(await scanForCanaries(person.needles, { databases: [{ db: base.db }] })).toEqual([]);
});
