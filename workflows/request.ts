/**
 * One data-subject request as one workflow, open until it is forgotten. This file only interprets: every rule is in
 * domain/lifecycle. Handlers are registered before the first await and are synchronous; they change the run and return,
 * the main loop starts what the run then calls for and keeps one timer for the next due point.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineUpdate,
  isCancellation,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  applyAct,
  applyCorrespond,
  applyDecision,
  applyIdentity,
  beginTask,
  checkAct,
  checkCorrespond,
  checkDecision,
  checkIdentity,
  CommandError,
  factsOf,
  fail,
  fireDue,
  forgetAt,
  newRun,
  nextDue,
  onJoinAnswered,
  onJoined,
  nextTasks,
  progress,
  projection,
  QUERIES,
  requestState,
  settle,
  takeEvent,
  touch,
  UPDATES,
  partsOf,
  type ActCommand,
  type CommandResult,
  type CorrespondCommand,
  type DecideCommand,
  type EventCommand,
  type IdentityCommand,
  type RequestInput,
  type Run,
  type RunFacts,
  type Task,
} from '../domain/lifecycle/index.js';
import { applyNotice, checkNotice, type NoticeCommand } from '../domain/notices/notices.js';
import { failureOf, joinAnsweredSignal, joinedSignal, perform, project } from './dispatch.js';
import { refuseWith } from './refuse-with.js';

export const identityUpdate = defineUpdate<CommandResult, [IdentityCommand]>(UPDATES.identity);
export const decideUpdate = defineUpdate<CommandResult, [DecideCommand]>(UPDATES.decide);
export const actUpdate = defineUpdate<CommandResult, [ActCommand]>(UPDATES.act);
export const correspondUpdate = defineUpdate<CommandResult, [CorrespondCommand]>(UPDATES.correspond);
export const eventUpdate = defineUpdate<CommandResult, [EventCommand]>(UPDATES.event);
export const noticeUpdate = defineUpdate<CommandResult, [NoticeCommand]>(UPDATES.notice);
/** `busy`: quick work is under way or the read model is behind; a caller who wants the rest state asks again. */
export const viewQuery = defineQuery<ReturnType<typeof projection> & { readonly busy: boolean }>(QUERIES.view);

/** What a letter written now would be told: for previews. */
export const factsQuery = defineQuery<RunFacts>(QUERIES.facts);

const STATE = { name: 'habeasState', type: 'KEYWORD' } as const;

/** What travels through continue-as-new: the run, and the answers given to recent commands (update ids are per run). */
export interface Carried {
  readonly run: Run;
  readonly handled: readonly (readonly [string, CommandResult])[];
  /** Revision that the read model had; what came after is written by the next run. */
  readonly projected: number;
}

interface Flight {
  readonly task: Task;
  readonly scope: CancellationScope;
}

const HANDLED_LIMIT = 200;
/** Characters of a command; the HTTP edge is far below. */
const COMMAND_LIMIT = 65_536;

