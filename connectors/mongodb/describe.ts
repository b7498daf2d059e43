/** What a MongoDB system takes, yields and cannot do. */
import type { ConnectorDescription } from '../../domain/ports/connector.js';
import type { Schema } from './schema.js';

export function describe(schema: Schema): ConnectorDescription {
  const types = new Set<string>();
  const yields = new Set<string>();
  for (const dataset of schema.datasets) {
    for (const search of dataset.searches) types.add(search.type);
    for (const type of Object.keys(dataset.policy.identifiers)) yields.add(type);
    for (const edge of dataset.edges) if (edge.to.kind === 'identifier') yields.add(edge.to.type);
  }
  return {
    connector: 'mongodb',
    version: '1',
    vendorApiVersion: null,
    takes: [...types].sort(),
    yields: [...yields].sort(),
    completeness: 'exhaustive',
    caveats: ['declared_fields_only', 'change_stream_copies_not_seen', 'capped_time_series_and_views_by_hand'],
    irreversible: true,
    asynchronous: false,
  };
}
