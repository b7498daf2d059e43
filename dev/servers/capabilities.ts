import { randomBytes } from 'node:crypto';
import { MongoClient, MongoServerError, type Db } from 'mongodb';

/** What the server behind a URL can do, found by doing it in a scratch database that is dropped again. */
export interface MongoCapabilities {
  readonly server: 'mongodb' | 'secantus';
  readonly version: string;
  readonly transactions: boolean;
  readonly uniqueIndexes: boolean;
  /** Collation on index and query together. */
  readonly collation: boolean;
  readonly capped: boolean;
  readonly timeSeries: boolean;
  readonly majorityReads: boolean;
  readonly ttlIndexes: boolean;
}

/** Probes the server; takes about a second. Never touches a database that exists. */
export async function mongoCapabilities(url: string): Promise<MongoCapabilities> {
  const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 5_000 });
  const db = client.db(`habeas_probe_${randomBytes(6).toString('hex')}`);
  try {
    const build = await client.db('admin').command({ buildInfo: 1 });
    const secantus = build['secantusVersion'];
    return {
      server: secantus === undefined ? 'mongodb' : 'secantus',
      version: String(secantus ?? build['version']),
      transactions: await holds(() => transaction(client, db)),
      uniqueIndexes: await holds(() => uniqueIndex(db)),
      collation: await holds(() => collation(db)),
      capped: await holds(() => capped(db)),
      timeSeries: await holds(() => timeSeries(db)),
      majorityReads: await holds(() => majority(db)),
      ttlIndexes: await holds(() => ttl(db)),
    };
  } finally {
    await db.dropDatabase().catch(() => undefined);
    await client.close();
  }
}

async function holds(probe: () => Promise<boolean>): Promise<boolean> {
  try {
    return await probe();
  } catch (error) {
    if (error instanceof MongoServerError) return false;
    throw error;
  }
}

async function transaction(client: MongoClient, db: Db): Promise<boolean> {
  await db.createCollection('tx');
  const session = client.startSession();
  try {
    session.startTransaction();
    await db.collection('tx').insertOne({ n: 1 }, { session });
    await session.abortTransaction();
  } finally {
    await session.endSession();
  }
  return (await db.collection('tx').findOne({ n: 1 })) === null;
}

async function uniqueIndex(db: Db): Promise<boolean> {
  await db.collection('unique').createIndex({ n: 1 }, { unique: true });
  await db.collection('unique').insertOne({ n: 1 });
  try {
    await db.collection('unique').insertOne({ n: 1 });
    return false;
  } catch (error) {
    return error instanceof MongoServerError && error.code === 11000;
  }
}

async function collation(db: Db): Promise<boolean> {
  const en = { locale: 'en', strength: 2 } as const;
  await db.collection('collation').createIndex({ name: 1 }, { collation: en });
  await db.collection('collation').insertOne({ name: 'ABC' });
  return (await db.collection('collation').findOne({ name: 'abc' }, { collation: en })) !== null;
}

async function capped(db: Db): Promise<boolean> {
  await db.createCollection('capped', { capped: true, size: 100_000, max: 2 });
  await db.collection('capped').insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
  return (await db.collection('capped').find().toArray()).length === 2;
}

async function timeSeries(db: Db): Promise<boolean> {
  await db.createCollection('series', { timeseries: { timeField: 'at' } });
  const [info] = await db.listCollections({ name: 'series' }).toArray();
  return info?.type === 'timeseries';
}

async function majority(db: Db): Promise<boolean> {
  await db.collection('majority').insertOne({ n: 1 }, { writeConcern: { w: 'majority' } });
  return (await db.collection('majority', { readConcern: { level: 'majority' } }).findOne({ n: 1 })) !== null;
}

async function ttl(db: Db): Promise<boolean> {
  await db.collection('ttl').createIndex({ at: 1 }, { expireAfterSeconds: 60 });
  return (await db.collection('ttl').indexes()).some((index) => index['expireAfterSeconds'] === 60);
}
