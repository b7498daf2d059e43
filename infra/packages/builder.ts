/**
 * The access package: a ZIP in the vault, streamed and encrypted while it is made. `index.html` opens from disk and says
 * what, what for, from whom, how long (GDPR Art. 15(1)); `data/` holds the records as JSON; `manifest.json` the hashes.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { PackageBuilder } from '../../domain/ports/services.js';
import { VAULT, type Vault } from '../../domain/ports/vault.js';
import { renderIndex } from './index-page.js';

interface Line {
  readonly dataset: string;
  readonly others: readonly string[];
  readonly data: unknown;
}

export function createPackageBuilder(vault: Vault): PackageBuilder {
  return {
    async build(order) {
      const zip = new ZipFile();
      const mtime = new Date(order.createdAt);
      const files: { name: string; bytes: number; sha256: string; records: number }[] = [];
      let redactions = 0;
      for (const part of order.parts) {
        const name = `data/${part.key.replaceAll('/-', '').replaceAll('/', '.')}.json`;
        const row = { name, bytes: 0, sha256: '', records: 0 };
        files.push(row);
        const hash = createHash('sha256');
        const count = (text: string): string => {
          hash.update(text);
          row.bytes += Buffer.byteLength(text);
          return text;
        };
        async function* json(): AsyncGenerator<string> {
          yield count('[');
          for await (const line of linesOf(vault.readStream(order.requestId, VAULT.collected(part.key)))) {
            const parsed = JSON.parse(line) as Line;
            redactions += parsed.others.length > 0 ? 1 : 0;
            yield count(`${row.records === 0 ? '\n' : ',\n'}${JSON.stringify(parsed.data)}`);
            row.records += 1;
            order.heartbeat();
          }
          yield count('\n]\n');
          row.sha256 = hash.digest('hex');
        }
        zip.addReadStreamLazy(name, { mtime }, (give) => give(null, Readable.from(json())));
      }
      // Entries are written in order: when the last two have their turn, all counts and hashes are known.
      const late = (name: string, text: () => string): void => {
        zip.addReadStreamLazy(name, { mtime }, (give) => give(null, Readable.from([text()])));
      };
      late('index.html', () => {
        const page = renderIndex(order.pack.pack, order, files);
        files.push({
          name: 'index.html',
          bytes: Buffer.byteLength(page),
          sha256: createHash('sha256').update(page).digest('hex'),
          records: 0,
        });
        return page;
      });
      late(
        'manifest.json',
        () => `${JSON.stringify({ requestId: order.requestId, createdAt: order.createdAt, files }, null, 2)}\n`,
      );
      zip.end();
      const writer = vault.writeStream(order.requestId, VAULT.package);
      try {
        for await (const chunk of zip.outputStream) await writer.write(chunk as Uint8Array);
      } catch (error) {
        await writer.abort();
        throw error;
      }
      const { bytes, sha256 } = await writer.finish();
      return {
        artefact: VAULT.package,
        bytes,
        sha256,
        records: files.reduce((sum, f) => sum + f.records, 0),
        redactions,
      };
    },
  };
}

/** Splits a byte stream into lines of text, whatever the chunk borders. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
