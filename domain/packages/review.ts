/** Names of the places that a reviewer is shown, and how an answer names them: `<part>#<record>/<path>`, record from 1. */

export function rowId(part: string, record: number, path: string): string {
  return `${part}#${record}/${path}`;
}

/** True when one of the ids names this place: its own, or `<part>#any/<path>` for all records of the part. */
export function namesRow(ids: ReadonlySet<string>, part: string, record: number, path: string): boolean {
  return ids.has(rowId(part, record, path)) || ids.has(`${part}#any/${path}`);
}
