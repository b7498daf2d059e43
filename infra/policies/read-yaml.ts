/** One YAML file against one schema: the value, or every fault with its place. */
import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { FaultPlaces, type FileFault } from './fault-lines.js';

export type Read<T> =
  | { readonly value: T; readonly places: FaultPlaces; readonly faults: readonly [] }
  | { readonly value: null; readonly places: FaultPlaces; readonly faults: readonly FileFault[] };

/**
 * Reads a text as YAML 1.2 and checks it.
 * @param file name that faults are given under
 */
export function readYaml<T>(file: string, text: string, schema: z.ZodType<T>): Read<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const places = new FaultPlaces(file, document, lines);
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) =>
      places.atOffset(error.pos[0], 'not_yaml', `not YAML: ${error.message}`),
    );
    return { value: null, places, faults };
  }
  // Aliases are resolved within a small budget: a pack has no use for a file that unfolds into millions of nodes.
  const result = schema.safeParse(document.toJS({ maxAliasCount: 100 }), { error: sayMissing });
  if (result.success) return { value: result.data, places, faults: [] };
  return { value: null, places, faults: result.error.issues.flatMap((issue) => faultsOf(issue, places)) };
}

function sayMissing(issue: { readonly code?: string; readonly input?: unknown }): string | undefined {
  return issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : undefined;
}

function faultsOf(issue: z.core.$ZodIssue, places: FaultPlaces): FileFault[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => places.atKey(path, key, 'unknown_key', 'is not a known key'));
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    return [places.atKey(path.slice(0, -1), key, 'invalid_key', issue.issues[0]?.message ?? issue.message)];
  }
  return [places.at(path, issue.code, issue.message)];
}
