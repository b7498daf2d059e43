/**
 * Closing an account, page by page (design.md section 8): records by the account's predicate, intent before effect, people
 * as keyed hashes, read-back, counts. Safe to run again at any point: what is gone is not found any more.
 */
import { ApplicationFailure } from '@temporalio/activity';
import { closureDatasets, pageTargets } from '../domain/closure/index.js';
import { leafHash, merkleRoot } from '../domain/ledger/merkle.js';
import { hashText } from '../domain/ledger/hash-text.js';
import { namesOf, withFacts } from '../domain/holds/index.js';
import { datasetOf } from '../domain/plan/build-plan.js';
import { backupQuestion } from '../domain/plan/backup-question.js';
import { internalTypes } from '../domain/plan/identifiers.js';
import type { Ref } from '../domain/plan/types.js';
import type { LedgerDraft } from '../domain/ports/ledgers.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type {
  ClosureAbout,
  ClosureBackups,
  ClosureDone,
  ClosureErased,
  ClosurePageDone,
  ClosurePageInput,
  ClosurePlan,
} from './closure-types.js';
import type { ActivityDeps } from './deps.js';
import { attemptMemory } from './parts.js';
import { dayIn } from './due.js';

/** Notes the closure and offers the export; says what is to be erased, in order. */
export async function closureBegin(deps: ActivityDeps, input: ClosureAbout): Promise<ClosurePlan> {
  const pack = await deps.packs.byHash(input.policyHash);
  const datasets = closureDatasets(pack.pack);
  await deps.closures.begin({
    id: input.closureId,
    operator: input.operator,
    policyHash: input.policyHash,
    requestedAt: input.requestedAt,
    exportUntil: input.exportUntil,
    state: input.exportUntil === null ? 'erasing' : 'export_offered',
    records: 0,
    held: 0,
    people: 0,
    peopleRoot: null,
    liveErasedAt: null,
    backupsUntil: null,
  });
  await note(deps, input, 'closure.requested', null, { exportUntil: input.exportUntil, datasets: datasets.length });
  return { datasets };
}

/** Erases one page of one dataset. Throws retryable `operator_stopped` while the brake is on. */
export async function closurePage(deps: ActivityDeps, input: ClosurePageInput): Promise<ClosurePageDone> {
  if (await deps.brake.stopped(input.operator))
    throw ApplicationFailure.create({ message: 'operator_stopped', type: 'operator_stopped', nextRetryDelay: 60_000 });
  const pack = await deps.packs.byHash(input.policyHash);
  const dataset = datasetOf(pack.pack, input.system, input.dataset);
  const connector = deps.connectors.connector(pack, input.system);
  if (dataset === undefined || connector.accountPage === undefined)
    return { erased: 0, kept: 0, held: 0, waiting: 0, read: 0 };
  const asOf = dayIn(pack.pack.timeZone, deps.stamp().caseAt);
  const page = await connector.accountPage({
    dataset,
    account: input.account,
    skip: input.skip,
    limit: input.limit,
    asOf,
    heartbeat: deps.heartbeat,
  });
  const { free, held, waiting } = await freeRefs(deps, input, pack, page.refs, asOf);
  if (free.length > 0) await erase(deps, input, pack, free, asOf);
  const targets = pageTargets(input.system, dataset, []);
  // What is masked stays a record of the account: the next page begins behind it.
  const stays = targets.action === 'delete' ? 0 : free.length;
  return {
    erased: free.length,
    kept: page.held + held + waiting + stays,
    held: page.held + held,
    waiting,
    read: page.read,
  };
}

async function erase(
  deps: ActivityDeps,
  input: ClosurePageInput,
  pack: FrozenPack,
  refs: readonly Ref[],
  asOf: string,
): Promise<void> {
  const dataset = datasetOf(pack.pack, input.system, input.dataset);
  if (dataset === undefined) return;
  const hash = (m: Ref['matchedBy'][number]): Promise<string> => deps.hasher.hash(input.operator, m.type, m.value);
  const people = await Promise.all(refs.map(async (r) => Promise.all(r.matchedBy.map(hash))));
  // The first identifier stands for the person; a record that names nobody stands for nobody.
  if (dataset.signIn)
    await deps.closures.people(
      input.closureId,
      input.operator,
      people.flatMap((hashes) => hashes.slice(0, 1)),
    );
  const { targets } = pageTargets(input.system, dataset, refs);
  const startedAt = deps.stamp();
  const run = `${input.closureId}/${input.dataset}/${input.page}`;
  await deps.deletions.intend(
    targets.map(({ part, refs: own }) => ({
      id: `${run}/${part.key}`,
      requestId: input.closureId,
      operator: input.operator,
      system: input.system,
      dataset: dataset.id,
      operation: part.action,
      state: 'intent' as const,
      ids: own.map((r) => r.id),
      hashes: [...new Set(people.flat())].sort(),
      startedAt,
      effectiveAt: null,
    })),
  );
  const order = {
    requestId: input.closureId,
    targets,
    identifiers: [],
    generation: 1,
    asOf,
    whole: true,
    heartbeat: deps.heartbeat,
  };
  await deps.connectors.connector(pack, input.system).apply({ ...order, memory: attemptMemory() });
  const seen = await deps.connectors.connector(pack, input.system).verify({ ...order, memory: attemptMemory() });
  const good = seen.filter((r) => r.verdict === 'gone' || r.verdict === 'redacted');
  await deps.deletions.effective(
    good.map((r) => `${run}/${r.key}`),
    deps.stamp(),
  );
  if (good.length < targets.length)
    throw ApplicationFailure.create({ message: 'closure_not_verified', type: 'closure_not_verified' });
}

