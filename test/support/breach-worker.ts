/** Serves one pack's breaches in a process of its own, so that a test can kill it at a moment it chooses. */
import { Worker } from '@temporalio/worker';
import { createActivities } from '../../activities/index.js';
import { taskQueueOf } from '../../domain/lifecycle/start.js';
import { openPlatform } from '../../infra/platform.js';
import { loadPack } from '../../infra/policies/index.js';
import { createLog } from '../../infra/telemetry/index.js';
import { temporalOptions } from '../../infra/temporal/index.js';
import {
  assertRuntime,
  buildBundle,
  connectWorker,
  installRuntime,
  workerDefaults,
} from '../../infra/temporal/worker.js';
import { composeActivities } from '../../worker/compose.js';
import { createConnectors } from '../../worker/connectors.js';

export interface BreachWorkerInput {
  readonly mongoUrl: string;
  readonly keysFolder: string;
  readonly address: string;
  readonly taskQueue: string;
  readonly packText: string;
  readonly appUrl: string;
  readonly smtpUrl: string;
}

/** Says `ready` on standard output, and ends when standard input does. */
export async function main(input: BreachWorkerInput): Promise<void> {
  const log = createLog({ level: 'silent' });
  installRuntime({ log });
  const platform = await openPlatform({
    mongodbUrl: input.mongoUrl,
    keys: input.keysFolder,
    namespace: 'default',
    log,
    appName: 'habeas-breach-test',
  });
  const { frozen } = loadPack('pack.yaml', input.packText, { authorities: new Set(['no-datatilsynet']) });
  if (frozen === null) throw new Error('pack');
  const authority = {
    id: 'no-datatilsynet',
    name: 'Datatilsynet',
    country: 'NO',
    address: null,
    url: 'https://www.datatilsynet.no',
    checkedOn: null,
  };
  const connectors = createConnectors({ APP_URL: input.appUrl });
  const { deps } = await composeActivities({
    platform,
    policies: {
      folder: '',
      packs: new Map([[frozen.pack.operator, frozen]]),
      authorities: new Map([[authority.id, authority]]),
    },
    connectors,
    smtpUrl: input.smtpUrl,
    mailFrom: 'privacy@operator.example.no',
    publicUrl: 'http://habeas.example.no',
  });
  const { connection, close } = await connectWorker({ address: input.address, namespace: 'default', log });
  assertRuntime();
  const activities = { ...createActivities(deps) };
  const common = { connection, ...temporalOptions({ keys: platform.keys }), activities };
  const workers = [
    await Worker.create({
      ...workerDefaults('workflows'),
      ...common,
      taskQueue: input.taskQueue,
      workflowBundle: await buildBundle({
        workflowsPath: new URL('./breach-workflows.ts', import.meta.url).pathname,
        log,
      }),
    }),
    await Worker.create({
      ...workerDefaults('connector'),
      ...common,
      taskQueue: taskQueueOf(frozen.pack.operator, 'app'),
    }),
  ];
  const running = Promise.all(workers.map((w) => w.run()));
  process.stdout.write('ready\n');
  await new Promise<void>((resolve) => process.stdin.on('end', resolve).resume());
  for (const worker of workers) worker.shutdown();
  await running;
  await connectors.close();
  await close();
  await platform.close();
}
