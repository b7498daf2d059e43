/**
 * Walking a collected record: objects descend by name, arrays keep the path of the array. A value that JSON cannot hold is
 * canonical Extended JSON (`{"$date": …}`) and counts as one value, not as an object.
 */

/** True for `{"$date": …}`, `{"$oid": …}`, `{"$binary": …}`: one value in Extended JSON. */
export function isExtended(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.length <= 2 && keys.every((key) => key.startsWith('$'));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when `path` is `other` or lies below it. */
export function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}

export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** What stays of a record: values whose path is kept. Objects and arrays that become empty by it are left out. */
export function select(
  record: Readonly<Record<string, unknown>>,
  keep: (path: string) => boolean,
): Record<string, unknown> {
  const kept = pick(record, '', keep);
  return isObject(kept) ? { ...kept } : {};
}

const NOTHING = Symbol('nothing');

function pick(value: unknown, path: string, keep: (path: string) => boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => pick(item, path, keep)).filter((item) => item !== NOTHING);
    return items.length > 0 || (value.length === 0 && keep(path)) ? items : NOTHING;
  }
  if (isObject(value) && !isExtended(value)) {
    const entries = Object.entries(value)
      .map(([key, inner]) => [key, pick(inner, join(path, key), keep)] as const)
      .filter(([, inner]) => inner !== NOTHING);
    if (entries.length > 0) return fromEntries(entries);
    return Object.keys(value).length === 0 && path !== '' && keep(path) ? {} : NOTHING;
  }
  return keep(path) ? value : NOTHING;
}

/** As Object.fromEntries, but a field that is called `__proto__` stays a field. */
export function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of entries)
    Object.defineProperty(out, key, { value, enumerable: true, writable: true, configurable: true });
  return out;
}

/** Paths of all values of a record, each once, sorted. An empty object or array is a value too. */
export function leafPaths(record: Readonly<Record<string, unknown>>): string[] {
  const paths = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      if (value.length === 0) paths.add(path);
      for (const item of value) visit(item, path);
      return;
    }
    if (isObject(value) && !isExtended(value) && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) visit(inner, join(path, key));
      return;
    }
    if (path !== '') paths.add(path);
  };
  visit(record, '');
  return [...paths].sort();
}

/** All values at a path; `many` when an array lies on the way, so that the answer is a list even with one element. */
export function valuesAt(
  record: Readonly<Record<string, unknown>>,
  path: string,
): { readonly values: readonly unknown[]; readonly many: boolean } {
  const values: unknown[] = [];
  let many = false;
  const visit = (value: unknown, rest: readonly string[]): void => {
    if (Array.isArray(value)) {
      many = true;
      for (const item of value) visit(item, rest);
      return;
    }
    const [key, ...more] = rest;
    if (key === undefined) {
      if (value !== undefined) values.push(value);
      return;
    }
    if (isObject(value) && Object.hasOwn(value, key)) visit(value[key], more);
  };
  visit(record, path.split('.'));
  return { values, many };
}

/** A value as text: dates, ids and exact decimals by their content, what has parts of its own as JSON. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isExtended(value)) {
    const { $date, $oid, $numberDecimal, $numberLong } = value;
    for (const plain of [$date, $oid, $numberDecimal, $numberLong]) if (typeof plain === 'string') return plain;
  }
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
