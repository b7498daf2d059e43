import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/errors.mjs';
import { pythonTool } from '../setup/python-packages.mjs';
import { Supervisor, type OwnedChild } from '../supervise/index.js';
import { freePort, portOpen } from './ports.js';

export interface RunningLocalstripe {
  readonly url: string;
  readonly child: OwnedChild;
  stop(): Promise<void>;
}

/**
 * Starts localstripe (a stateful Stripe look-alike) on loopback. Its own command listens on all interfaces and keeps one
 * state file per machine, so it is started through its application object, with a temporary folder of its own.
 */
export async function startLocalstripe(options: {
  readonly dataDir: string;
  readonly port?: number;
  /** Name of the process, when several run in one supervisor. */
  readonly name?: string;
  readonly supervisor?: Supervisor;
}): Promise<RunningLocalstripe> {
  const python = pythonTool('python');
  if (python === null)
    throw new SetupError('server_missing', 'localstripe is not installed.', 'Run: node dev/setup/setup.mjs');
  const name = options.name ?? 'localstripe';
  const port = options.port ?? (await freePort());
  const temporary = join(options.dataDir, name);
  mkdirSync(temporary, { recursive: true });
  const program = `from aiohttp import web; from localstripe import server; web.run_app(server.app, host='127.0.0.1', port=${port})`;
  const supervisor = options.supervisor ?? new Supervisor({ dataDir: options.dataDir });
  const own = options.supervisor === undefined;
  try {
    const child = await supervisor.start({
      name,
      command: python.command,
      args: [...python.args, '-c', program],
      env: { ...python.env, TMPDIR: temporary },
      ready: () => portOpen(port),
    });
    return { url: `http://127.0.0.1:${port}`, child, stop: own ? () => supervisor.stop() : () => child.stop() };
  } catch (error) {
    if (own) await supervisor.stop();
    throw error;
  }
}
