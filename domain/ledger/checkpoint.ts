/**
 * Signed tree heads in the text form of C2SP tlog-checkpoint inside a C2SP signed-note with Ed25519, so that ordinary
 * transparency-log tools read them:
 *
 *   habeas/ledger/infentre          origin, also the name of the key
 *   42                              tree size
 *   <base64 of the 32-byte root>
 *   (empty line)
 *   — habeas/ledger/infentre <base64 of key hash (4 bytes) ‖ signature (64 bytes)>
 *
 * The signature is over the text up to and including the newline before the empty line. Key hash: the first four bytes
 * of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). Deterministic: the same head signed twice is the same text.
 */
import { fromBase64, toBase64 } from './base64.js';
import { equalBytes, type Sha256 } from './merkle.js';

/** Detached Ed25519 signature (64 bytes) over a message, RFC 8032. */
export type Sign = (message: Uint8Array) => Uint8Array;
/** True when `signature` is the key's over `message`. Never throws. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export interface ParsedCheckpoint extends TreeHead {
  /** The signed bytes' text. */
  readonly text: string;
  readonly signatures: readonly {
    readonly name: string;
    readonly keyHash: Uint8Array;
    readonly signature: Uint8Array;
  }[];
}

/** The text is not a checkpoint of this form; code `bad_checkpoint`. */
export class CheckpointError extends Error {
  readonly code = 'bad_checkpoint';

  constructor() {
    super('not a signed checkpoint');
    this.name = 'CheckpointError';
  }
}

const ALGORITHM_ED25519 = 1;
const MAX_SIGNATURES = 16;

/** Origin line and key name of an operator's ledger. */
export function ledgerOrigin(operator: string): string {
  return `habeas/ledger/${operator}`;
}

/** C2SP signed-note key hash of an Ed25519 key (4 bytes): finds the right key, proves nothing by itself. */
export function noteKeyHash(name: string, publicKey: Uint8Array, sha256: Sha256): Uint8Array {
  const prefix = new TextEncoder().encode(`${name}\n`);
  const input = new Uint8Array(prefix.length + 1 + publicKey.length);
  input.set(prefix);
  input[prefix.length] = ALGORITHM_ED25519;
  input.set(publicKey, prefix.length + 1);
  return sha256(input).slice(0, 4);
}

/** Signs a tree head under the key whose name is its origin; returns the whole note. Throws CheckpointError for a head that cannot be written. */
export function signCheckpoint(
  head: TreeHead,
  key: { readonly publicKey: Uint8Array; readonly sign: Sign },
  sha256: Sha256,
): string {
  if (!isKeyName(head.origin) || !Number.isSafeInteger(head.size) || head.size < 0 || head.root.length !== 32)
    throw new CheckpointError();
  const text = `${head.origin}\n${head.size}\n${toBase64(head.root)}\n`;
  const signature = key.sign(new TextEncoder().encode(text));
  const line = new Uint8Array(68);
  line.set(noteKeyHash(head.origin, key.publicKey, sha256));
  line.set(signature, 4);
  return `${text}\n\u2014 ${head.origin} ${toBase64(line)}\n`;
}

/**
 * Reads a checkpoint without judging its signatures. Accepts exactly three header lines (no extensions), one canonical
 * spelling of every number and base64 text, and 1 to 16 signature lines of Ed25519 length. Throws CheckpointError.
 */
export function parseCheckpoint(note: string): ParsedCheckpoint {
  const split = note.indexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new CheckpointError();
  const text = note.slice(0, split + 1);
  const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || size === undefined || root === undefined || extensions.length > 0)
    throw new CheckpointError();
  const rootBytes = fromBase64(root);
  if (
    !isKeyName(origin) ||
    !/^(0|[1-9][0-9]{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size)) ||
    rootBytes?.length !== 32
  ) {
    throw new CheckpointError();
  }
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new CheckpointError();
  const signatures = lines.map((line) => {
    const [dash, name, blob, ...rest] = line.split(' ');
    const bytes = blob === undefined ? null : fromBase64(blob);
    if (dash !== '\u2014' || name === undefined || !isKeyName(name) || bytes?.length !== 68 || rest.length > 0)
      throw new CheckpointError();
    return { name, keyHash: bytes.slice(0, 4), signature: bytes.slice(4) };
  });
  return { origin, size: Number(size), root: rootBytes, text, signatures };
}

/**
 * Is every signature of the note good, is there exactly one, and is it by this key under the note's own origin?
 * We sign with one key and no witnesses, so a further line could only be somebody's addition.
 */
export function verifyCheckpoint(
  checkpoint: ParsedCheckpoint,
  publicKey: Uint8Array,
  tools: { readonly sha256: Sha256; readonly verify: Verify },
): boolean {
  const [signature, ...others] = checkpoint.signatures;
  if (signature === undefined || others.length > 0 || signature.name !== checkpoint.origin) return false;
  return (
    equalBytes(signature.keyHash, noteKeyHash(checkpoint.origin, publicKey, tools.sha256)) &&
    tools.verify(publicKey, new TextEncoder().encode(checkpoint.text), signature.signature)
  );
}

/** C2SP signed-note: not empty, no white space, no plus sign. */
function isKeyName(name: string): boolean {
  return /^[^\s+\p{C}]+$/u.test(name);
}
