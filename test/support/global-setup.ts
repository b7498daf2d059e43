/**
 * Starts the servers that all tests share, once per run: a MongoDB and a Temporal on loopback, on free ports, with
 * throw-away data. An address given by HABEAS_TEST_MONGODB_URL or HABEAS_TEST_TEMPORAL_ADDRESS is used instead. The
 * servers of HABEAS_MONGODB_URL and HABEAS_TEMPORAL_ADDRESS are never used: tests write and drop databases.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  resolveMongo,
  resolveTemporal,
  startMongo,
  startTemporal,
  temporalTestServerPath,
} from '../../dev/servers/index.js';
import { processIdentity } from '../../dev/setup/process.mjs';
import { Supervisor } from '../../dev/supervise/index.js';

const say = (line: string): void => void process.stderr.write(`test servers: ${line}\n`);

const PREFIX = 'habeas-test-';

/** Folders of runs that were killed: their servers are gone with them, their data is not. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^habeas-test-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && processIdentity(Number(pid)) === null)
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

export async function setup(): Promise<() => Promise<void>> {
  sweep();
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const supervisor = new Supervisor({ dataDir });
  const teardown = async (): Promise<void> => {
    await supervisor.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await Promise.all([mongo(dataDir, supervisor), temporal(dataDir, supervisor)]);
    const testServer = temporalTestServerPath();
    if (testServer !== null) process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'] ??= testServer;
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

async function mongo(dataDir: string, supervisor: Supervisor): Promise<void> {
  if (process.env['HABEAS_TEST_MONGODB_URL'] !== undefined) return say('MongoDB from HABEAS_TEST_MONGODB_URL');
  const choice = await resolveMongo({ environment: false, say });
  const running = await startMongo({ dataDir, choice, durable: false, supervisor });
  say(`MongoDB: ${choice.kind === 'secantus' ? 'SecantusDB' : 'mongod'} (${choice.why})`);
  process.env['HABEAS_TEST_MONGODB_URL'] = running.url;
}

async function temporal(dataDir: string, supervisor: Supervisor): Promise<void> {
  if (process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] !== undefined)
    return say('Temporal from HABEAS_TEST_TEMPORAL_ADDRESS');
  const choice = await resolveTemporal({ environment: false, say });
  const running = await startTemporal({ dataDir, choice, uiPort: null, supervisor });
  say(`Temporal: ${choice.why}`);
  process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] = running.address;
}
