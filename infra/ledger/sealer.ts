/**
 * Sealing: gives recorded entries their sequence number, chain hash and tree leaf, and publishes a signed tree head.
 *
 * One batch is three writes: (1) the *plan*, a compare-and-set on the head document that takes the lease and names the
 * entries in order; (2) one bulk write that puts their place into the entries; (3) the *publication*, a compare-and-set
 * that moves size, frontier and checkpoint on and lets the lease go. Everything after (1) follows from the plan and from
 * entries that never change, so whoever finishes a plan writes the same bytes: a crash between any two writes, a second
 * sealer, or one that wakes up after its lease has ended can repeat work but not change it. The lease saves work; the
 * compare-and-set on `size` is what makes each entry sealed exactly once.
 */
import type { AnyBulkWriteOperation, Db } from '../store/connect.js';
import { ledgerOrigin, signCheckpoint } from '../../domain/ledger/checkpoint.js';
import { entryLeaf, GENESIS_HASH, sealEntry } from '../../domain/ledger/entry.js';
import { frontierRoot, pushLeaf, type Frontier } from '../../domain/ledger/frontier.js';
import { hashText } from '../../domain/ledger/hash-text.js';
import { sha256 } from '../keys/signing-crypto.js';
import type { SigningKeys } from '../keys/signing.js';
import {
  binaryOf,
  bytesOf,
  draftOf,
  ledgerCollections,
  slotOf,
  type EntryDocument,
  type HeadDocument,
  type LedgerCollections,
} from './documents.js';
import { LedgerError } from './errors.js';

/**
 * Where a test may stop a sealer. `chosen`: it has read what to seal and written nothing; the others: the write of that
 * name has just been done (`entries`: a part of it).
 */
export type SealPoint = 'chosen' | 'planned' | 'entries' | 'placed' | 'published';

export interface SealerOptions {
  /** World time. */
  readonly now: () => Date;
  /** Names this sealer in the lease; unique per process start. */
  readonly owner: string;
  readonly leaseMs?: number;
  readonly batch?: number;
  /** Entries per write command within a batch. */
  readonly chunk?: number;
  /** Pause before looking again while another sealer holds the lease. */
  readonly wait?: (ms: number) => Promise<void>;
  readonly fault?: (point: SealPoint) => void | Promise<void>;
}

const LEASE_MS = 5_000;
const BATCH = 500;
const LOOK_AGAIN_MS = 10;

export class OperatorSealer {
  readonly #at: LedgerCollections;
  readonly #keys: SigningKeys;
  readonly #options: SealerOptions;

  constructor(db: Db, keys: SigningKeys, options: SealerOptions) {
    this.#at = ledgerCollections(db);
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * Returns when every entry that was recorded for the operator before the call is sealed and covered by a published
   * checkpoint, by this sealer or another. Errors: LedgerError `entry_missing`, `chain_broken`; errors of the driver and
   * of the key provider pass through, and a later call goes on where this one stopped.
   */
  async seal(operator: string): Promise<{ readonly size: number }> {
    const wait = this.#options.wait ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
    let wanted: ReadonlySet<string> | null = null;
    for (;;) {
      // Head first: when its size still stands at the compare-and-set, nothing was placed since and the list is true.
      const head = await this.#head(operator);
      const pending = await this.#at.entries.find({ pendingOf: operator }).toArray();
      wanted ??= new Set(pending.map((entry) => entry._id));
      const left = pending.filter((entry) => wanted?.has(entry._id));
      if (left.length === 0) {
        // Not pending means placed, not yet published; and `head` is older than that answer. So look again: with no open
        // plan now, everything that was placed before is inside the published size.
        const fresh = await this.#head(operator);
        if (fresh.plan === null) return { size: fresh.size };
      }
      if (!(await this.#batch(head, pending))) await wait(LOOK_AGAIN_MS);
    }
  }

  /** One batch: true when something was sealed, false when another sealer is at it. */
  async #batch(head: HeadDocument, pending: readonly EntryDocument[]): Promise<boolean> {
    const { now, owner, leaseMs = LEASE_MS, batch = BATCH } = this.#options;
    const lease = { owner, until: new Date(now().getTime() + leaseMs) };
    const mayTake = { $or: [{ 'lease.owner': owner }, { 'lease.until': { $lte: now() } }] };
    if (head.plan !== null) {
      // Somebody's unfinished batch: finish it as planned before anything new.
      const taken = await this.#at.heads.updateOne(
        { _id: head._id, size: head.size, 'plan.from': head.size, ...mayTake },
        { $set: { lease } },
      );
      if (taken.matchedCount === 0) return false;
      const documents = await this.#at.entries.find({ _id: { $in: [...head.plan.ids] } }).toArray();
      await this.#finish(head, head.plan, documents);
      return true;
    }
    if (pending.length === 0) return false;
    const chosen = [...pending].sort(byRecording).slice(0, batch);
    const plan = { from: head.size, ids: chosen.map((entry) => entry._id), sealedAt: now().toISOString() };
    await this.#options.fault?.('chosen');
    const planned = await this.#at.heads.updateOne(
      { _id: head._id, size: head.size, plan: null, ...mayTake },
      { $set: { plan, lease } },
    );
    if (planned.matchedCount === 0) return false;
    await this.#options.fault?.('planned');
    await this.#finish(head, plan, chosen);
    return true;
  }

