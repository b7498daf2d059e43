/**
 * The embedded stack: MongoDB, Temporal, mailbox, vendor counterparts, worker and API as owned processes on loopback, with
 * invented people in the operators' own databases. Everything lies under one data folder and survives kill -9 of any of
 * them; nothing is left running when this process ends, in whatever way.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { openPlatform } from '../../infra/platform.js';
import { createLog } from '../../infra/telemetry/index.js';
import { rotate, takeDump } from '../backups.js';
import { LOCALSTRIPE_KEY } from '../counterparts/stripe.js';
import { SEEDED_OPERATORS, seedOperator } from '../people/index.js';
import {
  assertPortFree,
  freePort,
  httpOk,
  portOpen,
  resolveMongo,
  resolveTemporal,
  startLocalstripe,
  startMongo,
  startTemporal,
} from '../servers/index.js';
import { Supervisor, type SupervisorEvent } from '../supervise/index.js';
import { rootFolder } from '../setup/paths.mjs';
import { accounts, type Accounts } from './accounts.js';

export interface StackOptions {
  readonly dataDir: string;
  /** Port of the API. Default 7400, or a free one when `anyPort`. */
  readonly port?: number;
  readonly anyPort?: boolean;
  /** Throw away what an earlier run left in the data folder (never while another process uses it). */
  readonly fresh?: boolean;
  readonly say: (line: string) => void;
  /** People per operator beside the cast. */
  readonly people?: number;
  readonly onEvent?: (event: SupervisorEvent) => void;
  /** Folder of packs other than the shipped ones (tests). */
  readonly policies?: string;
}

export interface StackInfo extends Accounts {
  readonly api: string;
  readonly temporal: string;
  readonly temporalUi: string | null;
  readonly mongo: string;
  readonly mail: string;
  readonly counterparts: { readonly stripe: string | null; readonly sendgrid: string | null };
}

