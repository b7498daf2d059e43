/**
 * What only processes with workers load: workflow bundle, worker settings, native connection and runtime.
 * Together with worker/ the only place that imports @temporalio/worker.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  NativeConnection,
  Runtime,
  bundleWorkflowCode,
  type NativeConnectionOptions,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { fault, type Log } from '../telemetry/index.js';
import { redactingLogger } from './logger.js';
import { FAILURE_CONVERTER_PATH } from './options.js';
import { stampInterceptor } from './stamp.js';

/** Bundles workflow code with the failure converter. First call in a process about 4 s, later ones 0.4 s. */
export async function buildBundle(options: {
  readonly workflowsPath: string;
  readonly log: Log;
  readonly interceptors?: readonly string[];
}): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: options.workflowsPath,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    workflowInterceptorModules: [...(options.interceptors ?? [])],
    logger: redactingLogger(options.log),
  });
}

/**
 * Settings of every worker.
 * - `workflows`: runs the request workflows and their own activities; `fanOut` = widest set of activities started at once
 *   (the SDK's default of 3 delays the fourth by 30–40 ms).
 * - `connector`: one queue per vendor; no eager dispatch, which would bypass the queue's rate limit.
 */
export function workerDefaults(
  kind: 'workflows' | 'connector',
  options: { readonly fanOut?: number; readonly perSecond?: number } = {},
) {
  return {
    // After a worker's death a query waits for this long before another worker may answer (default 10 s).
    stickyQueueScheduleToStartTimeout: '2s',
    maxEagerActivityReservationsPerWorkflowTask: kind === 'connector' ? 0 : (options.fanOut ?? 8),
    ...(kind === 'workflows' ? { maxCachedWorkflows: 300 } : {}),
    ...(options.perSecond === undefined ? {} : { maxTaskQueueActivitiesPerSecond: options.perSecond }),
    shutdownGraceTime: '2s',
    shutdownForceTime: '5s',
    interceptors: { activity: [stampInterceptor] },
  } satisfies Partial<WorkerOptions>;
}

let installed: Runtime | null = null;

export interface RuntimeChoice {
  readonly log: Log;
  /** `host:port` on which the native core serves its own metrics; none by default. */
  readonly metricsAddress?: string;
}

/**
 * Installs the runtime with the redacting logger, once per process and before anything else of Temporal's native side;
 * later calls return it. The SDK drops its runtime when the last worker and native connection of a process close and
 * would silently make another one with its own logger: hold a connection open, and let `assertRuntime` say so.
 */
export function installRuntime(choice: RuntimeChoice): Runtime {
  if (installed !== null) return installed;
  installed = Runtime.install({
    logger: redactingLogger(choice.log),
    telemetryOptions: {
      // Without `forward` the native core writes to standard error past every logger.
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(choice.metricsAddress === undefined
        ? {}
        : { metrics: { prometheus: { bindAddress: choice.metricsAddress } } }),
    },
    // One owner of the process' end: worker/ and cli/ stop workers themselves.
    shutdownSignals: [],
  });
  return installed;
}

/** Throws when the runtime with the redacting logger is no longer the one in use. Called before every Worker.create. */
export function assertRuntime(): void {
  if (installed === null || Runtime.instance() !== installed)
    throw new Error('temporal_runtime: the redacting runtime is not in use');
}

export interface WorkerConnection {
  readonly connection: NativeConnection;
  /** Resolves when the namespace answers; throws otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The worker's connection. `NativeConnection.connect` gives up at once when the server is not there yet, so this asks
 * again (0.25 s doubling to 5 s) until the namespace answers or `signal` is raised (then the signal's reason is thrown).
 * A fault of configuration (unauthenticated, permission denied, unknown namespace) is retried as well, and logged.
 */
export async function connectWorker(options: {
  readonly address: string;
  readonly namespace: string;
  readonly log: Log;
  readonly tls?: NativeConnectionOptions['tls'];
  readonly apiKey?: string;
  readonly signal?: AbortSignal;
}): Promise<WorkerConnection> {
  assertRuntime();
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    let connection: NativeConnection | null = null;
    try {
      connection = await NativeConnection.connect({
        address: options.address,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
        ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
      });
      // An open port is not yet a server that knows its namespaces.
      await describe(connection, options.namespace);
      const open = connection;
      return { connection: open, ping: () => describe(open, options.namespace), close: () => open.close() };
    } catch (error) {
      await connection?.close().catch(() => undefined);
      options.log.warn('temporal.connect_failed', { attempt, ...fault(error) });
      await delay(
        Math.min(250 * 2 ** (attempt - 1), 5_000),
        undefined,
        options.signal === undefined ? {} : { signal: options.signal },
      );
    }
  }
}

async function describe(connection: NativeConnection, namespace: string): Promise<void> {
  await connection.withDeadline(Date.now() + 5_000, () => connection.workflowService.describeNamespace({ namespace }));
}
