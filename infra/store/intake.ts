/** The commit of an intake: one transaction, after which a request exists whatever happens next. */
import { COLLECTIONS, type IdempotencyDoc, type RequestDoc } from './documents.js';
import { StoreError, storeError, type Db, type Document, type MongoClient } from './connect.js';

export interface IntakeDocuments {
  readonly request: RequestDoc;
  readonly idempotency: IdempotencyDoc;
  /** Wrapped data key and first vault entries, as the vault sealed them. */
  readonly keyDoc: { readonly _id: string };
  readonly vaultDocs: readonly { readonly _id: string }[];
}

/**
 * Writes idempotency record, wrapped data key, vault entries and request document together, majority.
 * `duplicate`: the idempotency record is there already, nothing was written; the caller replays it.
 * Errors: StoreError (`unavailable` when the commit's fate is unknown: the same key gives the answer later).
 */
export async function commitIntake(
  client: MongoClient,
  db: Db,
  documents: IntakeDocuments,
): Promise<'committed' | 'duplicate'> {
  const session = client.startSession();
  try {
    await session.withTransaction(
      async () => {
        await db.collection<IdempotencyDoc>(COLLECTIONS.idempotency).insertOne(documents.idempotency, { session });
        await db.collection<Document>('keys').insertOne(documents.keyDoc as unknown as Document, { session });
        await db.collection<Document>('vault').insertMany(documents.vaultDocs as unknown as Document[], { session });
        await db.collection<RequestDoc>(COLLECTIONS.requests).insertOne(documents.request, { session });
      },
      { writeConcern: { w: 'majority' }, readConcern: { level: 'snapshot' } },
    );
    return 'committed';
  } catch (error) {
    const failure = storeError(error);
    if (failure.code !== 'duplicate') throw failure;
    // Ids of requests, keys and vault entries are random: only the idempotency record can have been there before.
    const before = await db
      .collection<IdempotencyDoc>(COLLECTIONS.idempotency)
      .findOne({ _id: documents.idempotency._id });
    if (before === null) throw new StoreError('duplicate');
    return 'duplicate';
  } finally {
    await session.endSession();
  }
}
