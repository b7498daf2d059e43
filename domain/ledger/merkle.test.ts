import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_FRONTIER, frontierRoot, pushLeaf, type Frontier } from './frontier.js';
import { toHex } from './hash-text.js';
import {
  consistencyNodes,
  consistencyProof,
  consistencyProofFrom,
  inclusionNodes,
  inclusionProof,
  inclusionProofFrom,
  leafHash,
  merkleRoot,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle.js';

/** Mutation testing runs everything hundreds of times: it asks for few runs, and small trees do. */
const FEW = Number(process.env['FUZZ_RUNS'] ?? 1000) < 1000;

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');

// Test inputs and roots of the certificate-transparency reference implementation.
const CT_INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(hex);
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const CT_LEAVES = CT_INPUTS.map((data) => leafHash(data, sha256));

const leavesOf = (n: number): Uint8Array[] =>
  Array.from({ length: n }, (_, i) => leafHash(Buffer.from(`leaf ${i}`), sha256));

/** The definition of the RFC, word for word, as the oracle. */
function definition(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(definition(leaves.slice(0, k)), definition(leaves.slice(k)), sha256);
}

describe('merkle tree', () => {
  it('gives the published roots of the certificate-transparency tests', () => {
    expect(CT_ROOTS.map((_, n) => toHex(merkleRoot(CT_LEAVES.slice(0, n), sha256)))).toEqual(CT_ROOTS);
  });

  it('gives the published audit path of leaf 5 of 8', () => {
    expect(inclusionProof(CT_LEAVES, 5, sha256).map(toHex)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('gives the published consistency proof from 6 to 8', () => {
    expect(consistencyProof(CT_LEAVES, 6, sha256).map(toHex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('agrees with the definition, and every proof of every tree of many sizes verifies', () => {
    const all = leavesOf(FEW ? 18 : 70);
    for (let size = 1; size <= all.length; size++) {
      const leaves = all.slice(0, size);
      const root = merkleRoot(leaves, sha256);
      expect(toHex(root)).toBe(toHex(definition(leaves)));
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(leaves, index, sha256);
        expect(verifyInclusion({ index, size, leaf: leaves[index] as Uint8Array, proof, root }, sha256)).toBe(true);
      }
      for (let from = 0; from <= size; from++) {
        const proof = consistencyProof(leaves, from, sha256);
        const fromRoot = merkleRoot(leaves.slice(0, from), sha256);
        expect(verifyConsistency({ from, size, fromRoot, root, proof }, sha256)).toBe(true);
      }
    }
  });

  it('refuses every proof that was changed in one bit, place, size or length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(), fc.nat(), fc.nat(), (size, a, b, c) => {
        const leaves = leavesOf(size);
        const root = merkleRoot(leaves, sha256);
        const index = a % size;
        const leaf = leaves[index] as Uint8Array;
        const proof = inclusionProof(leaves, index, sha256);
        const flip = (hash: Uint8Array): Uint8Array =>
          hash.map((byte, i) => (i === c % 32 ? byte ^ (1 << (b % 8)) : byte));
        const at = b % proof.length;
        const broken = proof.map((hash, i) => (i === at ? flip(hash) : hash));
        expect(verifyInclusion({ index, size, leaf, proof: broken, root }, sha256)).toBe(false);
        expect(verifyInclusion({ index, size, leaf: flip(leaf), proof, root }, sha256)).toBe(false);
        expect(verifyInclusion({ index, size, leaf, proof, root: flip(root) }, sha256)).toBe(false);
        expect(verifyInclusion({ index: (index + 1) % size, size, leaf, proof, root }, sha256)).toBe(false);
        expect(verifyInclusion({ index, size, leaf, proof: proof.slice(1), root }, sha256)).toBe(false);
        expect(verifyInclusion({ index, size, leaf, proof: [...proof, root], root }, sha256)).toBe(false);
        expect(verifyInclusion({ index: size, size, leaf, proof, root }, sha256)).toBe(false);
        const from = 1 + (a % (size - 1));
        const fromRoot = merkleRoot(leaves.slice(0, from), sha256);
        const path = consistencyProof(leaves, from, sha256);
        expect(verifyConsistency({ from, size, fromRoot: flip(fromRoot), root, proof: path }, sha256)).toBe(false);
        expect(verifyConsistency({ from, size, fromRoot, root: flip(root), proof: path }, sha256)).toBe(false);
        expect(verifyConsistency({ from, size, fromRoot, root, proof: [...path, root] }, sha256)).toBe(false);
        expect(verifyConsistency({ from, size, fromRoot, root, proof: path.slice(1) }, sha256)).toBe(false);
        expect(verifyConsistency({ from: size, size: from, fromRoot: root, root: fromRoot, proof: path }, sha256)).toBe(
          false,
        );
      }),
      { numRuns: FEW ? 40 : 200 },
    );
  });

  it('grows by the frontier to the same root, and the nodes it finishes are enough for every proof', () => {
    const leaves = leavesOf(FEW ? 18 : 45);
    const stored = new Map<string, Uint8Array>();
    let frontier: Frontier = EMPTY_FRONTIER;
    for (const [i, leaf] of leaves.entries()) {
      const pushed = pushLeaf(frontier, leaf, sha256);
      frontier = pushed.frontier;
      pushed.nodes.forEach((hash, level) => stored.set(`${level}/${(i + 1) / 2 ** level - 1}`, hash));
      expect(toHex(frontierRoot(frontier, sha256))).toBe(toHex(merkleRoot(leaves.slice(0, i + 1), sha256)));
    }
    for (let size = 1; size <= leaves.length; size++) {
      for (let at = 0; at < size; at++) {
        const asked: string[] = [];
        const nodeAt = (level: number, index: number): Uint8Array => {
          asked.push(`${level}/${index}`);
          const hash = stored.get(`${level}/${index}`);
          if (hash === undefined) throw new Error('node was never finished');
          return hash;
        };
        expect(inclusionProofFrom(at, size, nodeAt, sha256)).toEqual(inclusionProof(leaves.slice(0, size), at, sha256));
        expect(asked.sort()).toEqual(
          inclusionNodes(at, size)
            .map((n) => `${n.level}/${n.index}`)
            .sort(),
        );
        asked.length = 0;
        expect(consistencyProofFrom(at, size, nodeAt, sha256)).toEqual(
          consistencyProof(leaves.slice(0, size), at, sha256),
        );
        expect(asked.sort()).toEqual(
          consistencyNodes(at, size)
            .map((n) => `${n.level}/${n.index}`)
            .sort(),
        );
      }
    }
  });

  it('refuses indexes that do not exist and a frontier that does not fit', () => {
    expect(() => inclusionProof(leavesOf(3), 3, sha256)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
    expect(() => consistencyProof(leavesOf(3), 4, sha256)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
    expect(() => pushLeaf({ size: 3, roots: [] }, leavesOf(1)[0] as Uint8Array, sha256)).toThrow(
      expect.objectContaining({ code: 'bad_frontier' }),
    );
  });
});

describe('claims that are no claims', () => {
  const leaves = leavesOf(5);
  const root = merkleRoot(leaves, sha256);
  const short = new Uint8Array(31);
  const bad: readonly number[] = [-1, 0.5, Number.NaN, 2 ** 53];

  it('of inclusion', () => {
    const claim = { index: 2, size: 5, leaf: leaves[2] as Uint8Array, proof: inclusionProof(leaves, 2, sha256), root };
    expect(verifyInclusion(claim, sha256)).toBe(true);
    for (const index of [...bad, 5, 6]) expect(verifyInclusion({ ...claim, index }, sha256), String(index)).toBe(false);
    for (const size of [...bad, 2, 0]) expect(verifyInclusion({ ...claim, size }, sha256), String(size)).toBe(false);
    expect(verifyInclusion({ ...claim, leaf: short }, sha256)).toBe(false);
    expect(verifyInclusion({ ...claim, root: short }, sha256)).toBe(false);
    expect(verifyInclusion({ ...claim, proof: [short, ...claim.proof.slice(1)] }, sha256)).toBe(false);
    expect(verifyInclusion({ ...claim, proof: [] }, sha256)).toBe(false);
    // A tree of one has an empty proof and nothing else.
    const one = { index: 0, size: 1, leaf: leaves[0] as Uint8Array, proof: [], root: leaves[0] as Uint8Array };
    expect(verifyInclusion(one, sha256)).toBe(true);
    expect(verifyInclusion({ ...one, proof: [root] }, sha256)).toBe(false);
    expect(verifyInclusion({ ...one, root }, sha256)).toBe(false);
  });

  it('of consistency', () => {
    const fromRoot = merkleRoot(leaves.slice(0, 3), sha256);
    const claim = { from: 3, size: 5, fromRoot, root, proof: consistencyProof(leaves, 3, sha256) };
    expect(verifyConsistency(claim, sha256)).toBe(true);
    for (const from of [...bad, 6, 2, 4])
      expect(verifyConsistency({ ...claim, from }, sha256), String(from)).toBe(false);
    for (const size of [...bad, 2, 3, 4])
      expect(verifyConsistency({ ...claim, size }, sha256), String(size)).toBe(false);
    expect(verifyConsistency({ ...claim, fromRoot: short }, sha256)).toBe(false);
    expect(verifyConsistency({ ...claim, root: short }, sha256)).toBe(false);
    expect(verifyConsistency({ ...claim, fromRoot: root }, sha256)).toBe(false);
    expect(verifyConsistency({ ...claim, root: fromRoot }, sha256)).toBe(false);
    expect(verifyConsistency({ ...claim, proof: [] }, sha256)).toBe(false);
    expect(verifyConsistency({ ...claim, proof: [short] }, sha256)).toBe(false);
    expect(verifyConsistency({ ...claim, proof: [...claim.proof, root] }, sha256)).toBe(false);
  });

  it('of a tree with itself, or with nothing', () => {
    const same = { from: 5, size: 5, fromRoot: root, root, proof: [] };
    expect(verifyConsistency(same, sha256)).toBe(true);
    expect(verifyConsistency({ ...same, proof: [root] }, sha256)).toBe(false);
    expect(verifyConsistency({ ...same, fromRoot: leaves[0] as Uint8Array }, sha256)).toBe(false);
    const none = { from: 0, size: 5, fromRoot: sha256(new Uint8Array(0)), root, proof: [] };
    expect(verifyConsistency(none, sha256)).toBe(true);
    expect(verifyConsistency({ ...none, proof: [root] }, sha256)).toBe(false);
    expect(verifyConsistency({ ...none, fromRoot: root }, sha256)).toBe(false);
    expect(consistencyProof(leaves, 0, sha256)).toEqual([]);
    expect(consistencyProof(leaves, 5, sha256)).toEqual([]);
  });

  it('and proofs that nobody can make', () => {
    const out = expect.objectContaining({
      name: 'MerkleError',
      code: 'out_of_range',
      message: 'merkle tree: out_of_range',
    });
    for (const index of [...bad, 5]) {
      expect(() => inclusionProof(leaves, index, sha256), String(index)).toThrow(out);
      expect(() => inclusionNodes(index, 5), String(index)).toThrow(out);
      expect(() => inclusionNodes(0, index === 5 ? 0 : index), String(index)).toThrow(out);
    }
    for (const from of [...bad, 6]) {
      expect(() => consistencyProof(leaves, from, sha256), String(from)).toThrow(out);
      expect(() => consistencyNodes(from, 5), String(from)).toThrow(out);
      if (from !== 6) expect(() => consistencyNodes(0, from), String(from)).toThrow(out);
    }
  });
});
