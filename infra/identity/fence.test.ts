import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { connectStore, type Store } from '../store/connect.js';
import { createFence, type Fence } from './fence.js';

let base: TestDatabase;
const stores: Store[] = [];
/** Four connections, as of four processes. */
const fences: Fence[] = [];
const fence = (n = 0): Fence => {
  const one = fences[n % fences.length];
  if (one === undefined) throw new Error('no fence');
  return one;
};
const operator = 'infentre';
const until = '2026-12-24T00:00:00.000Z';

beforeAll(async () => {
  base = await testDatabase('fence');
  for (let n = 0; n < 4; n += 1) {
    const store = await connectStore({ url: base.url.replace('/?', `/${base.name}?`) });
    stores.push(store);
    fences.push(createFence({ db: store.db }));
  }
  await fence().ensureIndexes();
});
beforeEach(async () => {
  await base.db.collection('fences').deleteMany({});
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await base.drop();
});

const rows = () =>
  base.db.collection<{ _id: string; holders: { requestId: string; mode: string }[] }>('fences').find().toArray();

describe('person fence', () => {
  it('makes a writer wait for readers that share any one hash, until they leave', async () => {
    await fence().enter({ operator, requestId: 'reader', mode: 'read', hashes: ['a', 'b'], until });
    await fence().enter({ operator, requestId: 'writer', mode: 'write', hashes: ['b', 'c'], until });
    await fence().enter({ operator, requestId: 'stranger', mode: 'read', hashes: ['d'], until });
    const ask = () => fence().waitingFor({ operator, requestId: 'writer', hashes: ['c', 'b'] });
    expect(await ask()).toEqual(['reader']);
    expect(await fence().waitingFor({ operator, requestId: 'writer', hashes: ['c'] })).toEqual([]);
    expect(await fence().waitingFor({ operator, requestId: 'writer', hashes: [] })).toEqual([]);
    expect(await fence().waitingFor({ operator: 'faktry', requestId: 'writer', hashes: ['b'] })).toEqual([]);
    await fence().leave('reader');
    await fence().leave('reader');
    expect(await ask()).toEqual([]);
    // Rows nobody stands at are gone.
    expect((await rows()).map((row) => row._id).sort()).toEqual(['infentre/b', 'infentre/c', 'infentre/d']);
  });

  it('does not make writers wait for writers, nor a reader for itself', async () => {
    await fence().enter({ operator, requestId: 'one', mode: 'write', hashes: ['a'], until });
    await fence().enter({ operator, requestId: 'two', mode: 'write', hashes: ['a'], until });
    await fence().enter({ operator, requestId: 'three', mode: 'read', hashes: ['a'], until });
    expect(await fence().waitingFor({ operator, requestId: 'two', hashes: ['a'] })).toEqual(['three']);
    expect(await fence().waitingFor({ operator, requestId: 'three', hashes: ['a'] })).toEqual([]);
  });

  it('is idempotent and takes more hashes later', async () => {
    for (let n = 0; n < 3; n += 1)
      await fence().enter({ operator, requestId: 'one', mode: 'read', hashes: ['a', 'a', 'b'], until });
    await fence().enter({ operator, requestId: 'one', mode: 'read', hashes: ['b', 'c'], until });
    expect((await rows()).map((row) => row.holders.length)).toEqual([1, 1, 1]);
  });

  it('loses nobody when forty requests enter the same new rows at once, each twice', async () => {
    const hashes = ['a', 'b', 'c', 'd', 'e'];
    const entering = Array.from({ length: 80 }, (_, n) =>
      fence(n).enter({
        operator,
        requestId: `r${n % 40}`,
        mode: 'read',
        hashes: n % 2 === 0 ? hashes : [...hashes].reverse(),
        until,
      }),
    );
    await Promise.all(entering);
    const expected = Array.from({ length: 40 }, (_, n) => `r${n}`).sort();
    for (const row of await rows()) expect(row.holders.map((holder) => holder.requestId).sort()).toEqual(expected);
    expect(await rows()).toHaveLength(5);
  });

  it('lets no writer miss a reader that had entered before it asked', async () => {
    // Reader and writer of one person at once, 60 times: whoever asks after both stand there sees the reader, and
    // a writer that saw nobody must have asked before the reader stood on the shared row.
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const shared = `s${n}`;
        let entered = false;
        const reader = fence(n)
          .enter({ operator, requestId: `reader${n}`, mode: 'read', hashes: [`a${n}`, shared], until })
          .then(() => {
            entered = true;
          });
        await fence(n + 1).enter({
          operator,
          requestId: `writer${n}`,
          mode: 'write',
          hashes: [shared, `z${n}`],
          until,
        });
        const before = entered;
        const seen = await fence(n + 1).waitingFor({ operator, requestId: `writer${n}`, hashes: [shared, `z${n}`] });
        if (before) expect(seen).toEqual([`reader${n}`]);
        await reader;
        expect(await fence(n + 2).waitingFor({ operator, requestId: `writer${n}`, hashes: [shared] })).toEqual([
          `reader${n}`,
        ]);
      }),
    );
  });

  it('keeps those who enter while others leave', async () => {
    for (let n = 0; n < 20; n += 1)
      await fence().enter({ operator, requestId: `old${n}`, mode: 'read', hashes: ['a'], until });
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await Promise.all([
          fence(n).leave(`old${n}`),
          fence(n + 1).enter({ operator, requestId: `new${n}`, mode: 'read', hashes: ['a'], until }),
        ]);
      }),
    );
    const [row] = await rows();
    expect(row?.holders.map((holder) => holder.requestId).sort()).toEqual(
      Array.from({ length: 20 }, (_, n) => `new${n}`).sort(),
    );
  });
});
