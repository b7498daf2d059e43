import { createReadStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip, gunzipSync } from 'node:zlib';
import { DumpError } from './faults.js';
import { documents } from './frames.js';
import { MANIFEST, collectionOf, isCutName, type DumpManifest } from './layout.js';

/** One collection, view or other thing in a dump. */
export interface DumpNamespace {
  readonly database: string;
  readonly collection: string;
  readonly type: string;
  /** Null for what has metadata only (a view). */
  readonly file: string | null;
  /** Extended JSON as it stands in the metadata file; null without one. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/**
 * Lists what a dump folder holds, from its files alone. Throws DumpError `missing_metadata` for a data file whose
 * collection cannot be known, `corrupt_metadata` or `corrupt_gzip` for a metadata file that cannot be read.
 */
export async function namespacesOf(folder: string): Promise<readonly DumpNamespace[]> {
  const found: DumpNamespace[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) found.push(...(await namespacesOfDatabase(join(folder, entry.name), entry.name)));
  }
  return found.sort((a, b) => (`${a.database}.${a.collection}` < `${b.database}.${b.collection}` ? -1 : 1));
}

async function namespacesOfDatabase(folder: string, directory: string): Promise<DumpNamespace[]> {
  const database = collectionOf(directory) ?? directory;
  const files = (await readdir(folder)).sort();
  const present = new Set(files);
  const names = new Set(files.flatMap((file) => /^(.+?)(?:\.metadata\.json|\.bson)(?:\.gz)?$/.exec(file)?.[1] ?? []));
  const list: DumpNamespace[] = [];
  for (const name of names) {
    const pick = (ending: string): string | null => {
      const file = [`${name}${ending}`, `${name}${ending}.gz`].find((candidate) => present.has(candidate));
      return file === undefined ? null : join(folder, file);
    };
    const metadataFile = pick('.metadata.json');
    const metadata = metadataFile === null ? null : await readJson(metadataFile);
    const named = metadata?.['collectionName'];
    const collection = typeof named === 'string' ? named : isCutName(name) ? null : collectionOf(name);
    if (collection === null)
      throw new DumpError('missing_metadata', `a file of ${database} does not tell its collection`);
    const type = metadata?.['type'];
    list.push({
      database,
      collection,
      type: typeof type === 'string' && type !== '' ? type : 'collection',
      file: pick('.bson'),
      metadata,
    });
  }
  return list;
}

/** Streams the raw documents of one data file, gunzipped where the name says so (several gzip members too). */
export async function* documentsOf(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  if (!file.endsWith('.gz')) {
    yield* documents(source);
    return;
  }
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* documents(source.pipe(gunzip));
  } catch (error) {
    throw gzipFault(error);
  } finally {
    source.destroy();
  }
}

/** Reads a JSON file, gunzipped where the name says so. */
export async function readJson(file: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(file);
  try {
    const value: unknown = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    const fault = gzipFault(error);
    if (fault instanceof DumpError) throw fault;
  }
  throw new DumpError('corrupt_metadata', 'a JSON file of the dump cannot be read');
}

function gzipFault(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE')
    ? new DumpError('corrupt_gzip', 'a gzipped file of the dump cannot be unpacked')
    : error;
}

/** The manifest of a dump, or null when it has none. Throws DumpError `corrupt_manifest` for one that says nothing. */
export async function readManifest(folder: string): Promise<DumpManifest | null> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<DumpManifest>;
    if (
      typeof value.takenAt === 'string' &&
      !Number.isNaN(Date.parse(value.takenAt)) &&
      Array.isArray(value.namespaces)
    )
      return value as DumpManifest;
  } catch {
    // below
  }
  throw new DumpError('corrupt_manifest', 'the manifest cannot be read');
}

/** Counts and bytes per namespace, after every document was framed and the counts agreed with the manifest. */
export interface CheckedDump {
  readonly namespaces: readonly {
    readonly database: string;
    readonly collection: string;
    readonly documents: number;
    readonly bytes: number;
  }[];
}

/** Reads a whole dump and throws the first DumpError it meets; touches nothing. */
export async function checkDump(folder: string): Promise<CheckedDump> {
  const manifest = await readManifest(folder);
  if (manifest === null)
    throw new DumpError(
      'missing_manifest',
      'the dump has no manifest, so nobody knows when it was taken or whether it is whole',
    );
  const namespaces: { database: string; collection: string; documents: number; bytes: number }[] = [];
  for (const { database, collection, file } of await namespacesOf(folder)) {
    let count = 0;
    let bytes = 0;
    if (file !== null) {
      for await (const document of documentsOf(file)) {
        count += 1;
        bytes += document.length;
      }
    }
    namespaces.push({ database, collection, documents: count, bytes });
  }
  const found = new Map(namespaces.map((entry) => [`${entry.database}.${entry.collection}`, entry]));
  for (const expected of manifest.namespaces) {
    const entry = found.get(`${expected.database}.${expected.collection}`);
    if (entry === undefined || entry.documents !== expected.documents || entry.bytes !== expected.bytes) {
      throw new DumpError('manifest_mismatch', `${expected.database}.${expected.collection} differs from the manifest`);
    }
  }
  return { namespaces };
}
