/** Text form of a SHA-256 hash in everything we publish: `sha256:` + 64 lower-case hex digits. */

/** A hash in text is not of the form `sha256:` + 64 lower-case hex digits; code `bad_hash`. */
export class HashTextError extends Error {
  readonly code = 'bad_hash';

  constructor() {
    super('not a hash of the form sha256:<64 hex digits>');
    this.name = 'HashTextError';
  }
}

const FORM = /^sha256:[0-9a-f]{64}$/;

/** 32 bytes → `sha256:…`. Throws HashTextError for another length. */
export function hashText(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new HashTextError();
  return `sha256:${toHex(bytes)}`;
}

/** `sha256:…` → 32 bytes; only the one spelling that `hashText` gives. Throws HashTextError. */
export function hashBytes(text: string): Uint8Array {
  if (!isHashText(text)) throw new HashTextError();
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number.parseInt(text.slice(7 + 2 * i, 9 + 2 * i), 16);
  return bytes;
}

export function isHashText(text: unknown): text is string {
  return typeof text === 'string' && FORM.test(text);
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
