/**
 * Merkle tree of RFC 6962 section 2.1 (the tree of transparency logs): root, inclusion and consistency proofs, and their
 * verification. Pure: the hash function is passed in. All hashes are 32 bytes.
 *
 * A *node* `(level, index)` is the root of the complete subtree over leaves `index·2^level … (index+1)·2^level - 1`;
 * level 0 are the leaf hashes. Whoever keeps these nodes answers every proof with O(log n) of them.
 */

export type Sha256 = (data: Uint8Array) => Uint8Array;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Looks up a complete subtree's root. */
export type NodeAt = (level: number, index: number) => Uint8Array;

export const MERKLE_ERROR_CODES = ['out_of_range', 'bad_frontier'] as const;
export type MerkleErrorCode = (typeof MERKLE_ERROR_CODES)[number];

/** Wrong use of the tree: `out_of_range` (index or size that does not exist), `bad_frontier` (does not fit the size). */
export class MerkleError extends Error {
  readonly code: MerkleErrorCode;

  constructor(code: MerkleErrorCode) {
    super(`merkle tree: ${code}`);
    this.name = 'MerkleError';
    this.code = code;
  }
}

/** Leaf hash: SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array, sha256: Sha256): Uint8Array {
  const input = new Uint8Array(data.length + 1);
  input.set(data, 1);
  return sha256(input);
}

/** Inner node: SHA-256(0x01 ‖ left ‖ right). The prefixes keep a leaf from being passed off as a node. */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const input = new Uint8Array(1 + left.length + right.length);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** Root over leaf *hashes* in order; of an empty tree SHA-256 of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  return rangeRoot(0, leaves.length, leafNodes(leaves, sha256), sha256);
}

/** Audit path of leaf `index` in the tree over `leaves` (leaf hashes), lowest sibling first. Throws `out_of_range`. */
export function inclusionProof(leaves: readonly Uint8Array[], index: number, sha256: Sha256): Uint8Array[] {
  return inclusionProofFrom(index, leaves.length, leafNodes(leaves, sha256), sha256);
}

/** Proof that the tree over the first `from` leaves is a prefix of the tree over `leaves`. Throws `out_of_range`. */
export function consistencyProof(leaves: readonly Uint8Array[], from: number, sha256: Sha256): Uint8Array[] {
  return consistencyProofFrom(from, leaves.length, leafNodes(leaves, sha256), sha256);
}

/** As `inclusionProof`, from complete subtree roots; `inclusionNodes` names the ones that will be asked for. */
export function inclusionProofFrom(index: number, size: number, nodeAt: NodeAt, sha256: Sha256): Uint8Array[] {
  return inclusionRanges(index, size).map(([start, end]) => rangeRoot(start, end, nodeAt, sha256));
}

/** As `consistencyProof`, from complete subtree roots; `consistencyNodes` names the ones that will be asked for. */
export function consistencyProofFrom(from: number, size: number, nodeAt: NodeAt, sha256: Sha256): Uint8Array[] {
  return consistencyRanges(from, size).map(([start, end]) => rangeRoot(start, end, nodeAt, sha256));
}

/** The complete subtrees that an inclusion proof is made of. Throws `out_of_range`. */
export function inclusionNodes(index: number, size: number): TreeNode[] {
  return inclusionRanges(index, size).flatMap(([start, end]) => completeSubtrees(start, end));
}

/** The complete subtrees that a consistency proof is made of. Throws `out_of_range`. */
export function consistencyNodes(from: number, size: number): TreeNode[] {
  return consistencyRanges(from, size).flatMap(([start, end]) => completeSubtrees(start, end));
}

/** Is `leaf` (a leaf hash) at `index` of the tree with this size and root? Never throws. Source: RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  claim: {
    readonly index: number;
    readonly size: number;
    readonly leaf: Uint8Array;
    readonly proof: readonly Uint8Array[];
    readonly root: Uint8Array;
  },
  sha256: Sha256,
): boolean {
  const { index, size, proof } = claim;
  if (!isCount(index) || !isCount(size) || index >= size || !allHashes([claim.leaf, claim.root, ...proof]))
    return false;
  let fn = index;
  let sn = size - 1;
  let hash = claim.leaf;
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      hash = nodeHash(sibling, hash, sha256);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(hash, claim.root);
}

/**
 * Is the tree of size `from` with root `fromRoot` a prefix of the tree of size `size` with root `root`? Never throws.
 * Equal sizes need equal roots and an empty proof; the empty tree is a prefix of everything (empty proof).
 * Source: RFC 9162 section 2.1.4.2.
 */
