import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { createClaims } from './claims.js';

let own: TestDatabase;
beforeEach(async () => {
  own = await testDatabase('claims');
});
afterEach(() => own.drop());

interface Doc {
  _id: string;
  state?: string;
  operator?: string;
  right?: string;
  subjectHashes?: string[];
  receivedMs?: number;
  view?: Record<string, unknown>;
}
const put = (...docs: Doc[]) => own.db.collection<Doc>('requests').insertMany(docs);

describe('a claim', () => {
  test('goes to one of many who come at once; the others learn who has it', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `req_${n}`);
    await put(...names.map((_id) => ({ _id, state: 'identifying' })));
    const claims = createClaims(own.db);
    const results = await Promise.all(names.map((requestId) => claims.take({ key: 'op/k1', requestId })));
    const winners = names.filter((_, n) => results[n]?.survivor === null);
    expect(winners).toHaveLength(1);
    for (const [n, name] of names.entries()) if (name !== winners[0]) expect(results[n]?.survivor).toBe(winners[0]);
    // Asked again, everybody hears the same.
    expect(await claims.take({ key: 'op/k1', requestId: winners[0] ?? '' })).toEqual({ survivor: null });
  });

  test('passes on when its request is over', async () => {
    await put({ _id: 'req_a', state: 'closed' }, { _id: 'req_b', state: 'identifying' });
    const claims = createClaims(own.db);
    await claims.take({ key: 'op/k1', requestId: 'req_a' });
    expect(await claims.take({ key: 'op/k1', requestId: 'req_b' })).toEqual({ survivor: null });
    expect(await claims.take({ key: 'op/k1', requestId: 'req_a' })).toEqual({ survivor: 'req_b' });
    expect(await claims.take({ key: 'op/other', requestId: 'req_a' })).toEqual({ survivor: null });
  });
});

describe('earlier requests', () => {
  test('are those of the person, the right and the time that were answered', async () => {
    const at = Date.parse('2026-03-01T00:00:00Z');
    const base = { operator: 'op', right: 'access', subjectHashes: ['h1'], receivedMs: at, state: 'closed' };
    const answered = { answeredAt: '2026-03-05T00:00:00Z', identity: { state: 'verified' } };
    await put(
      { _id: 'later', ...base, receivedMs: at + 1000, view: answered },
      { _id: 'mine', ...base, view: answered },
      { _id: 'hers', ...base, view: answered },
      { _id: 'open', ...base, view: { answeredAt: null } },
      { _id: 'other right', ...base, right: 'erasure', view: answered },
      { _id: 'other person', ...base, subjectHashes: ['h2'], view: answered },
      { _id: 'other operator', ...base, operator: 'x', view: answered },
      { _id: 'long ago', ...base, receivedMs: at - 1, view: answered },
    );
    const claims = createClaims(own.db);
    expect(
      await claims.earlier({
        operator: 'op',
        right: 'access',
        hashes: ['h1', 'h9'],
        since: new Date(at).toISOString(),
        not: 'mine',
      }),
    ).toEqual(['hers', 'later']);
    expect(await claims.samePerson('hers', ['h1'])).toBe(true);
    expect(await claims.samePerson('hers', ['h2'])).toBe(false);
    expect(await claims.samePerson('open', ['h1'])).toBe(false);
  });
});
