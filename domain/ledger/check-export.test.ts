import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { draft } from '../../test/support/ledger.js';
import { canonicalJson } from './canonical-json.js';
import { checkExport, exportFooter } from './check-export.js';
import { signCheckpoint } from './checkpoint.js';
import { entryHash, entryLeaf, GENESIS_HASH, sealEntry } from './entry.js';
import { hashBytes, hashText, isHashText, toHex } from './hash-text.js';
import { inclusionProof, merkleRoot } from './merkle.js';
import type { LedgerEntry } from '../ports/ledgers.js';

// Signed by the operator itself: these ledgers have a right signature and are wrong inside.
const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());
const sign = (message: Uint8Array): Uint8Array => Uint8Array.from([...sha256(message), ...sha256(message)]);
const tools = {
  sha256,
  verify: (_: Uint8Array, message: Uint8Array, signature: Uint8Array) => toHex(sign(message)) === toHex(signature),
  publicKey: new Uint8Array(32).fill(7),
  keyId: 'k',
};

function chain(n: number, change: (entry: LedgerEntry) => Partial<LedgerEntry> = () => ({})): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (let seq = 0; seq < n; seq++) {
    const recorded = { ...draft(`e${seq}`), recordedAt: '2026-11-24T10:00:00.000Z' };
    const place = { seq, prevHash: entries.at(-1)?.hash ?? GENESIS_HASH, sealedAt: '2026-11-24T10:00:01.000Z' };
    const entry = sealEntry(recorded, place, sha256);
    const changed = { ...entry, ...change(entry) };
    entries.push({ ...changed, hash: entryHash(changed, sha256) });
  }
  return entries;
}

/** An export of `shown` out of the tree over `all`; with proofs when `proven`. */
function text(
  shown: readonly LedgerEntry[],
  all: readonly LedgerEntry[],
  options: { readonly proven?: boolean; readonly origin?: string; readonly size?: number } = {},
): string {
  const leaves = all.map((entry) => entryLeaf(entry.hash, sha256));
  const { proven = false, origin = 'habeas/ledger/infentre', size = all.length } = options;
  const checkpoint = signCheckpoint(
    { origin, size, root: merkleRoot(leaves, sha256) },
    { publicKey: tools.publicKey, sign },
    sha256,
  );
  const lines = shown.map((entry) => {
    const index = all.findIndex((other) => other.hash === entry.hash);
    return canonicalJson(
      proven ? { entry, inclusionProof: inclusionProof(leaves, index, sha256).map(hashText) } : { entry },
    );
  });
  return [...lines, canonicalJson({ checkpoint, keyId: 'k', version: 1 }), ''].join('\n');
}
const verdict = (exported: string): string[] =>
  checkExport(exported, tools)
    .filter((finding) => finding.result === 'failed')
    .map((finding) => finding.text);

