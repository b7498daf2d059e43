/** Finds what one system holds of a person: opaque refs, new identifiers, what only a human can search. */
import type { Found } from '../../domain/plan/types.js';
import type { DiscoverInput } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { buildGraph } from './graph.js';
import { refOf } from './records.js';
import type { Dataset } from './schema.js';
import { Search } from './search.js';
import type { Store } from './store.js';
import { mayBeHers } from './targets.js';

/**
 * Read-only. Follows identifiers and links to a fixpoint inside this system.
 * ConnectorError: `validation` (an identifier is no plain text), `too_many_targets` (more records than one person can
 * have), `config`, and what the database answers (`unavailable`, `timeout`, `auth`, `scope`).
 */
export async function discover(context: Context, input: DiscoverInput): Promise<Found> {
  const { schema, settings, store } = context;
  const { searchable, manual } = await sortDatasets(context.store, schema.datasets);
  const search = new Search({ store, settings, onlyOrganisation: input.onlyOrganisation, heartbeat: input.heartbeat });
  const graph = await buildGraph({
    schema,
    search,
    datasets: searchable,
    given: input.identifiers,
    links: [],
    maxPeople: settings.maxPeople,
    isKnown: mayBeHers(input.identifiers),
  });
  const wanted = (id: string): boolean => input.datasets === null || input.datasets.includes(id);
  return {
    system: schema.system,
    // The whole system is searched (an e-mail may lead through `users` to `orders`), the wanted part is answered.
    refs: graph.rows.map((row) => refOf(row, context.tools.holdUntil)).filter((ref) => wanted(ref.dataset)),
    identifiers: graph.yielded,
    manual: manual.filter((m) => wanted(m.dataset)),
    caveats: [...search.caveats].sort(),
  };
}

/** Splits off what cannot be searched or erased record by record. A collection that does not exist is an empty one. */
export async function sortDatasets(
  store: Store,
  datasets: readonly Dataset[],
): Promise<{ readonly searchable: readonly Dataset[]; readonly manual: Found['manual'] }> {
  const searchable: Dataset[] = [];
  const manual: { dataset: string; reason: string }[] = [];
  const kinds = new Map<string | null, Awaited<ReturnType<Store['kinds']>>>();
  for (const dataset of datasets) {
    const database = dataset.policy.database;
    const known = kinds.get(database) ?? (await store.kinds(database));
    kinds.set(database, known);
    const reason = known.get(dataset.policy.collection)?.manual ?? null;
    if (reason === null) searchable.push(dataset);
    else manual.push({ dataset: dataset.id, reason });
  }
  return { searchable, manual };
}
