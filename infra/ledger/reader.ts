/** Reading the ledger: pages, signed tree heads, proofs. Needs no key: checkpoints are signed when entries are sealed. */
import type { Db, Filter } from '../store/connect.js';
import {
  consistencyNodes,
  consistencyProofFrom,
  inclusionNodes,
  inclusionProofFrom,
  type NodeAt,
  type TreeNode,
} from '../../domain/ledger/merkle.js';
import { hashText } from '../../domain/ledger/hash-text.js';
import type { CertificateLedger } from '../../domain/certificate/index.js';
import type { LedgerEntry } from '../../domain/ports/ledgers.js';
import { sha256 } from '../keys/signing-crypto.js';
import {
  bytesOf,
  entryOf,
  ledgerCollections,
  slotOf,
  type EntryDocument,
  type LedgerCollections,
} from './documents.js';
import { LedgerError } from './errors.js';

export interface LedgerFilter {
  readonly operator: string;
  /** One request, or several (the caller resolves right, outcome, lateness … to requests in the read model). */
  readonly requests?: readonly string[];
  /** Id of the actor. */
  readonly actor?: string;
  readonly action?: string;
  /** RFC 3339; on the entries' own `at` (case time), `from` included, `to` excluded. */
  readonly from?: string;
  readonly to?: string;
}

export interface LedgerPage {
  /** Oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Give it back as `cursor` for the next page; null = there is nothing more now. */
  readonly next: number | null;
}

export interface CheckpointView {
  readonly operator: string;
  readonly size: number;
  readonly root: string;
  /** The signed note (docs/ledger.md). */
  readonly checkpoint: string;
  readonly keyId: string;
  readonly sealedAt: string;
}

export interface InclusionView {
  readonly seq: number;
  readonly size: number;
  readonly hash: string;
  /** `sha256:…`, lowest sibling first. */
  readonly proof: readonly string[];
}

/** Entries looked at per command while filtering, and per page at most, so that no page runs away. */
const WINDOW = 1_000;
const MAX_WINDOWS = 50;

export class LedgerReader {
  readonly #at: LedgerCollections;

  constructor(db: Db) {
    this.#at = ledgerCollections(db);
  }

