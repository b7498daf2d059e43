import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCertificate, signCertificate } from '../domain/certificate/index.js';
import { sha256 } from '../infra/keys/signing-crypto.js';
import type { Signer } from '../infra/keys/signing.js';
import { ensureLedgerIndexes } from '../infra/ledger/documents.js';
import { MongoLedger } from '../infra/ledger/ledger.js';
import { LedgerReader } from '../infra/ledger/reader.js';
import { certificateInput } from '../test/support/certificate.js';
import { draft, testKeys } from '../test/support/ledger.js';
import { testDatabase } from '../test/support/mongo.js';
import { exportLedger } from './ledger.js';
import { checkDocument, readDocument, verifyFiles } from './verify.js';

let folder: string;
let signer: Signer;
let foreign: Signer;
let certificate: Uint8Array;
let whole: Uint8Array;
let part: Uint8Array;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habeas-verify-'));
  const keys = await testKeys();
  signer = await keys.keys.signer('infentre');
  foreign = await keys.keys.signer('itefy');
  await mkdir(at('keys'));
  await writeFile(at(`keys/${signer.keyId}.jwk`), JSON.stringify(signer.publicJwk));
  await writeFile(at('foreign.jwk'), JSON.stringify(foreign.publicJwk));
  certificate = signCertificate(buildCertificate(certificateInput(signer), sha256), signer.sign).bytes;

  const store = await testDatabase('verify');
  await ensureLedgerIndexes(store.db);
  const ledger = new MongoLedger(store.db, keys.keys, { now: () => new Date('2026-11-24T10:00:00.000Z') });
  await ledger.append([draft('a'), draft('b', { requestId: 'req_2' }), draft('c')]);
  await ledger.seal('infentre');
  const written = async (request?: string): Promise<[Uint8Array, number]> => {
    let text = '';
    const count = await exportLedger(new LedgerReader(store.db), { operator: 'infentre', request }, (line) => {
      text += line;
    });
    return [new TextEncoder().encode(text), count];
  };
  const [wholeBytes, wholeCount] = await written();
  const [partBytes, partCount] = await written('req_2');
  expect([wholeCount, partCount]).toEqual([3, 1]);
  whole = wholeBytes;
  part = partBytes;
  await store.drop();
  await keys.drop();
});
afterAll(() => rm(folder, { recursive: true }));