describe('checkExport', () => {
  const all = chain(6);
  it('accepts a whole ledger, a part of it, and an empty one', () => {
    expect(verdict(text(all, all))).toEqual([]);
    expect(verdict(text([all[1], all[2], all[5]] as LedgerEntry[], all, { proven: true }))).toEqual([]);
    expect(verdict(text([], all, { proven: true }))).toEqual([]);
    expect(verdict(text([], []))).toEqual([]);
  });

  it('refuses a part in another order, twice, or of which only some are proven', () => {
    expect(verdict(text([all[2], all[1]] as LedgerEntry[], all, { proven: true }))).toEqual([
      'line 2: entries are out of order',
    ]);
    expect(verdict(text([all[2], all[2]] as LedgerEntry[], all, { proven: true }))).toEqual([
      'line 2: entries are out of order',
    ]);
    const mixed = [
      text([all[1]] as LedgerEntry[], all).split('\n')[0],
      text([all[3]] as LedgerEntry[], all, { proven: true }),
    ].join('\n');
    expect(verdict(mixed)).toEqual(['only some entries have a proof']);
  });

  it('refuses a whole ledger with entries missing at either end', () => {
    expect(verdict(text(all.slice(0, 5), all))).toEqual(['5 entries, but the checkpoint has 6: some are missing']);
    expect(verdict(text(all.slice(1), all))).toEqual(['5 entries, but the checkpoint has 6: some are missing']);
    expect(verdict(text(all, all.slice(0, 5)))).toEqual(['line 6: the entry is outside the checkpoint']);
  });

  it('refuses entries that are not the ones of the tree', () => {
    const other = chain(6, (entry) => (entry.seq === 5 ? { code: 'other' } : {}));
    expect(verdict(text(other, all))).toEqual(['the entries do not have the root of the checkpoint']);
  });

  it('refuses a broken chain even where root and hashes are right', () => {
    const broken = chain(6, (entry) => (entry.seq === 3 ? { prevHash: GENESIS_HASH } : {}));
    expect(verdict(text(broken, broken))).toEqual(['line 4: the chain is broken here']);
    expect(verdict(text([broken[2], broken[3]] as LedgerEntry[], broken, { proven: true }))).toEqual([
      'line 2: the chain is broken here',
    ]);
    const headless = chain(2, (entry) => (entry.seq === 0 ? { prevHash: `sha256:${'1'.repeat(64)}` } : {}));
    expect(verdict(text(headless, headless))).toEqual(['line 1: the chain is broken here']);
  });

  it('refuses a proof that belongs to another place, and entries of another ledger', () => {
    const moved = chain(6, (entry) => (entry.seq === 2 ? { seq: 4 } : {}));
    expect(verdict(text([moved[2]] as LedgerEntry[], moved, { proven: true }))).toEqual([
      'line 1: the entry is not in the tree of the checkpoint',
    ]);
    expect(verdict(text(all, all, { origin: 'habeas/ledger/itefy' }))).toEqual(['line 1: entry of another ledger']);
  });

  it('refuses a footer that is missing, has more in it, or names another key', () => {
    const good = text(all, all);
    expect(verdict(good.slice(0, -1))[0]).toMatch(/last line/);
    expect(verdict(good.replace('"version":1}\n', '"version":1,"x":1}\n'))[0]).toMatch(/last line/);
    expect(verdict(good.replace('"keyId":"k"', '"keyId":"other"'))[0]).toMatch(/another key/);
    expect(verdict(`${good}\n`)[0]).toMatch(/last line/);
  });
});

