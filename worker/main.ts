/** The production worker: opens everything from settings, serves until it is told to stop, and leaves nothing half done. */
import { loadPolicies, policiesFolder } from '../infra/policies/index.js';
import { awaitPlatform } from '../infra/platform.js';
import { packEnvironment, type Settings } from '../infra/settings.js';
import { readFileSync } from 'node:fs';
import { COLLECTIONS } from '../infra/store/documents.js';
import { createLog, createMetrics, fault, type Log } from '../infra/telemetry/index.js';
import { connectWorker, installRuntime } from '../infra/temporal/worker.js';
import { composeActivities } from './compose.js';
import { createConnectors } from './connectors.js';
import { serveHealth, type HealthState } from './health.js';
import { ensureDailyPass } from './schedules.js';
import { serve } from './serve.js';

export interface WorkerHandle {
  readonly done: Promise<void>;
  stop(): void;
}

/** Errors: SettingsError, StoreError, PolicyFaultsError. Waits for Temporal with its own retry loop. */
export async function startWorker(
  settings: Settings,
  signal: AbortSignal,
  log: Log = createLog({ level: settings.get('HABEAS_LOG_LEVEL') }),
): Promise<WorkerHandle> {
  installRuntime({ log });
  const metrics = createMetrics({ process: true });
  const health: HealthState = { ready: false, metrics: () => metrics.text() };
  const port = settings.get('HABEAS_WORKER_PORT');
  const server = port === undefined ? null : await serveHealth(settings.get('HABEAS_HOST'), port, health);
  const namespace = settings.get('HABEAS_TEMPORAL_NAMESPACE');
  const policies = await loadPolicies(policiesFolder(settings.get('HABEAS_POLICIES')));
  const platform = await awaitPlatform(
    {
      mongodbUrl: settings.need('HABEAS_MONGODB_URL'),
      ledgerUrl: settings.get('HABEAS_LEDGER_MONGODB_URL'),
      keys: settings.need('HABEAS_KEYS'),
      namespace,
      log,
      appName: 'habeas-worker',
      onCommand: metrics.storeCommand,
    },
    signal,
  );
  const connectors = createConnectors(packEnvironment());
  const { deps, packs, mailer } = await composeActivities({
    platform,
    policies,
    connectors,
    smtpUrl: settings.need('HABEAS_SMTP_URL'),
    mailFrom: settings.get('HABEAS_MAIL_FROM'),
    publicUrl: settings.get('HABEAS_PUBLIC_URL'),
    embedded: settings.get('HABEAS_EMBEDDED'),
    region: settings.get('HABEAS_REGION'),
    observe: (activity, connector, code, seconds) => metrics.activity({ activity, connector, code }, seconds),
  });
  const temporal = await connectWorker({
    address: settings.get('HABEAS_TEMPORAL_ADDRESS'),
    namespace,
    log,
    signal,
    ...tlsOf(settings),
  });
  platform.ledger.start([...policies.packs.keys()]);
  // Systems of packs that open requests still name are served too, whatever the current pack says.
  const open = await platform.store.db
    .collection<{ view: { policy: { hash: string } }; state: string }>(COLLECTIONS.requests)
    .distinct('view.policy.hash');
  const known = new Set([...policies.packs.values()].map((p) => p.hash));
  const older = await Promise.all(open.filter((hash) => !known.has(hash)).map((hash) => packs.byHash(hash)));
  const serving = await serve({
    connection: temporal.connection,
    namespace,
    keys: platform.keys,
    deps,
    packs: [...policies.packs.values(), ...older],
    log,
  });
  await ensureDailyPass(temporal.connection, namespace).catch((error: unknown) =>
    log.warn('schedule.not_made', fault(error)),
  );
  log.info('worker.serving', { count: policies.packs.size });
  health.ready = true;
  // oxlint-disable-next-line typescript/no-misused-promises -- `finally` waits for what its callback returns
  const done = serving.done.finally(async () => {
    health.ready = false;
    server?.close();
    await connectors.close();
    mailer.close();
    await platform.close();
    await temporal.close();
  });
  signal.addEventListener('abort', () => serving.stop(), { once: true });
  return { done, stop: () => serving.stop() };
}

function tlsOf(settings: Settings): Pick<Parameters<typeof connectWorker>[0], 'tls' | 'apiKey'> {
  const read = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : readFileSync(path));
  const ca = read(settings.get('HABEAS_TEMPORAL_TLS_CA'));
  const crt = read(settings.get('HABEAS_TEMPORAL_TLS_CERT'));
  const key = read(settings.get('HABEAS_TEMPORAL_TLS_KEY'));
  const apiKey = settings.get('HABEAS_TEMPORAL_API_KEY');
  const wanted = settings.get('HABEAS_TEMPORAL_TLS') || ca !== undefined || crt !== undefined;
  return {
    ...(wanted
      ? {
          tls: {
            serverRootCACertificate: ca,
            ...(crt !== undefined && key !== undefined ? { clientCertPair: { crt, key } } : {}),
          },
        }
      : {}),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}
