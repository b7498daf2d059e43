import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeletionEntry } from '../../domain/ports/ledgers.js';
import type { Stamp } from '../../domain/words.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { MongoDeletionLedger, ensureDeletionIndexes } from './deletion-ledger.js';
import { MongoJournal, ensureJournalIndexes } from './journal.js';

let store: TestDatabase;
let n = 0;
beforeAll(async () => {
  store = await testDatabase('deletions');
  await ensureDeletionIndexes(store.db);
  await ensureJournalIndexes(store.db);
});
afterAll(() => store.drop());

const stamp = (minute: number): Stamp => ({
  caseAt: `2027-01-01T00:0${minute}:00.000Z`,
  worldAt: `2026-11-24T10:0${minute}:00.000Z`,
});
const intent = (requestId: string, part: string, over: Partial<DeletionEntry> = {}): DeletionEntry => ({
  id: `${requestId}/${part}/0`,
  requestId,
  operator: 'infentre',
  system: 'app',
  dataset: 'users',
  operation: 'delete',
  state: 'intent',
  ids: ['"u1"', '"u2"'],
  hashes: ['k1:aaa'],
  startedAt: stamp(1),
  effectiveAt: null,
  ...over,
});

describe('deletion ledger', () => {
  it('keeps the first startedAt, adds new ids, and the first effect wins', async () => {
    const ledger = new MongoDeletionLedger(store.db);
    const request = `req_${n++}`;
    await ledger.intend([intent(request, 'a'), intent(request, 'b', { ids: [] })]);
    await ledger.intend([intent(request, 'a', { ids: ['"u2"', '"u3"'], hashes: ['k1:bbb'], startedAt: stamp(2) })]);
    await ledger.effective([`${request}/a/0`, 'unknown'], stamp(3));
    await ledger.effective([`${request}/a/0`], stamp(4));
    expect(await ledger.ofRequest(request)).toEqual([
      intent(request, 'a', {
        ids: ['"u1"', '"u2"', '"u3"'],
        hashes: ['k1:aaa', 'k1:bbb'],
        state: 'effective',
        effectiveAt: stamp(3),
      }),
      intent(request, 'b', { ids: [] }),
    ]);
  });

  it('stays effective for the same ids, and is an intent again once others come', async () => {
    const ledger = new MongoDeletionLedger(store.db);
    const request = `req_${n++}`;
    await ledger.intend([intent(request, 'a')]);
    await ledger.effective([`${request}/a/0`], stamp(3));
    await ledger.intend([intent(request, 'a', { ids: ['"u2"'] })]);
    expect((await ledger.ofRequest(request))[0]).toMatchObject({ state: 'effective', effectiveAt: stamp(3) });
    await ledger.intend([intent(request, 'a', { ids: ['"u2"', '"u9"'] })]);
    expect((await ledger.ofRequest(request))[0]).toMatchObject({
      state: 'intent',
      effectiveAt: null,
      startedAt: stamp(1),
      ids: ['"u1"', '"u2"', '"u9"'],
    });
    await ledger.effective([`${request}/a/0`], stamp(5));
    expect((await ledger.ofRequest(request))[0]).toMatchObject({ state: 'effective', effectiveAt: stamp(5) });
  });

  it('loses nothing when many retry at the same moment', async () => {
    const ledger = new MongoDeletionLedger(store.db);
    const request = `req_${n++}`;
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => ledger.intend([intent(request, 'a', { ids: [`"u${i}"`] })])),
    );
    const [entry] = await ledger.ofRequest(request);
    expect([...(entry?.ids ?? [])].sort()).toEqual(Array.from({ length: 12 }, (_, i) => `"u${i}"`).sort());
    expect(entry?.state).toBe('intent');
  });

  it('refuses to record an effect as an intent', async () => {
    const ledger = new MongoDeletionLedger(store.db);
    await expect(ledger.intend([intent('req_x', 'a', { state: 'effective', effectiveAt: stamp(1) })])).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_entry' }),
    );
  });
});

describe('journal', () => {
  it('counts attempts, keeps the first start, and the first verification wins', async () => {
    const journal = new MongoJournal(store.db);
    const request = `req_${n++}`;
    const row = {
      id: `${request}/a/0`,
      requestId: request,
      operator: 'infentre',
      system: 'app',
      part: 'a',
      operation: 'delete',
      targets: 2,
      startedAt: stamp(1),
    };
    await journal.begin([row, { ...row, id: `${request}/b/0`, part: 'b' }]);
    await journal.begin([{ ...row, targets: 3, startedAt: stamp(2) }]);
    await journal.verified([row.id], stamp(3));
    await journal.verified([row.id], stamp(4));
    expect(await journal.ofRequest(request)).toEqual([
      { ...row, targets: 3, state: 'verified', verifiedAt: stamp(3), attempts: 2 },
      { ...row, id: `${request}/b/0`, part: 'b', state: 'intent', verifiedAt: null, attempts: 1 },
    ]);
    await journal.begin([]);
    await journal.verified([], stamp(5));
  });
});
