/**
 * What should be under way now: the activities that a run's state calls for. Pure: the workflow compares the list with
 * what is in flight and starts what is missing, so a task is never "lost", only not yet started (a reconciler).
 */
import type { Part } from '../plan/types.js';
import { modeOf, touchesBackups } from '../rights.js';
import type { ApprovalShown } from '../evidence/build.js';
import { noticesToSend, type NoticeRun } from '../notices/notices.js';
import type { OutgoingEvent } from '../ports/webhooks.js';
import { claimOpen } from './claim.js';
import { DECISION_HOLD, decisionHold } from './gates.js';
import { lettersToSend } from './letters.js';
import { wantsDrop, wantsPush } from './package.js';
import type { LetterRun, PartRun, Run } from './run.js';
import { since } from './version.js';
import { approvalView } from './view.js';

export interface PartTask {
  readonly part: Part;
  readonly generation: number;
  /** A restriction is taken back. */
  readonly lift?: true;
}

export type Task =
  | {
      readonly key: string;
      readonly kind: 'discover';
      readonly system: string;
      readonly queue: string;
      readonly version: number;
      readonly patient: boolean;
    }
  | { readonly key: string; readonly kind: 'plan'; readonly wanted: number; readonly unsearched: readonly string[] }
  | {
      readonly key: string;
      readonly kind: 'guard';
      readonly guards: readonly { readonly id: string; readonly wanted: number }[];
      readonly system: string;
      readonly queue: string;
    }
  | {
      readonly key: string;
      readonly kind: 'apply' | 'verify' | 'sweep';
      readonly system: string;
      readonly queue: string;
      readonly parts: readonly PartTask[];
      readonly patient: boolean;
    }
  | {
      readonly key: string;
      readonly kind: 'inventory';
      readonly system: string;
      readonly queue: string;
      readonly asked: number;
    }
  | { readonly key: string; readonly kind: 'notify'; readonly letter: LetterRun }
  | { readonly key: string; readonly kind: 'defer'; readonly parts: readonly Part[] }
  | { readonly key: string; readonly kind: 'claim' }
  | { readonly key: string; readonly kind: 'join'; readonly survivor: string }
  | { readonly key: string; readonly kind: 'answerJoin'; readonly to: string; readonly accepted: boolean }
  | { readonly key: string; readonly kind: 'bundle' }
  | { readonly key: string; readonly kind: 'push'; readonly patient: true }
  | { readonly key: string; readonly kind: 'dropPackage' }
  | { readonly key: string; readonly kind: 'announce'; readonly events: readonly OutgoingEvent[] }
  | { readonly key: string; readonly kind: 'evidence'; readonly approval: ApprovalShown }
  | { readonly key: string; readonly kind: 'notice'; readonly notice: NoticeRun }
  | { readonly key: string; readonly kind: 'certify'; readonly final: boolean; readonly n: number }
  | { readonly key: string; readonly kind: 'clock'; readonly wanted: number };

/** Part keys that a task works on; a part is never in two tasks at once. */
export function partsOf(task: Task): readonly string[] {
  return task.kind === 'apply' || task.kind === 'verify' || task.kind === 'sweep'
    ? task.parts.map((p) => p.part.key)
    : [];
}

export function nextTasks(run: Run, inFlight: ReadonlyMap<string, Task>, now: number): Task[] {
  const tasks: Task[] = [];
  if (run.clockDone < run.clockWanted) tasks.push({ key: 'clock', kind: 'clock', wanted: run.clockWanted });
  claimTasks(run, tasks);
  for (const letter of lettersToSend(run, now))
    tasks.push({ key: `notify/${letter.id}`, kind: 'notify', letter: { ...letter } });
  // Refused before there was a plan: nobody is looked for any more.
  const searches = run.phase === 'responding' && (run.plan !== null || !since(run, 2));
  // A system that was away when a hold ended is asked again while the copies run out.
  const again = run.phase === 'awaiting_backup_expiry' && since(run, 2);
  if (run.phase === 'discovering' || run.phase === 'parts_run' || searches || again) discoverTasks(run, tasks);
  if (run.phase === 'discovering' || run.phase === 'parts_run') planTask(run, tasks);
  if (run.phase !== 'received' && run.phase !== 'identifying' && run.phase !== 'closed' && run.phase !== 'shredded')
    guardTasks(run, tasks);
  if (run.phase === 'parts_run' || run.phase === 'responding' || run.phase === 'awaiting_backup_expiry') {
    partTasks(run, inFlight, tasks, now);
  }
  if (run.phase === 'responding' || run.phase === 'awaiting_backup_expiry') inventoryTasks(run, tasks);
  if (run.phase === 'responding' && heldOpen(run).length > 0)
    tasks.push({ key: 'defer', kind: 'defer', parts: heldOpen(run).map((p) => asHeld(run, p)) });
  if (run.phase === 'responding' && wantsPackage(run) && run.package === null)
    tasks.push({ key: 'bundle', kind: 'bundle' });
  if (wantsPush(run)) tasks.push({ key: 'push', kind: 'push', patient: true });
  if (wantsDrop(run)) tasks.push({ key: 'drop-package', kind: 'dropPackage' });
  outwardTasks(run, tasks);
  for (const notice of noticesToSend(run, now))
    tasks.push({ key: `notice/${notice.id}`, kind: 'notice', notice: { ...notice } });
  if (run.certificates.length < run.certificatesWanted) {
    tasks.push({
      key: `certify/${run.certificates.length + 1}`,
      kind: 'certify',
      final: run.phase === 'closed',
      n: run.certificates.length + 1,
    });
  }
  return tasks.filter((t) => !inFlight.has(t.key));
}