describe('what a check of an export says', () => {
  const all = chain(6);
  const said = (exported: string): string[] => checkExport(exported, tools).map((f) => `${f.result}: ${f.text}`);
  const KEY =
    'open: not checked here: that this key is the operator’s (compare it with the one the operator publishes)';

  it('of a whole ledger', () => {
    expect(said(text(all, all))).toEqual([
      'ok: checkpoint of habeas/ledger/infentre, 6 entries, signed by key k',
      "ok: 6 entries: each one's hash fits its content",
      'ok: the whole ledger: sequence without a gap, unbroken chain, and the root of the checkpoint',
      KEY,
      'open: not checked here: that no other history was shown to somebody else (compare checkpoints, ask for a consistency proof)',
    ]);
  });

  it('of a part, and of nothing of something', () => {
    const part = said(text([all[1], all[2]] as LedgerEntry[], all, { proven: true }));
    expect(part.slice(1)).toEqual([
      "ok: 2 entries: each one's hash fits its content",
      'ok: part of the ledger: 2 entries are in the tree of 6',
      KEY,
      'open: not checked here: whether further entries belong to this part (only the whole ledger shows that)',
    ]);
    expect(said(text([], all))[2]).toBe('ok: part of the ledger: 0 entries are in the tree of 6');
    expect(said(text([], []))[2]).toMatch(/^ok: the whole ledger/);
  });

  it('of a checkpoint that is none, or signed by somebody else', () => {
    const footer = (checkpoint: string): string => `${canonicalJson({ checkpoint, keyId: 'k', version: 1 })}\n`;
    expect(said(footer('no note'))).toEqual(['failed: the checkpoint is not a signed note of a transparency log']);
    const other = checkExport(text(all, all), { ...tools, verify: () => false });
    expect(other).toEqual([{ result: 'failed', text: 'the checkpoint is not signed by this key, or was changed' }]);
  });

  it('of an entry whose content was changed after it was hashed', () => {
    const changed = all.map((entry) => (entry.seq === 2 ? { ...entry, code: 'changed' } : entry));
    expect(verdict(text(changed, all))).toEqual(['line 3: the entry was changed: its hash does not fit']);
  });

  it('of a line that is no entry, at its own number', () => {
    const lines = text(all, all).split('\n');
    const second = (line: unknown): string[] =>
      verdict([lines[0], typeof line === 'string' ? line : canonicalJson(line), ...lines.slice(2)].join('\n'));
    const entry = all[1] as LedgerEntry;
    const wrong: unknown[] = [
      '',
      '{',
      `${lines[1]} `,
      null,
      7,
      [],
      {},
      { entry: null },
      { entry: 'x' },
      { entry: [] },
      { entry, more: 1 },
      { entry: { ...entry, operator: 7 } },
      { entry: { ...entry, seq: -1 } },
      { entry: { ...entry, seq: 0.5 } },
      { entry: { ...entry, seq: '1' } },
      { entry: { ...entry, hash: 'x' } },
      { entry: { ...entry, prevHash: 'x' } },
      { entry, inclusionProof: 'x' },
      { entry, inclusionProof: {} },
      { entry, inclusionProof: ['x'] },
      { entry, inclusionProof: [entry.hash, 'x'] },
      { entry, inclusionProof: null },
    ];
    for (const line of wrong)
      expect(second(line), JSON.stringify(line)).toEqual(['line 2 is not the canonical JSON of an entry']);
  });

  it('of a last line that is none', () => {
    const note = text(all, all);
    const { checkpoint } = exportFooter(note) ?? { checkpoint: '' };
    const wrong: unknown[] = [
      null,
      7,
      'x',
      {},
      { checkpoint: 7, keyId: 'k', version: 1 },
      { checkpoint, keyId: 7, version: 1 },
      { checkpoint, keyId: 'k', version: 2 },
      { checkpoint, keyId: 'k', version: '1' },
      { checkpoint, keyId: 'k' },
      { checkpoint, keyId: 'k', version: 1, more: 1 },
    ];
    for (const footer of wrong) expect(exportFooter(`${canonicalJson(footer)}\n`), JSON.stringify(footer)).toBeNull();
    expect(exportFooter(`${canonicalJson({ checkpoint, keyId: 'k', version: 1 })}\n`)).toEqual({
      checkpoint,
      keyId: 'k',
      version: 1,
    });
    expect(exportFooter('')).toBeNull();
    expect(exportFooter('\n')).toBeNull();
    expect(said('')).toEqual(['failed: the last line is not a checkpoint: the export is cut off or was changed']);
  });
});

describe('hashes as text', () => {
  const good = `sha256:${'0f'.repeat(32)}`;

  it('are read and written in one spelling only', () => {
    expect(hashText(hashBytes(good))).toBe(good);
    expect([...hashBytes(good)]).toEqual(Array.from({ length: 32 }, () => 15));
    expect(hashBytes(good)).toHaveLength(32);
    expect(isHashText(good)).toBe(true);
    for (const wrong of [good.toUpperCase(), good.slice(0, -1), `${good}0`, ` ${good}`, 'x', '', null, 7, [good]])
      expect(isHashText(wrong), String(wrong)).toBe(false);
  });

  it('have 32 bytes', () => {
    const bad = expect.objectContaining({
      name: 'HashTextError',
      code: 'bad_hash',
      message: 'not a hash of the form sha256:<64 hex digits>',
    });
    expect(() => hashBytes('x')).toThrow(bad);
    for (const length of [0, 31, 33]) expect(() => hashText(new Uint8Array(length))).toThrow(bad);
    expect(toHex(Uint8Array.of(0, 1, 255))).toBe('0001ff');
  });
});

it('an entry keeps who did it, in three words and no more', () => {
  const [entry] = chain(1);
  const actor = { kind: 'person', role: 'officer', id: 'usr_1', name: 'not kept' };
  const sealed = sealEntry(
    { ...draft('e'), actor, recordedAt: '2026-11-24T10:00:00.000Z' } as Parameters<typeof sealEntry>[0],
    { seq: 0, prevHash: GENESIS_HASH, sealedAt: '2026-11-24T10:00:01.000Z' },
    sha256,
  );
  expect(sealed.actor).toEqual({ kind: 'person', role: 'officer', id: 'usr_1' });
  expect(entry?.seq).toBe(0);
});
