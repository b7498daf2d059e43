/**
 * Runs the workers of one process: one for workflows and the engine's own activities, one per connector instance of the
 * current packs and of every pack that an open request still names. All share one native connection and one runtime.
 */
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { TASK_QUEUE } from '../domain/lifecycle/commands.js';
import { taskQueueOf } from '../domain/lifecycle/start.js';
import type { ActivityDeps } from '../activities/index.js';
import type { FrozenPack } from '../domain/policy/types.js';
import { temporalOptions } from '../infra/temporal/index.js';
import { assertRuntime, buildBundle, workerDefaults } from '../infra/temporal/worker.js';
import type { KeyRing } from '../infra/keys/index.js';
import type { Log } from '../infra/telemetry/index.js';

export interface ServeOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly keys: KeyRing;
  readonly deps: ActivityDeps;
  readonly packs: readonly FrozenPack[];
  readonly log: Log;
}

export interface Serving {
  /** Resolves when all workers have stopped; rejects when one failed. */
  readonly done: Promise<void>;
  stop(): void;
}

/** The bundle that the build made, else one made now from the sources. */
export async function workflowBundle(log: Log): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
  const built = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(built)) return { codePath: built };
  const file = existsSync(fileURLToPath(new URL('../workflows/index.js', import.meta.url)))
    ? '../workflows/index.js'
    : '../workflows/index.ts';
  return buildBundle({ workflowsPath: fileURLToPath(new URL(file, import.meta.url)), log });
}

export async function serve(options: ServeOptions): Promise<Serving> {
  assertRuntime();
  const activities = { ...createActivities(options.deps) };
  const { dataConverter } = temporalOptions({ keys: options.keys, namespace: options.namespace });
  const common = {
    connection: options.connection,
    namespace: options.namespace,
    dataConverter,
    activities,
    identity: `habeas@${process.pid}`,
  };
  const workers = [
    await Worker.create({
      ...common,
      ...workerDefaults('workflows'),
      taskQueue: TASK_QUEUE,
      workflowBundle: await workflowBundle(options.log),
    }),
  ];
  for (const [queue, perSecond] of queuesOf(options.packs)) {
    workers.push(
      await Worker.create({
        ...common,
        ...workerDefaults('connector', perSecond === null ? {} : { perSecond }),
        taskQueue: queue,
        maxConcurrentActivityTaskExecutions: 20,
        maxConcurrentActivityTaskPolls: 2,
      }),
    );
  }
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runs = workers.map((worker) =>
    worker.run().catch((error: unknown) => {
      // One worker that fails takes the process with it: half a worker set would let requests starve in silence.
      stop();
      throw error;
    }),
  );
  return { stop, done: Promise.all(runs).then(() => undefined) };
}

/** Task queue → rate limit; a system that several packs name is served once. */
export function queuesOf(packs: readonly FrozenPack[]): Map<string, number | null> {
  const queues = new Map<string, number | null>();
  for (const { pack } of packs) {
    for (const system of pack.systems)
      queues.set(taskQueueOf(pack.operator, system.id), system.rate?.perSecond ?? null);
    for (const backup of pack.backups) queues.set(taskQueueOf(pack.operator, backup.id), null);
  }
  return queues;
}
