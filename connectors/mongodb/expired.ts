/** Retention schedules: records of one dataset whose time is over, and fields that must not be there at all. */
import type { Collection, Document } from 'mongodb';
import { expiryOf } from '../../domain/holds/index.js';
import type { Anchor } from '../../domain/holds/index.js';
import type { Ref } from '../../domain/plan/types.js';
import type { Expired, ExpiredInput } from '../../domain/ports/connector.js';
import type { DatasetPolicy, RetentionRule } from '../../domain/policy/types.js';
import type { CivilDate } from '../../domain/words.js';
import { localDay, parseInstant } from '../../domain/clock/index.js';
import { formatDate, parseDate } from '../../domain/calendar/index.js';
import type { Context } from './context.js';
import { refIdOf, textOf, variantsOf } from './ids.js';
import { firstOf, leavesOf, projectionOf } from './paths.js';
import { createdAtOf, holdOf, organisationOf } from './records.js';
import type { Dataset } from './schema.js';

/** A date this far before the pass cannot be too young for any period that a month table makes longer. */
const SLACK_MS = 5 * 86_400_000;

/**
 * Reads candidates by their dates on the server, judges each by the calendar (domain/holds), and leaves out what a hold
 * keeps. A dataset that lives by an event has none. Dates in a record may be BSON dates or ISO texts.
 * ConnectorError as everywhere.
 */
export async function expired(context: Context, input: ExpiredInput): Promise<Expired> {
  const rule = input.dataset.retention;
  const nothing: Expired = { refs: [], more: false, undated: 0 };
  if (rule.kind === 'while' || rule.kind === 'hold') return nothing;
  const dataset = context.schema.dataset(input.dataset.id);
  const collection = await context.store.collection(dataset.policy);
  const paths = pathsOf(rule);
  const refs: Ref[] = [];
  let more = false;
  const projection = { ...dataset.projection, ...projectionOf(paths) };
  for await (const document of collection.find(candidates(rule, input), { projection })) {
    input.heartbeat({ retention: dataset.id, found: refs.length });
    const verdict = expiryOf(rule, datesOf(rule, document, input), input.timeZone, input.today);
    if (verdict.kind !== 'expired') continue;
    if (holdOf(dataset, document, (d, on, f) => context.tools.holdUntil(d, on, f, input.today)) !== null) continue;
    if (refs.length >= input.limit) {
      more = true;
      break;
    }
    refs.push(refOf(dataset, document));
  }
  return { refs, more, undated: await countUndated(collection, rule) };
}

function pathsOf(rule: Extract<RetentionRule, { kind: 'max' | 'min' | 'ttl' }>): string[] {
  const after = rule.kind === 'ttl' ? [rule.after] : [...rule.after];
  return rule.kind === 'max' && rule.settledOn !== null ? [...after, rule.settledOn] : after;
}

/**
 * Wider than what is expired, never narrower: some date old enough, settled, or named by an event. Cut at `for` minus
 * slack, since every rule keeps at least that long after its latest date.
 */
function candidates(rule: Extract<RetentionRule, { kind: 'max' | 'min' | 'ttl' }>, input: ExpiredInput): Document {
  const before = new Date(Date.parse(`${input.today}T23:59:59Z`) - approximate(rule) + SLACK_MS);
  const old = (path: string): Document[] => [
    { [path]: { $lt: before } },
    // Type bracketing: compares with texts only, so that no lower bound is needed.
    { [path]: { $lt: before.toISOString() } },
  ];
  const after = rule.kind === 'ttl' ? [rule.after] : rule.after;
  const ways: Document[] = after.flatMap(old);
  if (rule.kind === 'max' && rule.settledOn !== null) ways.push({ [rule.settledOn]: { $ne: null } });
  const named = [...new Set(input.anchors.map((a) => a.ref))].flatMap(variantsOf);
  if (named.length > 0) ways.push({ _id: { $in: named } } as Document);
  return { $or: ways };
}