describe('verifyFiles', () => {
  it('accepts a certificate, a whole export and a part, with the key beside them or a given one', async () => {
    await writeFile(at('c.json'), certificate);
    await writeFile(at('whole.ndjson'), whole);
    await writeFile(at('part.ndjson'), part);
    const files = [at('c.json'), at('whole.ndjson'), at('part.ndjson')];
    const result = await verifyFiles(files);
    expect(result.lines.filter((line) => line.includes('FAILED'))).toEqual([]);
    expect(result).toMatchObject({ ok: true, exitCode: 0 });
    expect(result.lines.filter((line) => line.endsWith(': holds'))).toHaveLength(3);
    expect(await verifyFiles(files, { key: at(`keys/${signer.keyId}.jwk`) })).toMatchObject({ ok: true, exitCode: 0 });
  });

  it('refuses another key, with 1', async () => {
    await writeFile(at('c.json'), certificate);
    await writeFile(at('whole.ndjson'), whole);
    for (const file of ['c.json', 'whole.ndjson']) {
      const result = await verifyFiles([at(file)], { key: at('foreign.jwk') });
      expect(result).toMatchObject({ ok: false, exitCode: 1 });
      expect(result.lines.join('\n')).toContain('another key');
    }
    // The key of somebody else under the right name.
    await mkdir(at('other/keys'), { recursive: true });
    await writeFile(at('other/c.json'), certificate);
    await writeFile(at(`other/keys/${signer.keyId}.jwk`), JSON.stringify(foreign.publicJwk));
    expect(await verifyFiles([at('other/c.json')])).toMatchObject({ ok: false, exitCode: 1 });
  });

  it('answers wrong usage with 2', async () => {
    await writeFile(at('c.json'), certificate);
    expect(await verifyFiles([])).toMatchObject({ ok: false, exitCode: 2 });
    expect(await verifyFiles([at('absent.json')])).toMatchObject({ ok: false, exitCode: 2 });
    expect(await verifyFiles([at('c.json')], { key: at('absent.jwk') })).toMatchObject({ ok: false, exitCode: 2 });
    expect(await verifyFiles([at('c.json')], { key: at('c.json') })).toMatchObject({ ok: false, exitCode: 2 });
  });

  it.each(['', '\n', '{}', '[]', 'null', '{"keyId":"x"}', '\ufeff{}', '{}\n'])(
    'says of %j that it is neither',
    async (content) => {
      await writeFile(at('odd'), content);
      expect(await verifyFiles([at('odd')])).toMatchObject({ ok: false, exitCode: 1 });
    },
  );

  it('fails with any one byte of any file flipped, removed or doubled', async () => {
    const survivors: string[] = [];
    const key = at(`keys/${signer.keyId}.jwk`);
    for (const [name, bytes] of Object.entries({ certificate, whole, part })) {
      for (let i = 0; i < bytes.length; i++) {
        // Every byte once: low bit or the bit between upper and lower case in turn; every fifth also removed or doubled.
        const variants = [bytes.map((byte, at) => (at === i ? byte ^ (i % 2 === 0 ? 0x01 : 0x20) : byte))];
        if (i % 5 === 0) variants.push(Uint8Array.from([...bytes.subarray(0, i), ...bytes.subarray(i + 1)]));
        if (i % 5 === 1) variants.push(Uint8Array.from([...bytes.subarray(0, i + 1), ...bytes.subarray(i)]));
        for (const [kind, variant] of variants.entries()) {
          const document = readDocument(variant);
          const holds =
            document !== null && checkDocument(document, signer.publicKey).every((f) => f.result !== 'failed');
          if (holds) survivors.push(`${name} byte ${i} variant ${kind}`);
        }
        if (i % 97 !== 0) continue;
        // And the whole way through a file now and then.
        await writeFile(at('flipped'), variants[0] ?? '');
        if ((await verifyFiles([at('flipped')], { key })).exitCode !== 1) survivors.push(`${name} byte ${i} as a file`);
      }
    }
    expect(survivors).toEqual([]);
  }, 60_000);

  it('accepts one spelling only: every other text of the same certificate is refused', () => {
    const text = new TextDecoder().decode(certificate);
    const value = JSON.parse(text) as Record<string, unknown>;
    const holds = (other: string): boolean => {
      const document = readDocument(new TextEncoder().encode(other));
      return (
        document !== null && checkDocument(document, signer.publicKey).every((finding) => finding.result !== 'failed')
      );
    };
    expect(holds(text)).toBe(true);
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(value).reverse()));
    const others = [
      JSON.stringify(value, null, 1),
      ` ${text}`,
      `${text} `,
      reordered,
      text.replace('"version":1', '"version":1.0'),
      text.replace('{"', '{"version":1,"'),
      text.replace('infentre', '\\u0069nfentre'),
    ];
    expect(others.filter(holds)).toEqual([]);
    // The last character of base64url carries two bits of the signature and four that mean nothing.
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter((last) => {
      const signature = String(value['signature']).slice(0, -1) + last;
      return holds(text.replace(String(value['signature']), signature));
    });
    expect(spellings).toEqual([String(value['signature']).at(-1)]);
  });

  it('fails with a whole line of an export removed, repeated or moved', async () => {
    const lines = new TextDecoder().decode(whole).split('\n').slice(0, -1);
    const variants = lines.flatMap((line, i) => [
      lines.filter((_, j) => j !== i),
      [...lines.slice(0, i), line, ...lines.slice(i)],
      [line, ...lines.filter((_, j) => j !== i)],
    ]);
    for (const variant of variants) {
      const text = `${variant.join('\n')}\n`;
      if (text === `${lines.join('\n')}\n`) continue;
      await writeFile(at('moved'), text);
      expect((await verifyFiles([at('moved')], { key: at(`keys/${signer.keyId}.jwk`) })).ok, text.slice(0, 80)).toBe(
        false,
      );
    }
  });
});
