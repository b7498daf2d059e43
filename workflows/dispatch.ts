/** Turns a task into the activity call that does it, with the patience that its kind deserves. */
import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
} from '@temporalio/workflow';
import { receivedAtOf, SIGNALS, type JoinAnswered, type Joined } from '../domain/lifecycle/claim.js';
import type { Stamp } from '../domain/words.js';
import type { Activities, About } from '../activities/types.js';
import { factsOf } from '../domain/lifecycle/facts.js';
import type { TaskFailure, TaskResult } from '../domain/lifecycle/results.js';
import type { Run } from '../domain/lifecycle/run.js';
import type { Part } from '../domain/plan/types.js';
import type { Task } from '../domain/lifecycle/tasks.js';
import { since } from '../domain/lifecycle/version.js';

/** Heartbeats come from the activity runtime every second; a dead worker is noticed after this. */
const HEARTBEAT = '5s';

/** Our own store: tried again without end, soon. */
const core = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** First attempts at a connector: three, soon after one another; then the run shows the error and turns patient. */
const QUICK: ActivityOptions = {
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 4, maximumAttempts: 3 },
};

/** An outage is waited out by the activity's own retry, which costs no history: to 6 h apart, 20 days. */
const PATIENT: ActivityOptions = {
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '20 days',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '30s', backoffCoefficient: 2, maximumInterval: '6 hours' },
};

/** A letter: a few quick attempts, then the run notes the error and tries again by its own due points (hours or a day). */
const letters = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 4, maximumAttempts: 3 },
});

/** Large ones take their time; tried again without end, like everything on our own store. */
const packages = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** To another controller: a few quick attempts, each going on where the last one stood; then by the run's own due points. */
const pushes = proxyActivities<Activities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 3, maximumAttempts: 5 },
});

/** Parts whose records were collected and read back. */
function collectedParts(run: Run): Part[] {
  return run.parts.filter((p) => p.part.action === 'collect' && p.outcome === 'done').map((p) => p.part);
}

function at(queue: string, patient: boolean): Activities {
  return proxyActivities<Activities>({ ...(patient ? PATIENT : QUICK), taskQueue: queue });
}

function aboutOf(run: Run): About {
  return {
    requestId: run.input.requestId,
    operator: run.input.operator,
    right: run.input.right,
    policyHash: run.input.policy.hash,
    ...(run.input.lifecycle === undefined
      ? {}
      : { purposes: run.input.purposes ?? [], onlyOrganisation: run.input.onlyOrganisation ?? null }),
  };
}

/** Signals between equal requests (domain/lifecycle/claim.ts). */
export const joinedSignal = defineSignal<[Joined]>(SIGNALS.joined);
export const joinAnsweredSignal = defineSignal<[JoinAnswered]>(SIGNALS.joinAnswered);

/** A signal is no activity: its moment is the workflow's own, in both clocks. */
function sentNow(): Stamp {
  const at = new Date(Date.now()).toISOString();
  return { caseAt: at, worldAt: at };
}

