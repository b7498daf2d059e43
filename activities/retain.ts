/**
 * Rolling retention of one dataset: what is past its period goes, without any request, with the same ledger, holds, fence
 * and read-back. Runs daily; "gone at the end of the day" means gone by a pass on that day.
 */
import { namesOf, withFacts } from '../domain/holds/index.js';
import { barePartsOf } from '../domain/plan/bare-parts.js';
import { datasetOf } from '../domain/plan/build-plan.js';
import { internalTypes } from '../domain/plan/identifiers.js';
import type { Ref } from '../domain/plan/types.js';
import type { Connector } from '../domain/ports/connector.js';
import type { DatasetPolicy, FrozenPack } from '../domain/policy/types.js';
import type { CivilDate } from '../domain/words.js';
import { dayIn } from './due.js';
import type { ActivityDeps } from './deps.js';
import { attemptMemory } from './parts.js';
import type { RetainInput, Retained } from './types.js';

/** Records of one call: a pass over more comes again at once. */
const BATCH = 500;

export async function retain(deps: ActivityDeps, input: RetainInput): Promise<Retained> {
  const pack = await deps.packs.byHash(input.policyHash);
  const dataset = datasetOf(pack.pack, input.system, input.dataset);
  const connector = deps.connectors.connector(pack, input.system);
  const nothing: Retained = { erased: 0, waiting: 0, undated: 0, forbidden: 0, more: false };
  if (dataset === undefined || connector.expired === undefined) return nothing;
  if (await deps.brake.stopped(input.operator)) return nothing;
  const today = dayIn(pack.pack.timeZone, input.asOf);
  const anchors = await deps.facts.ofKinds(input.operator, ['contact.made', 'contact.settled', 'service.ended']);
  const found = await connector.expired({
    dataset,
    timeZone: pack.pack.timeZone,
    today,
    anchors,
    limit: BATCH,
    heartbeat: deps.heartbeat,
  });
  const free = await freeRecords(deps, input, pack, found.refs, today);
  const erased = free.length === 0 ? 0 : await erase(deps, input, connector, dataset, free, today);
  const forbidden = (await connector.forbidden?.(dataset)) ?? [];
  await note(deps, input, today, {
    erased,
    undated: found.undated,
    forbidden,
    waiting: found.refs.length - free.length,
  });
  return {
    erased,
    waiting: found.refs.length - free.length,
    undated: found.undated,
    forbidden: forbidden.reduce((sum, f) => sum + f.records, 0),
    more: found.more && erased > 0,
  };
}

/** Without records that are held from outside, and those of people who asked for a copy that they have not got yet. */
async function freeRecords(
  deps: ActivityDeps,
  input: RetainInput,
  pack: FrozenPack,
  refs: readonly Ref[],
  today: CivilDate,
): Promise<Ref[]> {
  const types = internalTypes(pack.pack);
  const facts = await deps.facts.about(input.operator, [...new Set(refs.flatMap((ref) => namesOf(ref, types)))]);
  const judged = withFacts(
    { system: input.system, refs, identifiers: [], manual: [], caveats: [] },
    pack.pack,
    facts,
    today,
  ).refs.filter((r) => r.hold === null);
  const free: Ref[] = [];
  for (const ref of judged) {
    const hashes = await Promise.all(ref.matchedBy.map((m) => deps.hasher.hash(input.operator, m.type, m.value)));
    const holders = await deps.fence.holders({ operator: input.operator, hashes });
    if (holders.every((h) => h.mode !== 'read')) free.push(ref);
    deps.heartbeat();
  }
  return free;
}

async function erase(
  deps: ActivityDeps,
  input: RetainInput,
  connector: Connector,
  dataset: DatasetPolicy,
  refs: readonly Ref[],
  today: CivilDate,
): Promise<number> {
  const targets = barePartsOf(input.system, dataset, refs);
  const run = `retention/${input.operator}/${input.system}/${input.dataset}/${today}`;
  const startedAt = deps.stamp();
  const rows = await Promise.all(
    targets.map(async ({ part, refs: own }) => {
      const values = own.flatMap((r) => r.matchedBy);
      const hashes = await Promise.all(values.map((m) => deps.hasher.hash(input.operator, m.type, m.value)));
      return {
        id: `${run}/${part.key}`,
        requestId: `retention/${input.operator}`,
        operator: input.operator,
        system: input.system,
        dataset: dataset.id,
        operation: part.action,
        state: 'intent' as const,
        ids: own.map((r) => r.id),
        hashes: [...new Set(hashes)].sort(),
        startedAt,
        effectiveAt: null,
      };
    }),
  );
  await deps.deletions.intend(rows);
  const order = {
    requestId: `retention/${input.operator}`,
    targets,
    identifiers: [],
    generation: 1,
    asOf: today,
    heartbeat: deps.heartbeat,
  };
  await connector.apply({ ...order, memory: attemptMemory() });
  const seen = await connector.verify({ ...order, memory: attemptMemory() });
  const good = seen.filter((r) => r.verdict === 'gone' || r.verdict === 'redacted');
  await deps.deletions.effective(
    good.map((r) => `${run}/${r.key}`),
    deps.stamp(),
  );
  if (good.length < targets.length) throw new RetentionNotVerified();
  return refs.length;
}

/** What was past its period could still be read: tried again, then the next pass. */
export class RetentionNotVerified extends Error {
  readonly code = 'retention_not_verified';
}

/** One entry per dataset and day, and only where something happened or must be looked at. */
async function note(
  deps: ActivityDeps,
  input: RetainInput,
  today: CivilDate,
  facts: {
    readonly erased: number;
    readonly waiting: number;
    readonly undated: number;
    readonly forbidden: readonly { readonly field: string; readonly records: number }[];
  },
): Promise<void> {
  const entry = (action: string, after: Record<string, unknown>) => ({
    id: `${action}/${input.operator}/${input.system}/${input.dataset}/${today}/${deps.stamp().worldAt}`,
    operator: input.operator,
    at: input.asOf,
    actor: { kind: 'system' as const, role: 'engine', id: 'habeas' },
    action,
    requestId: null,
    code: `${input.system}/${input.dataset}`,
    purposeCode: null,
    before: null,
    after,
    policyHash: input.policyHash,
    commitment: null,
  });
  const { erased, waiting, undated, forbidden } = facts;
  await deps.ledger.append([
    ...(erased > 0 || waiting > 0 ? [entry('retention.erased', { erased, waiting, day: today })] : []),
    ...(undated > 0 ? [entry('retention.undated', { records: undated })] : []),
    ...(forbidden.length > 0 ? [entry('retention.forbidden_fields', { fields: forbidden })] : []),
  ]);
}
