import { gzipSync } from 'node:zlib';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { documents } from './frames.js';
import { documentsOf } from './read-dump.js';

/** A document by hand: length, one string field, closing byte; so the test does not rest on a BSON library. */
function bson(text: string): Buffer {
  const value = Buffer.from(`${text}\0`);
  const body = Buffer.concat([Buffer.from([0x02]), Buffer.from('t\0'), int32(value.length), value, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
}
function int32(n: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(n);
  return buffer;
}
const EMPTY = Buffer.from([5, 0, 0, 0, 0]);

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
async function collect(source: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const list: Buffer[] = [];
  for await (const document of source) list.push(Buffer.from(document));
  return list;
}

describe('framing', () => {
  // B4
  it('gives the same raw documents with a chunk border at every offset', async () => {
    const all = [bson('a'), EMPTY, bson('blåbær'), bson('x'.repeat(50))];
    const bytes = Buffer.concat(all);
    for (let border = 1; border < bytes.length; border += 1) {
      expect(await collect(documents(chunked(bytes, [border, bytes.length])))).toEqual(all);
    }
  });

  it('gives the same raw documents for any documents and any chunk sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        async (texts, sizes) => {
          const all = texts.map(bson);
          expect(await collect(documents(chunked(Buffer.concat(all), sizes)))).toEqual(all);
        },
      ),
    );
  });

  it('refuses a tail that is cut anywhere', async () => {
    const bytes = Buffer.concat([bson('first'), bson('second')]);
    const first = bson('first').length;
    for (let end = 1; end < bytes.length; end += 1) {
      if (end === first) continue; // a boundary: shorter, but whole
      await expect(collect(documents(chunked(bytes.subarray(0, end), [7])))).rejects.toMatchObject({
        code: 'truncated',
      });
    }
  });

  it.each([
    ['a negative length', int32(-1)],
    ['a length below the shortest document', int32(4)],
    ['a length over 16 MiB', int32(17 * 1024 * 1024)],
    ['a document without its closing byte', Buffer.from([5, 0, 0, 0, 1])],
  ])('refuses %s', async (_what, bytes) => {
    await expect(collect(documents(chunked(Buffer.concat([bytes, EMPTY]), [3])))).rejects.toMatchObject({
      code: 'corrupt_document',
    });
  });

  it('reads nothing from nothing', async () => {
    expect(await collect(documents(chunked(Buffer.alloc(0), [1])))).toEqual([]);
  });
});

// B2
describe('gzipped data files', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'habeas-frames-'));
    return () => rmSync(folder, { recursive: true, force: true });
  });
  const file = (bytes: Buffer): string => {
    const path = join(folder, 'a.bson.gz');
    writeFileSync(path, bytes);
    return path;
  };

  it('are read, also when made of several members', async () => {
    const all = [bson('one'), bson('two')];
    expect(await collect(documentsOf(file(gzipSync(Buffer.concat(all)))))).toEqual(all);
    expect(await collect(documentsOf(file(Buffer.concat(all.map((document) => gzipSync(document))))))).toEqual(all);
  });

  it('are refused when cut or not gzip at all', async () => {
    const whole = gzipSync(bson('one'.repeat(500)));
    await expect(collect(documentsOf(file(whole.subarray(0, whole.length - 9))))).rejects.toMatchObject({
      code: 'corrupt_gzip',
    });
    await expect(collect(documentsOf(file(bson('plain'))))).rejects.toMatchObject({ code: 'corrupt_gzip' });
  });

  it('give an ordinary error for a file that is not there', async () => {
    await expect(collect(documentsOf(join(folder, 'absent.bson.gz')))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
