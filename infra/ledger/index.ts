/**
 * The ledgers over MongoDB. In a database of their own: the provable ledger (append, seal, read, export) and the deletion
 * ledger. In Habeas' own store: the journal. Format and guarantees: docs/ledger.md.
 */
export { MongoDeletionLedger, ensureDeletionIndexes } from './deletion-ledger.js';
export { ensureLedgerIndexes } from './documents.js';
export { LedgerError, type LedgerErrorCode } from './errors.js';
export { exportLines } from './export.js';
export { MongoJournal, ensureJournalIndexes } from './journal.js';
export { MongoLedger, type MongoLedgerOptions } from './ledger.js';
export { LedgerReader, type CheckpointView, type InclusionView, type LedgerFilter, type LedgerPage } from './reader.js';