  /**
   * Sealed entries from `cursor` (a sequence number, default 0) on, oldest first, at most `limit` (1 to 1,000).
   * A page may hold fewer than `limit` and still have a `next` when its filter is rare.
   * Errors: LedgerError `bad_filter`.
   */
  async page(
    filter: LedgerFilter,
    options: { readonly cursor?: number; readonly limit?: number } = {},
  ): Promise<LedgerPage> {
    const { cursor = 0, limit = 100 } = options;
    if (!Number.isSafeInteger(cursor) || cursor < 0 || !Number.isSafeInteger(limit) || limit < 1 || limit > 1_000)
      throw new LedgerError('bad_filter');
    const fits = matcher(filter);
    const size = await this.#size(filter.operator);
    if (filter.requests !== undefined) {
      const wanted: Filter<EntryDocument> = { requestId: { $in: [...filter.requests] } };
      const found = (await this.#at.entries.find(wanted, { projection: { nodes: 0 } }).toArray())
        .filter(
          (document) =>
            document.operator === filter.operator && (document.seq ?? size) < size && (document.seq ?? 0) >= cursor,
        )
        .filter(fits)
        .sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
      const entries = sealed(found.slice(0, limit));
      return { entries, next: found.length > limit ? (entries.at(-1)?.seq ?? cursor) + 1 : null };
    }
    const entries: LedgerEntry[] = [];
    let at = cursor;
    for (let windows = 0; at < size && entries.length < limit && windows < MAX_WINDOWS; windows++) {
      const end = Math.min(size, at + WINDOW);
      const fitting = sealed((await this.#range(filter.operator, at, end)).filter(fits));
      const taken = fitting.slice(0, limit - entries.length);
      entries.push(...taken);
      at = taken.length < fitting.length ? (taken.at(-1)?.seq ?? at) + 1 : end;
    }
    return { entries, next: at < size ? at : null };
  }

  /** The latest signed tree head; null while nothing is sealed for the operator. */
  async checkpoint(operator: string): Promise<CheckpointView | null> {
    const head = await this.#at.heads.findOne({ _id: operator });
    if (head?.checkpoint == null || head.keyId === null || head.sealedAt === null) return null;
    return {
      operator,
      size: head.size,
      root: head.root,
      checkpoint: head.checkpoint,
      keyId: head.keyId,
      sealedAt: head.sealedAt,
    };
  }

  /**
   * What a certificate carries of the ledger: the latest checkpoint, and every entry of the request that it covers with
   * its proof, ascending. Null when nothing of the request is sealed yet (call `Ledger.seal` before).
   */
  async ofRequest(operator: string, requestId: string): Promise<CertificateLedger | null> {
    const head = await this.checkpoint(operator);
    if (head === null) return null;
    const found = await this.#at.entries.find({ requestId }, { projection: { operator: 1, seq: 1 } }).toArray();
    const seqs = found.flatMap((document) =>
      document.operator === operator && document.seq !== undefined && document.seq < head.size ? [document.seq] : [],
    );
    if (seqs.length === 0) return null;
    const proofs = await this.inclusionProofs(
      operator,
      seqs.sort((a, b) => a - b),
      head.size,
    );
    return {
      checkpoint: head.checkpoint,
      entries: proofs.map(({ seq, hash, proof }) => ({ seq, hash, inclusionProof: proof })),
    };
  }

  /** Inclusion proofs of several entries in the tree of one size, with one read of O(n·log size) hashes. Throws `out_of_range`. */
  async inclusionProofs(operator: string, seqs: readonly number[], size: number): Promise<InclusionView[]> {
    await this.#checkSize(operator, size);
    if (seqs.some((seq) => !Number.isSafeInteger(seq) || seq < 0 || seq >= size)) throw new LedgerError('out_of_range');
    const leaves = seqs.map((seq) => ({ level: 0, index: seq }));
    const { nodeAt, hashAt } = await this.#nodes(operator, [
      ...leaves,
      ...seqs.flatMap((seq) => inclusionNodes(seq, size)),
    ]);
    return seqs.map((seq) => ({
      seq,
      size,
      hash: hashAt(seq),
      proof: inclusionProofFrom(seq, size, nodeAt, sha256).map(hashText),
    }));
  }

  /** Inclusion proof of one entry. Throws LedgerError `out_of_range`. */
  async inclusion(operator: string, seq: number, size: number): Promise<InclusionView> {
    const [view] = await this.inclusionProofs(operator, [seq], size);
    if (view === undefined) throw new LedgerError('out_of_range');
    return view;
  }

  /** Proof that the tree of size `from` is a prefix of the one of size `to`. Throws LedgerError `out_of_range`. */
  async consistency(
    operator: string,
    from: number,
    to: number,
  ): Promise<{ readonly from: number; readonly to: number; readonly proof: readonly string[] }> {
    await this.#checkSize(operator, to);
    if (!Number.isSafeInteger(from) || from < 0 || from > to) throw new LedgerError('out_of_range');
    const { nodeAt } = await this.#nodes(operator, consistencyNodes(from, to));
    return { from, to, proof: consistencyProofFrom(from, to, nodeAt, sha256).map(hashText) };
  }

  async #size(operator: string): Promise<number> {
    return (await this.#at.heads.findOne({ _id: operator }, { projection: { size: 1 } }))?.size ?? 0;
  }

  async #checkSize(operator: string, size: number): Promise<void> {
    if (!Number.isSafeInteger(size) || size < 0 || size > (await this.#size(operator)))
      throw new LedgerError('out_of_range');
  }

  async #range(operator: string, start: number, end: number): Promise<EntryDocument[]> {
    const range = { slot: { $gte: slotOf(operator, start), $lt: slotOf(operator, end) } };
    const found = await this.#at.entries.find(range, { projection: { nodes: 0 } }).toArray();
    // An empty place in a dense log is a lost entry: say so, never skip it.
    if (found.length !== end - start) throw new LedgerError('entry_missing', `between ${start} and ${end}`);
    return found.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  }

  /** A node rests with the leaf that finished it. */
  async #nodes(
    operator: string,
    wanted: readonly TreeNode[],
  ): Promise<{ nodeAt: NodeAt; hashAt: (seq: number) => string }> {
    const leafOf = (level: number, index: number): number => (index + 1) * 2 ** level - 1;
    const slots = [...new Set(wanted.map((node) => slotOf(operator, leafOf(node.level, node.index))))];
    const found = await this.#at.entries
      .find({ slot: { $in: slots } }, { projection: { seq: 1, hash: 1, nodes: 1 } })
      .toArray();
    const bySeq = new Map(found.map((document) => [document.seq, document]));
    return {
      nodeAt: (level, index) => {
        const node = bySeq.get(leafOf(level, index))?.nodes?.[level];
        if (node === undefined) throw new LedgerError('entry_missing', `node ${level}/${index}`);
        return bytesOf(node);
      },
      hashAt: (seq) => {
        const hash = bySeq.get(seq)?.hash;
        if (hash === undefined) throw new LedgerError('entry_missing', `entry ${seq}`);
        return hash;
      },
    };
  }
}

function matcher(filter: LedgerFilter): (document: EntryDocument) => boolean {
  const from = filter.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(filter.from);
  const to = filter.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(filter.to);
  if (Number.isNaN(from) || Number.isNaN(to)) throw new LedgerError('bad_filter', 'from or to');
  return (document) =>
    document.atMs >= from &&
    document.atMs < to &&
    (filter.actor === undefined || document.actor.id === filter.actor) &&
    (filter.action === undefined || document.action === filter.action);
}

function sealed(documents: readonly EntryDocument[]): LedgerEntry[] {
  return documents.map(entryOf).filter((entry) => entry !== null);
}