/** Shortest length of the period in milliseconds: months of 28 days. */
function approximate(rule: Extract<RetentionRule, { kind: 'max' | 'min' | 'ttl' }>): number {
  const match = /^P(\d+)([DWMY])$/.exec(rule.kind === 'min' ? rule.limit : rule.for);
  const days = { D: 1, W: 7, M: 28, Y: 365 }[match?.[2] ?? 'D'] ?? 1;
  return Number(match?.[1] ?? 0) * days * 86_400_000;
}

function datesOf(
  rule: Extract<RetentionRule, { kind: 'max' | 'min' | 'ttl' }>,
  document: Document,
  input: ExpiredInput,
): { after: (CivilDate | null)[]; settledOn: CivilDate | null } {
  const day = (path: string): CivilDate | null => dayOf(firstOf(document, path), input.timeZone);
  const after = rule.kind === 'ttl' ? [day(rule.after)] : rule.after.map(day);
  const id = textOf(document['_id']);
  const reported = (kind: Anchor['kind']): CivilDate[] =>
    input.anchors
      .filter((a) => a.kind === kind && a.ref === id)
      .flatMap((a) => dayOf(new Date(a.at), input.timeZone) ?? []);
  const contacts = reported('contact.made');
  const settledBy = reported('contact.settled');
  const own = rule.kind === 'max' && rule.settledOn !== null ? day(rule.settledOn) : null;
  // A contact after the settlement opens the relation again.
  const settledOn =
    [own, ...settledBy]
      .filter((d): d is CivilDate => d !== null)
      .sort()
      .at(-1) ?? null;
  const lastContact = [...after, ...contacts]
    .filter((d): d is CivilDate => d !== null)
    .sort()
    .at(-1);
  return {
    after: [...after, ...contacts],
    settledOn: settledOn !== null && lastContact !== undefined && lastContact > settledOn ? null : settledOn,
  };
}

function dayOf(value: unknown, timeZone: string): CivilDate | null {
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? null : formatDate(localDay(timeZone, Math.floor(value.getTime() / 1000)));
  if (typeof value !== 'string') return null;
  const date = parseDate(value);
  if (date !== null) return formatDate(date);
  const instant = parseInstant(value);
  return instant === null ? null : formatDate(localDay(timeZone, instant.seconds));
}

/** A record as a pass over a dataset sees it: with its own identifiers, sure, not held. */
export function refOf(dataset: Dataset, document: Document): Ref {
  return {
    dataset: dataset.id,
    id: refIdOf(document['_id']),
    kind: dataset.id,
    organisation: organisationOf(dataset, document),
    matchedBy: identifiersOf(dataset, document),
    trust: 'system',
    review: null,
    createdAt: createdAtOf(dataset, document),
    hold: null,
  };
}

function identifiersOf(dataset: Dataset, document: Document): Ref['matchedBy'] {
  return Object.entries(dataset.policy.identifiers).flatMap(([type, paths]) =>
    paths.flatMap((path) =>
      leavesOf(document, path).flatMap((leaf) => {
        const value = textOf(leaf.value);
        return value === null ? [] : [{ type, value, path }];
      }),
    ),
  );
}

/** Records without any of the dates: nothing would ever end them, so that a person must be told. */
async function countUndated(
  collection: Collection,
  rule: Extract<RetentionRule, { kind: 'max' | 'min' | 'ttl' }>,
): Promise<number> {
  if (rule.kind === 'min') return 0;
  const after = rule.kind === 'ttl' ? [rule.after] : rule.after;
  return collection.countDocuments({ $and: after.map((path) => ({ [path]: null })) });
}

/** Fields that the pack forbids (negative data), with how many records have them. */
export async function forbidden(
  context: Context,
  policy: DatasetPolicy,
): Promise<{ field: string; records: number }[]> {
  const collection = await context.store.collection(policy);
  const hits: { field: string; records: number }[] = [];
  for (const field of policy.forbidden) {
    const records = await collection.countDocuments({ [field]: { $exists: true } });
    if (records > 0) hits.push({ field, records });
  }
  return hits;
}
