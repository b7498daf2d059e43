/**
 * One personal data breach as one workflow, open until the authority, organisations and people were told (or it was decided
 * otherwise) and the list of people is forgotten. This file only interprets: every rule is in domain/breach.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { AboutBreach, BreachActivities } from '../activities/breach-types.js';
import {
  applyBreachAct,
  applyBreachDecision,
  BREACH_QUERIES,
  BREACH_UPDATES,
  breachState,
  breachView,
  checkBreachAct,
  checkBreachDecision,
  failBreach,
  fireBreachDue,
  newBreachRun,
  nextBreachDue,
  nextBreachTasks,
  progressBreach,
  settleBreach,
  touchBreach,
  type BreachAct,
  type BreachDecision,
  type BreachDone,
  type BreachInput,
  type BreachRun,
  type BreachTask,
} from '../domain/breach/index.js';
import { failureOf } from './dispatch.js';
import { refuseWith } from './refuse-with.js';

export interface BreachResult {
  readonly revision: number;
  readonly state: string;
}

export const breachDecideUpdate = defineUpdate<BreachResult, [BreachDecision]>(BREACH_UPDATES.decide);
export const breachActUpdate = defineUpdate<BreachResult, [BreachAct]>(BREACH_UPDATES.act);
export const breachViewQuery = defineQuery<Record<string, unknown>>(BREACH_QUERIES.view);

interface Carried {
  readonly run: BreachRun;
  readonly handled: readonly (readonly [string, BreachResult])[];
  readonly projected: number;
}

const HEARTBEAT = '5s';
const HANDLED_LIMIT = 200;

/** Our own store: tried again without end, soon. */
const core = proxyActivities<BreachActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Mail: a few quick attempts; then the run notes the error and comes back. */
const mail = proxyActivities<BreachActivities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 4, maximumAttempts: 4 },
});

/** A whole dataset is read: it may take long, and a system may be away for days. */
function search(queue: string, patient: boolean): BreachActivities {
  const options: ActivityOptions = patient
    ? {
        startToCloseTimeout: '12 hours',
        scheduleToCloseTimeout: '20 days',
        retry: { initialInterval: '30s', backoffCoefficient: 2, maximumInterval: '1 hour' },
      }
    : { startToCloseTimeout: '12 hours', retry: { initialInterval: '1s', backoffCoefficient: 4, maximumAttempts: 3 } };
  return proxyActivities<BreachActivities>({ ...options, heartbeatTimeout: HEARTBEAT, taskQueue: queue });
}

function aboutOf(run: BreachRun): AboutBreach {
  const { input } = run;
  return {
    breachId: input.breachId,
    operator: input.operator,
    policyHash: input.policy.hash,
    awareAt: input.awareAt,
    dueAt: input.dueAt,
    simulated: run.simulated,
    systems: input.systems,
    datasets: input.targets.map(({ system, dataset }) => ({ system, dataset })),
  };
}

function perform(run: BreachRun, task: BreachTask): Promise<BreachDone> {
  const about = aboutOf(run);
  switch (task.kind) {
    case 'search':
      return search(task.queue, task.patient).breachSearch({ ...about, system: task.system, n: task.n });
    case 'draft':
      return core.breachDraft({
        ...about,
        version: task.version,
        complete: task.complete,
        records: run.targets.reduce((sum, t) => sum + t.records, 0),
        organisations: run.organisations.map(({ organisation, state }) => ({ organisation, state })),
        notifyPeople: run.notifyPeople,
        silence: run.silence === null ? null : { ground: run.silence.ground, reasonRef: run.silence.reasonRef },
      });
    case 'organisation':
      return mail.breachOrganisation({ ...about, organisation: task.organisation, people: task.people });
    case 'tell':
      return mail.breachTell(about);
    case 'remind':
      return mail.breachRemind({ ...about, reminder: task.reminder });
    case 'forget':
      return core.breachForget(about);
  }
}