export async function perform(run: Run, task: Task): Promise<TaskResult> {
  const about = aboutOf(run);
  const scopeDatasets = run.input.scopeDatasets;
  const fenceUntil = run.clock.at.safeDue;
  switch (task.kind) {
    case 'discover':
      return at(task.queue, task.patient).discover({
        ...about,
        system: task.system,
        version: task.version,
        scopeDatasets,
      });
    case 'plan':
      return core.plan({ ...about, unsearched: task.unsearched, scopeDatasets, fenceUntil });
    case 'guard':
      return at(task.queue, false).guard({ ...about, system: task.system, guards: task.guards.map((g) => g.id) });
    case 'apply':
      return at(task.queue, task.patient).apply({
        ...about,
        ...((run.input.after ?? null) === null ? {} : { after: run.input.after ?? null }),
        system: task.system,
        parts: task.parts,
        scopeDatasets,
        fenceUntil,
      });
    case 'verify':
      return at(task.queue, task.patient).verify({
        ...about,
        system: task.system,
        parts: task.parts,
        scopeDatasets,
        fenceUntil,
      });
    case 'sweep':
      return at(task.queue, task.patient).sweep({
        ...about,
        system: task.system,
        parts: task.parts,
        scopeDatasets,
        fenceUntil,
      });
    case 'inventory':
      return at(task.queue, false).inventory({
        ...about,
        system: task.system,
        effectiveAt: effectiveAtOf(run, task.system),
      });
    case 'claim':
      return core.claim({ ...about, receivedAt: receivedAtOf(run), scopeDatasets });
    case 'join':
      await getExternalWorkflowHandle(task.survivor).signal(joinedSignal, {
        from: run.input.requestId,
        receivedAt: receivedAtOf(run),
      });
      return { kind: 'join', stamp: sentNow() };
    case 'answerJoin':
      await getExternalWorkflowHandle(task.to).signal(joinAnsweredSignal, {
        from: run.input.requestId,
        accepted: task.accepted,
      });
      return { kind: 'answerJoin', stamp: sentNow() };
    case 'defer':
      return core.defer({ ...about, parts: task.parts });
    case 'bundle':
      return packages.bundle({
        ...about,
        parts: collectedParts(run).map(({ key, system, dataset, organisation }) => ({
          key,
          system,
          dataset,
          organisation,
        })),
        disclose: run.review?.disclose ?? [],
        withhold: run.review?.withhold ?? [],
      });
    case 'push':
      return pushes.push({
        ...about,
        sha256: run.package?.sha256 ?? '',
        bytes: run.package?.bytes ?? 0,
        confirmedAt: run.transfer?.confirmedAt ?? '',
      });
    case 'dropPackage':
      return core.dropPackage({ ...about, parts: collectedParts(run).map(({ key }) => key) });
    case 'notice':
      return letters.notice({ ...about, notice: task.notice, simulated: run.simulated });
    case 'notify':
      return letters.notify({
        ...about,
        letter: task.letter,
        facts: factsOf(run),
        ...(since(run, 2) ? { noted: task.letter.to === 'subject' } : {}),
      });
    case 'certify':
      return core.certify({ ...about, n: task.n, final: task.final, facts: factsOf(run) });
    case 'announce':
      return core.announce({ ...about, events: task.events });
    case 'evidence':
      return core.evidence({ ...about, approval: task.approval });
    case 'clock':
      return core.clock({
        ...about,
        // An upheld complaint began a new period: questions of the one before do not stretch it.
        receivedAt: run.restartedAt ?? receivedAtOf(run),
        pauses: run.questions
          .filter((q) => q.askedAt >= (run.restartedAt ?? ''))
          .map((q) => ({
            kind: q.kind,
            askedAt: q.askedAt,
            answeredAt: q.answeredAt ?? (q.timedOut ? q.endsAt : null),
          })),
        extension:
          run.extension === null || run.extension.decidedAt === null
            ? null
            : { decidedAt: run.extension.decidedAt, reason: run.extension.reasonRef },
      });
  }
}

export async function project(run: Run, document: Record<string, unknown>): Promise<void> {
  await core.project({ ...aboutOf(run), revision: run.revision, document, notes: [...run.notes] });
}

/** World time of the latest read-back in the systems that a backup covers; null while an effect there is still open. */
function effectiveAtOf(run: Run, backup: string): string | null {
  const covers = run.input.rules.backups.find((b) => b.id === backup)?.covers ?? [];
  let latest: string | null = null;
  for (const part of run.parts) {
    if (!covers.includes(part.part.system) || part.startedAt === null) continue;
    if (part.effectiveAt === null) return null;
    if (latest === null || part.effectiveAt.worldAt > latest) latest = part.effectiveAt.worldAt;
  }
  return latest;
}

/** Reduces how an activity failed to what a run may know. */
export function failureOf(error: unknown): TaskFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure)
    return { code: cause.type ?? 'unknown', retryable: cause.nonRetryable !== true };
  return { code: 'timeout', retryable: true };
}