/** Events to organisations, and the evidence of those that stayed silent. One announcement at a time keeps their order. */
function outwardTasks(run: Run, tasks: Task[]): void {
  if (!since(run, 2)) return;
  const events = run.outgoing ?? [];
  if (events.length > 0) tasks.push({ key: 'announce', kind: 'announce', events: [...events] });
  for (const approval of run.approvals) {
    if (approval.state === 'expired' && approval.kind !== 'release' && (approval.evidence ?? null) === null)
      tasks.push({
        key: `evidence/${approval.id}`,
        kind: 'evidence',
        approval: approvalView(run, approval) as unknown as ApprovalShown,
      });
  }
}

function claimTasks(run: Run, tasks: Task[]): void {
  if (run.phase === 'identifying' && claimOpen(run)) {
    const { claim } = run;
    if (claim?.state === 'open') tasks.push({ key: 'claim', kind: 'claim' });
    if (claim?.state === 'joining' && !claim.sent && claim.survivor !== null)
      tasks.push({ key: 'join', kind: 'join', survivor: claim.survivor });
  }
  for (const { to, accepted, sent } of run.joins ?? [])
    if (!sent) tasks.push({ key: `answerJoin/${to}`, kind: 'answerJoin', to, accepted });
}

function queueOf(run: Run, system: string): string {
  return run.input.rules.systems.find((s) => s.id === system)?.taskQueue ?? '';
}

/** A system is asked again when a type it takes has grown since it last answered. */
export function needsDiscovery(run: Run, system: string): boolean {
  const rule = run.input.rules.systems.find((s) => s.id === system);
  const discovery = run.discovery[system];
  if (rule === undefined || discovery === undefined) return false;
  if (discovery.answered === -1) return true;
  return rule.takes.some((type) => (run.identifierTypes[type] ?? -1) > discovery.answered);
}

function discoverTasks(run: Run, tasks: Task[]): void {
  const stores = run.input.rules.systems.filter((s) => s.tier === 0);
  const storesOpen = stores.some((s) => needsDiscovery(run, s.id) && run.discovery[s.id]?.away !== true);
  for (const system of run.input.rules.systems) {
    const discovery = run.discovery[system.id];
    if (discovery === undefined || !needsDiscovery(run, system.id) || discovery.nextAttemptAt !== null) continue;
    // Live stores first: what they yield saves the vendors a second question.
    if (system.tier === 1 && storesOpen) continue;
    tasks.push({
      key: `discover/${system.id}`,
      kind: 'discover',
      system: system.id,
      queue: system.taskQueue,
      version: run.identifiersVersion,
      patient: discovery.away,
    });
  }
}

/** True once every system has answered for what is known now, or is away. */
export function discoveryRests(run: Run): boolean {
  return run.input.rules.systems.every((s) => !needsDiscovery(run, s.id) || run.discovery[s.id]?.away === true);
}

function planTask(run: Run, tasks: Task[]): void {
  if (!discoveryRests(run) || run.planDone >= run.planWanted) return;
  const unsearched = run.input.rules.systems.filter((s) => run.discovery[s.id]?.answered === -1).map((s) => s.id);
  tasks.push({ key: 'plan', kind: 'plan', wanted: run.planWanted, unsearched });
}

