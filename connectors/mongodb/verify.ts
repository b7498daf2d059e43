/** Reads back, over connections of its own: by record id, and by every identifier again. */
import type { Document } from 'mongodb';
import { isSure, knownFromRef, knownIdentifier, LINK, matchesOf, toMap, type Known } from './matching.js';
import type { Part, Ref } from '../../domain/plan/types.js';
import type { PartTargets, VerifyInput, VerifyResult } from '../../domain/ports/connector.js';
import { BATCH, REVIEWED } from './run.js';
import { changeOf } from './changes.js';
import { erasureOf, isMark, marksOf } from './marks.js';
import type { Context } from './context.js';
import { sortDatasets } from './discover.js';
import { idOfRef, refIdOf } from './ids.js';
import { holdOf, organisationOf } from './records.js';
import type { Dataset } from './schema.js';
import { Search } from './search.js';
import { AS_STORED } from './store.js';
import { belongs, changedHands } from './targets.js';
import { verifyChange } from './verify-change.js';

/**
 * `gone` (records, elements), `redacted` (masked or unset values) or `stillPresent` per part, with the number of records
 * still holding the person; `kept` where the pack keeps the records. Held records are
 * left out of `remaining` and counted in `held`. Whatever the application wrote since counts against it: a record that
 * came back is `stillPresent`. Records that wait for a person (review parts among `targets`, and those that apply saw)
 * are not counted.
 */
export async function verify(context: Context, input: VerifyInput): Promise<readonly VerifyResult[]> {
  const { searchable } = await sortDatasets(context.readback, context.schema.datasets);
  const reviewed = await reviewedRecords(input);
  const results: VerifyResult[] = [];
  for (const own of input.targets) {
    const dataset = context.schema.dataset(own.part.dataset);
    if (own.part.review !== null) results.push(nothing(own.part, 'waits_for_review'));
    else if (own.part.action === 'manual' || !searchable.includes(dataset)) results.push(nothing(own.part, 'by_hand'));
    else results.push(await verifyPart(context, input, own, dataset, reviewed));
  }
  return results;
}

function nothing(part: Part, method: string): VerifyResult {
  return { key: part.key, verdict: 'unverifiable', remaining: 0, method };
}

async function reviewedRecords(input: VerifyInput): Promise<ReadonlySet<string>> {
  const saved: unknown = await input.memory.get(REVIEWED);
  const noted = Array.isArray(saved)
    ? saved.filter((e): e is [string, string] => Array.isArray(e) && e.length === 2)
    : [];
  const listed = input.targets.flatMap((t) => t.refs.filter((r) => t.part.review !== null || r.review !== null));
  return new Set([...noted.map(([d, id]) => `${d}\0${id}`), ...listed.map((r) => `${r.dataset}\0${r.id}`)]);
}

async function verifyPart(
  context: Context,
  input: VerifyInput,
  own: PartTargets,
  dataset: Dataset,
  reviewed: ReadonlySet<string>,
): Promise<VerifyResult> {
  if (isMark(own.part)) return verifyMark(context, input, own, dataset, reviewed);
  const { part } = own;
  const refs = new Map(own.refs.filter((r) => !reviewed.has(`${r.dataset}\0${r.id}`)).map((r) => [r.id, r]));
  const given = input.identifiers.filter((i) => isSure(i.trust)).map((i) => knownIdentifier(i, 0));
  if (part.action === 'change')
    return verifyChange(input, own, dataset, input.orders?.changes[part.key] ?? [], {
      present: (ids) => readBack(context, dataset, ids, input),
      again: () => findAgain(context, input, own, dataset, given),
      known: (id) => knownOf(refs.get(id), given),
      reviewed: (id) => reviewed.has(`${dataset.id}\0${id}`),
    });
  const present = await readBack(context, dataset, [...refs.keys()], input);
  if (part.action === 'keep' || part.action === 'retain') {
    return { key: part.key, verdict: 'kept', remaining: present.size, method: 'present_by_id_majority_read' };
  }
  const remaining = new Set<string>();
  const held = new Set<string>();
  for (const [id, document] of present) {
    if (refs.get(id)?.placed === true || holdOf(dataset, document, context.tools.holdUntil) !== null) held.add(id);
    else if (isLeftOver(dataset, part, refs.get(id), document, given)) remaining.add(id);
  }
  const again = await findAgain(context, input, own, dataset, given);
  const unread = again.filter((id) => !present.has(id) && !reviewed.has(`${dataset.id}\0${id}`));
  for (const [id, document] of await readBack(context, dataset, unread, input)) {
    if (!refs.has(id) && !belongs(dataset, part, organisationOf(dataset, document))) continue;
    if (refs.get(id)?.placed === true || holdOf(dataset, document, context.tools.holdUntil) !== null) held.add(id);
    else if (isLeftOver(dataset, part, refs.get(id), document, given)) remaining.add(id);
  }
  const chunks = await orphanedChunks(
    context,
    dataset,
    [...refs.keys()].filter((id) => !present.has(id)),
  );
  const left = remaining.size + chunks;
  const base = { key: part.key, held: held.size, method: METHOD[part.action] ?? 'majority_read' };
  if (left > 0) return { ...base, verdict: 'stillPresent', remaining: left };
  if (part.action === 'mask' || part.action === 'unset') return { ...base, verdict: 'redacted', remaining: 0 };
  return { ...base, verdict: 'gone', remaining: 0 };
}

