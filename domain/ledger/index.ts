/**
 * The person-free, provable ledger, as pure functions: canonical JSON, hash texts, hash chain, Merkle tree of RFC 6962,
 * signed checkpoints. Storage is in infra/ledger; the format is described in docs/ledger.md.
 */
export { CanonicalJsonError, canonicalBytes, canonicalJson } from './canonical-json.js';
export {
  CheckpointError,
  ledgerOrigin,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Sign,
  type Verify,
} from './checkpoint.js';
export { GENESIS_HASH, entryHash, entryLeaf, sealEntry } from './entry.js';
export { HashTextError, hashBytes, hashText, isHashText } from './hash-text.js';
export { MerkleError, leafHash, merkleRoot, verifyConsistency, verifyInclusion, type Sha256 } from './merkle.js';
