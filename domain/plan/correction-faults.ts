/** What makes a proposed correction impossible, found before anything is touched (answered 422, one pointer per fault). */
import type { DatasetPolicy, Pack } from '../policy/types.js';
import type { FieldType } from '../words.js';
import { contactTypeOf, fieldsToChange, isRectifiable, typeOf, type ProposedChange } from './corrections.js';

export interface CorrectionFault {
  /** Position in `changes`. */
  readonly change: number;
  readonly at: 'dataset' | 'field' | 'value';
  readonly code:
    | 'dataset_unknown'
    | 'field_unknown'
    | 'field_fixed'
    | 'field_not_rectifiable'
    | 'value_wrong_type'
    | 'key_not_removable'
    | 'change_repeated'
    | 'changes_contradict';
}

/**
 * Checks every change against the data map. Pure; the order is that of the changes, at most one fault each (the first).
 *
 * - `field_fixed`: the record's own id, its organisation or account, an assigned reference: nobody's to correct.
 * - `field_not_rectifiable`: not given by the subject and the pack does not open it, or the pack closes it.
 * - `key_not_removable`: somebody signs in with it (or with a copy of it).
 * - `changes_contradict`: two changes give one field different values by way of their copies.
 */
export function correctionFaults(pack: Pick<Pack, 'systems'>, changes: readonly ProposedChange[]): CorrectionFault[] {
  return changes.flatMap((change, index) => faultOf(pack, changes, change, index) ?? []);
}

function faultOf(
  pack: Pick<Pack, 'systems'>,
  changes: readonly ProposedChange[],
  change: ProposedChange,
  index: number,
): CorrectionFault | null {
  const fault = (at: CorrectionFault['at'], code: CorrectionFault['code']): CorrectionFault => ({
    change: index,
    at,
    code,
  });
  const named = pack.systems.flatMap((s) => s.datasets).filter((d) => d.id === change.dataset);
  if (named.length === 0) return fault('dataset', 'dataset_unknown');
  if (named.some((d) => isFixed(d, change.field))) return fault('field', 'field_fixed');
  const having = named.filter((d) => d.fields[change.field] !== undefined);
  if (having.length === 0) return fault('field', 'field_unknown');
  if (!having.every((d) => isRectifiable(d, change.field))) return fault('field', 'field_not_rectifiable');
  const { value } = change;
  if (value !== null && having.some((d) => !fits(typeOf(d, change.field), value)))
    return fault('value', 'value_wrong_type');
  if (value === null && removesKey(pack, change)) return fault('value', 'key_not_removable');
  const earlier = changes.slice(0, index);
  if (earlier.some((c) => c.dataset === change.dataset && c.field === change.field))
    return fault('field', 'change_repeated');
  if (earlier.some((c) => c.value !== value && sameDatum(pack, c, change))) return fault('value', 'changes_contradict');
  return null;
}

/** The record's own id, who controls it, which account it belongs to, and references that the application assigned. */
function isFixed(dataset: DatasetPolicy, field: string): boolean {
  if (field === '_id' || field === 'id' || field === dataset.createdAt) return true;
  if (field === dataset.organisation || field === dataset.account || field === dataset.restrict?.flag) return true;
  return Object.entries(dataset.identifiers).some(
    ([type, paths]) => type !== 'email' && type !== 'phone' && paths.includes(field),
  );
}

/** Whether the change would take away what somebody signs in with, here or in a copy. */
function removesKey(pack: Pick<Pack, 'systems'>, change: ProposedChange): boolean {
  return fieldsToChange(pack, [change]).some(({ system, dataset: id, field, asIssued }) => {
    const dataset = pack.systems.find((s) => s.id === system)?.datasets.find((d) => d.id === id);
    return !asIssued && dataset?.signIn === true && contactTypeOf(dataset, field) !== null && !isList(dataset, field);
  });
}

/** Of several fields with one type (`email: [email, oldEmails]`) the first is the key, the others are its history. */
function isList(dataset: DatasetPolicy, field: string): boolean {
  return Object.values(dataset.identifiers).some((paths) => paths.includes(field) && paths[0] !== field);
}

function sameDatum(pack: Pick<Pack, 'systems'>, a: ProposedChange, b: ProposedChange): boolean {
  const data = (c: ProposedChange): string[] =>
    pack.systems
      .flatMap((s) => s.datasets)
      .filter((d) => d.id === c.dataset)
      .flatMap((d) => d.fields[c.field]?.datum ?? []);
  return data(a).some((datum) => data(b).includes(datum));
}

const LONGEST_TEXT = 5000;
// Line breaks and tabs are text; every other control character is not.
const CONTROL = /[\p{Cs}]|(?![\n\r\t])\p{Cc}/u;

/** Whether a value is of the declared type; null (removal) is decided elsewhere. */
export function fits(type: FieldType, value: Exclude<ProposedChange['value'], null>): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    default:
      if (typeof value !== 'string') return false;
  }
  if (value.trim() === '' || value !== value.trim() || value.length > LONGEST_TEXT || CONTROL.test(value)) return false;
  switch (type) {
    case 'email':
      return value.length <= 254 && /^[^\s@<>()"]+@[^\s@<>()"]+\.[^\s@<>()".]+$/u.test(value);
    case 'phone':
      return /^\+?[0-9][0-9 ().-]{3,30}$/.test(value);
    case 'date':
      return isDate(value);
    default:
      return true;
  }
}

/** `2026-11-20`, or an instant with a zone; the day must exist. */
function isDate(value: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2}))?$/.exec(value);
  if (match === null || Number.isNaN(Date.parse(value))) return false;
  const day = new Date(`${match[1] ?? ''}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(match[1] ?? '');
}