export interface Stack {
  readonly info: StackInfo;
  readonly supervisor: Supervisor;
  /** Environment of API and worker, operators' addresses included. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Dumps that the stack lays out at its first start, so that backups of several ages wait for their expiry. */
const DUMP_AGES_DAYS = [60, 30, 0] as const;
const DEFAULT_PORT = 7400;
/** Operators whose packs name a Stripe system. */
const PAID_BY_CARD: ReadonlySet<string> = new Set(['infentre', 'itefy', 'itpays']);

export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, say } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (options.fresh === true) await emptied(dataDir);
  const supervisor = new Supervisor({ dataDir, onEvent: options.onEvent });
  let nightly: NodeJS.Timeout | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(nightly);
    await supervisor.stop();
  };
  try {
    const apiPort = options.anyPort === true ? await freePort() : (options.port ?? DEFAULT_PORT);
    await assertPortFree(apiPort, 'the API', '--port');
    const [mongoChoice, temporalChoice] = [await resolveMongo({ say }), await resolveTemporal({ say })];
    say(`MongoDB: ${mongoChoice.why}`);
    say(`Temporal: ${temporalChoice.why}`);
    const [mongo, temporal] = await Promise.all([
      startMongo({ dataDir, choice: mongoChoice, supervisor, durable: true }),
      startTemporal({ dataDir, choice: temporalChoice, supervisor }),
    ]);
    const mail = await startMailbox(supervisor, dataDir);
    const policies = await loadPolicies(policiesFolder(options.policies ?? process.env['HABEAS_POLICIES']));
    const counterparts = await startCounterparts(supervisor, dataDir, [...policies.packs.keys()], say);
    const operatorEnv = operatorEnvironment(mongo.url, dataDir, [...policies.packs.keys()], counterparts);
    await seed(mongo.url, operatorEnv, options, say);
    const api = `http://127.0.0.1:${apiPort}`;
    const environment: Record<string, string> = {
      ...operatorEnv,
      HABEAS_MONGODB_URL: databaseUrl(mongo.url, 'habeas'),
      HABEAS_LEDGER_MONGODB_URL: databaseUrl(mongo.url, 'habeas_ledger'),
      HABEAS_TEMPORAL_ADDRESS: temporal.address,
      HABEAS_KEYS: join(dataDir, 'keys'),
      HABEAS_SMTP_URL: mail.smtpUrl,
      HABEAS_PUBLIC_URL: api,
      HABEAS_PORT: String(apiPort),
      HABEAS_EMBEDDED: '1',
      HABEAS_REGION: process.env['HABEAS_REGION'] ?? 'EEA',
      HABEAS_LOG_LEVEL: process.env['HABEAS_LOG_LEVEL'] ?? 'info',
      ...(options.policies === undefined ? {} : { HABEAS_POLICIES: options.policies }),
    };
    mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
    const made = await withPlatform(environment, (platform) =>
      accounts(
        platform,
        dataDir,
        [...policies.packs.values()].map(({ pack }) => ({ id: pack.operator, systems: pack.systems.map((s) => s.id) })),
      ),
    );
    say('starting worker and API');
    const workerPort = await freePort();
    await Promise.all([
      startOwn(supervisor, 'worker', { ...environment, HABEAS_WORKER_PORT: String(workerPort) }, () =>
        httpOk(`http://127.0.0.1:${workerPort}/readyz`),
      ),
      startOwn(supervisor, 'api', environment, () => httpOk(`${api}/readyz`)),
    ]);
    nightly = setInterval(
      () => void nightlyDumps(operatorEnv, policies.packs.keys()).catch(() => undefined),
      3_600_000,
    );
    nightly.unref();
    return {
      info: {
        api,
        temporal: temporal.address,
        temporalUi: temporal.ui,
        mongo: mongo.url,
        mail: mail.url,
        counterparts: { stripe: counterparts.stripe, sendgrid: counterparts.sendgrid },
        ...made,
      },
      supervisor,
      environment,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A supervisor of its own first refuses a folder in use and ends leftovers; then everything in it can go. */
async function emptied(dataDir: string): Promise<void> {
  const probe = new Supervisor({ dataDir });
  await probe.claim();
  await probe.stop();
  for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** The same server, another database; parameters of the address stay. */
export function databaseUrl(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

async function withPlatform<T>(
  environment: Readonly<Record<string, string>>,
  work: (platform: Awaited<ReturnType<typeof openPlatform>>) => Promise<T>,
): Promise<T> {
  const platform = await openPlatform({
    mongodbUrl: environment['HABEAS_MONGODB_URL'] ?? '',
    ledgerUrl: environment['HABEAS_LEDGER_MONGODB_URL'],
    keys: environment['HABEAS_KEYS'] ?? '',
    namespace: 'default',
    log: createLog({ level: 'error' }),
    appName: 'habeas-dev',
  });
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
}

async function startMailbox(supervisor: Supervisor, dataDir: string): Promise<{ smtpUrl: string; url: string }> {
  const [smtp, http] = [await freePort(), await freePort()];
  await supervisor.start({
    name: 'mailbox',
    command: process.execPath,
    args: [
      compiled('dev/mailbox/main.js'),
      '--smtp',
      String(smtp),
      '--http',
      String(http),
      '--data',
      join(dataDir, 'mail'),
    ],
    ready: async () => {
      await portOpen(smtp);
      await httpOk(`http://127.0.0.1:${http}/`);
    },
  });
  return { smtpUrl: `smtp://127.0.0.1:${smtp}`, url: `http://127.0.0.1:${http}` };
}

interface Counterparts {
  readonly stripe: string | null;
  readonly sendgrid: string | null;
}

/** Starts a counterpart only where the environment names no other server for some operator. */
async function startCounterparts(
  supervisor: Supervisor,
  dataDir: string,
  operators: readonly string[],
  say: (line: string) => void,
): Promise<Counterparts> {
  const missing = (vendor: string): boolean =>
    operators.some((o) => process.env[`${o.toUpperCase()}_${vendor}_URL`] === undefined);
  const stripe = missing('STRIPE') ? (await startLocalstripe({ dataDir, supervisor })).url : null;
  say(
    stripe === null
      ? 'Stripe: addresses are given in the environment'
      : 'Stripe: localstripe (an independent look-alike)',
  );
  let sendgrid: string | null = null;
  if (missing('SENDGRID')) {
    const port = await freePort();
    sendgrid = `http://127.0.0.1:${port}`;
    await supervisor.start({
      name: 'sendgrid',
      command: process.execPath,
      args: [
        compiled('dev/counterparts/sendgrid/main.js'),
        '--port',
        String(port),
        '--data',
        join(dataDir, 'sendgrid.json'),
      ],
      ready: () => portOpen(port),
    });
    say("SendGrid: Habeas' own counterpart (no independent one exists), bound to the vendor's specification");
  } else {
    say('SendGrid: addresses are given in the environment');
  }
  return { stripe, sendgrid };
}

/** `<OPERATOR>_MONGODB_URL`, `_STRIPE_URL`, … as the packs name them; what the environment gives wins. */
function operatorEnvironment(
  mongoUrl: string,
  dataDir: string,
  operators: readonly string[],
  counterparts: Counterparts,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const operator of operators) {
    const name = operator.toUpperCase();
    const set = (suffix: string, value: string | null): void => {
      const given = process.env[`${name}_${suffix}`];
      const chosen = given === undefined || given === '' ? value : given;
      if (chosen !== null) environment[`${name}_${suffix}`] = chosen;
    };
    set('MONGODB_URL', databaseUrl(mongoUrl, `${operator}_app`));
    set('STRIPE_URL', counterparts.stripe);
    set('STRIPE_KEY', LOCALSTRIPE_KEY);
    set('SENDGRID_URL', counterparts.sendgrid);
    set('SENDGRID_KEY', 'SG.embedded');
    set('BACKUPS', join(dataDir, 'backups', operator));
  }
  return environment;
}

async function seed(
  mongoUrl: string,
  env: Readonly<Record<string, string>>,
  options: StackOptions,
  say: (line: string) => void,
): Promise<void> {
  for (const operator of SEEDED_OPERATORS) {
    const name = operator.toUpperCase();
    const url = env[`${name}_MONGODB_URL`];
    const location = env[`${name}_BACKUPS`];
    // Only into databases that the stack itself named: a server given by the environment is somebody's own.
    if (url !== databaseUrl(mongoUrl, `${operator}_app`) || location === undefined) continue;
    const result = await seedOperator({
      operator,
      mongoUrl: url,
      ...(PAID_BY_CARD.has(operator)
        ? { stripe: { url: env[`${name}_STRIPE_URL`] ?? '', key: env[`${name}_STRIPE_KEY`] ?? '' } }
        : {}),
      ...(operator === 'infentre'
        ? { sendgrid: { url: env[`${name}_SENDGRID_URL`] ?? '', key: env[`${name}_SENDGRID_KEY`] ?? '' } }
        : {}),
      ...(options.people === undefined ? {} : { count: options.people }),
    });
    if (!result.seeded) continue;
    const people = Object.values(result.records).reduce((sum, n) => sum + n, 0);
    say(
      `${operator}: ${people} invented records, ${result.customers} Stripe customers, ${result.contacts} SendGrid contacts`,
    );
    for (const age of DUMP_AGES_DAYS)
      await takeDump({
        url,
        database: `${operator}_app`,
        location,
        now: new Date(Date.now() - age * DAY_MS),
        gzip: true,
      });
  }
}

async function nightlyDumps(env: Readonly<Record<string, string>>, operators: Iterable<string>): Promise<void> {
  for (const operator of operators) {
    const name = operator.toUpperCase();
    const [url, location] = [env[`${name}_MONGODB_URL`], env[`${name}_BACKUPS`]];
    if (url !== undefined && location !== undefined)
      await rotate({ url, database: `${operator}_app`, location, retention: 'P90D', gzip: true });
  }
}

async function startOwn(
  supervisor: Supervisor,
  command: 'api' | 'worker',
  environment: Readonly<Record<string, string>>,
  ready: () => Promise<void>,
): Promise<void> {
  await supervisor.start({
    name: command,
    command: process.execPath,
    args: [join(rootFolder(), 'bin', 'habeas.mjs'), command],
    env: environment,
    cwd: rootFolder(),
    ready,
    stopTimeoutMs: 8_000,
  });
}

/** A program of the build: processes always run what was built, also when the caller is a test on the sources. */
function compiled(path: string): string {
  return join(rootFolder(), 'dist', path);
}
