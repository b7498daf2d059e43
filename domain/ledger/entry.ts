/**
 * From a recorded draft to a sealed entry: sequence, chain hash, tree leaf (interfaces.md section 8).
 * Pure and deterministic: whoever seals the same drafts in the same order gets the same bytes, which is what makes
 * sealing safe to repeat.
 */
import type { LedgerDraft, LedgerEntry } from '../ports/ledgers.js';
import type { Instant } from '../words.js';
import { canonicalBytes } from './canonical-json.js';
import { hashBytes, hashText } from './hash-text.js';
import { leafHash, type Sha256 } from './merkle.js';

/** `prevHash` of the entry with `seq` 0. */
export const GENESIS_HASH = `sha256:${'0'.repeat(64)}`;

/**
 * Hash of an entry: SHA-256 over the canonical JSON of the entry without `hash`; `prevHash` is inside, so each entry
 * vouches for all before it. Errors: CanonicalJsonError.
 */
export function entryHash(entry: Omit<LedgerEntry, 'hash'> & { readonly hash?: string }, sha256: Sha256): string {
  const { hash: _, ...body } = entry;
  return hashText(sha256(canonicalBytes(body)));
}

/**
 * Tree leaf of an entry. Leaf data are the 32 bytes of the entry's hash, not the entry: so a certificate can prove an
 * entry by its hash alone, without showing it.
 */
export function entryLeaf(hash: string, sha256: Sha256): Uint8Array {
  return leafHash(hashBytes(hash), sha256);
}

/** The draft with its place in the chain. `recordedAt` and `sealedAt` are world time. */
export function sealEntry(
  draft: LedgerDraft & { readonly recordedAt: Instant },
  place: { readonly seq: number; readonly prevHash: string; readonly sealedAt: Instant },
  sha256: Sha256,
): LedgerEntry {
  const body = {
    id: draft.id,
    operator: draft.operator,
    at: draft.at,
    actor: { kind: draft.actor.kind, role: draft.actor.role, id: draft.actor.id },
    action: draft.action,
    requestId: draft.requestId,
    code: draft.code,
    purposeCode: draft.purposeCode,
    before: draft.before,
    after: draft.after,
    policyHash: draft.policyHash,
    commitment: draft.commitment,
    recordedAt: draft.recordedAt,
    seq: place.seq,
    prevHash: place.prevHash,
    sealedAt: place.sealedAt,
  };
  return { ...body, hash: entryHash(body, sha256) };
}
