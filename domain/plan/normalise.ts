/**
 * The normal form of an identifier, in which two spellings of the same address or number become equal.
 * Keyed hashes, the person fence and connectors compare in this form; the value itself is kept as it was given.
 */

/** A host that `URL` would read as an IPv4 number, or that holds URL syntax: never given to the URL parser. */
const NOT_A_DOMAIN = /[\s/?#@:%\\[\]<>^|]|(^|\.)(\d+|0x[0-9a-f]*)\.?$/i;

/**
 * Normal form of `value` for an identifier of `type`.
 *
 * - `email`: trimmed, NFC, lower case; an internationalised domain becomes its ASCII form (IDNA), a trailing dot goes.
 *   The local part is lower-cased as well: RFC 5321 lets servers tell `A@` from `a@`, none of the served systems does.
 * - `phone`: digits alone; an international `00` prefix counts as `+`. A number without country stays without one.
 * - every other type: exactly as given (internal ids are compared byte by byte).
 *
 * Never throws. An empty result means that the value is no identifier: never search, hash or fence with it.
 */
export function normaliseIdentifier(type: string, value: string): string {
  switch (type) {
    case 'email':
      return normaliseEmail(value);
    case 'phone':
      return normalisePhone(value);
    default:
      return value;
  }
}

function normaliseEmail(value: string): string {
  const text = value.trim().normalize('NFC').toLowerCase().normalize('NFC');
  const at = text.lastIndexOf('@');
  if (at < 1) return text;
  return `${text.slice(0, at)}@${asciiDomain(text.slice(at + 1))}`;
}

function asciiDomain(domain: string): string {
  const bare = domain.endsWith('.') ? domain.slice(0, -1) : domain;
  if (bare === '' || NOT_A_DOMAIN.test(bare)) return bare;
  try {
    return new URL(`http://${bare}/`).hostname;
  } catch {
    // No valid domain name: still comparable as text.
    return bare;
  }
}

function normalisePhone(value: string): string {
  // NFKC turns full-width digits into ASCII ones.
  const digits = value.normalize('NFKC').replaceAll(/\D/g, '');
  return digits.startsWith('00') ? digits.slice(2) : digits;
}
