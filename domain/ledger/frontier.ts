/**
 * Compact frontier of a growing RFC 6962 tree: the roots of its complete subtrees from left to right, at most log2(n)+1
 * hashes. Adding a leaf costs O(1) on average, whatever the size of the tree.
 */
import { MerkleError, completeSubtrees, nodeHash, type Sha256 } from './merkle.js';

export interface Frontier {
  readonly size: number;
  /** One hash per set bit of `size`, the largest subtree first. */
  readonly roots: readonly Uint8Array[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, roots: [] };

/**
 * Adds one leaf hash. `nodes` are the complete subtrees that this leaf finishes, lowest first (`nodes[0]` is the leaf):
 * `nodes[L]` is node `(L, ((size+1) / 2^L) - 1)`, which is all that proofs ever need to find again.
 * Throws MerkleError `bad_frontier` when the roots do not fit the size.
 */
export function pushLeaf(
  frontier: Frontier,
  leaf: Uint8Array,
  sha256: Sha256,
): { readonly frontier: Frontier; readonly nodes: readonly Uint8Array[] } {
  checkFrontier(frontier);
  const roots = [...frontier.roots];
  const nodes = [leaf];
  let hash = leaf;
  for (let rest = frontier.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    const left = roots.pop();
    if (left === undefined) throw new MerkleError('bad_frontier');
    hash = nodeHash(left, hash, sha256);
    nodes.push(hash);
  }
  roots.push(hash);
  return { frontier: { size: frontier.size + 1, roots }, nodes };
}

/** Root of the tree; of the empty one SHA-256 of nothing. Throws MerkleError `bad_frontier`. */
export function frontierRoot(frontier: Frontier, sha256: Sha256): Uint8Array {
  checkFrontier(frontier);
  const root = frontier.roots.reduceRight<Uint8Array | null>(
    (right, left) => (right === null ? left : nodeHash(left, right, sha256)),
    null,
  );
  return root ?? sha256(new Uint8Array(0));
}

function checkFrontier(frontier: Frontier): void {
  if (completeSubtrees(0, frontier.size).length !== frontier.roots.length) throw new MerkleError('bad_frontier');
}
