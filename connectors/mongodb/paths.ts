/** Field paths with dots over BSON documents; arrays on the way are walked as MongoDB walks them. */
import type { Document } from 'mongodb';

export interface Leaf {
  readonly value: unknown;
  /** Path with array positions, as an update would name it: `contacts.2.email`. */
  readonly at: string;
  /** The innermost array element that holds the leaf (`contacts.2`), or `''` when no array was crossed. */
  readonly element: string;
  /** Every array element on the way: declared path of the array and concrete path of the element, outermost first. */
  readonly elements: readonly { readonly array: string; readonly at: string }[];
}

/** True for an embedded document: not a BSON scalar, date, buffer or array. */
export function isDocument(value: unknown): value is Document {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  if ('_bsontype' in value) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** All values at `path`: none when it is absent, several when arrays are on the way (a leaf array counts by element). */
export function leavesOf(document: Document, path: string): Leaf[] {
  const found: Leaf[] = [];
  descend(document, { steps: path.split('.'), whole: false }, 0, '', [], found);
  return found;
}

/** As {@link leavesOf}, but an array at the end of the path is one value. */
export function fieldsAt(document: Document, path: string): Leaf[] {
  const found: Leaf[] = [];
  descend(document, { steps: path.split('.'), whole: true }, 0, '', [], found);
  return found;
}

interface Way {
  readonly steps: readonly string[];
  readonly whole: boolean;
}

function descend(node: unknown, way: Way, depth: number, at: string, elements: Leaf['elements'], found: Leaf[]): void {
  const { steps, whole } = way;
  if (Array.isArray(node) && !(whole && depth === steps.length)) {
    const array = steps.slice(0, depth).join('.');
    node.forEach((element: unknown, index) => {
      // MongoDB does not look into arrays directly inside arrays either.
      if (Array.isArray(element)) return;
      const here = `${at}.${index}`;
      descend(element, way, depth, here, [...elements, { array, at: here }], found);
    });
    return;
  }
  const step = steps[depth];
  if (step === undefined) {
    found.push({ value: node, at, element: elements.at(-1)?.at ?? '', elements });
    return;
  }
  if (isDocument(node) && Object.hasOwn(node, step)) {
    descend(node[step], way, depth + 1, at === '' ? step : `${at}.${step}`, elements, found);
  }
}

/** First value at `path`, or undefined. */
export function firstOf(document: Document, path: string): unknown {
  return leavesOf(document, path)[0]?.value;
}

/** True when `inner` is `outer` or lies inside it (by whole steps). */
export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}

/** Inclusion projection over paths; a path inside another one is dropped, since the server refuses both. */
export function projectionOf(paths: Iterable<string>): Record<string, 1> {
  const all = [...new Set(paths)].sort();
  const kept = all.filter((path) => !all.some((other) => other !== path && isWithin(path, other)));
  return Object.fromEntries([...kept.map((path) => [path, 1] as const), ['_id', 1] as const]);
}

/** A path that the pack may name: no operator, no empty step. */
export function isFieldPath(path: string): boolean {
  return path !== '' && !path.includes('\0') && path.split('.').every((step) => step !== '' && !step.startsWith('$'));
}
