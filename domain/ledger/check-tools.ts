/** What the offline checks of certificates and ledger exports share. */
import { canonicalJson } from './canonical-json.js';
import type { Verify } from './checkpoint.js';
import type { Sha256 } from './merkle.js';

/** One thing that was looked at. `open`: could not be checked from this file alone. */
export interface Finding {
  readonly result: 'ok' | 'failed' | 'open';
  readonly text: string;
}

export interface CheckTools {
  readonly sha256: Sha256;
  readonly verify: Verify;
  /** Raw Ed25519 key, and its id, that the file is checked with. */
  readonly publicKey: Uint8Array;
  readonly keyId: string;
}

/** Reads JSON text that must be exactly its own canonical form; null otherwise. */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

export const ok = (text: string): Finding => ({ result: 'ok', text });
export const failed = (text: string): Finding => ({ result: 'failed', text });
