/** How vault entries rest in the store, and how they are sealed. */
import { aadOf, open, seal, type DataKey } from '../keys/index.js';
import { Binary } from '../store/connect.js';
import { VaultError } from './errors.js';

export interface VaultDoc {
  /** `<requestId>/<name>` */
  readonly _id: string;
  readonly requestId: string;
  readonly name: string;
  /** `artefact`: the value is a manifest and the bytes are in `vault_chunks`. */
  readonly kind: 'entry' | 'artefact';
  readonly kid: string;
  readonly data: Binary;
}

export interface ChunkDoc {
  /** `<requestId>/<name>/<write>/<n>` */
  readonly _id: string;
  readonly requestId: string;
  readonly name: string;
  /** One write of the artefact; the manifest names the one that counts. */
  readonly write: string;
  readonly n: number;
  readonly data: Binary;
}

export interface Manifest {
  readonly write: string;
  readonly chunks: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Seals a JSON value. Throws VaultError `value` for what JSON cannot carry (undefined, functions, cycles). */
export function sealEntry(
  key: DataKey,
  requestId: string,
  name: string,
  value: unknown,
  kind: VaultDoc['kind'] = 'entry',
): VaultDoc {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    json = undefined;
  }
  if (json === undefined) throw new VaultError('value', requestId, name);
  const data = new Binary(seal(key.bytes, Buffer.from(json, 'utf8'), entryAad(key, requestId, name, kind)));
  return { _id: `${requestId}/${name}`, requestId, name, kind, kid: key.kid, data };
}

/** Opens an entry for the request and name that were *asked for*, so that a document moved elsewhere does not open. */
export function openEntry<T>(key: DataKey, requestId: string, name: string, doc: VaultDoc): T {
  const plain = open(key.bytes, doc.data.value(), entryAad(key, requestId, name, doc.kind));
  if (plain === null) throw new VaultError('damaged', requestId, name);
  return JSON.parse(plain.toString('utf8')) as T;
}

export function sealChunk(
  key: DataKey,
  requestId: string,
  name: string,
  write: string,
  n: number,
  plain: Uint8Array,
): ChunkDoc {
  const data = new Binary(seal(key.bytes, plain, chunkAad(key, requestId, name, write, n)));
  return { _id: `${requestId}/${name}/${write}/${n}`, requestId, name, write, n, data };
}

export function openChunk(
  key: DataKey,
  requestId: string,
  name: string,
  write: string,
  n: number,
  doc: ChunkDoc,
): Buffer {
  const plain = open(key.bytes, doc.data.value(), chunkAad(key, requestId, name, write, n));
  if (plain === null) throw new VaultError('damaged', requestId, name);
  return plain;
}

function entryAad(key: DataKey, requestId: string, name: string, kind: string): Buffer {
  return aadOf({ v: 1, what: kind, operator: key.operator ?? '', requestId, name, kid: key.kid });
}

function chunkAad(key: DataKey, requestId: string, name: string, write: string, n: number): Buffer {
  return aadOf({ v: 1, what: 'chunk', operator: key.operator ?? '', requestId, name, kid: key.kid, write, n });
}
