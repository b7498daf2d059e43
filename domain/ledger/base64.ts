/** Base64 in pure code (the domain knows no Buffer), with exactly one accepted spelling per value. */

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** RFC 4648 section 4, padded. */
export function toBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Reverse of `toBase64`; null for anything that `toBase64` would not have written (white space, missing padding, loose bits). */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = decode(text.replace(/={1,2}$/, ''), STANDARD);
  return bytes !== null && toBase64(bytes) === text ? bytes : null;
}

/** RFC 4648 section 5, without padding (as in JWK and our signatures). */
export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/** Reverse of `toBase64Url`; null for anything that it would not have written. */
export function fromBase64Url(text: string): Uint8Array | null {
  const bytes = decode(text, URL_SAFE);
  return bytes !== null && toBase64Url(bytes) === text ? bytes : null;
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet[(value >> bits) & 63];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(value << (6 - bits)) & 63] : text;
}

function decode(text: string, alphabet: string): Uint8Array | null {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const char of text) {
    const digit = alphabet.indexOf(char);
    if (digit < 0) return null;
    value = (value << 6) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
    }
    value &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}