  async #finish(
    head: HeadDocument,
    plan: NonNullable<HeadDocument['plan']>,
    documents: readonly EntryDocument[],
  ): Promise<void> {
    const byId = new Map(documents.map((document) => [document._id, document]));
    let frontier: Frontier = { size: head.size, roots: head.frontier.map(bytesOf) };
    let lastHash = head.lastHash;
    const writes: AnyBulkWriteOperation<EntryDocument>[] = [];
    for (const id of plan.ids) {
      const document = byId.get(id);
      if (document === undefined) throw new LedgerError('entry_missing', `planned at ${frontier.size}`);
      // Cannot be, by the compare-and-set; a ledger must stop rather than be wrong.
      if (document.seq !== undefined && document.seq !== frontier.size)
        throw new LedgerError('chain_broken', `at ${frontier.size}`);
      const entry = sealEntry(
        draftOf(document),
        { seq: frontier.size, prevHash: lastHash, sealedAt: plan.sealedAt },
        sha256,
      );
      const pushed = pushLeaf(frontier, entryLeaf(entry.hash, sha256), sha256);
      const { seq, prevHash, hash, sealedAt } = entry;
      const place = { slot: slotOf(head._id, seq), seq, prevHash, hash, sealedAt, nodes: pushed.nodes.map(binaryOf) };
      writes.push({ updateOne: { filter: { _id: id }, update: { $set: place, $unset: { pendingOf: '' } } } });
      frontier = pushed.frontier;
      lastHash = hash;
    }
    const { chunk = BATCH, fault } = this.#options;
    for (let i = 0; i < writes.length; i += chunk) {
      await this.#at.entries.bulkWrite(writes.slice(i, i + chunk), { ordered: false });
      await fault?.('entries');
    }
    await fault?.('placed');
    const signer = await this.#keys.signer(head._id);
    const root = frontierRoot(frontier, sha256);
    await this.#at.heads.updateOne(
      { _id: head._id, size: head.size, 'plan.from': head.size },
      {
        $set: {
          size: frontier.size,
          lastHash,
          frontier: frontier.roots.map(binaryOf),
          root: hashText(root),
          checkpoint: signCheckpoint({ origin: ledgerOrigin(head._id), size: frontier.size, root }, signer, sha256),
          keyId: signer.keyId,
          sealedAt: plan.sealedAt,
          plan: null,
          // Let go at once: whoever seals next, here or elsewhere, need not wait.
          lease: { owner: null, until: new Date(0) },
        },
      },
    );
    await fault?.('published');
  }

  async #head(operator: string): Promise<HeadDocument> {
    const found = await this.#at.heads.findOne({ _id: operator });
    if (found !== null) return found;
    const empty: HeadDocument = {
      _id: operator,
      size: 0,
      lastHash: GENESIS_HASH,
      frontier: [],
      root: hashText(sha256(new Uint8Array(0))),
      checkpoint: null,
      keyId: null,
      sealedAt: null,
      plan: null,
      lease: { owner: null, until: new Date(0) },
    };
    try {
      await this.#at.heads.insertOne(empty);
    } catch (error) {
      // Somebody else was first: theirs may already have moved on.
      if (!(error instanceof Error && 'code' in error && error.code === 11000)) throw error;
    }
    return (await this.#at.heads.findOne({ _id: operator })) ?? empty;
  }
}

/** Order of sealing: when recorded, then the place within one `append`, then the id. */
function byRecording(a: EntryDocument, b: EntryDocument): number {
  if (a.recordedAt !== b.recordedAt) return a.recordedAt < b.recordedAt ? -1 : 1;
  return a.place - b.place || (a._id < b._id ? -1 : 1);
}
