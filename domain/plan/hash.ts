/** Hash of a part and root over parts: what an approval is bound to (interfaces.md section 1, planHash). */
import { canonicalBytes } from '../ledger/canonical-json.js';
import { hashBytes, hashText } from '../ledger/hash-text.js';
import { leafHash, merkleRoot, type Sha256 } from '../ledger/merkle.js';
import type { Part } from './types.js';

/** What of a part its decision is bound to. Record ids and counts are left out on purpose: more of the same stays approved. */
export type PartFacts = Pick<
  Part,
  'action' | 'dataset' | 'fields' | 'hold' | 'identifiers' | 'organisation' | 'role' | 'system'
> & {
  /** Rectification only: salted commitment to the proposed values. */
  readonly changes?: string;
};

/**
 * `sha256:` + hex over the canonical JSON of `{action, dataset, fields (sorted, each once), hold: {id, law}|null,
 * identifiers, organisation, role, system}`, with `changes` for a rectification. Other members of `part` are ignored.
 * Errors: CanonicalJsonError when a member is missing.
 */
export function partHash(part: PartFacts, sha256: Sha256): string {
  const facts = {
    action: part.action,
    dataset: part.dataset,
    fields: [...new Set(part.fields)].sort(),
    hold: part.hold === null ? null : { id: part.hold.id, law: part.hold.law },
    identifiers: { ...part.identifiers },
    organisation: part.organisation,
    role: part.role,
    system: part.system,
    ...(part.changes === undefined ? {} : { changes: part.changes }),
  };
  return hashText(sha256(canonicalBytes(facts)));
}

/**
 * RFC 6962 root over the parts' hashes, `sha256:` + hex. Parts are sorted by system, dataset, organisation (none first),
 * then hash, compared by UTF-16 code units; a leaf's data are the 32 bytes of the part's hash. The order given does not matter.
 * Errors: HashTextError `bad_hash` when a part's hash is not of that form.
 */
export function merkleRootOfParts(
  parts: readonly Pick<Part, 'system' | 'dataset' | 'organisation' | 'hash'>[],
  sha256: Sha256,
): string {
  const sorted = [...parts].sort(
    (a, b) =>
      compare(a.system, b.system) ||
      compare(a.dataset, b.dataset) ||
      compare(a.organisation ?? '', b.organisation ?? '') ||
      compare(a.hash, b.hash),
  );
  return hashText(
    merkleRoot(
      sorted.map((part) => leafHash(hashBytes(part.hash), sha256)),
      sha256,
    ),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
