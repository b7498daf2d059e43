/**
 * Makes the effect of approved parts in one system: brake, person fence, guards, a fresh look (a stale part is refused),
 * intent in both ledgers, then the first write. Safe to run again at any point.
 */
import { ApplicationFailure } from '@temporalio/activity';
import type { ApplyDone, PartEffect } from '../domain/lifecycle/results.js';
import { buildPlan, datasetOf } from '../domain/plan/build-plan.js';
import { restricted } from '../domain/plan/restricted.js';
import { countSure } from '../domain/plan/identifiers.js';
import type { Found, Part } from '../domain/plan/types.js';
import type { ApplyResult, Connector, PartTargets } from '../domain/ports/connector.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { Stamp } from '../domain/words.js';
import { collect } from './collect.js';
import { modeOf } from '../domain/rights.js';
import type { ActivityDeps } from './deps.js';
import { caseDay, underHolds } from './held.js';
import { ordersOf, planFacts } from './orders.js';
import { effectId, generationOf, stepMemory, targetsOf } from './parts.js';
import { loadPerson, sureHashes, type Person } from './person.js';
import { isLift, liftable, noteRestricted } from './restrict.js';
import type { PartsInput } from './types.js';

/** Waiting for somebody else: soon at first, at most an hour apart. Costs no history. */
const WAIT_FROM_MS = 2_000;
const WAIT_TO_MS = 3_600_000;

/** Nothing is wrong: the part waits, and the step shows for what. */
function waitFor(deps: ActivityDeps, code: string): ApplicationFailure {
  const nextRetryDelay = Math.min(WAIT_FROM_MS * 2 ** Math.min(deps.attempt() - 1, 20), WAIT_TO_MS);
  return ApplicationFailure.create({ message: code, type: code, nextRetryDelay });
}

export async function apply(deps: ActivityDeps, input: PartsInput): Promise<ApplyDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack, input);
  const connector = deps.connectors.connector(pack, input.system);
  const mode = modeOf(input.right);
  if (await deps.brake.stopped(input.operator)) throw waitFor(deps, 'operator_stopped');
  const effects: PartEffect[] = input.parts
    .filter((p) => p.part.action === 'manual')
    .map((p) => ({ key: p.part.key, effect: 'manual', why: p.part.basis ?? 'manual' }));
  let parts = input.parts.filter((p) => p.part.action !== 'manual').map((p) => p.part);
  const waits = mode === 'erase' || mode === 'change' ? await mustWait(deps, input, person) : null;
  if (waits !== null)
    return {
      kind: 'apply',
      stamp: deps.stamp(),
      parts: parts.map((p) => ({ key: p.key, effect: 'review', why: waits })),
    };
  // What is taken back is what was restricted, whatever came since.
  const fresh = isLift(input)
    ? { found: [...person.found], stale: [], grew: false }
    : await lookAgain(deps, input, pack, person, connector, parts);
  effects.push(...fresh.stale.map((key): PartEffect => ({ key, effect: 'stale' })));
  parts = parts.filter((p) => !fresh.stale.includes(p.key));
  const mine = targetsOf(pack, fresh.found, parts);
  const targets = isLift(input) ? await liftable(deps, input, mine) : mine;
  if (mode === 'read') {
    effects.push(...(await collect(deps, input, connector, targets, person, pack.pack)));
  } else {
    const blocked = await guarded(deps, pack, input, connector, targets, person);
    effects.push(...blocked);
    const free = targets.filter((t) => !blocked.some((b) => b.key === t.part.key));
    if (free.length > 0) effects.push(...(await write(deps, input, pack, connector, free, person)));
    await unmark(pack, input, connector, free);
  }
  return { kind: 'apply', stamp: deps.stamp(), parts: effects, replan: fresh.grew };
}

/**
 * Waits for open requests for a copy of the same person, and for the one that was named to be answered first; past the own
 * safe date a person must look. Returns why, or null. A named request of somebody else is ignored.
 */
async function mustWait(deps: ActivityDeps, input: PartsInput, person: Person): Promise<string | null> {
  const hashes = await sureHashes(deps, input.operator, person.identifiers);
  const others = await deps.fence.waitingFor({ operator: input.operator, requestId: input.requestId, hashes });
  const why =
    others.length > 0
      ? 'open_access_request'
      : (await mustFollow(deps, input, person.proven))
        ? 'other_request_first'
        : null;
  if (why === null) return null;
  if (deps.stamp().caseAt > input.fenceUntil) return why;
  throw waitFor(deps, why);
}

