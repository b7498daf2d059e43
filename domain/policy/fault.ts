/** What is wrong with a pack, and where. */

/** A fault at a place of the pack: keys and list positions from the root, as in the YAML form. */
export interface PolicyFault {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
}

export type Report = (path: readonly (string | number)[], code: string, message: string) => void;

/** Reports every value that stands a second time. */
export function reportDuplicates(
  values: readonly { readonly value: string; readonly path: readonly (string | number)[] }[],
  what: string,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const { value, path } of values) {
    if (seen.has(value)) report(path, 'duplicate', `${what} "${value}" is given twice`);
    seen.add(value);
  }
}
