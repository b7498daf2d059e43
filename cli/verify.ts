/** `habeas verify`: offline check of certificates and ledger exports. No network, no database. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkCertificate } from '../domain/certificate/index.js';
import { checkExport, exportFooter } from '../domain/ledger/check-export.js';
import type { CheckTools, Finding } from '../domain/ledger/check-tools.js';
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

async function checkFile(file: string, bytes: Uint8Array, given: Uint8Array | null): Promise<Finding[]> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [{ result: 'failed', text: 'not UTF-8 text' }];
  }
  const isExport = text.endsWith('\n');
  const keyId = isExport ? exportFooter(text)?.keyId : namedKey(text);
  if (keyId === undefined || !/^[A-Za-z0-9_-]{43}$/.test(keyId)) {
    return [{ result: 'failed', text: 'neither a certificate nor a ledger export: it names no key' }];
  }
  let publicKey = given;
  if (publicKey === null) {
    const path = join(dirname(file), 'keys', `${keyId}.jwk`);
    try {
      publicKey = await readKey(path);
    } catch (error) {
      return [
        {
          result: 'failed',
          text: `key keys/${basename(path)} beside the file: ${reason(error)} (give one with --key)`,
        },
      ];
    }
  }
  const tools: CheckTools = { sha256, verify: verifyEd25519, publicKey, keyId: keyIdOf(publicKey) };
  return isExport ? checkExport(text, tools) : checkCertificate(text, tools);
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
