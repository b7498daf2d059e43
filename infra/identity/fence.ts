/**
 * One person, several requests (design.md section 8): who must wait for whom, over keyed hashes only.
 * One row per (operator, hash), holding the requests that stand at it. Rows are taken in sorted order, each by one atomic
 * update, so of a reader and a writer that come at once at least one sees the other: a writer enters first and asks then.
 */
import type { PersonFence } from '../../domain/ports/services.js';
import type { Instant } from '../../domain/words.js';
import { StoreError, guarded, type Collection, type Db } from '../store/connect.js';
import { IdentityError } from './errors.js';

interface Holder {
  readonly requestId: string;
  readonly mode: 'read' | 'write';
  /** Case time of the request that holds; the caller decides what its passing means. */
  readonly until: Instant;
}

interface FenceDoc {
  /** `<operator>/<hash>` */
  readonly _id: string;
  readonly holders: readonly Holder[];
}

export interface Fence extends PersonFence {
  ensureIndexes(): Promise<void>;
}

/** How often a row may be taken away by others between our look and our step, before we give up for now. */
const ROUNDS = 20;

export function createFence(options: { readonly db: Db }): Fence {
  return new MongoFence(options.db.collection<FenceDoc>('fences'));
}

class MongoFence implements Fence {
  constructor(private readonly fences: Collection<FenceDoc>) {}

  /** Errors: IdentityError `fence_busy` (try again); StoreError. */
  async enter(input: Parameters<PersonFence['enter']>[0]): Promise<void> {
    const holder: Holder = { requestId: input.requestId, mode: input.mode, until: input.until };
    let ids = rowIds(input.operator, input.hashes);
    for (let round = 0; round < ROUNDS && ids.length > 0; round += 1) {
      await this.push(ids, holder);
      ids = await this.missing(ids, input.requestId);
    }
    if (ids.length > 0) throw new IdentityError('fence_busy');
  }

  async waitingFor(input: Parameters<PersonFence['waitingFor']>[0]): Promise<readonly string[]> {
    const ids = rowIds(input.operator, input.hashes);
    if (ids.length === 0) return [];
    const rows = await guarded(() => this.fences.find({ _id: { $in: ids } }).toArray());
    const readers = rows
      .flatMap((row) => row.holders)
      .filter((holder) => holder.mode === 'read' && holder.requestId !== input.requestId);
    return [...new Set(readers.map((holder) => holder.requestId))].sort();
  }

  async holders(input: Parameters<PersonFence['holders']>[0]): ReturnType<PersonFence['holders']> {
    const ids = rowIds(input.operator, input.hashes);
    if (ids.length === 0) return [];
    const rows = await guarded(() => this.fences.find({ _id: { $in: ids } }).toArray());
    const seen = new Map(rows.flatMap((row) => row.holders).map((h) => [h.requestId, h.mode]));
    return [...seen]
      .map(([requestId, mode]) => ({ requestId, mode }))
      .sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
  }

  async leave(requestId: string): Promise<void> {
    await guarded(async () => {
      const rows = await this.fences.find({ 'holders.requestId': requestId }, { projection: { _id: 1 } }).toArray();
      if (rows.length === 0) return;
      const ids = rows.map((row) => row._id);
      await this.fences.updateMany({ _id: { $in: ids } }, { $pull: { holders: { requestId } } });
      await this.fences.deleteMany({ _id: { $in: ids }, holders: { $size: 0 } });
    });
  }

  async ensureIndexes(): Promise<void> {
    await guarded(() => this.fences.createIndex({ 'holders.requestId': 1 }));
  }

  /** One command. A row that has us already does not match and cannot be inserted twice: that duplicate is the good case. */
  private async push(ids: readonly string[], holder: Holder): Promise<void> {
    try {
      await guarded(() =>
        this.fences.bulkWrite(
          ids.map((_id) => ({
            updateOne: {
              filter: { _id, 'holders.requestId': { $ne: holder.requestId } },
              update: { $push: { holders: holder } },
              upsert: true,
            },
          })),
          { ordered: false },
        ),
      );
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'duplicate')) throw error;
    }
  }

  /** Rows that do not hold us: another request made the row in the same moment and ours hit its key. */
  private async missing(ids: readonly string[], requestId: string): Promise<string[]> {
    const rows = await guarded(() => this.fences.find({ _id: { $in: [...ids] } }).toArray());
    const held = new Set(
      rows.filter((row) => row.holders.some((holder) => holder.requestId === requestId)).map((row) => row._id),
    );
    return ids.filter((id) => !held.has(id));
  }
}

function rowIds(operator: string, hashes: readonly string[]): string[] {
  return [...new Set(hashes)].sort().map((hash) => `${operator}/${hash}`);
}
