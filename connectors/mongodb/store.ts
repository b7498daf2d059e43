/** The two connections of a connector: one that works, one that only reads back (verify). Both connect on first use. */
import { MongoClient, type Collection, type Db, type Document } from 'mongodb';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import { failure } from './errors.js';
import type { MongoSettings } from './settings.js';

/** Read options that keep BSON as it is stored: Int32, Long and Double stay apart, a stored pattern stays data. */
export const AS_STORED = { promoteValues: false, bsonRegExp: true } as const;

const INDEX_MEMORY_MS = 60_000;

export interface CollectionInfo {
  readonly name: string;
  /** Why records here cannot be found or removed one by one; null = an ordinary collection. */
  readonly manual: 'view' | 'time_series' | 'capped_collection' | null;
}

export interface Store {
  client(): Promise<MongoClient>;
  database(name?: string | null): Promise<Db>;
  collection(dataset: Pick<DatasetPolicy, 'collection' | 'database'>): Promise<Collection<Document>>;
  /** First keys of a collection's indexes, asked again after a minute: they only choose the way of a search, never its result. */
  indexKeys(collection: Collection<Document>): Promise<readonly string[]>;
  /** Kinds of the collections of one database, asked from the server each time. */
  kinds(database: string | null): Promise<ReadonlyMap<string, CollectionInfo>>;
  close(): Promise<void>;
}

/**
 * Opens nothing by itself. Reads go to the primary with majority read concern, writes wait for the majority, so that
 * nothing that was read or written here can be rolled back.
 */
export function mongoStore(settings: MongoSettings, appName: string): Store {
  let opening: Promise<MongoClient> | null = null;
  const indexes = new Map<string, { readonly at: number; readonly keys: readonly string[] }>();
  const client = (): Promise<MongoClient> => {
    opening ??= open(settings, appName).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  const database = async (name?: string | null): Promise<Db> => {
    const connected = await client();
    const wanted = name ?? settings.database ?? connected.options.dbName;
    // The driver falls back to `test`: nobody's personal data is there on purpose.
    if (wanted === undefined || wanted === '' || (wanted === 'test' && !namesDatabase(settings, name))) {
      throw failure('config', 'no database named in url, settings or dataset');
    }
    return connected.db(wanted);
  };
  return {
    client,
    database,
    async collection(dataset) {
      return (await database(dataset.database)).collection(dataset.collection);
    },
    async indexKeys(collection) {
      const known = indexes.get(collection.namespace);
      if (known !== undefined && performance.now() - known.at < INDEX_MEMORY_MS) return known.keys;
      const keys = await indexKeys(collection);
      indexes.set(collection.namespace, { at: performance.now(), keys });
      return keys;
    },
    async kinds(name) {
      const listed = await (await database(name)).listCollections({}, { nameOnly: false }).toArray();
      return new Map(listed.map((entry) => [entry.name, { name: entry.name, manual: manualReason(entry) }]));
    },
    async close() {
      const opened = opening;
      opening = null;
      if (opened !== null) await opened.then((c) => c.close()).catch(() => undefined);
    },
  };
}

function open(settings: MongoSettings, appName: string): Promise<MongoClient> {
  return new MongoClient(settings.url, {
    appName,
    readPreference: 'primary',
    readConcern: { level: settings.readConcern },
    writeConcern: { w: 'majority', wtimeoutMS: settings.timeoutMs },
    retryReads: true,
    retryWrites: true,
    maxPoolSize: 8,
    connectTimeoutMS: Math.min(settings.timeoutMs, 10_000),
    serverSelectionTimeoutMS: Math.min(settings.timeoutMs, 10_000),
    socketTimeoutMS: settings.timeoutMs * 2,
  }).connect();
}

function namesDatabase(settings: MongoSettings, name?: string | null): boolean {
  return name === 'test' || settings.database === 'test' || /^mongodb(\+srv)?:\/\/[^/]+\/test(\?|$)/.test(settings.url);
}

function manualReason(entry: { type?: string; options?: Document }): CollectionInfo['manual'] {
  if (entry.type === 'view' || entry.options?.['viewOn'] !== undefined) return 'view';
  if (entry.type === 'timeseries' || entry.options?.['timeseries'] !== undefined) return 'time_series';
  return entry.options?.['capped'] === true ? 'capped_collection' : null;
}

/** First keys of the collection's indexes; none when it does not exist. */
export async function indexKeys(collection: Collection<Document>): Promise<string[]> {
  try {
    const listed = await collection.listIndexes().toArray();
    return listed.flatMap((index) => {
      // A partial index does not hold every record.
      if (index['partialFilterExpression'] !== undefined) return [];
      const first = Object.keys((index['key'] ?? {}) as Document)[0];
      return first === undefined ? [] : [first];
    });
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 26) return [];
    throw error;
  }
}
