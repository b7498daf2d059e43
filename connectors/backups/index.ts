/**
 * Backups in mongodump's directory format: a real listing (`inventory`), a reader that checks every byte it frames
 * (`read-dump`, `frames`), and the names inside a dump (`layout`). Writing dumps is not a task of the product; the
 * embedded stack does it in dev/backups.ts.
 */
export { createBackupInventory, type BackupsTools, type ListedCopy } from './inventory.js';
export {
  checkDump,
  documentsOf,
  namespacesOf,
  readManifest,
  type CheckedDump,
  type DumpNamespace,
} from './read-dump.js';
export { DumpError, DUMP_FAULTS, type DumpFault } from './faults.js';
export { MANIFEST, PARTIAL_SUFFIX, fileNameOf, type DumpManifest } from './layout.js';
