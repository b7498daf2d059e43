import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCanary, scanForCanaries } from './canary.js';
import { testDatabase, type TestDatabase } from './mongo.js';

let base: TestDatabase;
let folder: string;
const person = makeCanary();

beforeAll(async () => {
  base = await testDatabase('canary');
  folder = await mkdtemp(join(tmpdir(), 'habeas-canary-'));
});
afterAll(async () => {
  await base.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('scanForCanaries', () => {
  it('finds a mark wherever it stands, and says where', async () => {
    const file = join(folder, 'big.bin');
    // On the border of two windows.
    await writeFile(
      file,
      Buffer.concat([Buffer.alloc((1 << 20) - 12, 0x2e), Buffer.from(person.email), Buffer.alloc(1 << 20)]),
    );
    await base.db
      .collection<{ _id: string }>('things')
      .insertMany([{ _id: 'a', deep: [{ name: person.name }] } as never, { _id: 'b' }]);
    await base.db.collection<{ _id: string }>('vault').insertOne({ _id: 'c', name: person.name } as never);
    const hits = await scanForCanaries([person.mark], {
      files: [file],
      databases: [{ db: base.db }],
      buffers: { log: `x ${person.mark.toUpperCase()} y`, clean: 'nothing here' },
    });
    expect(hits.map((hit) => hit.place).sort()).toEqual(['buffer:log', `file:${file}`, `mongo:${base.name}.things/a`]);
  });

  it('finds it in base64, URL encoding and UTF-16, at every offset', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 7 }), fc.string({ maxLength: 7 }), async (before, after) => {
        const text = before + person.email + after;
        const buffers = {
          base64: Buffer.from(text).toString('base64'),
          url: encodeURIComponent(text),
          utf16: Buffer.from(text, 'utf16le'),
        };
        expect((await scanForCanaries([person.email], { buffers })).map((hit) => hit.place)).toEqual([
          'buffer:base64',
          'buffer:url',
          'buffer:utf16',
        ]);
      }),
      { numRuns: 200 },
    );
  });

  it('fails with nothing to look for, nowhere to look, or a file that is not there', async () => {
    await expect(scanForCanaries([], { buffers: { log: 'x' } })).rejects.toThrow('nothing to look for');
    await expect(scanForCanaries([''], { buffers: { log: 'x' } })).rejects.toThrow('nothing to look for');
    await expect(scanForCanaries(person.needles, {})).rejects.toThrow('nowhere to look');
    await expect(scanForCanaries(person.needles, { buffers: { log: '' } })).rejects.toThrow('nowhere to look');
    await expect(scanForCanaries(person.needles, { files: [join(folder, 'none')] })).rejects.toThrow();
  });
});
