/** Asks the server for candidates and keeps what it answered: each (dataset, path, identifier) is asked once. */
import type { Collection, Document } from 'mongodb';
import type { Heartbeat } from '../../domain/ports/connector.js';
import { failure } from './errors.js';
import { refIdOf, variantsOf } from './ids.js';
import { identifierKey, LINK, type Known } from './matching.js';
import type { Dataset } from './schema.js';
import type { MongoSettings } from './settings.js';
import { exactFilter, isContact, normalisedFilter, spellingFilter } from './spelling.js';
import { AS_STORED, type Store } from './store.js';

export interface Row {
  readonly dataset: Dataset;
  /** Canonical text of `_id`. */
  readonly id: string;
  /** The projected record. */
  readonly document: Document;
}

export interface SearchOptions {
  readonly store: Store;
  readonly settings: MongoSettings;
  /** In every query where an organisation started the request. */
  readonly onlyOrganisation: string | null;
  readonly heartbeat: Heartbeat;
}

/** How many values one query carries. */
const BATCH = 100;

export class Search {
  readonly caveats = new Set<string>();
  private readonly asked = new Set<string>();
  private readonly rows = new Map<string, Map<string, Row>>();
  private readonly normalised = new Map<string, boolean>();
  private total = 0;

  constructor(private readonly options: SearchOptions) {}

  /** Everything loaded so far of one dataset. */
  of(dataset: Dataset): Iterable<Row> {
    return this.rows.get(dataset.id)?.values() ?? [];
  }

  /** Loads the records of `dataset` that may hold one of `known`; ConnectorError `too_many_targets` above the cap. */
  async load(dataset: Dataset, known: Iterable<Known>): Promise<void> {
    const all = [...known];
    for (const search of dataset.searches) {
      await this.ask(
        dataset,
        search.path,
        search.type,
        all.filter((k) => k.type === search.type),
      );
    }
    for (const path of dataset.matchPaths) {
      await this.ask(
        dataset,
        path,
        LINK,
        all.filter((k) => k.type === LINK && k.at?.dataset === dataset.id && k.at.path === path),
      );
    }
  }

  private async ask(dataset: Dataset, path: string, type: string, known: readonly Known[]): Promise<void> {
    const fresh = known.filter((k) => !this.asked.has(`${dataset.id}\0${path}\0${k.key}`));
    if (fresh.length === 0) return;
    const predicate = this.predicate(dataset, type);
    if (predicate === null) return;
    const collection = await this.options.store.collection(dataset.policy);
    for (let from = 0; from < fresh.length; from += BATCH) {
      const batch = fresh.slice(from, from + BATCH);
      this.options.heartbeat({ dataset: dataset.id, found: this.total });
      for (const filter of await this.filters(
        collection,
        dataset,
        path,
        type,
        batch.map((k) => k.value),
      )) {
        await this.read(collection, dataset, predicate === undefined ? filter : { $and: [predicate, filter] });
      }
    }
    for (const k of fresh) this.asked.add(`${dataset.id}\0${path}\0${k.key}`);
  }

  /**
   * The organisation's predicate; undefined = none needed; null = not the organisation's to ask (the operator's own
   * records). A dataset that inherits its organisation has no field to ask by: it is only reached over links out of
   * records that passed the predicate.
   */
  private predicate(dataset: Dataset, type: string): Document | undefined | null {
    if (this.options.onlyOrganisation === null) return undefined;
    if (dataset.organisation === null) return dataset.policy.organisation !== null && type === LINK ? undefined : null;
    return { [dataset.organisation]: { $in: variantsOf(this.options.onlyOrganisation) } };
  }

  private async filters(
    collection: Collection,
    dataset: Dataset,
    path: string,
    type: string,
    values: readonly string[],
  ): Promise<Document[]> {
    if (!isContact(type)) return [exactFilter(path, values)];
    const spelled = [
      ...new Set(values.flatMap((v) => [v, v.trim().toLowerCase(), identifierKey(type, v).slice(type.length + 1)])),
    ];
    if (this.options.settings.spelling === 'normalised') {
      this.caveats.add(`stored_spelling_trusted:${dataset.id}`);
      return [exactFilter(path, spelled)];
    }
    const copy = `${path}Norm`;
    if (await this.hasNormalisedCopy(collection, path, copy))
      return [exactFilter(path, spelled), normalisedFilter(copy, type, values)];
    this.caveats.add(`spelling_scan:${dataset.id}`);
    return [spellingFilter(path, type, values)];
  }

  /** An indexed `<path>Norm` that every record with a value has; a gap in it would hide people. */
  private async hasNormalisedCopy(collection: Collection, path: string, copy: string): Promise<boolean> {
    const key = `${collection.namespace}\0${copy}`;
    const cached = this.normalised.get(key);
    if (cached !== undefined) return cached;
    const indexed = (await this.options.store.indexKeys(collection)).includes(copy);
    const gap = indexed
      ? await collection.findOne({ [copy]: null, [path]: { $type: 'string' } }, { projection: { _id: 1 } })
      : null;
    const complete = indexed && gap === null;
    this.normalised.set(key, complete);
    return complete;
  }

  private async read(collection: Collection, dataset: Dataset, filter: Document): Promise<void> {
    const { maxRecords } = this.options.settings;
    const rows = this.rows.get(dataset.id) ?? new Map<string, Row>();
    this.rows.set(dataset.id, rows);
    // A copy beside the field is only searched, the comparison reads the field itself.
    const cursor = collection.find(filter, {
      ...AS_STORED,
      projection: dataset.projection,
      limit: maxRecords + 1,
      batchSize: 500,
    });
    for await (const document of cursor) {
      const id = refIdOf(document['_id']);
      if (rows.has(id)) continue;
      rows.set(id, { dataset, id, document });
      this.total += 1;
      if (this.total > maxRecords) throw failure('too_many_targets', dataset.id);
      if (this.total % 250 === 0) this.options.heartbeat({ dataset: dataset.id, found: this.total });
    }
  }
}
