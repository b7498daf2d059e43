/** `habeas verify`: offline check of certificates and ledger exports. No network, no database. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkCertificate } from '../domain/certificate/index.js';
import { checkExport, exportFooter, type CheckTools, type Finding } from '../domain/ledger/index.js';
import { PublicKeyError, keyIdOf, publicKeyOfJwk, sha256, verifyEd25519 } from '../infra/keys/signing-crypto.js';

export interface VerifyOptions {
  /** File with the public key (JWK). Default: `keys/<keyId>.jwk` beside each file, `<keyId>` as the file itself names it. */
  readonly key?: string | undefined;
}

export interface VerifyResult {
  /** What was checked and what could not be, for stdout. */
  readonly lines: readonly string[];
  /** Everything that could be checked holds. */
  readonly ok: boolean;
  /** 0: ok. 1: something does not hold. 2: wrong usage (no file, a file or the given key cannot be read). */
  readonly exitCode: 0 | 1 | 2;
}

/**
 * Checks each file and says what it checked and what it could not. A file is taken for a certificate when it is one line,
 * for a ledger export when it has lines that end. Never throws for what is in a file.
 */
export async function verifyFiles(files: readonly string[], options: VerifyOptions = {}): Promise<VerifyResult> {
  if (files.length === 0) return { lines: ['verify: name at least one file'], ok: false, exitCode: 2 };
  let given: Uint8Array | null = null;
  if (options.key !== undefined) {
    try {
      given = await readKey(options.key);
    } catch (error) {
      return { lines: [`verify: ${options.key}: ${reason(error)}`], ok: false, exitCode: 2 };
    }
  }
  const lines: string[] = [];
  let exitCode: 0 | 1 | 2 = 0;
  for (const file of files) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      lines.push(`${file}`, `  FAILED  ${reason(error)}`);
      exitCode = 2;
      continue;
    }
    const findings = await checkFile(file, bytes, given);
    const holds = findings.every((finding) => finding.result !== 'failed');
    lines.push(`${file}: ${holds ? 'holds' : 'DOES NOT HOLD'}`, ...findings.map(lineOf));
    if (!holds && exitCode === 0) exitCode = 1;
  }
  return { lines, ok: exitCode === 0, exitCode };
}

/** A file's text, what it is, and the key that it says it was made with. */
export interface Document {
  readonly kind: 'certificate' | 'export';
  readonly text: string;
  readonly keyId: string;
}

/** Reads bytes as a certificate or an export; null when they are neither. Judges nothing. */
export function readDocument(bytes: Uint8Array): Document | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  const kind = text.endsWith('\n') ? 'export' : 'certificate';
  const keyId = kind === 'export' ? exportFooter(text)?.keyId : namedKey(text);
  return keyId !== undefined && /^[A-Za-z0-9_-]{43}$/.test(keyId) ? { kind, text, keyId } : null;
}

/** Checks a document with a raw public key. Never throws. */
export function checkDocument(document: Document, publicKey: Uint8Array): Finding[] {
  const tools: CheckTools = { sha256, verify: verifyEd25519, publicKey, keyId: keyIdOf(publicKey) };
  return document.kind === 'export' ? checkExport(document.text, tools) : checkCertificate(document.text, tools);
}

async function checkFile(file: string, bytes: Uint8Array, given: Uint8Array | null): Promise<Finding[]> {
  const document = readDocument(bytes);
  if (document === null)
    return [
      { result: 'failed', text: 'neither a certificate nor a ledger export: not UTF-8, cut off, or it names no key' },
    ];
  if (given !== null) return checkDocument(document, given);
  const path = join(dirname(file), 'keys', `${document.keyId}.jwk`);
  try {
    return checkDocument(document, await readKey(path));
  } catch (error) {
    return [
      { result: 'failed', text: `key keys/${basename(path)} beside the file: ${reason(error)} (give one with --key)` },
    ];
  }
}

function namedKey(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as { readonly keyId?: unknown } | null;
    return typeof value?.keyId === 'string' ? value.keyId : undefined;
  } catch {
    return undefined;
  }
}

async function readKey(file: string): Promise<Uint8Array> {
  return publicKeyOfJwk(JSON.parse(await readFile(file, 'utf8')));
}

function lineOf(finding: Finding): string {
  const mark = { ok: 'ok    ', failed: 'FAILED', open: 'open  ' }[finding.result];
  return `  ${mark}  ${finding.text}`;
}

function reason(error: unknown): string {
  if (error instanceof PublicKeyError) return error.message;
  if (error instanceof SyntaxError) return 'not JSON';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder, not a file' : 'cannot be read';
}
