/** Makes the effect of the parts of one person in one system: erases, corrects, restricts, stops. */
import type { ApplyInput, ApplyResult, PartTargets } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { sortDatasets } from './discover.js';
import { changeRecords } from './apply-change.js';
import { editRecords } from './apply-fields.js';
import { deleteRecords } from './apply-delete.js';
import { failure } from './errors.js';
import { erasureOf, isMark, marksOf } from './marks.js';
import { buildGraph, type Graph } from './graph.js';
import type { Dataset } from './schema.js';
import { Search } from './search.js';
import { knownSignIn, linksOf, targetsOf, type Target } from './targets.js';
import { REVIEWED, type Run } from './run.js';

/**
 * Idempotent: a second run finds nothing to change and says `touched: 0`. Records of review parts are never touched;
 * held records stay whole. Datasets that let people sign in go last, so that an attempt that broke off can still be
 * taken up from them.
 * ConnectorError: `conflict` (a record kept changing), `precondition` (the part's action is not the pack's),
 * `too_many_targets`, and what the database answers.
 */
export async function apply(context: Context, input: ApplyInput): Promise<readonly ApplyResult[]> {
  const results = new Map<string, ApplyResult>();
  const working: { own: PartTargets; dataset: Dataset }[] = [];
  for (const own of input.targets) {
    const dataset = context.schema.dataset(own.part.dataset);
    const settled = withoutWriting(dataset, own, input.whole);
    if (settled !== null) results.set(own.part.key, settled);
    else working.push({ own, dataset });
  }
  if (working.length > 0) {
    const { searchable, manual } = await sortDatasets(context.store, context.schema.datasets);
    const graph = await rediscover(context, input, searchable);
    await rememberReviewed(input, graph);
    working.sort((a, b) => Number(a.dataset.policy.signIn) - Number(b.dataset.policy.signIn));
    for (const { own, dataset } of working) {
      const reason = manual.find((m) => m.dataset === dataset.id)?.reason;
      results.set(
        own.part.key,
        reason === undefined
          ? await applyPart(context, input, own, dataset, graph)
          : { key: own.part.key, kind: 'manual', why: reason },
      );
    }
  }
  return input.targets.flatMap((t) => results.get(t.part.key) ?? []);
}

function withoutWriting(dataset: Dataset, { part, refs }: PartTargets, whole = false): ApplyResult | null {
  if (part.review !== null) return { key: part.key, kind: 'review', why: part.review };
  const { erase } = dataset.policy;
  switch (part.action) {
    case 'keep':
      return { key: part.key, kind: 'retained', basis: part.basis ?? (erase.kind === 'keep' ? erase.basis : 'keep') };
    case 'retain':
      return {
        key: part.key,
        kind: 'retained',
        basis: part.basis ?? basisOf(refs.find((r) => r.hold !== null)?.hold ?? null),
      };
    case 'manual':
      return { key: part.key, kind: 'manual', why: part.basis ?? 'manual' };
    case 'change':
    case 'restrict':
    case 'stop':
      return null;
    default:
      if (whole && part.action === 'delete' && part.role === 'processor') return null;
      if (part.action !== erase.kind) throw failure('precondition', dataset.id);
      return null;
  }
}

async function rediscover(context: Context, input: ApplyInput, datasets: readonly Dataset[]): Promise<Graph> {
  const { settings, store, schema } = context;
  return buildGraph({
    schema,
    search: new Search({
      store,
      settings,
      onlyOrganisation: input.onlyOrganisation ?? null,
      heartbeat: input.heartbeat,
    }),
    datasets,
    given: input.identifiers,
    links: linksOf(input.targets),
    maxPeople: settings.maxPeople,
    isKnown: knownSignIn(input.targets, input.identifiers),
  });
}

/**
 * The first attempt's view only: later ones no longer see the deleted records that told the people apart. A sign-in
 * that is new is not among them, so that verify reports it.
 */
async function rememberReviewed(input: ApplyInput, graph: Graph): Promise<void> {
  if (Array.isArray(await input.memory.get(REVIEWED))) return;
  const reviewed = graph.rows
    .filter((r) => r.review !== null && r.review !== 'new_sign_in')
    .map((r) => [r.row.dataset.id, r.row.id]);
  await input.memory.save(REVIEWED, reviewed);
}

async function applyPart(
  context: Context,
  input: ApplyInput,
  own: PartTargets,
  dataset: Dataset,
  graph: Graph,
): Promise<ApplyResult> {
  const { part } = own;
  const targets = targetsOf(context, dataset, own, input.targets, graph, input.generation);
  if (targets.length > context.settings.maxRecords) throw failure('too_many_targets', dataset.id);
  const run: Run = { context, dataset, part, targets, heartbeat: input.heartbeat };
  if (isMark(part)) {
    // A flag must be found again to be taken back: only records that the plan names.
    const named = new Set(own.refs.map((r) => r.id));
    const marking = part.action === 'restrict' ? { ...run, targets: targets.filter((t) => named.has(t.ref.id)) } : run;
    const marked = await changeRecords(marking, marksOf(input.orders, dataset, part), input.memory);
    const erasure = erasureOf(input.orders, dataset, part);
    if (marked.kind !== 'applied' || erasure === null) return marked;
    return withoutWriting(dataset, { ...own, part: erasure }) ?? erasePart({ ...run, part: erasure });
  }
  if (part.action === 'change') return changeRecords(run, input.orders?.changes[part.key] ?? [], input.memory);
  return erasePart(run);
}

async function erasePart(run: Run): Promise<ApplyResult> {
  const { part, targets } = run;
  const tally = part.action === 'delete' ? await deleteRecords(run) : await editRecords(run);
  if (targets.length > 0 && tally.held === targets.length) {
    const hold = targets.find((t) => t.ref.hold !== null)?.ref.hold ?? null;
    return { key: part.key, kind: 'retained', basis: part.basis ?? basisOf(hold) };
  }
  return { key: part.key, kind: 'applied', touched: tally.touched };
}

/** As the plan writes it: the exemption and its law, or the ground that is not met. */
function basisOf(hold: Target['ref']['hold']): string {
  if (hold === null) return 'hold';
  return hold.exemption !== null
    ? `art-${hold.exemption}:${hold.law}`
    : `no-ground-${hold.noGround ?? 'unnamed'}:${hold.law}`;
}
