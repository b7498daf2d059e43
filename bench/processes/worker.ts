/** The product's worker as one process: real workflow, activities, vault, ledgers and store; connectors as the bench wants. */
import { composeActivities } from '../../worker/compose.js';
import { createConnectors } from '../../worker/connectors.js';
import { serve } from '../../worker/serve.js';
import { openPlatform } from '../../infra/platform.js';
import { createLog } from '../../infra/telemetry/index.js';
import { connectWorker, installRuntime } from '../../infra/temporal/worker.js';
import { benchPolicies } from '../packs.js';
import { stubConnectors } from '../stub-connectors.js';
import { measured, settings, tell, wallMs } from './channel.js';

export interface WorkerChild {
  readonly mongodbUrl: string;
  readonly temporal: string;
  readonly keys: string;
  /** `stub`: connectors and mail without anything behind them; else the real ones. */
  readonly connectors: 'stub' | 'real';
  readonly smtpUrl: string;
  readonly operators: readonly string[];
}

const given = settings<WorkerChild>();
const log = createLog({ level: 'warn' });
installRuntime({ log });
let stop = (): Promise<void> => Promise.resolve();
const onCommand = measured(() => stop());
const platform = await openPlatform({
  mongodbUrl: given.mongodbUrl,
  keys: given.keys,
  namespace: 'default',
  log,
  appName: 'habeas-worker',
  onCommand,
});
const all = await benchPolicies();
const policies = { ...all, packs: new Map([...all.packs].filter(([operator]) => given.operators.includes(operator))) };
const composed = await composeActivities({
  platform,
  policies,
  connectors: given.connectors === 'stub' ? stubConnectors() : createConnectors(process.env),
  smtpUrl: given.smtpUrl,
  mailFrom: 'privacy@example.no',
  publicUrl: 'http://127.0.0.1',
});
const { deps } = composed;
const temporal = await connectWorker({ address: given.temporal, namespace: 'default', log });
platform.ledger.start([...policies.packs.keys()]);
const serving = await serve({
  connection: temporal.connection,
  namespace: 'default',
  keys: platform.keys,
  packs: [...policies.packs.values()],
  log,
  deps: {
    ...deps,
    mailer: {
      async send(mail) {
        const sent = given.connectors === 'stub' ? { accepted: true } : await deps.mailer.send(mail);
        const [id, letter] = mail.id.split('.');
        if (id !== undefined && letter?.startsWith('final') === true) tell({ say: 'answered', id, at: wallMs() });
        return sent;
      },
    },
    certifier: {
      async issue(order) {
        const issued = await deps.certifier.issue(order);
        tell({ say: 'certified', id: order.requestId, at: wallMs() });
        return issued;
      },
    },
    projection: {
      open: (id) => deps.projection.open(id),
      answered: (id) => deps.projection.answered(id),
      clockedFrom: (id, facts) => deps.projection.clockedFrom(id, facts),
      async project(id, revision, document) {
        await deps.projection.project(id, revision, document);
        const { state } = document['view'] as { readonly state: string };
        if (state === 'awaiting_backup_expiry' || state === 'closed') tell({ say: 'rested', id, at: wallMs() });
      },
    },
  },
});
stop = async () => {
  serving.stop();
  await serving.done;
  await platform.close();
  await temporal.close();
};
tell({ say: 'ready', port: null });
