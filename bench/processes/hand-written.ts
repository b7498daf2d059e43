/** The hand-written workflow's worker as one process, with the engine's worker settings. */
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { openPlatform } from '../../infra/platform.js';
import { createLog } from '../../infra/telemetry/index.js';
import { FAILURE_CONVERTER_PATH, temporalOptions } from '../../infra/temporal/index.js';
import { buildBundle, connectWorker, installRuntime, workerDefaults } from '../../infra/temporal/worker.js';
import { handWrittenActivities } from '../hand-written/activities.js';
import { fourSystems } from '../packs.js';
import { stubConnectors } from '../stub-connectors.js';
import { measured, settings, tell, wallMs } from './channel.js';

export interface HandChild {
  readonly mongodbUrl: string;
  readonly temporal: string;
  readonly keys: string;
  readonly taskQueue: string;
  /** Task queues of systems; empty = one queue for everything. */
  readonly queues: readonly string[];
  /** Encrypt payloads with the engine's own codec (key of the namespace). */
  readonly codec: boolean;
  /** Keep erasures, letters and certificates in the store. */
  readonly keep: boolean;
}

const given = settings<HandChild>();
const log = createLog({ level: 'warn' });
installRuntime({ log });
let stop = (): Promise<void> => Promise.resolve();
const onCommand = measured(() => stop());
const platform = await openPlatform({
  mongodbUrl: given.mongodbUrl,
  keys: given.keys,
  namespace: 'default',
  log,
  appName: 'bench-hand-written',
  onCommand,
});
const activities = handWrittenActivities({
  pack: fourSystems(),
  connectors: stubConnectors(),
  keep: given.keep ? platform.store.db : null,
  mailer: {
    async send(mail) {
      tell({ say: 'answered', id: mail.id.split('.')[0] ?? '', at: wallMs() });
      return { accepted: true };
    },
  },
  onCertified: (id) => tell({ say: 'certified', id, at: wallMs() }),
});
const temporal = await connectWorker({ address: given.temporal, namespace: 'default', log });
const workflowsPath = fileURLToPath(new URL('../hand-written/workflow.js', import.meta.url));
const common = {
  connection: temporal.connection,
  namespace: 'default',
  activities: { ...activities },
  dataConverter: given.codec
    ? temporalOptions({ keys: platform.keys }).dataConverter
    : { failureConverterPath: FAILURE_CONVERTER_PATH },
};
const workers = [
  await Worker.create({
    ...common,
    ...workerDefaults('workflows'),
    taskQueue: given.taskQueue,
    workflowBundle: await buildBundle({ workflowsPath, log }),
  }),
];
for (const taskQueue of given.queues) {
  workers.push(
    await Worker.create({
      ...common,
      ...workerDefaults('connector'),
      taskQueue,
      maxConcurrentActivityTaskExecutions: 20,
      maxConcurrentActivityTaskPolls: 2,
    }),
  );
}
const done = Promise.all(workers.map((worker) => worker.run()));
stop = async () => {
  for (const worker of workers) worker.shutdown();
  await done;
  await platform.close();
  await temporal.close();
};
tell({ say: 'ready', port: null });