/** The records that were marked, and nothing newer; where a stop rule erases, what an erasure would leave counts too. */
async function verifyMark(
  context: Context,
  input: VerifyInput,
  own: PartTargets,
  dataset: Dataset,
  reviewed: ReadonlySet<string>,
): Promise<VerifyResult> {
  const erasure = erasureOf(input.orders, dataset, own.part);
  if (erasure !== null) return verifyPart(context, input, { ...own, part: erasure }, dataset, reviewed);
  const refs = new Map(own.refs.map((r) => [r.id, r]));
  const given = input.identifiers.filter((i) => isSure(i.trust)).map((i) => knownIdentifier(i, 0));
  // What was noted when the flag was set may be kept restricted by somebody else.
  const lifting = own.part.action === 'restrict' && input.orders?.restrict === 'lift';
  const memory = lifting ? { ...input.memory, get: () => Promise.resolve(null) } : input.memory;
  const result = await verifyChange({ memory }, own, dataset, marksOf(input.orders, dataset, own.part), {
    present: (ids) => readBack(context, dataset, ids, input),
    again: () => Promise.resolve([]),
    known: (id) => knownOf(refs.get(id), given),
    reviewed: (id) => reviewed.has(`${dataset.id}\0${id}`),
  });
  return {
    ...result,
    method: own.part.action === 'restrict' ? 'flag_by_id_majority_read' : 'values_by_id_majority_read',
  };
}

/** A record that should be gone, or one in which something of her still stands at the paths that the pack erases. */
function isLeftOver(
  dataset: Dataset,
  part: Part,
  ref: Ref | undefined,
  document: Document,
  given: readonly Known[],
): boolean {
  const known = knownOf(ref, given);
  if (ref !== undefined && changedHands(dataset, ref, document, known)) return false;
  return part.action === 'delete' || changeOf(dataset, document, known) !== null;
}

const METHOD: Partial<Record<Part['action'], string>> = {
  delete: 'absent_by_id_and_identifier_majority_read',
  mask: 'masked_by_id_and_identifier_majority_read',
  unset: 'unset_by_id_and_identifier_majority_read',
  pull: 'element_absent_majority_read',
};

function knownOf(ref: Ref | undefined, given: readonly Known[]): ReadonlyMap<string, Known> {
  return toMap([...given, ...(ref === undefined ? [] : knownFromRef(ref))]);
}

async function readBack(
  context: Context,
  dataset: Dataset,
  ids: readonly string[],
  input: VerifyInput,
): Promise<Map<string, Document>> {
  const collection = await context.readback.collection(dataset.policy);
  const present = new Map<string, Document>();
  for (let from = 0; from < ids.length; from += BATCH) {
    input.heartbeat({ part: dataset.id, read: from });
    const batch = ids.slice(from, from + BATCH).map(idOfRef);
    for await (const document of collection.find({ _id: { $in: batch } } as Document, AS_STORED))
      present.set(refIdOf(document['_id']), document);
  }
  return present;
}

/** One hop from every identifier and every link value; no graph, so that nothing of apply's reasoning is reused. */
async function findAgain(
  context: Context,
  input: VerifyInput,
  own: PartTargets,
  dataset: Dataset,
  given: readonly Known[],
): Promise<string[]> {
  const known = toMap([...given, ...own.refs.flatMap(knownFromRef).filter((k) => k.type === LINK)]);
  const search = new Search({
    store: context.readback,
    settings: context.settings,
    onlyOrganisation: input.onlyOrganisation ?? null,
    heartbeat: input.heartbeat,
  });
  await search.load(dataset, known.values());
  return [...search.of(dataset)]
    .filter((row) => matchesOf(dataset, row.document, known).some((m) => isSure(m.trust)))
    .map((row) => row.id);
}

/** Files whose chunks outlived them. */
async function orphanedChunks(context: Context, dataset: Dataset, gone: readonly string[]): Promise<number> {
  if (dataset.chunks === null || gone.length === 0) return 0;
  const chunks = (await context.readback.database(dataset.policy.database)).collection(dataset.chunks);
  const left = await chunks.distinct('files_id', { files_id: { $in: gone.map(idOfRef) } } as Document);
  return left.length;
}
