/**
 * The daily pass over dated rows: finishes erasures whose holds ended after their requests were over. Knows internal ids
 * only; there is no person left to ask about.
 */
import { addDays, formatDate, parseDate } from '../domain/calendar/index.js';
import { localDay, parseInstant } from '../domain/clock/index.js';
import { barePart } from '../domain/plan/bare-parts.js';
import { datasetOf } from '../domain/plan/build-plan.js';
import type { Ref } from '../domain/plan/types.js';
import type { PartTargets } from '../domain/ports/connector.js';
import type { DueRow, LedgerDraft } from '../domain/ports/ledgers.js';
import type { DatasetPolicy, FrozenPack } from '../domain/policy/types.js';
import type { CivilDate, Instant } from '../domain/words.js';
import type { ActivityDeps } from './deps.js';
import { attemptMemory } from './parts.js';
import type { DueEraseInput, DueErased, DueList, DueListInput } from './types.js';

/** Rows that are due, and every dataset that has a period of its own. */
export async function dueList(deps: ActivityDeps, input: DueListInput): Promise<DueList> {
  const rows = [];
  const datasets = [];
  for (const { hash, pack } of deps.currentPacks()) {
    const today = dayIn(pack.timeZone, input.asOf);
    const due = await deps.dueRows.due(pack.operator, today, input.limit);
    rows.push(...due.map(({ id, operator, system }) => ({ id, operator, system })));
    for (const system of pack.systems) {
      for (const dataset of system.datasets) {
        const { kind } = dataset.retention;
        if ((kind === 'while' || kind === 'hold') && dataset.forbidden.length === 0) continue;
        datasets.push({
          operator: pack.operator,
          policyHash: hash,
          system: system.id,
          dataset: dataset.id,
          asOf: input.asOf,
        });
      }
    }
  }
  return { rows, datasets };
}

/** One row that fails does not stop the others; if none could be done the attempt fails and is tried again. */
export async function dueErase(deps: ActivityDeps, input: DueEraseInput): Promise<DueErased> {
  const sum = { erased: 0, waiting: 0, failed: 0 };
  let failure: unknown = null;
  for (const id of input.ids) {
    deps.heartbeat({ rows: sum.erased + sum.waiting + sum.failed });
    try {
      sum[await eraseRow(deps, id, input.asOf)] += 1;
    } catch (error) {
      failure = error;
      sum.failed += 1;
    }
  }
  if (failure !== null && sum.failed === input.ids.length) throw failure;
  return sum;
}

async function eraseRow(deps: ActivityDeps, id: string, asOf: Instant): Promise<'erased' | 'waiting'> {
  const row = await deps.dueRows.byId(id);
  if (row === null || row.state === 'done') return 'erased';
  // The request itself will do it: its own due point comes on the same day.
  if (await deps.projection.open(row.requestId)) return 'waiting';
  if (await deps.brake.stopped(row.operator)) return 'waiting';
  const pack = await deps.packs.byHash(row.policyHash);
  const dataset = datasetOf(pack.pack, row.system, row.dataset);
  if (dataset === undefined) throw new DueNotVerified('dataset_unknown');
  const today = dayIn(pack.pack.timeZone, asOf);
  const placed = (await deps.facts.about(row.operator, row.refs)).holds.filter(
    (h) => h.until === null || h.until >= today,
  );
  if (placed.length > 0) return stillHeld(deps, row, asOf, latest(placed.map((h) => h.until)));
  return erase(deps, row, pack, dataset, asOf, today);
}

async function erase(
  deps: ActivityDeps,
  row: DueRow,
  pack: FrozenPack,
  dataset: DatasetPolicy,
  asOf: Instant,
  today: CivilDate,
): Promise<'erased' | 'waiting'> {
  const connector = deps.connectors.connector(pack, row.system);
  const part = barePart(row.system, dataset, row.organisation, row.records.length);
  const targets: PartTargets[] = [{ part, refs: row.records.map((r): Ref => refOf(row, r)) }];
  const startedAt = deps.stamp();
  const id = `${row.id}/deferred`;
  await deps.deletions.intend([
    {
      id,
      requestId: row.requestId,
      operator: row.operator,
      system: row.system,
      dataset: row.dataset,
      operation: row.operation,
      state: 'intent',
      ids: row.records.map((r) => r.id),
      hashes: [],
      startedAt,
      effectiveAt: null,
    },
  ]);
  const order = {
    requestId: row.requestId,
    targets,
    identifiers: [],
    // Only these ids: nothing else is looked for (sweeps and replay mean the same by a generation above 0).
    generation: 1,
    memory: attemptMemory(),
    asOf: today,
    heartbeat: deps.heartbeat,
  };
  const [applied] = await connector.apply(order);
  if (applied?.kind === 'retained') return stillHeld(deps, row, asOf, formatDate(addDays(parseDate(today) ?? 0, 30)));
  if (applied?.kind !== 'applied') throw new DueNotVerified(applied?.kind ?? 'nothing');
  const [seen] = await connector.verify({ ...order, memory: attemptMemory() });
  if (seen === undefined || (seen.verdict !== 'gone' && seen.verdict !== 'redacted'))
    throw new DueNotVerified(seen?.verdict ?? 'unverifiable');
  const stamp = deps.stamp();
  await deps.deletions.effective([id], stamp);
  await deps.ledger.append([
    draft(row, `${row.id}/deferred`, asOf, 'deferred.erased', row.law, {
      part: part.key,
      records: row.records.length,
      method: seen.method,
      worldAt: stamp.worldAt,
    }),
  ]);
  await deps.dueRows.done(row.id);
  return 'erased';
}

/** The read-back did not find what was intended: the activity is tried again, then the next pass. */
export class DueNotVerified extends Error {
  readonly code = 'due_not_verified';
  constructor(why: string) {
    super(`due_not_verified: ${why}`);
  }
}

async function stillHeld(deps: ActivityDeps, row: DueRow, asOf: Instant, until: CivilDate | null): Promise<'waiting'> {
  const next = until === null ? null : formatDate(addDays(parseDate(until) ?? 0, 1));
  await deps.dueRows.move(row.id, next);
  await deps.ledger.append([
    draft(row, `${row.id}/held/${asOf.slice(0, 10)}`, asOf, 'deferred.still_held', row.law, { dueOn: next }),
  ]);
  return 'waiting';
}

function latest(days: readonly (CivilDate | null)[]): CivilDate | null {
  const known = days.filter((d): d is CivilDate => d !== null);
  return known.length < days.length ? null : (known.sort().at(-1) ?? null);
}

function refOf(row: DueRow, record: DueRow['records'][number]): Ref {
  return {
    ...record,
    dataset: row.dataset,
    organisation: row.organisation,
    matchedBy: [],
    trust: 'system',
    review: null,
    hold: null,
  };
}

export function dayIn(timeZone: string, at: Instant): CivilDate {
  return formatDate(localDay(timeZone, parseInstant(at)?.seconds ?? 0));
}

function draft(
  row: DueRow,
  id: string,
  at: Instant,
  action: string,
  code: string,
  after: Record<string, unknown>,
): LedgerDraft {
  return {
    id,
    operator: row.operator,
    at,
    actor: { kind: 'system', role: 'engine', id: 'habeas' },
    action,
    requestId: row.requestId,
    code,
    purposeCode: null,
    before: null,
    after,
    policyHash: row.policyHash,
    commitment: null,
  };
}
