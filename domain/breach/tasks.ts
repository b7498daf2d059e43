/**
 * What should be under way for a breach now, and what its results change. Pure; the workflow compares the list with what
 * is in flight. Everything that time brings is in `breachDue`.
 */
import type { Stamp } from '../words.js';
import {
  allSearched,
  instant,
  noteBreach,
  tellingRests,
  unreached,
  type BreachCounts,
  type BreachRun,
  type ReminderKind,
} from './run.js';

export type BreachTask =
  | {
      readonly key: string;
      readonly kind: 'search';
      readonly n: number;
      readonly system: string;
      readonly queue: string;
      readonly patient: boolean;
    }
  | { readonly key: string; readonly kind: 'draft'; readonly version: number; readonly complete: boolean }
  | { readonly key: string; readonly kind: 'organisation'; readonly organisation: string; readonly people: number }
  | { readonly key: string; readonly kind: 'tell'; readonly round: number }
  | { readonly key: string; readonly kind: 'remind'; readonly reminder: ReminderKind }
  | { readonly key: string; readonly kind: 'forget' };

export type BreachDone =
  | { readonly kind: 'search'; readonly stamp: Stamp; readonly records: number }
  | { readonly kind: 'draft'; readonly stamp: Stamp; readonly counts: BreachCounts }
  | { readonly kind: 'organisation'; readonly stamp: Stamp; readonly problem: string | null }
  | { readonly kind: 'tell'; readonly stamp: Stamp; readonly left: number; readonly counts: BreachCounts }
  | { readonly kind: 'remind'; readonly stamp: Stamp }
  | { readonly kind: 'forget'; readonly stamp: Stamp };

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function nextBreachTasks(run: BreachRun, inFlight: ReadonlySet<string>, now: number): BreachTask[] {
  const tasks: BreachTask[] = [];
  const due = (at: string | null): boolean => at === null || Date.parse(at) <= now;
  for (const target of run.targets) {
    const { n, system, queue } = target.target;
    if (!target.searched && due(target.nextAttemptAt))
      tasks.push({ key: `search/${n}`, kind: 'search', n, system, queue, patient: target.patient });
  }
  if (run.draftDone < run.draftWanted)
    tasks.push({ key: 'draft', kind: 'draft', version: run.draftWanted, complete: allSearched(run) });
  for (const o of run.organisations)
    if (o.state === 'pending' && due(o.nextAttemptAt))
      tasks.push({
        key: `organisation/${o.organisation}`,
        kind: 'organisation',
        organisation: o.organisation,
        people: o.people,
      });
  if (run.notifyPeople === true && run.tellDone < run.tellWanted && due(run.tellNextAt))
    tasks.push({ key: 'tell', kind: 'tell', round: run.tellWanted });
  for (const r of run.reminders)
    if (r.sentAt === null && due(r.nextAttemptAt))
      tasks.push({ key: `remind/${r.kind}`, kind: 'remind', reminder: r.kind });
  if (run.closedAt !== null && run.forgottenAt === null && now >= Date.parse(run.closedAt) + run.input.keepMs)
    tasks.push({ key: 'forget', kind: 'forget' });
  return tasks.filter((task) => !inFlight.has(task.key));
}

export function settleBreach(run: BreachRun, task: BreachTask, result: BreachDone, now: number): void {
  if (Date.parse(result.stamp.caseAt) - Date.parse(result.stamp.worldAt) > MINUTE) run.simulated = true;
  switch (result.kind) {
    case 'search': {
      const target = run.targets.find((t) => task.kind === 'search' && t.target.n === task.n);
      if (target === undefined) return;
      Object.assign(target, { searched: true, records: result.records, error: null, nextAttemptAt: null });
      // The draft carries the numbers; people of this dataset are told without waiting for the others.
      run.draftWanted += 1;
      run.tellWanted += 1;
      noteBreach(run, now, 'breach.searched', null, {
        system: target.target.system,
        dataset: target.target.dataset,
        records: result.records,
      });
      return;
    }
    case 'draft': {
      if (task.kind !== 'draft') return;
      run.draftDone = task.version;
      run.draftedAt = result.stamp.caseAt;
      run.draftComplete = task.complete;
      run.counts = result.counts;
      noteBreach(run, now, 'breach.drafted', task.complete ? 'complete' : 'first', { people: result.counts.people });
      // A processor tells the controller without undue delay (Art. 33(2)), once it can say what it knows.
      if (task.complete) addOrganisations(run);
      return;
    }
    case 'organisation': {
      const found = run.organisations.find((o) => task.kind === 'organisation' && o.organisation === task.organisation);
      if (found === undefined || found.state !== 'pending') return;
      found.error = result.problem;
      found.state = result.problem === null ? 'told' : 'no_contact';
      found.at = result.problem === null ? result.stamp.caseAt : null;
      noteBreach(run, now, 'breach.organisation_told', result.problem ?? 'mail', {
        organisation: found.organisation,
        people: found.people,
      });
      return;
    }
    case 'tell':
      run.counts = result.counts;
      Object.assign(run, { tellError: null, tellNextAt: null });
      if (task.kind === 'tell' && result.left === 0) run.tellDone = Math.max(run.tellDone, task.round);
      if (tellingRests(run))
        noteBreach(run, now, 'breach.people_told', null, { told: run.counts.told, unreached: unreached(run) });
      return;
    case 'remind': {
      const found = run.reminders.find((r) => task.kind === 'remind' && r.kind === task.reminder);
      if (found !== undefined) found.sentAt = result.stamp.caseAt;
      return;
    }
    case 'forget':
      run.forgottenAt = result.stamp.caseAt;
      noteBreach(run, now, 'breach.people_forgotten');
  }
}

