/**
 * Canonical JSON (RFC 8785, JCS): one value, one text. Everything that is hashed or signed goes through here.
 * Stricter than `JSON.stringify`: what JSON cannot say is an error, never dropped or turned into something else, because
 * a hash over a silently shortened value proves nothing.
 */

export const CANONICAL_JSON_ERROR_CODES = [
  'undefined_value',
  'not_finite',
  'not_plain',
  'unsupported_type',
  'lone_surrogate',
  'too_deep',
] as const;
export type CanonicalJsonErrorCode = (typeof CANONICAL_JSON_ERROR_CODES)[number];

/** The value has no canonical JSON form. Names neither key nor value, which may be personal data. */
export class CanonicalJsonError extends Error {
  readonly code: CanonicalJsonErrorCode;

  constructor(code: CanonicalJsonErrorCode) {
    super(`value has no canonical JSON form: ${code}`);
    this.name = 'CanonicalJsonError';
    this.code = code;
  }
}

/** Deeper than any document of ours; also what a cycle ends in. */
const MAX_DEPTH = 200;

/**
 * Canonical text of a JSON value: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them.
 * Accepts null, booleans, finite numbers, well-formed strings, arrays without holes and plain objects.
 *
 * Errors (CanonicalJsonError): `undefined_value` (property, array hole or the value itself), `not_finite` (NaN, ±Infinity),
 * `not_plain` (Date, Map, class instance, boxed value, symbol keys), `unsupported_type` (function, symbol, bigint),
 * `lone_surrogate` (in a value or key), `too_deep` (more than 200 levels, or a cycle).
 * Source: RFC 8785 sections 3.2.1 to 3.2.3; RFC 7493 (I-JSON) for the surrogates.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** UTF-8 bytes of `canonicalJson(value)`: what is hashed and signed. Errors as there. */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new CanonicalJsonError('too_deep');
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new CanonicalJsonError('not_finite');
      // ECMAScript's own number text is the RFC's; it also turns -0 into 0 as the RFC asks.
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      throw new CanonicalJsonError('undefined_value');
    case 'object':
      return value === null ? 'null' : writeObject(value, depth);
    default:
      throw new CanonicalJsonError('unsupported_type');
  }
}

function writeObject(value: object, depth: number): string {
  if (Array.isArray(value)) {
    const items: string[] = [];
    // By index: `map` would skip holes.
    for (let i = 0; i < value.length; i++) items.push(write(value[i], depth + 1));
    return `[${items.join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm (workflow sandbox, test runner) has another Object.prototype, itself without prototype.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!plain || Object.prototype.toString.call(value) !== '[object Object]') throw new CanonicalJsonError('not_plain');
  if (Object.getOwnPropertySymbols(value).length > 0) throw new CanonicalJsonError('not_plain');
  const members = Object.keys(value)
    .sort()
    .map((key) => `${writeString(key)}:${write((value as Record<string, unknown>)[key], depth + 1)}`);
  return `{${members.join(',')}}`;
}

function writeString(text: string): string {
  // With the u flag a pair is one code point, so this finds only surrogates that stand alone.
  if (/\p{Surrogate}/u.test(text)) throw new CanonicalJsonError('lone_surrogate');
  return JSON.stringify(text);
}