async function mustFollow(deps: ActivityDeps, input: PartsInput, proven: Person['proven']): Promise<boolean> {
  const after = input.after ?? null;
  if (after === null || (await deps.projection.answered(after)) !== false) return false;
  const hashes = await sureHashes(deps, input.operator, proven);
  return deps.claims.samePerson(after, hashes);
}

/** Searches once more: records added since the plan belong to it, a part that is not what was decided is refused. */
async function lookAgain(
  deps: ActivityDeps,
  input: PartsInput,
  pack: FrozenPack,
  person: Person,
  connector: Connector,
  parts: readonly Part[],
): Promise<{ found: Found[]; stale: string[]; grew: boolean }> {
  const onlyOrganisation = input.onlyOrganisation ?? null;
  const seen = await connector.discover({
    right: input.right,
    identifiers: person.identifiers,
    onlyOrganisation,
    datasets: input.scopeDatasets,
    asOf: caseDay(deps, pack),
    heartbeat: deps.heartbeat,
  });
  const again = person.judge(restricted(pack.pack, seen, onlyOrganisation));
  const before = person.found.find((f) => f.system === input.system);
  // From the second generation on (a sweep, a failed read-back) only datasets that no sign-up can create may grow.
  const grows = (r: Found['refs'][number]): boolean =>
    generationOf(input) === 0 ||
    datasetOf(pack.pack, input.system, r.dataset)?.derived === true ||
    before?.refs.some((b) => refKey(b) === refKey(r)) === true;
  // What an earlier attempt already deleted is found no more; its records still belong to the parts (journal, read-back).
  const merged: Found = {
    ...again,
    refs: mergeRefs(again.refs.filter(grows), before?.refs ?? []),
    identifiers: [...(before?.identifiers ?? []), ...again.identifiers],
  };
  const found = [
    ...(await underHolds(deps, input, pack, [...person.found.filter((f) => f.system !== input.system), merged])),
  ];
  const plan = buildPlan(
    {
      pack: pack.pack,
      right: input.right,
      scopeDatasets: input.scopeDatasets,
      onlyOrganisation: input.onlyOrganisation ?? null,
      found,
      proven: countSure(person.identifiers),
      unsearched: [],
      dataMapRoot: '',
      ...(await planFacts(deps, input, pack)),
    },
    deps.sha256,
  );
  const changed = merged.refs.length !== (before?.refs.length ?? 0);
  if (changed) await deps.vault.put(input.requestId, [{ name: VAULT.found(input.system), value: merged }]);
  const stale = parts.filter((p) => plan.parts.find((n) => n.key === p.key)?.hash !== p.hash).map((p) => p.key);
  const grew =
    changed &&
    plan.parts.some((n) => n.system === input.system && n.records > 0 && !parts.some((p) => p.key === n.key));
  return { found, stale, grew };
}

function refKey(ref: Found['refs'][number]): string {
  return `${ref.dataset}\n${ref.kind}\n${ref.id}`;
}

function mergeRefs(now: Found['refs'], before: Found['refs']): Found['refs'] {
  const earlier = new Map(before.map((r) => [refKey(r), r]));
  const seen = new Set(now.map(refKey));
  // What once needed a person's look still does, also when a half-done deletion makes it look simple now.
  const kept = now.map((r) =>
    r.review === null && earlier.get(refKey(r))?.review != null
      ? { ...r, review: earlier.get(refKey(r))?.review ?? null }
      : r,
  );
  return [...kept, ...before.filter((r) => !seen.has(refKey(r)))];
}