function addOrganisations(run: BreachRun): void {
  for (const { organisation, people } of run.counts.organisations) {
    const known = run.organisations.find((o) => o.organisation === organisation);
    if (known !== undefined) known.people = people;
    else run.organisations.push({ organisation, people, state: 'pending', at: null, error: null, nextAttemptAt: null });
  }
}

/** How an activity failed: systems and mail are tried again; a fatal error waits for an officer's `retry`, at most a day. */
export function failBreach(
  run: BreachRun,
  task: BreachTask,
  failure: { readonly code: string; readonly retryable: boolean },
  now: number,
): void {
  const again = instant(now + (failure.retryable ? HOUR : DAY));
  switch (task.kind) {
    case 'search': {
      const target = run.targets.find((t) => t.target.n === task.n);
      if (target === undefined) return;
      if (target.error === null) noteBreach(run, now, 'breach.system_away', failure.code, { system: task.system });
      const waits = task.patient || !failure.retryable;
      Object.assign(target, { error: failure.code, patient: true, nextAttemptAt: waits ? again : null });
      return;
    }
    case 'organisation': {
      const found = run.organisations.find((o) => o.organisation === task.organisation);
      if (found !== undefined) Object.assign(found, { error: failure.code, nextAttemptAt: again });
      return;
    }
    case 'tell':
      Object.assign(run, { tellError: failure.code, tellNextAt: instant(now + 5 * MINUTE) });
      return;
    case 'remind': {
      const found = run.reminders.find((r) => r.kind === task.reminder);
      if (found !== undefined) found.nextAttemptAt = again;
      return;
    }
    default:
      noteBreach(run, now, 'task.failed', failure.code, { task: task.kind });
  }
}

/** What follows by itself: closing. Returns whether anything changed. */
export function progressBreach(run: BreachRun, now: number): boolean {
  if (run.closedAt !== null) return false;
  const open =
    !allSearched(run) ||
    run.draftDone < run.draftWanted ||
    run.authority === null ||
    run.notifyPeople === null ||
    !tellingRests(run) ||
    run.organisations.some((o) => o.state === 'pending' || o.state === 'no_contact') ||
    (run.notifyPeople && unreached(run) > 0 && run.unreachedRef === null) ||
    run.reminders.some((r) => r.sentAt === null);
  if (open) return false;
  run.closedAt = instant(now);
  noteBreach(run, now, 'breach.closed', null, { people: run.counts.people, told: run.counts.told });
  return true;
}

interface Point {
  readonly at: number;
  readonly fire: ((now: number) => void) | null;
}

function points(run: BreachRun): Point[] {
  const list: Point[] = [];
  const wake = (at: string | null): void => {
    if (at !== null) list.push({ at: Date.parse(at), fire: null });
  };
  const once = (at: string, kind: ReminderKind): void => {
    if (run.authority !== null || run.closedAt !== null || run.reminders.some((r) => r.kind === kind)) return;
    list.push({
      at: Date.parse(at),
      fire: (now) => {
        run.reminders.push({ kind, sentAt: null, nextAttemptAt: null });
        noteBreach(run, now, `breach.authority_${kind}`);
      },
    });
  };
  once(run.input.remindAt, 'reminder');
  // The last second is still in time.
  once(instant(Date.parse(run.input.dueAt) + 1000), 'overdue');
  for (const t of run.targets) if (!t.searched) wake(t.nextAttemptAt);
  for (const o of run.organisations) if (o.state === 'pending') wake(o.nextAttemptAt);
  for (const r of run.reminders) if (r.sentAt === null) wake(r.nextAttemptAt);
  wake(run.tellNextAt);
  if (run.closedAt !== null && run.forgottenAt === null) wake(instant(Date.parse(run.closedAt) + run.input.keepMs));
  return list;
}

/** Fires what is due; returns whether anything fired. */
export function fireBreachDue(run: BreachRun, now: number): boolean {
  let fired = false;
  for (const point of points(run).sort((a, b) => a.at - b.at)) {
    if (point.at > now || point.fire === null) continue;
    point.fire(now);
    fired = true;
  }
  return fired;
}

/** Earliest point after `now`; null = nothing to wait for. */
export function nextBreachDue(run: BreachRun, now: number): number | null {
  const later = points(run)
    .map((p) => p.at)
    .filter((at) => at > now);
  return later.length === 0 ? null : Math.min(...later);
}
