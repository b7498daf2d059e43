/**
 * The nightly backup of the embedded stack: writes dumps of an operator's database in mongodump's directory format and
 * removes those that are past their retention. A stand-in for the operator's own cron job, not a part of the product.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { createGzip, gzipSync } from 'node:zlib';
import { BSON, MongoClient, type Db } from 'mongodb';
import {
  MANIFEST,
  PARTIAL_SUFFIX,
  createBackupInventory,
  fileNameOf,
  type DumpManifest,
} from '../connectors/backups/index.js';

export interface TakeDumpOptions {
  readonly url: string;
  readonly database: string;
  /** The backups folder; made when absent. */
  readonly location: string;
  /** World time, as the beginning of the dump. Backdate it to lay out a history of dumps. */
  readonly now?: Date;
  readonly gzip?: boolean;
}

type Counted = DumpManifest['namespaces'][number];

/** Writes one dump; it appears under its final name only when it is whole. Returns its id (the folder's name). */
export async function takeDump(
  options: TakeDumpOptions,
): Promise<{ readonly backupId: string; readonly folder: string }> {
  const takenAt = options.now ?? new Date(); // before the first read
  const gzip = options.gzip === true;
  await mkdir(options.location, { recursive: true, mode: 0o700 });
  await removeUnfinished(options.location);
  const backupId = `${options.database}-${takenAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
  const partial = join(options.location, `${backupId}${PARTIAL_SUFFIX}`);
  const folder = join(partial, fileNameOf(options.database));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const client = await MongoClient.connect(options.url, { readConcern: { level: 'majority' } });
  try {
    const version = await client.db('admin').command({ buildInfo: 1 });
    const tool = 'habeas-dump 1';
    await writeSmall(
      join(folder, 'prelude.json'),
      gzip,
      JSON.stringify({ ServerVersion: String(version['version']), ToolVersion: tool }),
    );
    const namespaces = await dumpDatabase(client.db(options.database), folder, gzip);
    const manifest: DumpManifest = { version: 1, backupId, takenAt: takenAt.toISOString(), tool, gzip, namespaces };
    await writeSmall(join(partial, MANIFEST), false, JSON.stringify(manifest));
  } finally {
    await client.close();
  }
  await rename(partial, join(options.location, backupId));
  await syncFolder(options.location);
  return { backupId, folder: join(options.location, backupId) };
}

/**
 * Removes every dump whose expiry (its manifest's time + retention) lies before `before`; one of unknown age stays,
 * because nothing proves that its time is over. Returns the removed ids.
 */
export async function removeExpired(options: {
  readonly location: string;
  readonly retention: string;
  readonly before: Date;
}): Promise<readonly string[]> {
  await mkdir(options.location, { recursive: true, mode: 0o700 });
  const inventory = createBackupInventory(
    { id: 'rotation', retention: options.retention },
    { location: options.location, worldNow: () => new Date() },
  );
  const expired = (await inventory.list()).filter(
    (copy) => copy.expiresAt !== null && Date.parse(copy.expiresAt) < options.before.getTime(),
  );
  for (const copy of expired) await rm(join(options.location, copy.backupId), { recursive: true, force: true });
  await syncFolder(options.location);
  return expired.map((copy) => copy.backupId);
}

/**
 * One turn of the nightly rotation: takes a dump unless the newest one is younger than `every` milliseconds (default a
 * day), then removes what is past its retention. Call it at start and now and then; calling it again does nothing.
 */
export async function rotate(
  options: TakeDumpOptions & { readonly retention: string; readonly every?: number },
): Promise<{ readonly taken: string | null; readonly removed: readonly string[] }> {
  const now = options.now ?? new Date();
  await mkdir(options.location, { recursive: true, mode: 0o700 });
  const inventory = createBackupInventory(
    { id: 'rotation', retention: options.retention },
    { location: options.location, worldNow: () => now },
  );
  const newest = Math.max(
    ...(await inventory.list()).map((copy) => (copy.takenAt === null ? 0 : Date.parse(copy.takenAt))),
    0,
  );
  const due = now.getTime() - newest >= (options.every ?? 86_400_000);
  const taken = due ? (await takeDump({ ...options, now })).backupId : null;
  return {
    taken,
    removed: await removeExpired({ location: options.location, retention: options.retention, before: now }),
  };
}

async function dumpDatabase(db: Db, folder: string, gzip: boolean): Promise<readonly Counted[]> {
  const namespaces: Counted[] = [];
  for (const info of await db.listCollections().toArray()) {
    if (info.name.startsWith('system.')) continue;
    const type = info.type ?? 'collection';
    const counted =
      type === 'view'
        ? { documents: 0, bytes: 0 }
        : await dumpCollection(db, info.name, join(folder, `${fileNameOf(info.name)}.bson`), gzip);
    const { uuid, ...options } = {
      ...('options' in info ? info.options : {}),
      uuid: 'info' in info ? info.info?.uuid : undefined,
    };
    const metadata = {
      options,
      indexes: type === 'view' ? [] : await db.collection(info.name).indexes(),
      ...(uuid === undefined ? {} : { uuid: Buffer.from(uuid.buffer).toString('hex') }),
      collectionName: info.name,
      type,
    };
    await writeSmall(
      join(folder, `${fileNameOf(info.name)}.metadata.json`),
      gzip,
      BSON.EJSON.stringify(metadata, { relaxed: false }),
    );
    namespaces.push({ database: db.databaseName, collection: info.name, ...counted });
  }
  return namespaces;
}

/** Raw bytes from the server to the file: nothing is decoded, so nothing changes its type on the way. */
async function dumpCollection(
  db: Db,
  name: string,
  file: string,
  gzip: boolean,
): Promise<{ documents: number; bytes: number }> {
  const target = createWriteStream(gzip ? `${file}.gz` : file, { mode: 0o600, flush: true });
  const failed = new Promise<never>((_, reject) => target.once('error', reject));
  failed.catch(() => undefined);
  const sink = gzip ? createGzip() : target;
  if (sink !== target) sink.pipe(target);
  const counted = { documents: 0, bytes: 0 };
  const cursor = db.collection(name).find({}, { raw: true, batchSize: 1_000 });
  for await (const document of cursor) {
    const bytes = document as unknown as Buffer;
    counted.documents += 1;
    counted.bytes += bytes.length;
    if (!sink.write(Buffer.from(bytes))) await Promise.race([once(sink, 'drain'), failed]);
  }
  sink.end();
  await Promise.race([once(target, 'close'), failed]);
  return counted;
}

async function writeSmall(file: string, gzip: boolean, text: string): Promise<void> {
  await writeFile(gzip ? `${file}.gz` : file, gzip ? gzipSync(text) : text, { mode: 0o600, flush: true });
}

/** What a crash in the middle of a dump left; only one rotation writes into a folder. */
async function removeUnfinished(location: string): Promise<void> {
  for (const name of await readdir(location)) {
    if (name.endsWith(PARTIAL_SUFFIX)) await rm(join(location, name), { recursive: true, force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