export async function breach(input: BreachInput, carried?: Carried): Promise<void> {
  const run = carried?.run ?? newBreachRun(input, Date.now());
  const handled = new Map<string, BreachResult>(carried?.handled ?? []);
  const flights = new Map<string, BreachTask>();
  let woken = true;
  let projected = carried?.projected ?? 0;
  let projecting = false;
  let timer: { at: number; scope: CancellationScope } | null = null;

  const advance = (now: number): void => {
    let changed = false;
    while (fireBreachDue(run, now) || progressBreach(run, now)) changed = true;
    if (changed) touchBreach(run, now);
  };

  const command = <C>(check: (c: C, now: number) => void, apply: (c: C, now: number) => void) => ({
    handler: (c: C): BreachResult => {
      const id = currentUpdateInfo()?.id;
      const known = id === undefined ? undefined : handled.get(id);
      woken = true;
      if (known !== undefined) return known;
      const now = Date.now();
      // Once more in the handler: between validation and here another message of the same activation may have come.
      refuseWith(() => check(c, now));
      apply(c, now);
      touchBreach(run, now);
      advance(now);
      const result = { revision: run.revision, state: breachState(run) };
      if (id !== undefined) handled.set(id, result);
      const oldest = handled.keys().next().value;
      if (handled.size > HANDLED_LIMIT && oldest !== undefined) handled.delete(oldest);
      return result;
    },
    validator: (c: C): void => {
      const id = currentUpdateInfo()?.id;
      if (id === undefined || !handled.has(id)) refuseWith(() => check(c, Date.now()));
    },
  });
  const decide = command<BreachDecision>(
    (c) => checkBreachDecision(run, c),
    (c, now) => {
      applyBreachDecision(run, c, now);
      // The draft says what was decided.
      if (run.notifyPeople !== null) run.draftWanted += 1;
    },
  );
  const act = command<BreachAct>(
    (c, now) => checkBreachAct(run, c, now),
    (c, now) => applyBreachAct(run, c, now),
  );
  setHandler(breachDecideUpdate, decide.handler, { validator: decide.validator });
  setHandler(breachActUpdate, act.handler, { validator: act.validator });
  setHandler(breachViewQuery, () => breachView(run, Date.now()));

  const launch = (task: BreachTask): void => {
    flights.set(task.key, task);
    const landed = (take: (now: number) => void): void => {
      flights.delete(task.key);
      const now = Date.now();
      take(now);
      touchBreach(run, now);
      woken = true;
    };
    perform(run, task)
      .then(
        (result) => landed((now) => settleBreach(run, task, result, now)),
        (error: unknown) => landed((now) => failBreach(run, task, failureOf(error), now)),
      )
      .catch(() => undefined);
  };

  const writeProjection = (): void => {
    projecting = true;
    const { revision, noteCount } = run;
    core
      .breachProject({ ...aboutOf(run), revision, view: breachView(run, Date.now()), notes: [...run.notes] })
      .then(
        () => {
          projected = revision;
          run.notes = run.notes.filter((n) => n.n > noteCount);
        },
        () => undefined,
      )
      .finally(() => {
        projecting = false;
        woken = true;
      })
      .catch(() => undefined);
  };

  const arm = (due: number | null, now: number): void => {
    if (due === null || (timer !== null && timer.at <= due)) return;
    timer?.scope.cancel();
    const mine = { at: due, scope: new CancellationScope() };
    timer = mine;
    mine.scope
      .run(() => sleep(Math.max(due - now, 1)))
      .then(() => {
        if (timer === mine) timer = null;
        woken = true;
      })
      .catch(() => undefined);
  };

  for (;;) {
    woken = false;
    const now = Date.now();
    advance(now);
    const leaving = workflowInfo().continueAsNewSuggested;
    if (!leaving) for (const task of nextBreachTasks(run, new Set(flights.keys()), now)) launch(task);
    if (!projecting && run.revision > projected && !leaving) writeProjection();
    const idle = flights.size === 0 && !projecting;
    if (idle && run.forgottenAt !== null && run.revision === projected) break;
    if (leaving && idle) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof breach>(input, { run, handled: [...handled], projected });
    }
    arm(nextBreachDue(run, now), now);
    await condition(() => woken);
  }
  await condition(allHandlersFinished);
}
