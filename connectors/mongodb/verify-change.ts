/** Reads a correction back: by record id and by every identifier again, over the connections that only read. */
import type { Document } from 'mongodb';
import type { FieldValue, PartTargets, VerifyInput, VerifyResult } from '../../domain/ports/connector.js';
import { beforeName, type BeforeNote } from './apply-change.js';
import { correctedBefore, correctionOf } from './corrections.js';
import type { Known } from './matching.js';
import { organisationOf } from './records.js';
import type { Dataset } from './schema.js';
import { belongs } from './targets.js';

/** What verify.ts lends: reading by id, searching again, and what a ref was known by. */
export interface ReadBack {
  readonly present: (ids: readonly string[]) => Promise<ReadonlyMap<string, Document>>;
  readonly again: () => Promise<readonly string[]>;
  readonly known: (id: string) => ReadonlyMap<string, Known>;
  readonly reviewed: (id: string) => boolean;
}

/**
 * `applied` when every record has the ordered values (or the fields are gone) and no other record of hers has anything
 * else in a copy; else `stillPresent` with the number of records that are not as ordered. Records that the application
 * deleted meanwhile need no correction.
 */
export async function verifyChange(
  input: Pick<VerifyInput, 'memory'>,
  own: PartTargets,
  dataset: Dataset,
  orders: readonly FieldValue[],
  read: ReadBack,
): Promise<VerifyResult> {
  const { part } = own;
  const note = ((await input.memory.get(beforeName(part.key))) as BeforeNote | null | undefined) ?? { records: {} };
  const planned = own.refs.filter((r) => !read.reviewed(r.id)).map((r) => r.id);
  const wrong = new Set<string>();
  const look = (id: string, document: Document): void => {
    if (!belongs(dataset, part, organisationOf(dataset, document))) return;
    const correction = correctionOf(dataset, document, read.known(id), orders, correctedBefore(note.records[id]));
    if (correction.kind !== 'nothing') wrong.add(id);
  };
  const ids = new Set([...planned, ...Object.keys(note.records)]);
  for (const [id, document] of await read.present([...ids])) look(id, document);
  // A new sign-in under her address is somebody who signed up since, perhaps she herself: nothing to correct there.
  if (!dataset.policy.signIn) {
    const fresh = (await read.again()).filter((id) => !ids.has(id) && !read.reviewed(id));
    for (const [id, document] of await read.present(fresh)) look(id, document);
  }
  return {
    key: part.key,
    verdict: wrong.size > 0 ? 'stillPresent' : 'applied',
    remaining: wrong.size,
    method: 'values_by_id_and_identifier_majority_read',
  };
}
