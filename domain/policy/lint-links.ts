/** Links of a pack as a graph: a cycle would walk from person to person. */
import type { Report } from './fault.js';
import type { Pack } from './types.js';

interface Edge {
  readonly to: string;
  readonly path: readonly (string | number)[];
}

/**
 * Refuses the link that closes a cycle, a dataset's link to itself included (a manager, a referrer): following it finds
 * other people's records as hers. Every link is followed in both directions and the identifiers of a record are passed
 * on by themselves, so that no cycle is ever needed.
 */
export function lintLinks(pack: Pack, report: Report): void {
  const edges = edgesOf(pack);
  const done = new Set<string>();
  const trail: string[] = [];
  const closing = new Set<string>();
  const visit = (node: string): void => {
    trail.push(node);
    for (const { to, path } of edges.get(node) ?? []) {
      const start = trail.indexOf(to);
      if (start >= 0) {
        if (closing.has(path.join('.'))) continue;
        closing.add(path.join('.'));
        const names = [...trail.slice(start), to].map((name) => name.slice(name.indexOf('/') + 1));
        report(
          path,
          'link_cycle',
          `closes a cycle (${names.join(' → ')}): leave this link out, the others find it too`,
        );
      } else if (!done.has(to)) visit(to);
    }
    trail.pop();
    done.add(node);
  };
  for (const node of edges.keys()) if (!done.has(node)) visit(node);
}

function edgesOf(pack: Pack): ReadonlyMap<string, readonly Edge[]> {
  const edges = new Map<string, Edge[]>();
  const holders = new Map<string, string[]>();
  for (const system of pack.systems) {
    for (const dataset of system.datasets) {
      for (const type of Object.keys(dataset.identifiers))
        holders.set(type, [...(holders.get(type) ?? []), `${system.id}/${dataset.id}`]);
    }
  }
  pack.systems.forEach((system, index) => {
    system.datasets.forEach((dataset, position) => {
      const own = edges.get(`${system.id}/${dataset.id}`) ?? [];
      edges.set(`${system.id}/${dataset.id}`, own);
      dataset.links.forEach(({ to }, place) => {
        const path = ['systems', index, 'datasets', position, 'links', place, 'to'];
        const targets = to.startsWith('identifier:')
          ? (holders.get(to.slice('identifier:'.length)) ?? [])
          : [`${system.id}/${to.slice(0, to.indexOf('.'))}`];
        for (const target of targets) own.push({ to: target, path });
      });
    });
  });
  return edges;
}
