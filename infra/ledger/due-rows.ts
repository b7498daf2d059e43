/** Dated rows (port `DueRows`) in the ledger's own database: they must outlive the request and its main store. */
import type { Collection, Db } from '../store/connect.js';
import type { DueRow, DueRows } from '../../domain/ports/ledgers.js';

type DueDocument = Omit<DueRow, 'id' | 'dueOn'> & {
  readonly _id: string;
  /** Day as a number (`YYYYMMDD`), so that it sorts on every server; null = until an event. */
  readonly dueDay: number | null;
};

export async function ensureDueIndexes(db: Db): Promise<void> {
  await rows(db).createIndex({ operator: 1, state: 1, dueDay: 1 });
  await rows(db).createIndex({ operator: 1, refs: 1 });
}

export class MongoDueRows implements DueRows {
  readonly #at: Collection<DueDocument>;

  constructor(db: Db) {
    this.#at = rows(db);
  }

  /** One bulk write with majority; an existing row stays as it is. */
  async put(given: readonly DueRow[]): Promise<void> {
    if (given.length === 0) return;
    await this.#at.bulkWrite(
      given.map(({ id, dueOn, ...rest }) => ({
        updateOne: {
          filter: { _id: id },
          update: { $setOnInsert: { ...rest, dueDay: dayNumber(dueOn) } },
          upsert: true,
        },
      })),
      { ordered: false },
    );
  }

  async due(operator: string, on: string, limit: number): Promise<readonly DueRow[]> {
    const found = await this.#at
      .find({ operator, state: 'waiting', dueDay: { $lte: dayNumber(on) ?? 0, $gte: 0 } })
      .sort({ dueDay: 1 })
      .limit(limit)
      .toArray();
    return found.map(asRow);
  }

  async byId(id: string): Promise<DueRow | null> {
    const found = await this.#at.findOne({ _id: id });
    return found === null ? null : asRow(found);
  }

  async byRef(operator: string, ref: string): Promise<readonly DueRow[]> {
    return (await this.#at.find({ operator, refs: ref, state: 'waiting' }).toArray()).map(asRow);
  }

  async move(id: string, dueOn: string | null): Promise<void> {
    await this.#at.updateOne({ _id: id, state: 'waiting' }, { $set: { dueDay: dayNumber(dueOn) } });
  }

  async done(id: string): Promise<void> {
    await this.#at.updateOne({ _id: id }, { $set: { state: 'done' } });
  }
}

function asRow({ _id, dueDay, ...rest }: DueDocument): DueRow {
  return { id: _id, dueOn: dayText(dueDay), ...rest };
}

function dayNumber(day: string | null): number | null {
  return day === null ? null : Number(day.replaceAll('-', ''));
}

function dayText(day: number | null): string | null {
  if (day === null) return null;
  const text = String(day).padStart(8, '0');
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

function rows(db: Db): Collection<DueDocument> {
  return db.collection<DueDocument>('due', { writeConcern: { w: 'majority' }, readConcern: { level: 'majority' } });
}
