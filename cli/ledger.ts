/** `habeas ledger export`: entries and checkpoint as NDJSON (docs/ledger.md), for `habeas verify` and for auditors. */
import { exportLines } from '../infra/ledger/export.js';
import type { LedgerReader } from '../infra/ledger/reader.js';

export interface ExportOptions {
  readonly operator: string;
  /** One request only; its entries then carry inclusion proofs. */
  readonly request?: string | undefined;
  /** RFC 3339, `from` included, `to` excluded. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * Writes the export line by line, each with its newline, waiting for `write` when it gives a promise (back pressure);
 * returns the number of entries. Errors: LedgerError `out_of_range` (nothing sealed), `bad_filter`, `entry_missing`.
 */
export async function exportLedger(
  reader: LedgerReader,
  options: ExportOptions,
  write: (text: string) => unknown,
): Promise<number> {
  const { operator, request, from, to } = options;
  const filter = {
    operator,
    ...(request === undefined ? {} : { requests: [request] }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  let lines = 0;
  for await (const line of exportLines(reader, filter)) {
    await write(`${line}\n`);
    lines++;
  }
  return lines - 1;
}
