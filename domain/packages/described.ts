/**
 * What of a record the data map describes. A package says for every value what it is for (Art. 15(1)(a)); a value without
 * an answer is found here, shown to a reviewer and named in the package.
 */
import type { DatasetPolicy } from '../policy/types.js';
import { fieldAt } from './portable.js';
import { isWithin, leafPaths } from './walk.js';

/**
 * Paths that the pack names outside of `fields`, because they make the record findable, attributable or datable. Their
 * purpose is the record's own administration; the page says so.
 */
export function structuralPaths(dataset: DatasetPolicy): string[] {
  const { retention } = dataset;
  const after = retention === undefined || !('after' in retention) ? [] : [retention.after].flat();
  return [
    ...new Set(
      [
        '_id',
        ...(typeof dataset.organisation === 'string' ? [dataset.organisation] : []),
        ...Object.values(dataset.identifiers).flat(),
        ...dataset.links.map((link) => link.from),
        dataset.createdAt,
        dataset.account,
        dataset.restrict?.flag,
        dataset.hold?.documentOn,
        dataset.hold?.whileField,
        ...after,
        ...(dataset.stop ?? []).flatMap((rule) => [...rule.unset, ...Object.keys(rule.set)]),
      ].filter((path): path is string => path !== null && path !== undefined),
    ),
  ].sort();
}

/**
 * Paths of a record that no declared field and no structural path covers, sorted. `<path>Norm` is the normalised copy of
 * a described path (docs/connectors/mongodb.md) and serves the same purpose.
 */
export function undescribedPaths(dataset: DatasetPolicy, record: Readonly<Record<string, unknown>>): string[] {
  const structural = structuralPaths(dataset);
  const described = (path: string): boolean =>
    fieldAt(dataset, path) !== null || structural.some((known) => isWithin(path, known));
  return leafPaths(record).filter(
    (path) => !described(path) && !(path.endsWith('Norm') && described(path.slice(0, -'Norm'.length))),
  );
}