/** Marks guarded records, asks the guard once more, takes the mark back where it blocks (design.md section 3.4). */
async function guarded(
  deps: ActivityDeps,
  pack: FrozenPack,
  input: PartsInput,
  connector: Connector,
  targets: readonly PartTargets[],
  person: Person,
): Promise<PartEffect[]> {
  const effects: PartEffect[] = [];
  for (const rule of pack.pack.guards.filter((g) => g.rights.includes(input.right))) {
    const covered = targets.filter((t) => rule.datasets.includes(t.part.dataset));
    // What another system holds (the vendor's customer of an account) is judged by the store that the guard asks.
    const own = rule.system === input.system;
    const asked = own || covered.length === 0 ? connector : deps.connectors.connector(pack, rule.system);
    if (covered.length === 0 || asked.guard === undefined) continue;
    if (own) await connector.mark?.({ targets: covered, on: true });
    const result = await asked.guard({ guard: rule, identifiers: person.identifiers });
    if (result.state === 'clear') continue;
    if (own) await connector.mark?.({ targets: covered, on: false });
    effects.push(
      ...covered.map((t): PartEffect => ({ key: t.part.key, effect: 'blocked', guard: rule.id, refs: result.refs })),
    );
  }
  return effects;
}

/** A guarded record that stays without her (an account of others) goes on being used: its mark goes with her. */
async function unmark(
  pack: FrozenPack,
  input: PartsInput,
  connector: Connector,
  targets: readonly PartTargets[],
): Promise<void> {
  const guardedHere = new Set(
    pack.pack.guards
      .filter((g) => g.system === input.system && g.rights.includes(input.right))
      .flatMap((g) => g.datasets),
  );
  const staying = targets.filter((t) => guardedHere.has(t.part.dataset) && t.part.action !== 'delete');
  if (staying.length > 0) await connector.mark?.({ targets: staying, on: false });
}

async function write(
  deps: ActivityDeps,
  input: PartsInput,
  pack: FrozenPack,
  connector: Connector,
  targets: readonly PartTargets[],
  person: Person,
): Promise<PartEffect[]> {
  const generation = generationOf(input);
  const startedAt = deps.stamp();
  await intend(deps, input, targets, person, startedAt);
  if (!isLift(input)) await noteRestricted(deps, input, targets, startedAt.caseAt);
  const results = await connector.apply({
    requestId: input.requestId,
    onlyOrganisation: input.onlyOrganisation ?? null,
    orders: await ordersOf(
      deps,
      input,
      pack,
      targets.map((t) => t.part),
      isLift(input) ? 'lift' : 'set',
    ),
    targets,
    identifiers: person.identifiers,
    generation,
    memory: stepMemory(deps, input.requestId, input.system, generation),
    asOf: caseDay(deps, pack),
    heartbeat: deps.heartbeat,
  });
  return results.map((result) => effectOf(result, startedAt, targets));
}

/** Intent before effect: deletion ledger (majority), then journal. An earlier attempt's start stays. */
async function intend(
  deps: ActivityDeps,
  input: PartsInput,
  targets: readonly PartTargets[],
  person: Person,
  startedAt: Stamp,
): Promise<void> {
  const hashes = await sureHashes(deps, input.operator, person.identifiers);
  const rows = targets.map(({ part, refs }) => ({
    id: effectId(input.requestId, part.key, generationOf(input)),
    requestId: input.requestId,
    operator: input.operator,
    system: part.system,
    // A restored copy gets the restriction back, unless it was lifted since.
    operation: isLift(input) ? 'lift' : part.action,
    startedAt,
    part,
    refs,
  }));
  await deps.deletions.intend(
    rows.map(({ part, refs, ...row }) => ({
      ...row,
      dataset: part.dataset,
      state: 'intent',
      ids: refs.filter((r) => r.hold === null).map((r) => r.id),
      hashes,
      effectiveAt: null,
    })),
  );
  await deps.journal.begin(rows.map(({ part, refs, ...row }) => ({ ...row, part: part.key, targets: refs.length })));
}

function effectOf(result: ApplyResult, startedAt: Stamp, targets: readonly PartTargets[]): PartEffect {
  const records = targets.find((t) => t.part.key === result.key)?.refs.length ?? 0;
  switch (result.kind) {
    case 'applied':
      return { key: result.key, effect: 'applied', startedAt, records };
    case 'retained':
      return { key: result.key, effect: 'retained', basis: result.basis, until: null };
    case 'scheduled':
      return { key: result.key, effect: 'scheduled', at: result.at, why: result.why };
    case 'referred':
      return { key: result.key, effect: 'referred', to: result.to };
    default:
      return { key: result.key, effect: result.kind, why: result.why };
  }
}

/** Whether a dataset's records can only be made for known people (a sweep may erase new ones). */
export function isDerived(pack: FrozenPack, part: Part): boolean {
  return datasetOf(pack.pack, part.system, part.dataset)?.derived === true;
}
