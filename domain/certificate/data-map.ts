/** Commitments of a certificate: to what an operator declared that it holds, and to whom the certificate is about. */
import { canonicalBytes } from '../ledger/canonical-json.js';
import { hashBytes, hashText } from '../ledger/hash-text.js';
import { leafHash, merkleRoot, type Sha256 } from '../ledger/merkle.js';
import type { Pack } from '../policy/types.js';

export interface DataMapRow {
  readonly system: string;
  readonly dataset: string;
  /** `sha256:` + hex over the canonical JSON of `{connector, dataset: <its whole declaration>, system}`. */
  readonly hash: string;
}

export interface DataMap {
  /** RFC 6962 root over the rows. */
  readonly root: string;
  /** Every dataset of every system, sorted by system, then dataset (UTF-16 code units). */
  readonly datasets: readonly DataMapRow[];
}

/**
 * The declared data map of a pack: what a certificate has to answer for completely. Settings and addresses of systems are
 * not in it. Errors: CanonicalJsonError when a declaration holds something that JSON cannot say.
 */
export function dataMap(pack: Pick<Pack, 'systems'>, sha256: Sha256): DataMap {
  const datasets = pack.systems
    .flatMap((system) =>
      system.datasets.map((dataset) => ({
        system: system.id,
        dataset: dataset.id,
        hash: hashText(sha256(canonicalBytes({ connector: system.connector, dataset, system: system.id }))),
      })),
    )
    .sort(bySystemAndDataset);
  return { root: dataMapRoot(datasets, sha256), datasets };
}

/**
 * Root over the rows in the order given. Leaf data: canonical JSON of the row, so that names are bound, not only
 * declarations. Errors: HashTextError `bad_hash`.
 */
export function dataMapRoot(datasets: readonly DataMapRow[], sha256: Sha256): string {
  const leaves = datasets.map(({ system, dataset, hash }) => {
    hashBytes(hash);
    return leafHash(canonicalBytes({ dataset, hash, system }), sha256);
  });
  return hashText(merkleRoot(leaves, sha256));
}

/**
 * Salted commitment to the person: `sha256:` + hex over the canonical JSON of `{identifiers: [sorted, each once], salt}`.
 * `identifiers` are `<type>:<value in normal form>`; `salt` is at least 16 random bytes as text (it stands in the
 * subject's letter, so that she, and nobody without the letter, can show that a certificate is about her).
 * Throws RangeError `weak_salt` for a shorter salt.
 */
export function subjectCommitment(salt: string, identifiers: readonly string[], sha256: Sha256): string {
  if (salt.length < 22) throw new RangeError('weak_salt');
  return hashText(sha256(canonicalBytes({ identifiers: [...new Set(identifiers)].sort(), salt })));
}

export function bySystemAndDataset(
  a: { readonly system: string; readonly dataset: string },
  b: { readonly system: string; readonly dataset: string },
): number {
  if (a.system !== b.system) return a.system < b.system ? -1 : 1;
  return a.dataset < b.dataset ? -1 : a.dataset > b.dataset ? 1 : 0;
}
