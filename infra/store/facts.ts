/** Facts reported about internal references (port `ReportedFacts`): placed holds and ends of relations. */
import type { Anchor, AnchorKind, PlacedHold } from '../../domain/holds/index.js';
import type { ReportedFacts } from '../../domain/ports/services.js';
import { guarded, type Db } from './connect.js';

interface HoldDoc extends Omit<PlacedHold, 'eventId'> {
  /** `<operator>/<event>` */
  readonly _id: string;
  readonly operator: string;
  readonly releasedAt: string | null;
}

interface AnchorDoc extends Anchor {
  readonly _id: string;
  readonly operator: string;
}

export async function ensureFactIndexes(db: Db): Promise<void> {
  await guarded(async () => {
    await db.collection('holds').createIndex({ operator: 1, ref: 1 });
    await db.collection('anchors').createIndexes([{ key: { operator: 1, ref: 1 } }, { key: { operator: 1, kind: 1 } }]);
  });
}

/** Errors: StoreError. */
export function createFacts(db: Db): ReportedFacts {
  const holds = db.collection<HoldDoc>('holds', { writeConcern: { w: 'majority' } });
  const anchors = db.collection<AnchorDoc>('anchors', { writeConcern: { w: 'majority' } });
  return {
    about: (operator, refs) =>
      guarded(async () => {
        if (refs.length === 0) return { holds: [], anchors: [] };
        const placed = await holds.find({ operator, ref: { $in: [...refs] }, releasedAt: null }).toArray();
        const moved = await anchors.find({ operator, ref: { $in: [...refs] } }).toArray();
        return {
          holds: placed.map(({ _id, operator: _o, releasedAt: _r, ...hold }) => ({ eventId: _id, ...hold })),
          anchors: moved.map(({ kind, ref, at }) => ({ kind, ref, at })),
        };
      }),
    ofKinds: (operator, kinds: readonly AnchorKind[]) =>
      guarded(async () =>
        (await anchors.find({ operator, kind: { $in: [...kinds] } }).toArray()).map(({ kind, ref, at }) => ({
          kind,
          ref,
          at,
        })),
      ),
    async placeHold({ operator, eventId, ...hold }) {
      await guarded(() =>
        holds.updateOne(
          { _id: `${operator}/${eventId}` },
          { $setOnInsert: { operator, ...hold, releasedAt: null } },
          { upsert: true },
        ),
      );
    },
    async releaseHold(operator, ref, at) {
      await guarded(() => holds.updateMany({ operator, ref, releasedAt: null }, { $set: { releasedAt: at } }));
    },
    async putAnchor({ operator, eventId, ...anchor }) {
      await guarded(() =>
        anchors.updateOne(
          { _id: `${operator}/${eventId}` },
          { $setOnInsert: { operator, ...anchor } },
          { upsert: true },
        ),
      );
    },
  };
}
