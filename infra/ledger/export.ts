/**
 * Ledger export (docs/ledger.md): one line of canonical JSON per entry, oldest first, then one line with the checkpoint.
 * A whole ledger proves itself by its chain and root; a part carries an inclusion proof with every entry.
 */
import { canonicalJson } from '../../domain/ledger/canonical-json.js';
import { LedgerError } from './errors.js';
import type { LedgerFilter, LedgerReader } from './reader.js';

const PAGE = 500;

/**
 * Lines without their newline. Constant memory: page by page, up to the size of the checkpoint at the start.
 * Errors: LedgerError `out_of_range` when nothing is sealed yet; those of LedgerReader.
 */
export async function* exportLines(reader: LedgerReader, filter: LedgerFilter): AsyncGenerator<string> {
  const head = await reader.checkpoint(filter.operator);
  if (head === null) throw new LedgerError('out_of_range', 'nothing is sealed yet');
  const { operator, ...narrowing } = filter;
  const whole = Object.values(narrowing).every((value) => value === undefined);
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page = await reader.page(filter, { cursor, limit: PAGE });
    const entries = page.entries.filter((entry) => entry.seq < head.size);
    if (whole) {
      for (const entry of entries) yield canonicalJson({ entry });
    } else if (entries.length > 0) {
      const seqs = entries.map((entry) => entry.seq);
      const proofs = new Map(
        (await reader.inclusionProofs(operator, seqs, head.size)).map((view) => [view.seq, view.proof]),
      );
      for (const entry of entries) yield canonicalJson({ entry, inclusionProof: proofs.get(entry.seq) ?? [] });
    }
    cursor = entries.length < page.entries.length ? null : page.next;
  }
  yield canonicalJson({ checkpoint: head.checkpoint, keyId: head.keyId, version: 1 });
}
