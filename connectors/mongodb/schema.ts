/** The pack's datasets of one system, compiled once: where to search, what leads on, what to read of a record. */
import type { DatasetPolicy, SystemPolicy } from '../../domain/policy/types.js';
import { failure } from './errors.js';
import { isFieldPath, projectionOf } from './paths.js';

/** A path that holds an identifier. `declared`: the person can edit it there, a hit proves nothing. */
export interface SearchPath {
  readonly type: string;
  readonly path: string;
  readonly declared: boolean;
}

/** Where a value found at `from` of one dataset leads. */
export interface Edge {
  readonly from: string;
  readonly to:
    | { readonly kind: 'identifier'; readonly type: string }
    | { readonly kind: 'path'; readonly dataset: string; readonly path: string };
  readonly trust: 'system' | 'declared';
}

export interface Dataset {
  readonly id: string;
  readonly policy: DatasetPolicy;
  readonly searches: readonly SearchPath[];
  /** Links out of this dataset, and links of others into it the other way round. */
  readonly edges: readonly Edge[];
  /** All paths through which a record can be matched, links included. */
  readonly matchPaths: readonly string[];
  /** Field that names each record's controller; null = the operator, or inherited. */
  readonly organisation: string | null;
  readonly projection: Readonly<Record<string, 1>>;
  /** The GridFS bucket's chunk collection, where the collection is `<bucket>.files`. */
  readonly chunks: string | null;
}

export interface Schema {
  readonly system: string;
  readonly datasets: readonly Dataset[];
  dataset(id: string): Dataset;
}

/** Compiles the datasets; ConnectorError `config` names the dataset that no document store could serve. */
export function compile(system: SystemPolicy): Schema {
  const edges = new Map<string, Edge[]>(system.datasets.map((d) => [d.id, []]));
  for (const dataset of system.datasets) {
    for (const link of dataset.links) {
      requirePath(dataset.id, link.from);
      if (link.to.startsWith('identifier:')) {
        edges.get(dataset.id)?.push({
          from: link.from,
          to: { kind: 'identifier', type: link.to.slice('identifier:'.length) },
          trust: link.trust,
        });
        continue;
      }
      const dot = link.to.indexOf('.');
      const target = link.to.slice(0, dot);
      const path = link.to.slice(dot + 1);
      const back = edges.get(target);
      if (dot < 1 || back === undefined) throw failure('config', `link of dataset ${dataset.id}`);
      requirePath(dataset.id, path);
      edges.get(dataset.id)?.push({ from: link.from, to: { kind: 'path', dataset: target, path }, trust: link.trust });
      back.push({ from: path, to: { kind: 'path', dataset: dataset.id, path: link.from }, trust: link.trust });
    }
  }
  const incoming = (id: string): string[] =>
    [...edges.values()].flat().flatMap((e) => (e.to.kind === 'path' && e.to.dataset === id ? [e.to.path] : []));
  const datasets = system.datasets.map((policy) =>
    compileDataset(policy, edges.get(policy.id) ?? [], incoming(policy.id)),
  );
  const byId = new Map(datasets.map((d) => [d.id, d]));
  return {
    system: system.id,
    datasets,
    dataset(id) {
      const found = byId.get(id);
      if (found === undefined) throw failure('config', 'dataset not in the pack');
      return found;
    },
  };
}

function compileDataset(policy: DatasetPolicy, edges: readonly Edge[], incoming: readonly string[]): Dataset {
  const searches = Object.entries(policy.identifiers).flatMap(([type, paths]) =>
    paths.map((path) => ({ type, path, declared: policy.declared.includes(type) })),
  );
  const organisation = typeof policy.organisation === 'string' ? policy.organisation : null;
  const matchPaths = [...new Set([...searches.map((s) => s.path), ...incoming])];
  const read = [
    ...matchPaths,
    ...edges.map((e) => e.from),
    ...[organisation, policy.createdAt, policy.hold?.documentOn, policy.hold?.whileField].filter(
      (p) => typeof p === 'string',
    ),
  ];
  for (const path of [...read, ...erasedPaths(policy)]) requirePath(policy.id, path);
  if (policy.collection === '' || policy.collection.startsWith('system.') || /[$\0]/.test(policy.collection)) {
    throw failure('config', `collection of dataset ${policy.id}`);
  }
  if (policy.erase.kind === 'redact') throw failure('config', `erase of dataset ${policy.id}`);
  if (erasedPaths(policy).includes('_id')) throw failure('config', `erase of dataset ${policy.id} names _id`);
  return {
    id: policy.id,
    policy,
    searches,
    edges,
    matchPaths,
    organisation,
    projection: projectionOf(read),
    chunks: policy.collection.endsWith('.files') ? `${policy.collection.slice(0, -'.files'.length)}.chunks` : null,
  };
}

/**
 * Paths that an erasure changes inside a record; none for a whole record. The normalised copy of an address or number
 * goes with it (docs/connectors/mongodb.md): what still finds her has not forgotten her.
 */
export function erasedPaths(policy: DatasetPolicy): readonly string[] {
  switch (policy.erase.kind) {
    case 'mask':
    case 'unset': {
      const contacts = new Set([...(policy.identifiers['email'] ?? []), ...(policy.identifiers['phone'] ?? [])]);
      return policy.erase.paths.flatMap((path) => (contacts.has(path) ? [path, `${path}Norm`] : [path]));
    }
    case 'pull':
      return [policy.erase.path];
    default:
      return [];
  }
}

function requirePath(dataset: string, path: string): void {
  if (!isFieldPath(path)) throw failure('config', `a path of dataset ${dataset}`);
}
