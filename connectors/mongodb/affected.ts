/**
 * Everybody in the records that a breach reached. One pass over the records that the predicate selects, without an order
 * and without a cursor to come back to: ids of mixed types have no order that a range could resume in, and whoever takes
 * the people knows them again. People who are named only by an id are looked up where the system knows their address.
 */
import type { Document } from 'mongodb';
import type { AffectedInput, AffectedPerson, AffectedPredicate } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { failure } from './errors.js';
import { textOf, variantsOf } from './ids.js';
import { isFieldPath, leavesOf, projectionOf } from './paths.js';
import { organisationOf } from './records.js';
import type { Dataset } from './schema.js';
import { exactFilter, isContact, normalOf } from './spelling.js';
import { AS_STORED } from './store.js';

const BATCH = 200;

/**
 * Streams the people of all selected records into `take`; returns the number of records.
 * ConnectorError `validation` (a path or value that is none), `config` (no such dataset).
 */
export async function affected(context: Context, input: AffectedInput): Promise<{ readonly records: number }> {
  const dataset = context.schema.dataset(input.dataset);
  const { predicate } = input;
  const collection = await context.store.collection(dataset.policy);
  const language = languagePath(dataset);
  const projection = projectionOf([
    ...dataset.searches.map((s) => s.path),
    ...[dataset.organisation, predicate.on, language].filter((p) => p !== null),
  ]);
  let records = 0;
  let batch: AffectedPerson[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await input.take(await withAddresses(context, batch));
    batch = [];
    input.heartbeat({ dataset: dataset.id, records });
  };
  for await (const document of collection.find(filterOf(predicate), { ...AS_STORED, projection, batchSize: 500 })) {
    if (!isWithin(document, predicate)) continue;
    records += 1;
    batch.push(...peopleOf(dataset, document, language));
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return { records };
}

/** Where a described field says which language she reads. */
function languagePath(dataset: Dataset): string | null {
  const found = Object.entries(dataset.policy.fields).find(
    ([path, field]) => field.category === 'language' || /(^|\.)(language|locale)$/.test(path),
  );
  return found?.[0] ?? null;
}

/** The time's lower end goes to the server as well, in both forms that a time is stored in; the exact look is in code. */
function filterOf({ filter, on, from, to }: AffectedPredicate): Document {
  const conditions: Document[] = [];
  for (const [path, value] of Object.entries(filter)) {
    if (!isFieldPath(path)) throw failure('validation', 'a path of the predicate');
    conditions.push(typeof value === 'string' ? exactFilter(path, [value]) : { [path]: value });
  }
  if (from !== null || to !== null) {
    if (on === null || !isFieldPath(on)) throw failure('validation', 'a window needs a field');
    if (from !== null) conditions.push({ $or: [{ [on]: { $gte: new Date(from) } }, { [on]: { $gte: '' } }] });
  }
  return conditions.length === 0 ? {} : { $and: conditions };
}

function isWithin(document: Document, { on, from, to }: AffectedPredicate): boolean {
  if (on === null || (from === null && to === null)) return true;
  return leavesOf(document, on).some(({ value }) => {
    const at = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(at)) return false;
    return (from === null || at >= Date.parse(from)) && (to === null || at < Date.parse(to));
  });
}

/** What stands in one array element is one person, what stands outside arrays another. */
function peopleOf(dataset: Dataset, document: Document, language: string | null): AffectedPerson[] {
  const organisation = organisationOf(dataset, document);
  const byElement = new Map<string, { type: string; value: string; declared: boolean }[]>();
  for (const { type, path, declared } of dataset.searches) {
    for (const leaf of leavesOf(document, path)) {
      const text = textOf(leaf.value);
      if (text === null || normalOf(type, leaf.value) === null) continue;
      // An array of bare values (old addresses) belongs to the record's own person.
      const element = leaf.at === leaf.element ? '' : leaf.element;
      byElement.set(element, [...(byElement.get(element) ?? []), { type, value: text, declared }]);
    }
  }
  const spoken = language === null ? null : textOf(leavesOf(document, language)[0]?.value);
  return [...byElement.entries()].map(([element, found]) => ({
    identifiers: found.map(({ type, value }) => ({ type, value })),
    // An address that somebody typed into her own record may be anybody's: nothing is sent there.
    email: found.find((f) => f.type === 'email' && !f.declared)?.value ?? null,
    language: element === '' ? spoken : null,
    organisation,
  }));
}

/** Looks up the address of those who are named by an id, in datasets of this system that know both; sign-ins first. */
async function withAddresses(context: Context, people: readonly AffectedPerson[]): Promise<AffectedPerson[]> {
  let open = people.filter((p) => p.email === null);
  if (open.length === 0) return [...people];
  const found = new Map<AffectedPerson, { email: string; language: string | null }>();
  const sources = context.schema.datasets
    .filter((d) => d.searches.some((s) => s.type === 'email' && !s.declared))
    .sort((a, b) => Number(b.policy.signIn) - Number(a.policy.signIn));
  for (const source of sources) {
    for (const search of source.searches.filter((s) => !isContact(s.type) && !s.declared)) {
      const wanted = new Map<string, AffectedPerson[]>();
      for (const person of open)
        for (const id of person.identifiers)
          if (id.type === search.type) wanted.set(id.value, [...(wanted.get(id.value) ?? []), person]);
      if (wanted.size === 0) continue;
      const language = languagePath(source);
      const collection = await context.store.collection(source.policy);
      const projection = projectionOf([
        ...source.searches.map((s) => s.path),
        ...(language === null ? [] : [language]),
      ]);
      const filter = { [search.path]: { $in: [...wanted.keys()].flatMap(variantsOf) } };
      for await (const document of collection.find(filter, { ...AS_STORED, projection })) {
        for (const known of peopleOf(source, document, language)) {
          if (known.email === null) continue;
          for (const id of known.identifiers)
            if (id.type === search.type)
              for (const person of wanted.get(id.value) ?? [])
                found.set(person, { email: known.email, language: known.language });
        }
      }
      open = open.filter((p) => !found.has(p));
    }
  }
  return people.map((person) => {
    const known = found.get(person);
    return known === undefined
      ? person
      : { ...person, email: known.email, language: person.language ?? known.language };
  });
}