export async function request(input: RequestInput, carried?: Carried): Promise<void> {
  const run = carried?.run ?? newRun(input, Date.now());
  const handled = new Map<string, CommandResult>(carried?.handled ?? []);
  const flights = new Map<string, Flight>();
  let woken = true;
  let projected = carried?.projected ?? 0;
  let projecting = false;
  let shownState: string = 'received';
  let timer: { at: number; scope: CancellationScope } | null = null;

  /** Lets everything follow that follows by itself; marks a visible change. */
  const advance = (now: number): void => {
    let changed = false;
    for (;;) {
      const fired = fireDue(run, now);
      const moved = progress(run, now);
      if (!fired && !moved) break;
      changed = true;
    }
    if (changed) touch(run, now);
  };

  const command = <C>(check: (run: Run, c: C, now: number) => void, apply: (run: Run, c: C, now: number) => void) => ({
    handler: (c: C): CommandResult => {
      const id = currentUpdateInfo()?.id;
      const known = id === undefined ? undefined : handled.get(id);
      if (known !== undefined) {
        // It changes nothing but makes the history longer: time to leave may have come.
        woken = true;
        return known;
      }
      const now = Date.now();
      // Once more in the handler: between validation and here a timer of the same activation may have fired.
      refuseWith(() => check(run, c, now));
      apply(run, c, now);
      touch(run, now);
      advance(now);
      woken = true;
      const result: CommandResult = { revision: run.revision, state: requestState(run) };
      if (id !== undefined) {
        handled.set(id, result);
        const oldest = handled.keys().next().value;
        if (handled.size > HANDLED_LIMIT && oldest !== undefined) handled.delete(oldest);
      }
      return result;
    },
    validator: (c: C): void => {
      const id = currentUpdateInfo()?.id;
      if (id !== undefined && handled.has(id)) return;
      refuseWith(() => {
        // The server fails the task of one that it cannot store, again and again; a refusal stores nothing.
        if (JSON.stringify(c).length > COMMAND_LIMIT)
          throw new CommandError('payload_too_large', 'a command carries ids and codes only');
        check(run, c, Date.now());
      });
    },
  });

  const identity = command<IdentityCommand>(checkIdentity, applyIdentity);
  const decide = command<DecideCommand>(checkDecision, applyDecision);
  const act = command<ActCommand>(checkAct, (r, c, now) => {
    applyAct(r, c, now);
    if (c.action === 'retry') dropPatient();
  });
  const event = command<EventCommand>(
    () => undefined,
    (r, c, now) => takeEvent(r, c.type, c.by.id, now),
  );
  setHandler(identityUpdate, identity.handler, { validator: identity.validator });
  setHandler(decideUpdate, decide.handler, { validator: decide.validator });
  setHandler(actUpdate, act.handler, { validator: act.validator });
  const correspond = command<CorrespondCommand>(checkCorrespond, applyCorrespond);
  setHandler(correspondUpdate, correspond.handler, { validator: correspond.validator });
  const notice = command<NoticeCommand>(checkNotice, applyNotice);
  setHandler(noticeUpdate, notice.handler, { validator: notice.validator });
  setHandler(factsQuery, () => factsOf(run));
  setHandler(eventUpdate, event.handler, { validator: event.validator });
  const signalled =
    <S>(take: (run: Run, signal: S, now: number) => void): ((signal: S) => void) =>
    (signal) => {
      const now = Date.now();
      take(run, signal, now);
      touch(run, now);
      advance(now);
      woken = true;
    };
  setHandler(joinedSignal, signalled(onJoined));
  setHandler(joinAnsweredSignal, signalled(onJoinAnswered));
  setHandler(viewQuery, () => ({
    ...projection(run, Date.now()),
    busy:
      projecting ||
      run.revision > projected ||
      [...flights.values()].some((f) => !('patient' in f.task && f.task.patient)),
  }));

  /** After `retry`: a patient attempt that waits hours for its next try makes room for a quick one. */
  const dropPatient = (): void => {
    for (const [key, flight] of flights) {
      if (!('patient' in flight.task) || !flight.task.patient) continue;
      const { task } = flight;
      const wanted =
        task.kind === 'discover'
          ? run.discovery[task.system]?.away === false
          : partsOf(task).some((part) => run.parts.some((p) => p.part.key === part && !p.patient));
      if (!wanted) continue;
      flights.delete(key);
      flight.scope.cancel();
    }
  };

  const launch = (task: Task): void => {
    const scope = new CancellationScope();
    const flight: Flight = { task, scope };
    flights.set(task.key, flight);
    beginTask(run, task);
    const landed = (take: (now: number) => void): void => {
      // A flight that was dropped has no say any more.
      if (flights.get(task.key) !== flight) return;
      flights.delete(task.key);
      const now = Date.now();
      take(now);
      touch(run, now);
      woken = true;
    };
    scope
      .run(() => perform(run, task))
      .then(
        (result) => landed((now) => settle(run, task, result, now)),
        (error: unknown) => {
          if (isCancellation(error)) return;
          landed((now) => fail(run, task, failureOf(error), now));
        },
      )
      .catch(() => undefined);
  };

  const writeProjection = (): void => {
    projecting = true;
    const revision = run.revision;
    const last = run.noteCount;
    project(run, projection(run, Date.now()))
      .then(() => {
        projecting = false;
        projected = revision;
        run.notes = run.notes.filter((n) => n.n > last);
        // Always: one that is about to leave for its next run waits for nothing but this.
        woken = true;
      })
      .catch(() => {
        projecting = false;
        woken = true;
      });
  };

  /** One timer for the next due point; kept while it is not too late, so that a busy request does not re-arm it. */
  const arm = (due: number | null, now: number): void => {
    if (due === null || (timer !== null && timer.at <= due)) return;
    timer?.scope.cancel();
    const scope = new CancellationScope();
    const mine = { at: due, scope };
    timer = mine;
    scope
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
    if (!leaving) {
      const tasks = nextTasks(run, new Map([...flights].map(([key, flight]) => [key, flight.task])), now);
      for (const task of tasks) launch(task);
    }
    // While quick work is under way the projection waits for it: a live query shows the moment, the read model the rests.
    const quiet = [...flights.values()].every((f) => 'patient' in f.task && f.task.patient);
    if (quiet && !leaving && !projecting && run.revision > projected) {
      const state = requestState(run);
      if (state !== shownState) {
        shownState = state;
        upsertSearchAttributes([{ key: STATE, value: state }]);
      }
      writeProjection();
    }
    const idle = flights.size === 0 && !projecting && run.revision === projected;
    const over = forgetAt(run);
    if (idle && over !== null && now >= over) break;
    if (leaving && quiet && !projecting) {
      for (const flight of flights.values()) flight.scope.cancel();
      await condition(allHandlersFinished);
      await continueAsNew<typeof request>(input, { run, handled: [...handled], projected });
    }
    arm(nextDue(run, now), now);
    await condition(() => woken);
  }
  await condition(allHandlersFinished);
}
