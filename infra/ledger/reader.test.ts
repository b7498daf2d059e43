import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkExport } from '../../domain/ledger/check-export.js';
import { entryLeaf } from '../../domain/ledger/entry.js';
import { hashBytes } from '../../domain/ledger/hash-text.js';
import { merkleRoot, verifyConsistency, verifyInclusion } from '../../domain/ledger/merkle.js';
import { buildCertificate, checkCertificate, signCertificate } from '../../domain/certificate/index.js';
import { certificateInput } from '../../test/support/certificate.js';
import { draft, exportText, testKeys, toolsOf } from '../../test/support/ledger.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { sha256 } from '../keys/signing-crypto.js';
import { ensureLedgerIndexes, ledgerCollections } from './documents.js';
import { MongoLedger } from './ledger.js';
import { LedgerReader } from './reader.js';

const SIZE = 37;
const OPERATOR = 'infentre';
let store: TestDatabase;
let keys: Awaited<ReturnType<typeof testKeys>>;
let reader: LedgerReader;
let leaves: Uint8Array[];

beforeAll(async () => {
  store = await testDatabase('ledger_reader');
  keys = await testKeys();
  await ensureLedgerIndexes(store.db);
  const ledger = new MongoLedger(store.db, keys.keys, { now: () => new Date('2026-11-24T10:00:00.000Z'), batch: 5 });
  await ledger.append(
    Array.from({ length: SIZE }, (_, i) =>
      draft(`e${i}`, {
        requestId: `req_${i % 3}`,
        actor: { kind: 'person', role: 'privacy_officer', id: `officer${i % 2}` },
        action: i % 5 === 0 ? 'ledger.read' : 'step.verified',
        at: new Date(Date.UTC(2026, 10, 20, 0, i)).toISOString(),
      }),
    ),
  );
  await ledger.append([draft('foreign', { operator: 'itefy', requestId: 'req_1' })]);
  await ledger.seal(OPERATOR);
  await ledger.seal('itefy');
  await ledger.append([draft('pending', { requestId: 'req_1' })]);
  reader = new LedgerReader(store.db);
  const { entries } = await reader.page({ operator: OPERATOR }, { limit: 1000 });
  leaves = entries.map((entry) => entryLeaf(entry.hash, sha256));
});
afterAll(async () => {
  await store.drop();
  await keys.drop();
});

async function all(filter: Omit<Parameters<LedgerReader['page']>[0], 'operator'>, limit: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page = await reader.page({ operator: OPERATOR, ...filter }, { cursor, limit });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    seqs.push(...page.entries.map((entry) => entry.seq));
    cursor = page.next;
  }
  return seqs;
}
const expected = (fits: (i: number) => boolean): number[] => Array.from({ length: SIZE }, (_, i) => i).filter(fits);

describe('page', () => {
  it.each([1, 4, 100])('gives every sealed entry once, oldest first, %s at a time', async (limit) => {
    expect(await all({}, limit)).toEqual(expected(() => true));
    expect(await all({ requests: ['req_1'] }, limit)).toEqual(expected((i) => i % 3 === 1));
    expect(await all({ requests: ['req_1', 'req_2'], action: 'ledger.read' }, limit)).toEqual(
      expected((i) => i % 3 !== 0 && i % 5 === 0),
    );
    expect(await all({ actor: 'officer1' }, limit)).toEqual(expected((i) => i % 2 === 1));
    expect(await all({ from: '2026-11-20T00:10:00Z', to: '2026-11-20T01:20:00+01:00' }, limit)).toEqual(
      expected((i) => i >= 10 && i < 20),
    );
  });

  it('refuses a filter that makes no sense', async () => {
    const refused = expect.objectContaining({ code: 'bad_filter' });
    await expect(reader.page({ operator: OPERATOR, from: 'soon' })).rejects.toThrow(refused);
    await expect(reader.page({ operator: OPERATOR }, { limit: 0 })).rejects.toThrow(refused);
    await expect(reader.page({ operator: OPERATOR }, { cursor: -1 })).rejects.toThrow(refused);
  });
});

