/**
 * Canaries: invented people whose every text carries one random mark, and a search for that mark in all places where
 * personal data must not be. A search with nothing to look for, or nowhere to look, fails instead of passing.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { BSON, type Db } from 'mongodb';
import { VAULT_COLLECTIONS } from '../../infra/vault/index.js';

export interface CanaryPerson {
  /** Lower-case letters only, in every text of the person, so that case and encoding of a copy do not matter much. */
  readonly mark: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly userId: string;
  readonly text: string;
  /** What to look for: the mark and the phone number. */
  readonly needles: readonly string[];
}

/** A marked person at example.no. */
export function makeCanary(): CanaryPerson {
  const letters = [...randomBytes(12)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
  const mark = `kanari${letters}`;
  const phone = `+47999${String(randomBytes(4).readUInt32BE() % 100_000).padStart(5, '0')}`;
  return {
    mark,
    givenName: `Kari${mark}`,
    familyName: `Fugl${mark}`,
    name: `Kari${mark} Fugl${mark}`,
    email: `kari.${mark}@example.no`,
    phone,
    userId: `u-${mark}`,
    text: `Please delete ${mark} everywhere`,
    needles: [mark, phone],
  };
}

export interface CanaryPlaces {
  /** Paths of files, searched byte by byte; an absent one is an error. */
  readonly files?: readonly string[];
  /** Databases, all collections but those of the vault (and `except`). */
  readonly databases?: readonly { readonly db: Db; readonly except?: readonly string[] }[];
  /** Histories of these workflows, as bytes the server holds (not decoded by a codec). */
  readonly histories?: { readonly client: Client; readonly workflowIds: readonly string[] };
  /** Captured output: name and text. */
  readonly buffers?: Readonly<Record<string, string | Uint8Array>>;
}

export interface CanaryHit {
  readonly needle: string;
  /** `file:…`, `mongo:<db>.<collection>/<_id>`, `history:<workflow>/<event>`, `buffer:<name>` */
  readonly place: string;
}

/**
 * Looks for the needles, in any case and also in base64 and URL encoding, and returns where they are.
 * Throws when there is nothing to look for or nothing was looked at.
 */
export async function scanForCanaries(needles: readonly string[], places: CanaryPlaces): Promise<readonly CanaryHit[]> {
  if (needles.length === 0 || needles.some((needle) => needle.length < 6))
    throw new Error('canary scan: nothing to look for');
  const forms = needles.flatMap((needle) => formsOf(needle).map((form) => ({ needle, form })));
  const hits: CanaryHit[] = [];
  let looked = 0;
  const look = (place: string, bytes: Uint8Array): void => {
    looked += bytes.byteLength;
    // Letters of ASCII only: UTF-8 bytes above 127 stay as they are.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const lower = text.toLowerCase();
    for (const { needle, form } of forms) {
      const found = form.exact ? text.includes(form.text) : lower.includes(form.text);
      if (found && !hits.some((hit) => hit.needle === needle && hit.place === place)) hits.push({ needle, place });
    }
  };
  for (const path of logsFirst(places.files ?? [])) await scanFile(path, (bytes) => look(`file:${path}`, bytes));
  for (const { db, except } of places.databases ?? [])
    await scanDatabase(db, [...VAULT_COLLECTIONS, ...(except ?? [])], look);
  if (places.histories !== undefined) await scanHistories(places.histories.client, places.histories.workflowIds, look);
  for (const [name, content] of Object.entries(places.buffers ?? {})) look(`buffer:${name}`, Buffer.from(content));
  if (looked === 0) throw new Error('canary scan: nowhere to look');
  return hits;
}

/**
 * A server that runs moves pages from its write-ahead log into its file. Read in this order nothing slips through: what
 * had left the log when it was read is in the file by the time that one is.
 */
function logsFirst(paths: readonly string[]): string[] {
  const rank = (path: string): number => (/-(wal|journal)$/.test(path) ? 0 : 1);
  return [...paths].sort((a, b) => rank(a) - rank(b));
}

interface Form {
  readonly text: string;
  readonly exact: boolean;
}

/** Plain, URL-encoded, UTF-16 (little endian), and the three ways in which it may stand inside a base64 text. */
function formsOf(needle: string): Form[] {
  const plain = needle.toLowerCase();
  const forms: Form[] = [{ text: Buffer.from(plain).toString('latin1'), exact: false }];
  const url = encodeURIComponent(plain).toLowerCase();
  if (url !== plain) forms.push({ text: url, exact: false });
  forms.push({ text: Buffer.from(plain, 'utf16le').toString('latin1'), exact: false });
  for (let shift = 0; shift < 3; shift += 1) {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(needle)])
      .toString('base64')
      .replace(/=+$/, '');
    // First and last characters also depend on the neighbours.
    forms.push({ text: encoded.slice(shift === 0 ? 0 : shift + 1, -1), exact: true });
  }
  return forms;
}

/** Windows overlap, so that a mark on a border is not missed. */
async function scanFile(path: string, look: (bytes: Uint8Array) => void): Promise<void> {
  const overlap = 4_096;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const window = Buffer.concat([tail, chunk as Buffer]);
    look(window);
    tail = window.subarray(-overlap);
  }
}

async function scanDatabase(
  db: Db,
  except: readonly string[],
  look: (place: string, bytes: Uint8Array) => void,
): Promise<void> {
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (except.includes(name)) continue;
    for await (const doc of db.collection(name).find())
      look(`mongo:${db.databaseName}.${name}/${String(doc['_id'])}`, BSON.serialize(doc));
    look(`mongo:${db.databaseName}.${name}/indexes`, Buffer.from(JSON.stringify(await db.collection(name).indexes())));
  }
}

async function scanHistories(
  client: Client,
  workflowIds: readonly string[],
  look: (place: string, bytes: Uint8Array) => void,
): Promise<void> {
  const { namespace } = client.options;
  for (const workflowId of workflowIds) {
    const description = await client.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId },
    });
    const shown = proto.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse.encode(description).finish();
    look(`history:${workflowId}/describe`, shown);
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId },
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      });
      for (const event of page.history?.events ?? []) {
        look(
          `history:${workflowId}/${String(event.eventId)}`,
          proto.temporal.api.history.v1.HistoryEvent.encode(event).finish(),
        );
      }
      nextPageToken = page.nextPageToken?.length > 0 ? page.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
  }
}
