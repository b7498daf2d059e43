/** One dataset of a pack in plain words. */
import type { ExplainTexts } from '../../contracts/locales/explain/index.js';
import type { PackageTexts } from '../../contracts/locales/package/index.js';
import { fill } from '../letters/words.js';
import { RETENTION_LAWS } from '../holds/laws.js';
import type { DatasetPolicy, EraseRule, FieldPolicy, HoldRule, Pack, RetentionRule, StopRule } from './types.js';

export interface ExplainContext {
  readonly texts: ExplainTexts;
  /** Units, laws and the words of a pack's codes: those of the packages. */
  readonly words: Pick<PackageTexts, 'units' | 'laws' | 'words'>;
  /** Name of the supervisory authority; absent = its id. */
  readonly authority?: string | undefined;
}

/** The dataset's own line, then what is said of it, set in. */
export function datasetLines(dataset: DatasetPolicy, pack: Pack, context: ExplainContext): string[] {
  const { texts: t } = context;
  const lines = [
    fill(t.found, { list: foundWords(dataset, context) }),
    fill(t.usedFor, { list: purposeWords(dataset, context) }),
    ...retentionLines(dataset.retention, context),
    eraseWords(dataset.erase, context),
    ...(dataset.hold === null ? [] : [holdWords(dataset.hold, context)]),
    ...(pack.identify.restriction === undefined
      ? []
      : [dataset.restrict === null ? t.noRestrict : fill(t.restrict, { flag: dataset.restrict.flag })]),
    ...dataset.stop.map((rule) => stopWords(rule, context)),
    ...(pack.closure === null || dataset.account === null ? [] : [fill(t.account, { field: dataset.account })]),
    ...(dataset.forbidden.length === 0 ? [] : [fill(t.forbidden, { fields: list(dataset.forbidden, t.or) })]),
    ...(dataset.signIn ? [t.signIn] : []),
    ...(dataset.derived ? [t.derived] : []),
  ];
  return [whose(dataset, context), ...lines.map((line) => `  ${line}`)];
}

/** Datasets that the closing of an account erases. */
export function closingDatasets(pack: Pack): string[] {
  return pack.systems.flatMap(({ datasets }) => datasets.flatMap(({ id, account }) => (account === null ? [] : [id])));
}

/** `P90D` → `90 days`. */
export function words(duration: string, { words: { units } }: Pick<ExplainContext, 'words'>): string {
  const count = Number(duration.slice(1, -1));
  const unit = duration.slice(-1);
  const [one, many] = unit === 'D' || unit === 'W' || unit === 'M' || unit === 'Y' ? units[unit] : [unit, unit];
  return `${count} ${count === 1 ? one : many}`;
}

/** A code of the pack in plain words; one that no catalogue knows stays as it is written. */
export function wordOf(code: string, { words: { words: known } }: Pick<ExplainContext, 'words'>): string {
  return known[code] ?? code.replaceAll('_', ' ');
}

/** `a, b and c`. */
export function list(values: readonly string[], conjunction: string): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

function whose({ id, role, organisation }: DatasetPolicy, { texts: t }: ExplainContext): string {
  if (role === 'controller' || organisation === null) return fill(t.controllerSelf, { id });
  return typeof organisation === 'string'
    ? fill(t.controllerNamed, { id, field: organisation })
    : fill(t.controllerInherited, { id, from: organisation.from });
}

function foundWords({ identifiers, declared }: DatasetPolicy, { texts: t }: ExplainContext): string {
  return Object.entries(identifiers)
    .map(([type, paths]) =>
      fill(declared.includes(type) ? t.foundDeclared : t.foundIn, { type, paths: list(paths, t.and) }),
    )
    .join('; ');
}