function guardTasks(run: Run, tasks: Task[]): void {
  if (!discoveryRests(run)) return;
  const systems = new Set(run.input.rules.guards.map((g) => g.system));
  for (const system of systems) {
    const due = run.guards.filter(
      (g) => g.done < g.wanted && run.input.rules.guards.some((r) => r.id === g.id && r.system === system),
    );
    if (due.length > 0)
      tasks.push({
        key: `guard/${system}`,
        kind: 'guard',
        system,
        queue: queueOf(run, system),
        guards: due.map((g) => ({ id: g.id, wanted: g.wanted })),
      });
  }
}

function partTasks(run: Run, inFlight: ReadonlyMap<string, Task>, tasks: Task[], now: number): void {
  const busy = new Set([...inFlight.values()].flatMap(partsOf));
  const free = run.parts.filter((p) => !busy.has(p.part.key));
  for (const system of run.input.rules.systems) {
    const mine = free.filter((p) => p.part.system === system.id);
    const apply = mine.filter((p) => wantsApply(p) && mayStart(run, p, system.order));
    const verify = mine.filter((p) => p.state === 'verifying' && p.nextAttemptAt === null);
    const sweep = mine.filter((p) => p.state === 'settled' && p.sweeps.some((s) => !s.done && Date.parse(s.at) <= now));
    for (const lifting of [false, true]) {
      const own = (p: PartRun): boolean => (p.lifted === 'wanted') === lifting;
      group('apply', system.id, system.taskQueue, apply.filter(own), tasks);
      group('verify', system.id, system.taskQueue, verify.filter(own), tasks);
    }
    group('sweep', system.id, system.taskQueue, sweep, tasks);
  }
}

function wantsApply(part: PartRun): boolean {
  if (part.state === 'ready') return true;
  if (part.state !== 'applying' || part.nextAttemptAt !== null) return false;
  return part.outcome === 'pending';
}

/**
 * The order (stop writers, suppress, processors, live store last) binds only parts that are ready at the same moment and
 * only their first attempt; a part never waits for a system that is down, blocked or undecided (design.md decision 7).
 */
function mayStart(run: Run, part: PartRun, order: number): boolean {
  if (part.tried || run.input.right !== 'erasure') return true;
  return !run.parts.some((other) => {
    const theirs = run.input.rules.systems.find((s) => s.id === other.part.system)?.order ?? 0;
    return (
      theirs < order &&
      !other.tried &&
      (other.state === 'ready' || other.state === 'applying') &&
      other.outcome === 'pending'
    );
  });
}

function group(
  kind: 'apply' | 'verify' | 'sweep',
  system: string,
  queue: string,
  parts: PartRun[],
  tasks: Task[],
): void {
  for (const patient of [false, true]) {
    const some = parts.filter((p) => p.patient === patient);
    const first = some[0];
    if (first === undefined) continue;
    tasks.push({
      key: `${kind}/${first.part.key}/${first.generation}${patient ? '/patient' : ''}`,
      kind,
      system,
      queue,
      parts: some.map((p) => ({
        part: p.part,
        generation: p.generation,
        ...(p.lifted === 'wanted' ? { lift: true as const } : {}),
      })),
      patient,
    });
  }
}

function inventoryTasks(run: Run, tasks: Task[]): void {
  if (!touchesBackups(run.input.right) || !hasEffects(run)) return;
  for (const backup of run.backups) {
    if (backup.asked > 0 || backup.nextCheckAt !== null) continue;
    const rule = run.input.rules.backups.find((b) => b.id === backup.system);
    tasks.push({
      key: `inventory/${backup.system}`,
      kind: 'inventory',
      system: backup.system,
      queue: rule?.taskQueue ?? '',
      asked: backup.asked,
    });
  }
}

/** Held parts whose end nobody will see when the request is gone: no dated row says so yet. */
export function heldOpen(run: Run): PartRun[] {
  if (!since(run, 2)) return [];
  return run.parts.filter(
    (p) =>
      p.state === 'settled' &&
      p.outcome === 'retained' &&
      (p.part.held > 0 || decisionHold(run, p) !== undefined) &&
      run.deferred?.[p.part.key] !== p.part.hash,
  );
}

/** A part that its controller held back with its decision, as a plan would write a hold. */
function asHeld(run: Run, { part, until }: PartRun): Part {
  const hold = part.held > 0 ? undefined : decisionHold(run, { part });
  if (hold === undefined) return part;
  return { ...part, held: part.records, heldUntil: until, hold: { id: DECISION_HOLD, law: hold.law } };
}

/** Something was written, so copies taken before may still hold the person. */
export function hasEffects(run: Run): boolean {
  return run.parts.some((p) => p.startedAt !== null);
}

export function wantsPackage(run: Run): boolean {
  return (
    modeOf(run.input.right) === 'read' && run.parts.some((p) => p.part.action === 'collect' && p.outcome === 'done')
  );
}
