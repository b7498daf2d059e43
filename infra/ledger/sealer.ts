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
/**
 * Matches an entry without `seq`. Not `$or` with `$exists`: SecantusDB would read the whole collection for each write. The
 * driver's types do not know that null stands for an absent field.
 */
const NO_PLACE = null as unknown as number;
/** Pending entries read at once: bounds memory when a backlog has grown. */
const READ = 5_000;

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
      // Head first: while its size stands at the compare-and-set, nothing was placed since and the list is true.
      let head: HeadDocument | null = await this.#head(operator);
      const pending = await this.#at.entries.find({ pendingOf: operator }).limit(READ).toArray();
      const all = pending.length < READ;
      if (all) wanted ??= new Set(pending.map((entry) => entry._id));
      if (all && !pending.some((entry) => wanted?.has(entry._id))) {
        // Not pending means placed, not yet published; and `head` is older than that answer. So look again: with no open
        // plan now, everything that was placed before is inside the published size.
        const fresh = await this.#head(operator);
        if (fresh.plan === null) return { size: fresh.size };
        // Planned since we looked: what we read fits neither state, so read both again.
        if (head.plan === null) continue;
      }
      let rest: readonly EntryDocument[] = pending.sort(byRecording);
      while (head !== null && (head.plan !== null || rest.length > 0)) {
        const batch = await this.#batch(head, rest);
        if (batch === 'taken') await wait(LOOK_AGAIN_MS);
        head = batch === 'taken' ? null : batch.head;
        if (batch !== 'taken') rest = rest.filter((entry) => !batch.done.has(entry._id));
      }
      if (head !== null && all) return { size: head.size };
    }
  }

  /**
   * One batch of the oldest of `rest`, or somebody's unfinished plan. Gives the ids that are now sealed and the head as
   * published; null when another sealer published meanwhile (then `rest` is out of date); `taken`: another is at it.
   */
  async #batch(
    head: HeadDocument,
    rest: readonly EntryDocument[],
  ): Promise<'taken' | { readonly done: ReadonlySet<string>; readonly head: HeadDocument | null }> {
    const { now, owner, leaseMs = LEASE_MS, batch = BATCH, fault } = this.#options;
    const lease = { owner, until: new Date(now().getTime() + leaseMs) };
    const mayTake = { $or: [{ 'lease.owner': owner }, { 'lease.until': { $lte: now() } }] };
    if (head.plan !== null) {
      const same = { _id: head._id, size: head.size, 'plan.from': head.size, ...mayTake };
      const taken = await this.#at.heads.updateOne(same, { $set: { lease } });
      if (taken.matchedCount === 0) return 'taken';
      const documents = await this.#at.entries.find({ _id: { $in: [...head.plan.ids] } }).toArray();
      return { done: new Set(head.plan.ids), head: await this.#finish(head, head.plan, documents) };
    }
    const chosen = rest.slice(0, batch);
    const plan = { from: head.size, ids: chosen.map((entry) => entry._id), sealedAt: now().toISOString() };
    await fault?.('chosen');
    const free = { _id: head._id, size: head.size, plan: null, ...mayTake };
    const planned = await this.#at.heads.updateOne(free, { $set: { plan, lease } });
    if (planned.matchedCount === 0) return 'taken';
    await fault?.('planned');
    return { done: new Set(plan.ids), head: await this.#finish(head, plan, chosen) };
  }

  /** Writes the places and publishes; the head as published, or null when another finished the same plan first. */
  async #finish(
    head: HeadDocument,
    plan: NonNullable<HeadDocument['plan']>,
    documents: readonly EntryDocument[],
  ): Promise<HeadDocument | null> {
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
      writes.push({
        updateOne: {
          filter: { _id: id, seq: { $in: [NO_PLACE, seq] } },
          update: { $set: place, $unset: { pendingOf: '' } },
        },
      });
      frontier = pushed.frontier;
      lastHash = hash;
    }
    const { chunk = BATCH, fault } = this.#options;
    for (let i = 0; i < writes.length; i += chunk) {
      const some = writes.slice(i, i + chunk);
      const { matchedCount } = await this.#at.entries.bulkWrite(some, { ordered: false });
      // Every write matches its entry while that has no place, or this one: an entry is never moved.
      if (matchedCount !== some.length) throw new LedgerError('chain_broken', `from ${head.size + i}`);
      await fault?.('entries');
    }
    await fault?.('placed');
    const signer = await this.#keys.signer(head._id);
    const root = frontierRoot(frontier, sha256);
    const next = {
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
    };
    const published = await this.#at.heads.updateOne(
      { _id: head._id, size: head.size, 'plan.from': head.size },
      { $set: next },
    );
    await fault?.('published');
    return published.matchedCount === 1 ? { _id: head._id, ...next } : null;
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
