/**
 * Takes other people out of a record by rule (Art. 15(4), 20(4)): a declared field that may name somebody else is replaced
 * by a sentence that says so. Whether something was there stays visible; what it was does not.
 */
import { fromEntries, isExtended, isObject, join } from './walk.js';

export interface RedactionRule {
  /** Declared paths, or paths that a reviewer wants withheld. */
  readonly paths: readonly string[];
  /** The sentence that stands in their place. */
  readonly placeholder: string;
}

export interface Redacted {
  readonly record: Record<string, unknown>;
  /** What was replaced, in the order of the record: for the reviewer only. */
  readonly removed: readonly { readonly path: string; readonly value: unknown }[];
}

export function redact(record: Readonly<Record<string, unknown>>, rule: RedactionRule): Redacted {
  const removed: { path: string; value: unknown }[] = [];
  const visit = (value: unknown, path: string): unknown => {
    if (rule.paths.includes(path)) {
      if (isEmpty(value)) return value;
      removed.push({ path, value });
      return rule.placeholder;
    }
    if (Array.isArray(value)) return value.map((item: unknown) => visit(item, path));
    if (isObject(value) && !isExtended(value))
      return fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner, join(path, key))]));
    return value;
  };
  const out = rule.paths.length === 0 ? record : visit(record, '');
  return { record: isObject(out) ? { ...out } : {}, removed };
}

/** Nothing is there that could name anybody. */
function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === '' ||
    (Array.isArray(value) && value.every(isEmpty)) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}
