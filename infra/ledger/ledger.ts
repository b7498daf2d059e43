/** The ledger over MongoDB: appending, and sealing on demand or by itself (port `Ledger`). */
import { randomUUID } from 'node:crypto';
import { MongoBulkWriteError, type Db } from '../store/connect.js';
import type { Ledger, LedgerDraft } from '../../domain/ports/ledgers.js';
import type { SigningKeys } from '../keys/signing.js';
import { draftDocument, ledgerCollections, type LedgerCollections } from './documents.js';
import { OperatorSealer, type SealerOptions } from './sealer.js';

export interface MongoLedgerOptions extends Partial<Omit<SealerOptions, 'now'>> {
  /** World time. */
  readonly now: () => Date;
  /** A sealed batch follows an append of this process after this long, so that appends in between share it. */
  readonly sealAfterMs?: number;
  /** How often to look for what other processes recorded, or left half sealed. */
  readonly lookEveryMs?: number;
  /** Told when sealing in the background failed; it is tried again at the next look. The error names no person. */
  readonly onError?: (operator: string, error: unknown) => void;
}

/**
 * The merge delay. A certificate seals by itself what it needs, so nobody waits for these; each batch costs three write
 * commands, however many entries it has, and an erasure records some ten entries within one to three seconds.
 */
const SEAL_AFTER_MS = 4_000;
const LOOK_EVERY_MS = 4_000;

/**
 * The database is the ledger's own (`HABEAS_LEDGER_MONGODB_URL`), never the main store. Signing keys are opened at the
 * first sealing only: a process that just appends needs none.
 */
export class MongoLedger implements Ledger {
  readonly #at: LedgerCollections;
  readonly #options: MongoLedgerOptions;
  readonly #sealer: OperatorSealer;
  readonly #turns = new Map<string, { current: Promise<{ size: number }>; next: Promise<{ size: number }> | null }>();
  readonly #soon = new Map<string, NodeJS.Timeout>();
  /** Operator → an entry that was unsealed at the last look. */
  readonly #waiting = new Map<string, string>();
  #looking: NodeJS.Timeout | null = null;
  #look: Promise<void> = Promise.resolve();
  #place = 0;

  constructor(db: Db, keys: SigningKeys, options: MongoLedgerOptions) {
    this.#at = ledgerCollections(db);
    this.#options = options;
    this.#sealer = new OperatorSealer(db, keys, { owner: randomUUID(), ...options });
  }

  /**
   * One insert command, acknowledged by a majority. An id that exists is left as it is, so a repeat after any failure is
   * harmless; all drafts of one call are recorded or the call throws and may be repeated whole.
   * Errors: LedgerError `invalid_entry`, `entry_too_large` (nothing written); errors of the driver pass through.
   */
  async append(drafts: readonly LedgerDraft[]): Promise<void> {
    if (drafts.length === 0) return;
    const recordedAt = this.#options.now().toISOString();
    const documents = drafts.map((draft) => draftDocument(draft, recordedAt, this.#place++));
    try {
      await this.#at.entries.insertMany(documents, { ordered: false });
    } catch (error) {
      if (!isOnlyDuplicates(error)) throw error;
    }
    if (this.#looking !== null)
      for (const operator of new Set(drafts.map((draft) => draft.operator))) this.#nudge(operator);
  }

  /** As the port says; calls that arrive while one runs share the next one. Errors: those of OperatorSealer. */
  seal(operator: string): Promise<{ readonly size: number }> {
    const turn = this.#turns.get(operator);
    if (turn !== undefined) {
      // The running one may have read its list before our entries were there, so it does not answer for them.
      turn.next ??= turn.current.then(
        () => this.#begin(operator),
        () => this.#begin(operator),
      );
      return turn.next;
    }
    return this.#begin(operator);
  }

  /** Seals in the background from now on: within seconds, after appends of this process sooner than after those of others. */
  start(operators: readonly string[]): void {
    if (this.#looking !== null) return;
    const look = (): void => {
      this.#look = this.#lookAround(operators).finally(() => {
        if (this.#looking !== null) this.#looking = setTimeout(look, this.#options.lookEveryMs ?? LOOK_EVERY_MS);
      });
    };
    this.#looking = setTimeout(look, 0);
  }

  /** Ends background sealing after what is running. What is left unsealed is sealed by the next process. */
  async stop(): Promise<void> {
    if (this.#looking !== null) clearTimeout(this.#looking);
    this.#looking = null;
    for (const timer of this.#soon.values()) clearTimeout(timer);
    this.#soon.clear();
    await this.#look;
    await Promise.allSettled(
      [...this.#turns.values()].flatMap((turn) => (turn.next === null ? [turn.current] : [turn.current, turn.next])),
    );
  }

  #begin(operator: string): Promise<{ size: number }> {
    const current = this.#sealer.seal(operator);
    const turn = { current, next: null };
    this.#turns.set(operator, turn);
    const done = (): void => {
      if (this.#turns.get(operator) === turn && turn.next === null) this.#turns.delete(operator);
    };
    current.then(done, done);
    return current;
  }

  #nudge(operator: string): void {
    if (this.#soon.has(operator)) return;
    const timer = setTimeout(() => {
      this.#soon.delete(operator);
      void this.#sealQuietly(operator);
    }, this.#options.sealAfterMs ?? SEAL_AFTER_MS);
    this.#soon.set(operator, timer);
  }

  async #lookAround(operators: readonly string[]): Promise<void> {
    try {
      const open = await this.#at.heads.find({ plan: { $ne: null } }, { projection: { _id: 1 } }).toArray();
      const due = new Set(open.map((head) => head._id));
      for (const operator of operators) {
        const pending = await this.#at.entries.findOne({ pendingOf: operator }, { projection: { _id: 1 } });
        // Only what has waited since the last look: whoever recorded it may be about to seal it with more.
        if (pending !== null && this.#waiting.get(operator) === pending._id) due.add(operator);
        if (pending === null) this.#waiting.delete(operator);
        else this.#waiting.set(operator, pending._id);
      }
      await Promise.all([...due].map((operator) => this.#sealQuietly(operator)));
    } catch (error) {
      this.#options.onError?.('', error);
    }
  }

  async #sealQuietly(operator: string): Promise<void> {
    try {
      await this.seal(operator);
    } catch (error) {
      this.#options.onError?.(operator, error);
    }
  }
}

/** Did the insert fail only because ids were there already? (Own ids: there means done.) */
export function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false;
  const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return (
    failures.length > 0 &&
    failures.every((failure) => failure.code === 11000) &&
    error.result.getWriteConcernError() === undefined
  );
}