export function verifyConsistency(
  claim: {
    readonly from: number;
    readonly size: number;
    readonly fromRoot: Uint8Array;
    readonly root: Uint8Array;
    readonly proof: readonly Uint8Array[];
  },
  sha256: Sha256,
): boolean {
  const { from, size, proof } = claim;
  if (!isCount(from) || !isCount(size) || from > size || !allHashes([claim.fromRoot, claim.root, ...proof]))
    return false;
  if (from === size) return proof.length === 0 && equalBytes(claim.fromRoot, claim.root);
  if (from === 0) return proof.length === 0 && equalBytes(claim.fromRoot, sha256(new Uint8Array(0)));
  const path = isPowerOfTwo(from) ? [claim.fromRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let fn = from - 1;
  let sn = size - 1;
  while (isOdd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  let old = first;
  let now = first;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      old = nodeHash(sibling, old, sha256);
      now = nodeHash(sibling, now, sha256);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      now = nodeHash(now, sibling, sha256);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(old, claim.fromRoot) && equalBytes(now, claim.root);
}

/** Compares two hashes (public values: no constant time needed). */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Complete subtrees that `[start, end)` falls into, left to right; `start` is aligned in every range of a proof. */
export function completeSubtrees(start: number, end: number): TreeNode[] {
  const nodes: TreeNode[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** Root over `[start, end)` folded from complete subtrees, right to left as the RFC's split demands. */
export function rangeRoot(start: number, end: number, nodeAt: NodeAt, sha256: Sha256): Uint8Array {
  const parts = completeSubtrees(start, end).map((node) => nodeAt(node.level, node.index));
  const folded = parts.reduceRight<Uint8Array | null>(
    (right, left) => (right === null ? left : nodeHash(left, right, sha256)),
    null,
  );
  if (folded === null) throw new MerkleError('out_of_range');
  return folded;
}

type Range = readonly [start: number, end: number];

function inclusionRanges(index: number, size: number): Range[] {
  if (!isCount(index) || !isCount(size) || index >= size) throw new MerkleError('out_of_range');
  const ranges: Range[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const split = start + largestPowerBelow(end - start);
    if (index < split) {
      ranges.unshift([split, end]);
      end = split;
    } else {
      ranges.unshift([start, split]);
      start = split;
    }
  }
  return ranges;
}

function consistencyRanges(from: number, size: number): Range[] {
  if (!isCount(from) || !isCount(size) || from > size) throw new MerkleError('out_of_range');
  if (from === 0 || from === size) return [];
  const ranges: Range[] = [];
  let start = 0;
  let end = size;
  // Walk down to where the old tree ends; the old root itself is known to the verifier while the walk stays on the left edge.
  while (from !== end) {
    const split = start + largestPowerBelow(end - start);
    if (from <= split) {
      ranges.unshift([split, end]);
      end = split;
    } else {
      ranges.unshift([start, split]);
      start = split;
    }
  }
  if (start !== 0) ranges.unshift([start, end]);
  return ranges;
}

/** Node look-up over plain leaf hashes, each inner node computed once. */
function leafNodes(leaves: readonly Uint8Array[], sha256: Sha256): NodeAt {
  const known = new Map<string, Uint8Array>();
  const nodeAt = (level: number, index: number): Uint8Array => {
    if (level === 0) {
      const leaf = leaves[index];
      if (leaf === undefined) throw new MerkleError('out_of_range');
      return leaf;
    }
    const key = `${level}/${index}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const made = nodeHash(nodeAt(level - 1, index * 2), nodeAt(level - 1, index * 2 + 1), sha256);
    known.set(key, made);
    return made;
  };
  return nodeAt;
}

// Sizes may pass 2^31, so no bit operators.
const isOdd = (n: number): boolean => n % 2 === 1;
const half = (n: number): number => Math.floor(n / 2);
const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const allHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every((hash) => hash.length === 32);

function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest > 1 && !isOdd(rest)) rest = half(rest);
  return rest === 1;
}

/** Largest power of two smaller than `n` (n > 1). */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
