export const DUMP_FAULTS = [
  /** A document begins or ends where the file does not allow it. */
  'truncated',
  /** A length outside 5 bytes to 16 MiB, or a document without its closing zero byte. */
  'corrupt_document',
  'corrupt_gzip',
  'corrupt_metadata',
  /** A data file whose collection nobody names. */
  'missing_metadata',
  /** Counts differ from the manifest's. */
  'manifest_mismatch',
  'corrupt_manifest',
  'missing_manifest',
  'unreadable',
] as const;
export type DumpFault = (typeof DUMP_FAULTS)[number];

/** What is wrong with a dump. Names a code and a file position, never content: collection names are safe, documents are not. */
export class DumpError extends Error {
  readonly code: DumpFault;

  constructor(code: DumpFault, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'DumpError';
    this.code = code;
  }
}
