import { MongoClient, type CommandStartedEvent, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCheckpoint, verifyCheckpoint } from '../../domain/ledger/checkpoint.js';
import { auditWhole, draft, testKeys, toolsOf } from '../../test/support/ledger.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { ensureLedgerIndexes, ledgerCollections } from './documents.js';
import { MongoLedger, type MongoLedgerOptions } from './ledger.js';
import { LedgerReader } from './reader.js';
import type { SealPoint } from './sealer.js';

let store: TestDatabase;
let db: Db;
let n = 0;
let keys: Awaited<ReturnType<typeof testKeys>>;
let now: Date;
const world = (): Date => now;
const later = (ms: number): void => {
  now = new Date(now.getTime() + ms);
};
const ledger = (over: Partial<MongoLedgerOptions> = {}): MongoLedger =>
  new MongoLedger(db, keys.keys, { now: world, ...over });
const reader = (): LedgerReader => new LedgerReader(db);
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `e${String(from + i).padStart(3, '0')}`);

beforeAll(async () => {
  store = await testDatabase('ledger');
  keys = await testKeys();
});
afterAll(async () => {
  await store.drop();
  await keys.drop();
});
beforeEach(async () => {
  // Each test counts entries and heads, so each has a database of its own on the one connection.
  db = store.client.db(`${store.name}_${n++}`);
  await ensureLedgerIndexes(db);
  now = new Date('2026-11-24T10:00:00.000Z');
  return async () => {
    await db.dropDatabase();
  };
});

describe('append', () => {
  it('records each id once, whatever is repeated, and leaves the first content alone', async () => {
    const l = ledger();
    await l.append([draft('a'), draft('b'), draft('a', { code: 'second' })]);
    await l.append([draft('b', { code: 'third' }), draft('c')]);
    await l.append([]);
    await l.seal('infentre');
    const { entries } = await reader().page({ operator: 'infentre' });
    expect(entries.map((e) => [e.id, e.code])).toEqual([
      ['a', null],
      ['b', null],
      ['c', null],
    ]);
    expect(entries[0]?.after).toEqual({ 'app.users/acme': 'done', $records: 1 });
  });

  it('ignores an id that is already sealed', async () => {
    const l = ledger();
    await l.append([draft('a')]);
    await l.seal('infentre');
    await l.append([draft('a', { code: 'again' })]);
    expect(await l.seal('infentre')).toEqual({ size: 1 });
    expect((await auditWhole(reader(), keys.keys)).failed).toEqual([]);
  });

  it.each([
    ['invalid_entry', draft('x', { after: { bad: undefined } })],
    ['invalid_entry', draft('x', { after: { bad: Number.NaN } })],
    ['invalid_entry', draft('x', { code: '\ud800' })],
    ['invalid_entry', draft('x', { at: 'yesterday' })],
    ['invalid_entry', draft('x', { operator: 'a/b' })],
    ['invalid_entry', draft('')],
    ['entry_too_large', draft('x', { after: { text: 'x'.repeat(70_000) } })],
  ])('refuses with %s and writes nothing at all', async (code, bad) => {
    const l = ledger();
    await expect(l.append([draft('good'), bad])).rejects.toThrow(expect.objectContaining({ code }));
    expect(await ledgerCollections(db).entries.countDocuments({})).toBe(0);
  });
});

