/**
 * The person-free, provable ledger, as pure functions: canonical JSON, hash texts, hash chain, Merkle tree of RFC 6962,
 * compact frontier, signed checkpoints, and the offline check of an export. Storage is in infra/ledger; the format is
 * described in docs/ledger.md. Import single modules where only a hash or a proof is needed (workflows bundle them).
 */
export { checkExport, exportFooter } from './check-export.js';
export type { CheckTools, Finding } from './check-tools.js';
