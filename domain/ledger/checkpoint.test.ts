import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromBase64Url, toBase64, toBase64Url } from './base64.js';
import { ledgerOrigin, noteKeyHash, parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.js';
import { toHex } from './hash-text.js';

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());

describe('base64', () => {
  it('equals Buffer on any bytes and has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const standard = Buffer.from(bytes).toString('base64');
        const url = Buffer.from(bytes).toString('base64url');
        expect(toBase64(bytes)).toBe(standard);
        expect(toBase64Url(bytes)).toBe(url);
        expect(fromBase64(standard)).toEqual(bytes);
        expect(fromBase64Url(url)).toEqual(bytes);
      }),
    );
  });

  it.each(['AB', 'AB=', 'AB==AB==', 'AB= =', 'AAA', 'A', 'AA_=', 'AB==', ' AA=='])('refuses "%s"', (text) => {
    // "AB==" has loose bits: it decodes to the same byte as "AA==".
    expect(fromBase64(text)).toBeNull();
  });
});

describe('checkpoint', () => {
  // The example key of the C2SP signed-note specification: name, key hash and public key of its verifier key.
  it('has the key hash of the published signed-note example', () => {
    const key = fromBase64('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')?.slice(1) ?? new Uint8Array(0);
    expect(toHex(noteKeyHash('PeterNeumann', key, sha256))).toBe('c74f20a3');
  });

  // A stand-in for Ed25519: the real one is tested where it lives. Signature = hash, twice.
  const sign = (message: Uint8Array): Uint8Array => Uint8Array.from([...sha256(message), ...sha256(message)]);
  const verify = (_: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
    toHex(sign(message)) === toHex(signature);
  const publicKey = new Uint8Array(32).fill(7);
  const tools = { sha256, verify };
  const root = sha256(new Uint8Array(0));
  const note = signCheckpoint({ origin: ledgerOrigin('infentre'), size: 42, root }, { publicKey, sign }, sha256);

  it('is the text that C2SP prescribes', () => {
    const [origin, size, rootText, empty, signature, end] = note.split('\n');
    expect([origin, size, rootText, empty, end]).toEqual(['habeas/ledger/infentre', '42', toBase64(root), '', '']);
    expect(signature).toMatch(/^— habeas\/ledger\/infentre [A-Za-z0-9+/]{91}=$/);
    expect(parseCheckpoint(note)).toMatchObject({ origin: 'habeas/ledger/infentre', size: 42, root });
    expect(verifyCheckpoint(parseCheckpoint(note), publicKey, tools)).toBe(true);
  });

  it('fails with any single character changed, removed or added', () => {
    const holds = (text: string): boolean => {
      try {
        return verifyCheckpoint(parseCheckpoint(text), publicKey, tools);
      } catch {
        return false;
      }
    };
    for (let i = 0; i < note.length; i++) {
      const other = note[i] === 'A' ? 'B' : 'A';
      expect(holds(note.slice(0, i) + other + note.slice(i + 1)), `changed ${i}`).toBe(false);
      expect(holds(note.slice(0, i) + note.slice(i + 1)), `removed ${i}`).toBe(false);
      expect(holds(`${note.slice(0, i)}A${note.slice(i)}`), `added ${i}`).toBe(false);
      expect(holds(`${note.slice(0, i)}\n${note.slice(i)}`), `newline ${i}`).toBe(false);
    }
    expect(holds(note + note.split('\n')[4] + '\n')).toBe(false);
    expect(holds(note)).toBe(true);
  });

  it('refuses another key, an extension line and a size that is not canonical', () => {
    expect(verifyCheckpoint(parseCheckpoint(note), new Uint8Array(32), tools)).toBe(false);
    for (const bad of [
      note.replace('\n42\n', '\n042\n'),
      note.replace('\n42\n', '\n42 \n'),
      note.replace('\n\n', '\nextension\n\n'),
      note.trimEnd(),
      '',
      '\n\n',
    ]) {
      expect(() => parseCheckpoint(bad)).toThrow(expect.objectContaining({ code: 'bad_checkpoint' }));
    }
    for (const origin of ['', 'a b', 'a+b', 'a\nb']) {
      expect(() => signCheckpoint({ origin, size: 1, root }, { publicKey, sign }, sha256)).toThrow(
        expect.objectContaining({ code: 'bad_checkpoint' }),
      );
    }
  });
});