describe('proofs', () => {
  it('prove every entry in every tree that holds it', async () => {
    for (const size of [1, 2, 7, 8, 16, 31, SIZE]) {
      const root = merkleRoot(leaves.slice(0, size), sha256);
      const seqs = Array.from({ length: size }, (_, i) => i);
      for (const view of await reader.inclusionProofs(OPERATOR, seqs, size)) {
        const claim = {
          index: view.seq,
          size,
          leaf: entryLeaf(view.hash, sha256),
          proof: view.proof.map(hashBytes),
          root,
        };
        expect(verifyInclusion(claim, sha256)).toBe(true);
      }
    }
  });

  it('prove that every earlier tree is a prefix', async () => {
    const root = merkleRoot(leaves, sha256);
    for (let from = 0; from <= SIZE; from++) {
      const { proof } = await reader.consistency(OPERATOR, from, SIZE);
      const fromRoot = merkleRoot(leaves.slice(0, from), sha256);
      expect(verifyConsistency({ from, size: SIZE, fromRoot, root, proof: proof.map(hashBytes) }, sha256)).toBe(true);
    }
  });

  it('refuse what is not sealed', async () => {
    const refused = expect.objectContaining({ code: 'out_of_range' });
    await expect(reader.inclusion(OPERATOR, SIZE, SIZE)).rejects.toThrow(refused);
    await expect(reader.inclusion(OPERATOR, 0, SIZE + 1)).rejects.toThrow(refused);
    await expect(reader.consistency(OPERATOR, 2, 1)).rejects.toThrow(refused);
    await expect(reader.inclusion('nobody', 0, 0)).rejects.toThrow(refused);
  });
});

describe('ofRequest', () => {
  it('gives a certificate its checkpoint and the proofs of what is sealed', async () => {
    const keyOf = await keys.keys.signer(OPERATOR);
    const ledger = await reader.ofRequest(OPERATOR, 'req_1');
    expect(ledger?.entries.map((entry) => entry.seq)).toEqual(expected((i) => i % 3 === 1));
    const input = certificateInput(keyOf, ledger === null ? {} : { ledger });
    const { bytes } = signCertificate(buildCertificate(input, sha256), keyOf.sign);
    const findings = checkCertificate(new TextDecoder().decode(bytes), await toolsOf(keys.keys));
    expect(findings.filter((finding) => finding.result === 'failed')).toEqual([]);
    expect(findings.map((finding) => finding.text)).toContain('12 ledger entries are in that tree');
    expect(await reader.ofRequest(OPERATOR, 'req_none')).toBeNull();
    expect(await reader.ofRequest('nobody', 'req_1')).toBeNull();
  });
});

describe('export', () => {
  it('of the whole and of a part verifies', async () => {
    const tools = await toolsOf(keys.keys);
    for (const filter of [{}, { requests: ['req_2'] }, { requests: ['req_none'] }, { from: '2026-11-20T00:30:00Z' }]) {
      const findings = checkExport(await exportText(reader, { operator: OPERATOR, ...filter }), tools);
      expect(findings.filter((finding) => finding.result === 'failed')).toEqual([]);
    }
  });

  it('names a lost entry instead of leaving it out', async () => {
    const { entries } = ledgerCollections(store.db);
    const lost = await entries.findOne({ _id: 'e20' });
    await entries.deleteOne({ _id: 'e20' });
    await expect(exportText(reader, { operator: OPERATOR })).rejects.toThrow(
      expect.objectContaining({ code: 'entry_missing' }),
    );
    if (lost !== null) await entries.insertOne(lost);
  });

  it('shows an entry that was changed in the store', async () => {
    const { entries } = ledgerCollections(store.db);
    await entries.updateOne({ _id: 'e20' }, { $set: { code: 'changed' } });
    const findings = checkExport(await exportText(reader, { operator: OPERATOR }), await toolsOf(keys.keys));
    expect(findings.at(-1)).toEqual({
      result: 'failed',
      text: 'line 21: the entry was changed: its hash does not fit',
    });
    await entries.updateOne({ _id: 'e20' }, { $set: { code: null } });
  });
});
