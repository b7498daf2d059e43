/**
 * The ledgers over MongoDB. In a database of their own: the provable ledger (append, seal, read, export) and the deletion
 * ledger with its dated rows. In Habeas' own store: the journal. Format and guarantees: docs/ledger.md.
 */
export { MongoDeletionLedger, ensureDeletionIndexes } from './deletion-ledger.js';
export { MongoDueRows, ensureDueIndexes } from './due-rows.js';
export { ensureLedgerIndexes } from './documents.js';
export { LedgerError, type LedgerErrorCode } from './errors.js';
export { exportLines } from './export.js';
export { MongoJournal, ensureJournalIndexes } from './journal.js';
export { MongoLedger, type MongoLedgerOptions } from './ledger.js';
export { LedgerReader, type CheckpointView, type InclusionView, type LedgerFilter, type LedgerPage } from './reader.js';
