/**
 * Spellings. An address or a number is stored as somebody typed it; the comparison that counts is the one of
 * normaliseIdentifier, in code. What goes to the server only has to find every candidate.
 */
import { domainToUnicode } from 'node:url';
import type { Document } from 'mongodb';
import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import { failure } from './errors.js';
import { textOf, variantsOf } from './ids.js';

/** Identifier types that reach a person rather than name a record; several people may share one. */
const CONTACT_TYPES: ReadonlySet<string> = new Set(['email', 'phone']);

export function isContact(type: string): boolean {
  return CONTACT_TYPES.has(type);
}

/** Normal form of a stored value of `type`, or null when it cannot be one. */
export function normalOf(type: string, stored: unknown): string | null {
  const text = textOf(stored);
  if (text === null) return null;
  const normal = normaliseIdentifier(type, text);
  return normal === '' ? null : normal;
}

/** Longest value that is looked for; nothing longer is an address, a number or an id. */
const LONGEST = 1024;

/** Refuses what is no identifier (ConnectorError `validation`): only non-empty strings without NUL travel further. */
export function checkedValue(type: unknown, value: unknown): string {
  const fine =
    typeof type === 'string' &&
    typeof value === 'string' &&
    value !== '' &&
    value.length <= LONGEST &&
    !value.includes('\0');
  if (!fine) throw failure('validation', 'an identifier is not a plain text');
  return value;
}

/** Values are operands of `$in`, whatever characters they hold; none is ever read as an operator. */
export function exactFilter(path: string, values: readonly string[]): Document {
  return { [path]: { $in: values.flatMap(variantsOf) } };
}

/** Every spelling, on the normalised copy beside the field. */
export function normalisedFilter(path: string, type: string, values: readonly string[]): Document {
  return { [path]: { $in: values.map((v) => normaliseIdentifier(type, v)) } };
}

/**
 * Every spelling, by an anchored pattern in which each character of the value is escaped. Sent as the text operand of
 * `$regex` (never as a BSON pattern, which SecantusDB answers wrongly on indexed fields). Reads the whole index or
 * collection, hence the caveat `spelling_scan`.
 */
export function spellingFilter(path: string, type: string, values: readonly string[]): Document {
  const patterns = new Set(values.flatMap((value) => (type === 'phone' ? phonePatterns(value) : emailPatterns(value))));
  return { [path]: { $regex: `^(?:${[...patterns].join('|')})$`, $options: 'i' } };
}

function emailPatterns(value: string): string[] {
  const normal = normaliseIdentifier('email', value);
  const at = normal.lastIndexOf('@');
  const spellings = new Set([value.trim(), normal]);
  if (at > 0) spellings.add(`${normal.slice(0, at)}@${domainToUnicode(normal.slice(at + 1))}`);
  // Accented letters may be stored composed or decomposed.
  for (const spelling of [...spellings]) spellings.add(spelling.normalize('NFD'));
  return [...spellings].map((spelling) => `\\s*${escapePattern(spelling)}\\.?\\s*`);
}

function phonePatterns(value: string): string[] {
  const digits = [...normaliseIdentifier('phone', value)];
  return digits.length === 0 ? [] : [`\\D*(?:00\\D*)?${digits.join('\\D*')}\\D*`];
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/#\s-]/g, (character) => `\\${character}`);
}
