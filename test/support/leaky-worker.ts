/** Runs the leaky workflow in a process of its own, whose standard output and error a test can read whole. */
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { log as activityLog } from '@temporalio/activity';
import { createKeyRing, fileKeyProvider } from '../../infra/keys/index.js';
import { connectStore } from '../../infra/store/connect.js';
import { createLog } from '../../infra/telemetry/index.js';
import { temporalOptions } from '../../infra/temporal/index.js';
import { stamp } from '../../infra/temporal/stamp.js';
import {
  assertRuntime,
  buildBundle,
  connectWorker,
  installRuntime,
  workerDefaults,
} from '../../infra/temporal/worker.js';
import type { LeakyActivities } from './leaky-workflow.js';

export interface LeakyWorkerInput {
  readonly mongoUrl: string;
  readonly keysFolder: string;
  readonly address: string;
  readonly taskQueue: string;
}

const activities: LeakyActivities = {
  async echo(text) {
    activityLog.warn(text, { text });
    return text;
  },
  async throwing(text) {
    throw new Error(`activity ${text}`, { cause: new TypeError(text) });
  },
  async coded(text) {
    throw ApplicationFailure.create({ message: text, type: text, details: [{ text }], nonRetryable: true });
  },
  async stamped() {
    return stamp();
  },
};

/** Says `ready` on standard output, and ends when standard input does. */
export async function main(input: LeakyWorkerInput): Promise<void> {
  const log = createLog({ level: 'debug' });
  installRuntime({ log });
  const store = await connectStore({ url: input.mongoUrl });
  const keys = createKeyRing({ db: store.db, provider: await fileKeyProvider(input.keysFolder) });
  const { connection, close } = await connectWorker({ address: input.address, namespace: 'default', log });
  assertRuntime();
  const worker = await Worker.create({
    ...workerDefaults('workflows'),
    ...temporalOptions({ keys }),
    connection,
    taskQueue: input.taskQueue,
    identity: 'leaky',
    workflowBundle: await buildBundle({ workflowsPath: new URL('./leaky-workflow.ts', import.meta.url).pathname, log }),
    activities,
  });
  const running = worker.run();
  process.stdout.write('ready\n');
  await new Promise<void>((resolve) => process.stdin.on('end', resolve).resume());
  worker.shutdown();
  await running;
  await close();
  await store.close();
}
