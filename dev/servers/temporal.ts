import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { SetupError } from '../setup/errors.mjs';
import { onPath } from '../setup/process.mjs';
import { ensurePythonPackages, pythonTool } from '../setup/python-packages.mjs';
import { Supervisor, type OwnedChild } from '../supervise/index.js';
import type { ResolveOptions } from './mongo.js';
import { freePort } from './ports.js';

export type TemporalChoice =
  | { readonly kind: 'address'; readonly address: string; readonly why: string }
  | { readonly kind: 'binary'; readonly command: string; readonly why: string };

/** Finds Temporal: HABEAS_TEMPORAL_ADDRESS, `temporal` on PATH, in .habeas/, installed into .habeas/ now. */
export async function resolveTemporal(options: ResolveOptions = {}): Promise<TemporalChoice> {
  const address = process.env['HABEAS_TEMPORAL_ADDRESS'];
  if (options.environment !== false && address !== undefined && address !== '') {
    return { kind: 'address', address, why: 'HABEAS_TEMPORAL_ADDRESS is set' };
  }
  const local = onPath('temporal');
  if (local !== null) return { kind: 'binary', command: local, why: 'temporal is on PATH' };
  const installed = pythonTool('temporal');
  if (installed !== null)
    return { kind: 'binary', command: installed.command, why: 'no temporal on PATH; the pinned one is installed' };
  await ensurePythonPackages(options.say ?? (() => undefined));
  const now = pythonTool('temporal');
  if (now === null)
    throw new SetupError('server_missing', 'The temporal command is not installed.', 'Run: node dev/setup/setup.mjs');
  return { kind: 'binary', command: now.command, why: 'no temporal on PATH; the pinned one was installed now' };
}

/** Path of the time-skipping test server, or null when it is not installed. */
export function temporalTestServerPath(): string | null {
  return onPath('temporal-test-server') ?? pythonTool('temporal-test-server')?.command ?? null;
}

export type SearchAttributeType = 'Keyword' | 'KeywordList' | 'Datetime' | 'Int' | 'Bool' | 'Double' | 'Text';

/** The search attributes of a request workflow. */
export const SEARCH_ATTRIBUTES: Readonly<Record<string, SearchAttributeType>> = {
  habeasOperator: 'Keyword',
  habeasState: 'Keyword',
  habeasRight: 'Keyword',
  habeasDue: 'Datetime',
};

export interface RunningTemporal {
  readonly address: string;
  /** Address of the web interface, null when there is none. */
  readonly ui: string | null;
  readonly choice: TemporalChoice;
  readonly child: OwnedChild | null;
  stop(): Promise<void>;
}

export interface StartTemporalOptions {
  readonly dataDir: string;
  readonly port?: number;
  /** Null: no web interface. Absent: a free port. */
  readonly uiPort?: number | null;
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  readonly choice?: TemporalChoice;
  readonly supervisor?: Supervisor;
}

/** Longest open request plus its inspection: histories of closed workflows stay this long unless forgotten before. */
const RETENTION = '720h';

/**
 * Starts the Temporal development server on loopback with a file database under `dataDir/temporal`, with settings that
 * leave no bytes of deleted histories, exact timers and time skipping per workflow (never for production), and resolves
 * when the namespace answers.
 */
export async function startTemporal(options: StartTemporalOptions): Promise<RunningTemporal> {
  const choice = options.choice ?? (await resolveTemporal());
  if (choice.kind === 'address')
    return { address: choice.address, ui: null, choice, child: null, stop: async () => undefined };
  const folder = join(options.dataDir, 'temporal');
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const uiPort = options.uiPort === null ? null : (options.uiPort ?? (await freePort()));
  const address = `127.0.0.1:${port}`;
  const supervisor = options.supervisor ?? new Supervisor({ dataDir: options.dataDir });
  const own = options.supervisor === undefined;
  try {
    const child = await supervisor.start({
      name: 'temporal',
      command: choice.command,
      args: serverArguments({
        port,
        uiPort,
        file: join(folder, 'temporal.db'),
        searchAttributes: options.searchAttributes ?? SEARCH_ATTRIBUTES,
      }),
      ready: () => namespaceAnswers(address),
      stopTimeoutMs: 8_000,
    });
    await setRetention(choice.command, address);
    return {
      address,
      ui: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
      choice,
      child,
      stop: own ? () => supervisor.stop() : () => child.stop(),
    };
  } catch (error) {
    if (own) await supervisor.stop();
    throw error;
  }
}

function serverArguments(at: {
  readonly port: number;
  readonly uiPort: number | null;
  readonly file: string;
  readonly searchAttributes: Readonly<Record<string, SearchAttributeType>>;
}): string[] {
  const pragmas = [
    'journal_mode=WAL',
    'synchronous=NORMAL',
    'secure_delete=ON',
    'wal_autocheckpoint=50',
    'journal_size_limit=0',
  ];
  const dynamic = [
    'history.transferProcessorUpdateAckInterval="1s"',
    'history.visibilityProcessorUpdateAckInterval="1s"',
    'history.timerProcessorUpdateAckInterval="1s"',
    'history.timerProcessorMaxTimeShift="50ms"',
    'frontend.WorkflowTimeSkippingEnabled=true',
  ];
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(at.port),
    ...(at.uiPort === null ? ['--headless'] : ['--ui-port', String(at.uiPort)]),
    '--db-filename',
    at.file,
    '--log-level',
    'warn',
    ...Object.entries(at.searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamic.flatMap((value) => ['--dynamic-config-value', value]),
  ];
}

/** An open port is not yet a served namespace. */
async function namespaceAnswers(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '1s' });
  try {
    await connection.withDeadline(Date.now() + 1_000, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
  } finally {
    await connection.close();
  }
}

async function setRetention(command: string, address: string): Promise<void> {
  await promisify(execFile)(
    command,
    ['operator', 'namespace', 'update', '-n', 'default', '--retention', RETENTION, '--address', address],
    { timeout: 20_000 },
  );
}