/** Without what is held from outside, and without records of people who asked for a copy that they have not got yet. */
async function freeRefs(
  deps: ActivityDeps,
  input: ClosurePageInput,
  pack: FrozenPack,
  refs: readonly Ref[],
  asOf: string,
): Promise<{ free: Ref[]; held: number; waiting: number }> {
  const types = internalTypes(pack.pack);
  const facts = await deps.facts.about(input.operator, [...new Set(refs.flatMap((ref) => namesOf(ref, types)))]);
  const found = { system: input.system, refs, identifiers: [], manual: [], caveats: [] };
  const judged = withFacts(found, pack.pack, facts, asOf).refs;
  const unheld = judged.filter((r) => r.hold === null);
  const hashesOf = (ref: Ref): Promise<string[]> =>
    Promise.all(ref.matchedBy.map((m) => deps.hasher.hash(input.operator, m.type, m.value)));
  const all = [...new Set((await Promise.all(unheld.map(hashesOf))).flat())];
  const reading = (await deps.fence.holders({ operator: input.operator, hashes: all })).some((h) => h.mode === 'read');
  if (!reading) return { free: unheld, held: judged.length - unheld.length, waiting: 0 };
  const free: Ref[] = [];
  for (const ref of unheld) {
    const holders = await deps.fence.holders({ operator: input.operator, hashes: await hashesOf(ref) });
    if (holders.every((h) => h.mode !== 'read')) free.push(ref);
    deps.heartbeat();
  }
  return { free, held: judged.length - unheld.length, waiting: unheld.length - free.length };
}

/** Counts what is left in the live systems, and closes the live part when only held records are. */
export async function closureErased(deps: ActivityDeps, input: ClosureAbout & ClosureErased): Promise<ClosureDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  let open = 0;
  for (const { system, dataset: id, kept } of input.datasets) {
    const dataset = datasetOf(pack.pack, system, id);
    const connector = deps.connectors.connector(pack, system);
    if (dataset === undefined || connector.countAccount === undefined) continue;
    const left = await connector.countAccount({ dataset, account: input.account, heartbeat: deps.heartbeat });
    open += Math.max(0, left - kept);
  }
  if (open > 0 || input.waiting > 0) return { open: open + input.waiting, people: 0, stamp: deps.stamp() };
  // Nothing is left, so every intent is an effect, also of an attempt that died after its deletion.
  const entries = await deps.deletions.ofRequest(input.closureId);
  const records = new Set(entries.flatMap((e) => e.ids.map((id) => `${e.system}\n${e.dataset}\n${id}`))).size;
  const hashes = await deps.closures.hashesOf(input.closureId);
  const root =
    hashes.length === 0
      ? null
      : hashText(
          merkleRoot(
            hashes.map((h) => leafHash(new TextEncoder().encode(h), deps.sha256)),
            deps.sha256,
          ),
        );
  const stamp = deps.stamp();
  await deps.deletions.effective(
    entries.map((e) => e.id),
    stamp,
  );
  await deps.closures.update(input.closureId, {
    state: 'live_erased',
    records,
    held: input.held,
    people: hashes.length,
    peopleRoot: root,
    liveErasedAt: stamp.caseAt,
  });
  await note(deps, input, 'closure.live_erased', null, {
    records,
    held: input.held,
    people: hashes.length,
    root,
  });
  return { open: 0, people: hashes.length, stamp };
}

/** Asks a backup system whether copies may still hold the account. */
export async function closureBackups(
  deps: ActivityDeps,
  input: ClosureAbout & { readonly system: string; readonly effectiveAt: string },
): Promise<ClosureBackups> {
  const pack = await deps.packs.byHash(input.policyHash);
  const policy = pack.pack.backups.find((b) => b.id === input.system);
  if (policy === undefined) return { gone: true, lastExpiresAt: null };
  const copies = await deps.connectors.inventory(pack, input.system).list();
  const now = deps.stamp().caseAt;
  const answer = backupQuestion(copies, { effectiveAt: input.effectiveAt, retention: policy.retention, now });
  await deps.closures.update(input.closureId, { backupsUntil: answer.lastExpiresAt });
  return { gone: answer.state === 'gone', lastExpiresAt: answer.lastExpiresAt };
}

export async function closureEnd(deps: ActivityDeps, input: ClosureAbout): Promise<void> {
  await deps.closures.update(input.closureId, { state: 'fully_erased' });
  await note(deps, input, 'closure.fully_erased', null, {});
}

async function note(
  deps: ActivityDeps,
  input: ClosureAbout,
  action: string,
  code: string | null,
  after: Record<string, unknown>,
): Promise<void> {
  const draft: LedgerDraft = {
    id: `${input.closureId}/${action}`,
    operator: input.operator,
    at: deps.stamp().caseAt,
    actor: { kind: 'system', role: 'engine', id: 'habeas' },
    action,
    requestId: null,
    code,
    purposeCode: null,
    before: null,
    after: { closure: input.closureId, ...after },
    policyHash: input.policyHash,
    commitment: null,
  };
  await deps.ledger.append([draft]);
}
