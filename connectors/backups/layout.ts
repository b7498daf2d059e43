/**
 * Names inside a dump folder in mongodump's directory format:
 *
 *   <backup>/manifest.json                    ours: when the dump began (the format itself does not say)
 *   <backup>/<db>/prelude.json                server and tool version (at the root without --db)
 *   <backup>/<db>/<collection>.bson           documents, one after the other
 *   <backup>/<db>/<collection>.metadata.json  options, indexes, uuid, collectionName, type
 *   <backup>/oplog.bson                       with --oplog
 *
 * and any of them with `.gz`, each file gzipped by itself.
 */
import { createHash } from 'node:crypto';

export const MANIFEST = 'manifest.json';
/** A dump that is being written, or was never finished. Renamed to its id as the last step. */
export const PARTIAL_SUFFIX = '.partial';

const LONGEST_NAME = 238;
const CUT_NAME = 208;

/**
 * File name (without ending) of a collection: percent-encoded but for letters, digits and `-_.~`; a name that would be
 * longer than 238 bytes is cut to 208 and told apart by its SHA-1, and then only the metadata knows the true name.
 */
export function fileNameOf(collection: string): string {
  const escaped = [...Buffer.from(collection, 'utf8')]
    .map((byte) =>
      /[A-Za-z0-9\-_.~]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
  if (escaped.length <= LONGEST_NAME) return escaped;
  return `${escaped.slice(0, CUT_NAME)}%24${createHash('sha1').update(collection).digest('base64url')}`;
}

/** True when the file name was cut, so that it does not tell the collection. */
export function isCutName(name: string): boolean {
  return /^.{208}%24[A-Za-z0-9_-]{27}=?$/.test(name);
}

/** Collection of a file name that was not cut; null when its percent-encoding is broken. */
export function collectionOf(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

/** What `manifest.json` says. Written last, so that its presence means that the dump is whole. */
export interface DumpManifest {
  readonly version: 1;
  readonly backupId: string;
  /** World time at which the dump *began*: what was erased before is in no document read later. */
  readonly takenAt: string;
  readonly tool: string;
  readonly gzip: boolean;
  readonly namespaces: readonly {
    readonly database: string;
    readonly collection: string;
    readonly documents: number;
    readonly bytes: number;
  }[];
}
