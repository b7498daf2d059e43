/**
 * Rectification: which fields of which datasets a change reaches, which value each gets, and what may not be changed
 * (GDPR Art. 16; every copy, not only the one that was named). "Correct or remove": `value: null` removes.
 */
import type { DatasetPolicy, Pack } from '../policy/types.js';
import type { FieldType } from '../words.js';
import { normaliseIdentifier } from './normalise.js';

export type ChangeValue = string | number | boolean | null;

/** Vault entry `changes`: as proposed. `value: null` removes. Personal data. */
export interface ProposedChange {
  readonly dataset: string;
  readonly field: string;
  readonly value: ChangeValue;
}

/** One field of one dataset, with the change (by position) that gives its value. */
export interface FieldToChange {
  readonly system: string;
  readonly dataset: string;
  readonly field: string;
  readonly change: number;
  /** The change names this very field; false = a copy of it, which is corrected only where it exists. */
  readonly named: boolean;
  /** The copy holds one part of a full name (`datum: <name>.first`, `<name>.last`). */
  readonly part: 'first' | 'last' | null;
  /** The pack says `rectify: false`: this copy stays as it was issued (a voucher, a record of what was sent). */
  readonly asIssued: boolean;
}

/**
 * The named field in every system that has a dataset of that name, and every field declared a copy of the same `datum`.
 * Pure; sorted by system, dataset, field. A change that names no field of the pack yields nothing (intake refuses it).
 */
export function fieldsToChange(
  pack: Pick<Pack, 'systems'>,
  changes: readonly Omit<ProposedChange, 'value'>[],
): FieldToChange[] {
  const reached = new Map<string, FieldToChange>();
  const all = pack.systems.flatMap((system) => system.datasets.map((dataset) => ({ system: system.id, dataset })));
  changes.forEach((change, index) => {
    const data = new Set(
      all
        .filter(({ dataset }) => dataset.id === change.dataset)
        .map(({ dataset }) => dataset.fields[change.field]?.datum)
        .filter((datum) => datum !== undefined),
    );
    for (const { system, dataset } of all) {
      for (const [field, { datum, rectify }] of Object.entries(dataset.fields)) {
        const named = dataset.id === change.dataset && field === change.field;
        const part = named ? null : partOf(datum, data);
        if (part === undefined) continue;
        const key = `${system}\n${dataset.id}\n${field}`;
        const before = reached.get(key);
        // The field that a change names itself wins over being a copy of another one, a whole copy over a part of one.
        if (before !== undefined && (before.named || (!named && (part !== null || before.part === null)))) continue;
        const asIssued = !named && rectify === false;
        reached.set(key, { system, dataset: dataset.id, field, change: index, named, part, asIssued });
      }
    }
  });
  return [...reached.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, field]) => field);
}

/** null = a whole copy, `first`/`last` = a part of one, undefined = no copy at all. */
function partOf(datum: string | undefined, data: ReadonlySet<string>): FieldToChange['part'] | undefined {
  if (datum === undefined) return undefined;
  if (data.has(datum)) return null;
  const split = /^(.+)\.(first|last)$/.exec(datum);
  if (split === null || !data.has(split[1] ?? '')) return undefined;
  return split[2] === 'first' ? 'first' : 'last';
}

/**
 * The value that one field gets. Of a full name the last word is the last name, everything before it the first name;
 * whoever wants it otherwise names the two fields in changes of their own. A name of one word has no last name.
 */
export function valueOf(field: FieldToChange, changes: readonly ProposedChange[]): ChangeValue {
  const value = changes[field.change]?.value ?? null;
  if (field.part === null || typeof value !== 'string') return value;
  const words = value.trim().split(/\s+/);
  if (words.length < 2) return field.part === 'first' ? value.trim() : null;
  return field.part === 'last' ? (words.at(-1) ?? null) : words.slice(0, -1).join(' ');
}

/** Whether a field may be corrected on request: what the pack says, else whatever the subject gave. */
export function isRectifiable(dataset: DatasetPolicy, field: string): boolean {
  const policy = dataset.fields[field];
  return policy !== undefined && (policy.rectify ?? policy.source === 'subject');
}

/** What a corrected value of the field must be: as the pack says, else what its use as an identifier says, else text. */
export function typeOf(dataset: DatasetPolicy, field: string): FieldType {
  return dataset.fields[field]?.type ?? contactTypeOf(dataset, field) ?? 'text';
}

/** `email` or `phone` where the field is searched by that type: then it is a key of the person. */
export function contactTypeOf(dataset: DatasetPolicy, field: string): 'email' | 'phone' | null {
  for (const type of ['email', 'phone'] as const) if (dataset.identifiers[type]?.includes(field) === true) return type;
  return null;
}

/** Review of a part that would give the person a new address or number which nobody has proven. */
export const UNPROVEN_KEY = 'new_identifier_unproven';

/** A new value under which the person will be known (itefy: the e-mail address is the user name). Personal data. */
export interface NewKey {
  readonly change: number;
  readonly type: 'email' | 'phone';
  readonly value: string;
}

/** Changes that give the person a new address or number to be found by. */
export function newKeys(pack: Pick<Pack, 'systems'>, changes: readonly ProposedChange[]): NewKey[] {
  const keys = new Map<string, NewKey>();
  for (const field of fieldsToChange(pack, changes)) {
    const dataset = pack.systems.find((s) => s.id === field.system)?.datasets.find((d) => d.id === field.dataset);
    const type = dataset === undefined || field.asIssued ? null : contactTypeOf(dataset, field.field);
    const value = valueOf(field, changes);
    if (type !== null && typeof value === 'string')
      keys.set(`${field.change} ${type}`, { change: field.change, type, value });
  }
  return [...keys.values()];
}

/**
 * Changes whose new key nobody has proven. Proven is what a code or another check of the new address made a proven
 * identifier of the request, or what an officer attested. Until then nothing that the change reaches is written.
 */
export function unprovenChanges(
  keys: readonly NewKey[],
  proven: readonly { readonly type: string; readonly value: string }[],
): number[] {
  const known = new Set(proven.map((p) => `${p.type}\n${normaliseIdentifier(p.type, p.value)}`));
  const open = keys.filter((k) => !known.has(`${k.type}\n${normaliseIdentifier(k.type, k.value)}`));
  return [...new Set(open.map((k) => k.change))].sort((a, b) => a - b);
}
