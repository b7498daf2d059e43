/**
 * The vault: the only place where personal data of a request rests (MongoDB, AES-256-GCM, one data key per request).
 * Additional authenticated data binds operator, request, artefact name and key id, so an entry cannot be moved.
 */
export interface Vault {
  /** Reads and decrypts; null when there is no such entry. Throws VaultError `key_destroyed` after recorded destruction. */
  get<T>(requestId: string, name: string): Promise<T | null>;
  /** Several entries by prefix (`found/`), one query. */
  list<T>(requestId: string, prefix: string): Promise<readonly { readonly name: string; readonly value: T }[]>;
  /** Encrypts and writes (replaces) all entries with one command, majority. */
  put(requestId: string, entries: readonly { readonly name: string; readonly value: unknown }[]): Promise<void>;
  remove(requestId: string, names: readonly string[]): Promise<void>;
  /** Large artefacts, streamed in encrypted chunks with constant memory. */
  writeStream(requestId: string, name: string): ArtefactWriter;
  readStream(requestId: string, name: string): AsyncIterable<Uint8Array>;
}

export interface ArtefactWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the artefact visible at once (an unfinished one is never readable); returns plain size and SHA-256 hex. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  abort(): Promise<void>;
}

/** Names of vault entries; one list, so that forgetting knows them all. */
export const VAULT = {
  /** SubjectEntry: identifiers, contact, language, free text as given at intake. */
  subject: 'subject',
  /** ProvenEntry: positions proven, method, level. */
  identity: 'identity',
  found: (system: string) => `found/${system}`,
  /** IncludedEntry: records that a person looked at and called hers. */
  included: 'included',
  /** ProposedChange[]: the corrected values of a rectification. */
  changes: 'changes',
  /** Values before a correction, by part key. */
  before: (part: string) => `before/${part}`,
  /** Receiver of a portability request: address and key. */
  receiver: 'receiver',
  memory: (system: string, generation: number) => `memory/${system}/${generation}`,
  letter: (id: string) => `letter/${id}`,
  message: (id: string) => `message/${id}`,
  /** A message of the correspondence, to or from the person. */
  correspondence: (id: string) => `correspondence/${id}`,
  /** An attachment: what it is, and its bytes. */
  attachment: (id: string) => `attachment/${id}`,
  attachmentData: (id: string) => `attachment-data/${id}`,
  collected: (system: string) => `collected/${system}`,
  package: 'package',
  /** PackageReview: what was redacted and what the data map does not describe, for the reviewer. */
  packageReview: 'package/review',
  /** The other controller's signed receipt of a package that was sent to it. */
  receipt: 'receipt',
  code: 'code',
  commitmentSalt: 'commitment',
} as const;