describe('seal', () => {
  it('gives dense numbers in the order of recording, a chain, and a checkpoint that verifies', async () => {
    const l = ledger();
    await l.append([draft('z'), draft('y')]);
    await l.append([draft('a'), draft('other', { operator: 'itefy' })]);
    later(5);
    await l.append([draft('A')]);
    expect(await l.seal('infentre')).toEqual({ size: 4 });
    expect(await auditWhole(reader(), keys.keys)).toEqual({ ids: ['z', 'y', 'a', 'A'], failed: [] });
    const view = await reader().checkpoint('infentre');
    const tools = await toolsOf(keys.keys);
    expect(view).toMatchObject({ size: 4, keyId: tools.keyId, sealedAt: now.toISOString() });
    expect(verifyCheckpoint(parseCheckpoint(view?.checkpoint ?? ''), tools.publicKey, tools)).toBe(true);
    expect(await reader().checkpoint('itefy')).toBeNull();
    expect(await l.seal('itefy')).toEqual({ size: 1 });
  });

  it('of nothing is nothing', async () => {
    expect(await ledger().seal('infentre')).toEqual({ size: 0 });
    expect(await reader().checkpoint('infentre')).toBeNull();
  });

  it('takes three write commands for a batch of any size, one for an append, none when idle', async () => {
    const client = await MongoClient.connect(store.url, { monitorCommands: true });
    const writes: string[] = [];
    client.on('commandStarted', (event: CommandStartedEvent) => {
      if (['insert', 'update', 'delete', 'bulkWrite', 'findAndModify'].includes(event.commandName))
        writes.push(event.commandName);
    });
    try {
      const l = new MongoLedger(client.db(db.databaseName), keys.keys, { now: world });
      await l.append([draft('first')]);
      await l.seal('infentre');
      writes.length = 0;
      await l.append(ids(0, 200).map((id) => draft(id)));
      expect(writes).toEqual(['insert']);
      writes.length = 0;
      await l.seal('infentre');
      expect(writes).toEqual(['update', 'update', 'update']);
      writes.length = 0;
      await l.seal('infentre');
      expect(writes).toEqual([]);
    } finally {
      await client.close();
    }
  });

  const points: SealPoint[] = ['chosen', 'planned', 'entries', 'placed', 'published'];
  it.each(points)('is finished by another sealer, byte for byte, after a crash at "%s"', async (point) => {
    const calm = ledger();
    await calm.append(ids(0, 3).map((id) => draft(id)));
    await calm.seal('infentre');
    await calm.append(ids(3, 9).map((id) => draft(id)));
    // Crash on the second chunk, so that "entries" leaves some placed and some not.
    let chunks = 0;
    const dying = ledger({
      chunk: 2,
      fault: (at) => {
        if (at === point && (at !== 'entries' || ++chunks === 2)) throw new Error('killed');
      },
    });
    await expect(dying.seal('infentre')).rejects.toThrow('killed');
    const before = await reader().checkpoint('infentre');
    expect(before?.size).toBe(point === 'published' ? 9 : 3);
    await calm.append(ids(9, 11).map((id) => draft(id)));
    const plannedAt = now.toISOString();
    later(6_000);
    const heir = ledger();
    expect(await heir.seal('infentre')).toEqual({ size: 11 });
    expect(await auditWhole(reader(), keys.keys)).toEqual({ ids: ids(0, 11), failed: [] });
    const { entries } = await reader().page({ operator: 'infentre' });
    // Once planned, the batch keeps its time whoever finishes it.
    expect(entries[8]?.sealedAt).toBe(point === 'chosen' ? now.toISOString() : plannedAt);
  });

  it('goes on by itself in the same process, without waiting for its own lease', async () => {
    let killed = false;
    const l = ledger({
      fault: (at) => {
        if (at === 'placed' && !killed) {
          killed = true;
          throw new Error('killed');
        }
      },
    });
    await l.append(ids(0, 4).map((id) => draft(id)));
    await expect(l.seal('infentre')).rejects.toThrow('killed');
    expect(await l.seal('infentre')).toEqual({ size: 4 });
    expect((await auditWhole(reader(), keys.keys)).failed).toEqual([]);
  });

  it('waits while another sealer holds the lease and takes over when it has expired', async () => {
    const dying = ledger({
      fault: (at) => {
        if (at === 'planned') throw new Error('killed');
      },
    });
    await dying.append([draft('a')]);
    await expect(dying.seal('infentre')).rejects.toThrow('killed');
    const waits: number[] = [];
    const heir = ledger({
      wait: async (ms) => {
        waits.push((await reader().checkpoint('infentre'))?.size ?? 0);
        later(ms * 100);
      },
    });
    expect(await heir.seal('infentre')).toEqual({ size: 1 });
    expect(waits.length).toBeGreaterThan(1);
    expect(waits.every((size) => size === 0)).toBe(true);
  });

  it.each<SealPoint>(['chosen', 'planned', 'entries', 'placed'])(
    'a sealer that sleeps at "%s" past its lease and wakes up changes nothing',
    async (point) => {
      const gate: { open: () => void; asleep: () => void } = { open: () => undefined, asleep: () => undefined };
      const asleep = new Promise<void>((resolve) => {
        gate.asleep = resolve;
      });
      const opened = new Promise<void>((resolve) => {
        gate.open = resolve;
      });
      let once = false;
      const sleeper = ledger({
        fault: async (at) => {
          if (at !== point || once) return;
          once = true;
          gate.asleep();
          await opened;
        },
      });
      await sleeper.append(ids(0, 5).map((id) => draft(id)));
      const slept = sleeper.seal('infentre');
      await asleep;
      later(60_000);
      const heir = ledger();
      await heir.append(ids(5, 8).map((id) => draft(id)));
      expect(await heir.seal('infentre')).toEqual({ size: 8 });
      const before = await ledgerCollections(db).entries.find({}).toArray();
      gate.open();
      expect(await slept).toEqual({ size: 8 });
      expect(await ledgerCollections(db).entries.find({}).toArray()).toEqual(before);
      expect(await auditWhole(reader(), keys.keys)).toEqual({ ids: ids(0, 8), failed: [] });
    },
  );

  it('is exactly once with many writers and sealers, crashes included', async () => {
    const points: SealPoint[] = ['planned', 'entries', 'placed', 'published'];
    let step = 0;
    const workers = Array.from({ length: 4 }, () =>
      ledger({
        batch: 7,
        chunk: 3,
        wait: async (ms) => {
          later(ms * 100);
          await new Promise((resolve) => setImmediate(resolve));
        },
        fault: (at) => {
          // A fixed, uneven pattern of crashes over all points.
          step++;
          if (step % 11 === 0 && points.indexOf(at) === step % 4) throw new Error('killed');
        },
      }),
    );
    const persistently = async (work: () => Promise<unknown>): Promise<void> => {
      for (let tries = 0; tries < 50; tries++) {
        try {
          await work();
          return;
        } catch (error) {
          if (!(error instanceof Error && error.message === 'killed')) throw error;
        }
      }
    };
    await Promise.all(
      workers.map(async (worker, w) => {
        for (let round = 0; round < 6; round++) {
          // Neighbours record half of each other's ids as well, as retries on another worker would.
          const mine = ids(w * 20 + round * 5, w * 20 + round * 5 + 5).map((id) => draft(id));
          await worker.append(mine);
          await persistently(() => worker.seal('infentre'));
        }
      }),
    );
    await persistently(() => ledger().seal('infentre'));
    const audit = await auditWhole(reader(), keys.keys);
    expect(audit.failed).toEqual([]);
    expect([...audit.ids].sort()).toEqual(ids(0, 90));
  });

  it('covers what was recorded before the call, also when calls share a run', async () => {
    const l = ledger();
    const sizes = await Promise.all(
      ids(0, 30).map(async (id) => {
        await l.append([draft(id)]);
        const { size } = await l.seal('infentre');
        const { seq = Number.POSITIVE_INFINITY } = (await ledgerCollections(db).entries.findOne({ _id: id })) ?? {};
        return seq < size;
      }),
    );
    expect(sizes.every(Boolean)).toBe(true);
    expect((await auditWhole(reader(), keys.keys)).failed).toEqual([]);
  });

  it('never moves an entry that has its place, and stops instead', async () => {
    const l = ledger({
      fault: async (at) => {
        if (at === 'planned') await ledgerCollections(db).entries.updateOne({ _id: 'b' }, { $set: { seq: 7 } });
      },
    });
    await l.append([draft('a'), draft('b')]);
    const broken = expect.objectContaining({ code: 'chain_broken' });
    await expect(l.seal('infentre')).rejects.toThrow(broken);
    await expect(l.seal('infentre')).rejects.toThrow(broken);
    expect(await ledgerCollections(db).entries.findOne({ _id: 'b' })).toMatchObject({ seq: 7 });
    expect(await reader().checkpoint('infentre')).toBeNull();
  });

  it('works off a backlog in batches of one run', async () => {
    const l = ledger({ batch: 10 });
    await l.append(ids(0, 95).map((id) => draft(id)));
    expect(await l.seal('infentre')).toEqual({ size: 95 });
    expect(await auditWhole(reader(), keys.keys)).toEqual({ ids: ids(0, 95), failed: [] });
  });

  it('stops when a planned entry was taken away, rather than sealing around it', async () => {
    const l = ledger({
      fault: (at) => {
        if (at === 'planned') throw new Error('killed');
      },
    });
    await l.append([draft('a'), draft('b')]);
    await expect(l.seal('infentre')).rejects.toThrow('killed');
    await ledgerCollections(db).entries.deleteOne({ _id: 'a' });
    later(60_000);
    await expect(ledger().seal('infentre')).rejects.toThrow(expect.objectContaining({ code: 'entry_missing' }));
  });
});

describe('in the background', () => {
  it('seals what this process and others record, and what a dead one left half done', async () => {
    const dying = ledger({
      fault: (at) => {
        if (at === 'placed') throw new Error('killed');
      },
    });
    await dying.append([draft('left')]);
    await expect(dying.seal('infentre')).rejects.toThrow('killed');
    later(60_000);
    const errors: unknown[] = [];
    const l = ledger({ sealAfterMs: 5, lookEveryMs: 20, onError: (_, error) => errors.push(error) });
    l.start(['infentre', 'itefy']);
    try {
      await vi.waitFor(async () => expect((await reader().checkpoint('infentre'))?.size).toBe(1), { timeout: 10_000 });
      await l.append([draft('own')]);
      await ledger().append([draft('of another', { operator: 'itefy' })]);
      await vi.waitFor(
        async () => {
          expect((await reader().checkpoint('infentre'))?.size).toBe(2);
          expect((await reader().checkpoint('itefy'))?.size).toBe(1);
        },
        { timeout: 10_000 },
      );
    } finally {
      await l.stop();
    }
    expect(errors).toEqual([]);
    await l.append([draft('after the stop')]);
    expect((await reader().checkpoint('infentre'))?.size).toBe(2);
  });
});