/** Each purpose once, with every basis that a field of it rests on. */
function purposeWords({ fields }: DatasetPolicy, context: ExplainContext): string {
  const { texts: t } = context;
  const purposes = new Map<string, Set<FieldPolicy['basis']>>();
  for (const { purpose, basis } of Object.values(fields))
    purposes.set(purpose, (purposes.get(purpose) ?? new Set()).add(basis));
  const said = [...purposes].map(([purpose, bases]) =>
    fill(t.purposeBasis, {
      purpose: wordOf(purpose, context),
      bases: list(
        [...bases].map((basis) => t.bases[basis]),
        t.and,
      ),
    }),
  );
  return list(said, t.and);
}

function retentionLines(rule: RetentionRule, context: ExplainContext): string[] {
  const { texts: t } = context;
  switch (rule.kind) {
    case 'max':
      return [
        fill(t.retentionMax, { for: words(rule.for, context), fields: list(rule.after, t.and) }),
        ...(rule.settledOn === null ? [] : [fill(t.retentionSettled, { field: rule.settledOn })]),
      ];
    case 'min':
      return [
        fill(t.retentionMin, {
          for: words(rule.for, context),
          limit: words(rule.limit, context),
          fields: list(rule.after, t.and),
        }),
      ];
    case 'ttl':
      return [fill(t.retentionTtl, { for: words(rule.for, context), field: rule.after })];
    case 'while':
      return [fill(t.retentionWhile, { event: t.events[rule.until] })];
    case 'hold':
      return [t.retentionHold];
  }
}

function eraseWords(rule: EraseRule, { texts: { erase, and, article } }: ExplainContext): string {
  switch (rule.kind) {
    case 'delete':
      return erase.delete;
    case 'redact':
      return erase.redact;
    case 'keep':
      return fill(erase.keep, { basis: basisWords(rule.basis, article) });
    case 'mask':
      return fill(erase.mask, { fields: list(rule.paths, and) });
    case 'unset':
      return fill(erase.unset, { fields: list(rule.paths, and) });
    case 'pull':
      return fill(erase.pull, { field: rule.path });
  }
}

/** `17-3-b`, `art-21-3` → an article; anything else as it is written. */
function basisWords(basis: string, article: string): string {
  const named = /^(?:art-)?(\d+)-(\d+)(?:-([a-z]))?$/.exec(basis);
  if (named === null) return basis;
  const [, number = '', paragraph = '', letter] = named;
  return fill(article, { article: `${number}(${paragraph})${letter === undefined ? '' : `(${letter})`}` });
}

function holdWords(hold: HoldRule, context: ExplainContext): string {
  const { texts: t } = context;
  const law = RETENTION_LAWS.get(hold.law);
  const until = [
    ...(law === undefined
      ? []
      : [
          fill(t.holdLaw, {
            period: context.words.laws[law.id] ?? law.period,
            source: law.source,
            field: hold.documentOn ?? '?',
          }),
        ]),
    ...(hold.whileField === null ? [] : [fill(t.holdFlag, { field: hold.whileField })]),
    ...(hold.endsOn === null ? [] : [fill(t.holdEvent, { event: t.endings[hold.endsOn] })]),
  ];
  return fill(t.hold, {
    until: list(until, t.or),
    reason:
      hold.exemption === null
        ? t.holdRunning
        : fill(t.holdExemption, { article: `${hold.exemption.replace(/^17-3-/, '17(3)(')})` }),
  });
}

function stopWords(rule: StopRule, context: ExplainContext): string {
  const { texts: t } = context;
  const set = Object.entries(rule.set).map(([path, value]) => `${path} = ${String(value)}`);
  const ways = [
    ...(rule.erase ? [t.stopErase] : []),
    ...(rule.unset.length === 0 ? [] : [fill(t.stopUnset, { fields: list(rule.unset, t.and) })]),
    ...(set.length === 0 ? [] : [fill(t.stopSet, { fields: list(set, t.and) })]),
    ...(rule.lists.length === 0 ? [] : [t.stopLists]),
    ...(rule.group === null ? [] : [fill(t.stopGroup, { group: rule.group })]),
  ];
  return fill(t.stop, { purpose: wordOf(rule.purpose, context), ways: list(ways, t.and) });
}
