/**
 * The connection to Habeas' own store, and the only way in which the rest of infra/ touches the MongoDB driver.
 * Everything is read and written with majority from the primary: a key or a journal row that could be rolled back,
 * or that a stale secondary does not know yet, would make the privacy rules guesswork.
 */
import { MongoClient, MongoError, MongoNetworkError, MongoServerSelectionError, type Db } from 'mongodb';

export { Binary, MongoBulkWriteError } from 'mongodb';
export type { AnyBulkWriteOperation, ClientSession, Collection, Db, Document, Filter, MongoClient } from 'mongodb';

export const STORE_ERROR_CODES = ['unavailable', 'conflict', 'duplicate', 'auth', 'config', 'bug'] as const;
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

/**
 * The only error that infra/store lets out. The driver's message never enters it: a duplicate-key message, for example,
 * quotes the value. What remains is the code, the driver's number and the names (never values) of the indexed fields.
 */
export class StoreError extends Error {
  static readonly NAME = 'StoreError';
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
  readonly driverCode: number | undefined;
  /** For `duplicate`: field names of the violated index, joined by `,`. */
  readonly index: string | undefined;

  constructor(code: StoreErrorCode, options: { driverCode?: number; index?: string } = {}) {
    super(options.driverCode === undefined ? `store: ${code}` : `store: ${code} (${options.driverCode})`);
    this.name = StoreError.NAME;
    this.code = code;
    this.retryable = code === 'unavailable' || code === 'conflict';
    this.driverCode = options.driverCode;
    this.index = options.index;
  }
}

const AUTH = new Set([13, 18, 8000]);
/** Interrupted, not primary, shutting down, socket and host errors: another attempt makes sense. */
const UNAVAILABLE = new Set([6, 7, 50, 89, 91, 189, 202, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436]);
/** WriteConflict, LockTimeout, NoSuchTransaction, SnapshotUnavailable. */
const CONFLICT = new Set([24, 112, 246, 251]);

/** Reduces whatever the driver threw to a StoreError without values. A StoreError passes as it is. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof MongoError)) return new StoreError('bug');
  const driverCode = typeof error.code === 'number' ? error.code : undefined;
  if (driverCode === 11000) return new StoreError('duplicate', { driverCode, index: indexFields(error) });
  if (driverCode !== undefined && AUTH.has(driverCode)) return new StoreError('auth', { driverCode });
  if (driverCode !== undefined && UNAVAILABLE.has(driverCode)) return new StoreError('unavailable', { driverCode });
  if (driverCode !== undefined && CONFLICT.has(driverCode)) return new StoreError('conflict', { driverCode });
  if (error.hasErrorLabel('TransientTransactionError')) return new StoreError('conflict', { driverCode });
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError || UNREACHABLE.has(error.name)) {
    return new StoreError('unavailable', { driverCode });
  }
  return new StoreError('bug', { driverCode });
}

const UNREACHABLE = new Set([
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongoServerClosedError',
]);

function indexFields(error: MongoError): string | undefined {
  const pattern: unknown = Reflect.get(error, 'keyPattern');
  if (typeof pattern === 'object' && pattern !== null) return Object.keys(pattern).join(',');
  // Servers that send no pattern: a bulk error carries the first write error below itself.
  return undefined;
}

/** Runs one store operation; whatever it throws comes out as StoreError. */
export async function guarded<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw storeError(error);
  }
}

export type OnCommand = (name: string, collection: string | null, database: string) => void;

export interface StoreOptions {
  /** `mongodb://…/name`; without a name the database is `habeas`. */
  readonly url: string;
  /** Ledger and deletion ledger; another database, in production with other credentials. Default: `<name>_ledger` on the same server. */
  readonly ledgerUrl?: string;
  readonly appName?: string;
  /** Called for every command that is sent, with its name, collection and database: the bench counts with it. */
  readonly onCommand?: OnCommand;
  /** How long an operation waits for a server before it fails as `unavailable`; default 5 s. */
  readonly waitMs?: number;
}

export interface Store {
  readonly client: MongoClient;
  readonly db: Db;
  readonly ledgerClient: MongoClient;
  readonly ledgerDb: Db;
  /** Resolves when both databases answer; throws StoreError otherwise. For readiness, never for liveness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store (connects at once, so that wrong settings show at start).
 * Errors: StoreError `unavailable`, `auth`, `config` (an address that cannot be read, or a ledger in the same database).
 */
export async function connectStore(options: StoreOptions): Promise<Store> {
  const client = openClient(options.url, options);
  const db = client.db(nameOf(client, 'habeas'));
  const ownLedger = options.ledgerUrl !== undefined && options.ledgerUrl !== options.url;
  const ledgerClient = ownLedger ? openClient(options.ledgerUrl, options) : client;
  const ledgerDb = ledgerClient.db(ownLedger ? nameOf(ledgerClient, 'habeas_ledger') : `${db.databaseName}_ledger`);
  const close = async (): Promise<void> => {
    await client.close();
    if (ledgerClient !== client) await ledgerClient.close();
  };
  if (ledgerDb.databaseName === db.databaseName && sameHosts(client, ledgerClient)) {
    await close();
    throw new StoreError('config');
  }
  try {
    await client.connect();
    if (ledgerClient !== client) await ledgerClient.connect();
  } catch (error) {
    await close();
    throw storeError(error);
  }
  return {
    client,
    db,
    ledgerClient,
    ledgerDb,
    close,
    ping: () =>
      guarded(async () => {
        await db.command({ ping: 1 });
        await ledgerDb.command({ ping: 1 });
      }),
  };
}

function openClient(url: string | undefined, options: StoreOptions): MongoClient {
  let client: MongoClient;
  try {
    client = new MongoClient(url ?? '', {
      appName: options.appName ?? 'habeas',
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority' },
      readPreference: 'primary',
      retryWrites: true,
      serverSelectionTimeoutMS: options.waitMs ?? 5_000,
      connectTimeoutMS: options.waitMs ?? 5_000,
      monitorCommands: options.onCommand !== undefined,
    });
  } catch {
    // The driver's message may quote the address, which may hold a password.
    throw new StoreError('config');
  }
  const { onCommand } = options;
  if (onCommand !== undefined) {
    client.on('commandStarted', (event) => {
      const target: unknown = event.command[event.commandName];
      onCommand(event.commandName, typeof target === 'string' ? target : null, event.databaseName);
    });
  }
  return client;
}

function nameOf(client: MongoClient, fallback: string): string {
  const name = client.options.dbName;
  return name === undefined || name === '' || name === 'test' ? fallback : name;
}

function sameHosts(a: MongoClient, b: MongoClient): boolean {
  const hosts = (client: MongoClient): string =>
    client.options.hosts
      .map((host) => host.toString())
      .sort()
      .join(',');
  return hosts(a) === hosts(b);
}
