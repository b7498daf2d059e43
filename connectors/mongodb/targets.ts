/** Which records a part really means, now: the approved ones, and what came since under the same identifiers. */
import type { Document } from 'mongodb';
import type { Identifier, Part, Ref } from '../../domain/plan/types.js';
import type { PartTargets } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { isMasked } from './changes.js';
import type { Graph } from './graph.js';
import { isSure, knownFromRef, LINK, matchesOf, toMap, knownIdentifier, type Known } from './matching.js';
import { createdAtOf, holdOf, organisationOf, refOf } from './records.js';
import type { Dataset } from './schema.js';
import { leavesOf } from './paths.js';
import type { Row } from './search.js';
import { isContact } from './spelling.js';

export interface Target {
  readonly ref: Ref;
  /** What an element of a shared record may be recognised by. */
  readonly known: ReadonlyMap<string, Known>;
}

/** Values that approved refs were reached by over links: their sources may be deleted by now. */
export function linksOf(targets: readonly PartTargets[]): Known[] {
  return sureRefs(targets)
    .flatMap(knownFromRef)
    .filter((k) => k.type === LINK);
}

export function sureRefs(targets: readonly PartTargets[]): Ref[] {
  return targets
    .filter((t) => t.part.review === null)
    .flatMap((t) => t.refs.filter((r) => r.review === null && isSure(r.trust)));
}

/** A sign-in that the plan knew: one of its records, or one whose own id is among the person's identifiers. */
export function knownSignIn(
  targets: readonly PartTargets[],
  identifiers: readonly Identifier[],
): (row: Row) => boolean {
  const planned = new Set(sureRefs(targets).map((r) => `${r.dataset}\0${r.id}`));
  const ids = ownIds(identifiers);
  return (row) =>
    planned.has(`${row.dataset.id}\0${row.id}`) ||
    matchesOf(row.dataset, row.document, ids).some((m) => isSure(m.trust));
}

/**
 * The same question while searching: as long as no id of her is known, whoever answers to her address may be her; once
 * one is known (an earlier search, a proof), an account with another id is somebody else, or she came back after an
 * erasure.
 */
export function mayBeHers(identifiers: readonly Identifier[]): (row: Row) => boolean {
  const ids = ownIds(identifiers);
  const types = new Set([...ids.values()].map((k) => k.type));
  return (row) =>
    !row.dataset.searches.some((s) => types.has(s.type)) ||
    matchesOf(row.dataset, row.document, ids).some((m) => isSure(m.trust));
}

function ownIds(identifiers: readonly Identifier[]): Map<string, Known> {
  return toMap(identifiers.filter((i) => isSure(i.trust) && !isContact(i.type)).map((i) => knownIdentifier(i, 0)));
}

/**
 * Records of a part. Records that came since the approval belong to it only in the first run (a sweep takes new ones of
 * `derived` datasets alone), never where they let somebody sign in: she may have come back.
 */
export function targetsOf(
  context: Context,
  dataset: Dataset,
  own: PartTargets,
  all: readonly PartTargets[],
  graph: Graph,
  generation: number,
): Target[] {
  const planned = sureRefs([own]).map((ref) => ({ ref, known: new Map([...graph.sure, ...toMap(knownFromRef(ref))]) }));
  if (dataset.policy.signIn || (generation > 0 && !dataset.policy.derived)) return planned;
  const listed = new Set(
    all
      .flatMap((t) => t.refs)
      .filter((r) => r.dataset === dataset.id)
      .map((r) => r.id),
  );
  const fresh = graph.rows
    .filter(
      (row) => row.row.dataset.id === dataset.id && row.review === null && isSure(row.trust) && !listed.has(row.row.id),
    )
    .map((row) => refOf(row, context.tools.holdUntil))
    .filter((ref) => belongs(dataset, own.part, ref.organisation))
    .map((ref) => ({ ref, known: graph.sure }));
  return [...planned, ...fresh];
}

/** Whether a record of `organisation` is decided by the party of this part. */
export function belongs(dataset: Dataset, part: Part, organisation: string | null): boolean {
  if (dataset.policy.role === 'controller') return true;
  // Inherited controllers are not written in the record: new ones join only where there is one party.
  if (dataset.organisation === null) return part.together === null;
  return organisation === part.organisation;
}

export type State = 'open' | 'held' | 'other';

/**
 * What the record is now. `other`: it left this party's hands, or the same id is a younger record (somebody came back
 * under a natural key): not what was approved.
 */
export function stateOf(context: Context, dataset: Dataset, part: Part, ref: Ref, document: Document): State {
  if (
    dataset.policy.role === 'processor' &&
    dataset.organisation !== null &&
    organisationOf(dataset, document) !== part.organisation
  )
    return 'other';
  if (ref.createdAt !== null && createdAtOf(dataset, document) !== ref.createdAt) return 'other';
  // A hold reported from outside does not show in the record.
  if (ref.placed === true) return 'held';
  return holdOf(dataset, document, context.tools.holdUntil) === null ? 'open' : 'held';
}

/**
 * Whether a record that was reached over an assigned id names somebody else there now: an account that was transferred
 * after the plan. An address that changed says nothing of the kind (she changes it herself), nor does a field that is
 * empty or masked (an earlier attempt); a record that still names her anywhere is hers.
 */
export function changedHands(
  dataset: Dataset,
  ref: Ref,
  document: Document,
  known: ReadonlyMap<string, Known>,
): boolean {
  if (ref.matchedBy.some((m) => m.path === '_id')) return false;
  const assigned = ref.matchedBy.filter((m) => !isContact(m.type));
  if (assigned.length === 0 || matchesOf(dataset, document, known).some((m) => isSure(m.trust))) return false;
  return assigned.every(({ path }) => leavesOf(document, path).some((leaf) => !isMasked(leaf.value)));
}
