import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/errors.mjs';
import { rootFolder } from '../setup/paths.mjs';
import { pythonTool } from '../setup/python-packages.mjs';
import { Supervisor, type OwnedChild } from '../supervise/index.js';
import { freePort, portOpen } from './ports.js';

export interface RunningLocalstripe {
  readonly url: string;
  readonly child: OwnedChild;
  stop(): Promise<void>;
}

/**
 * Starts localstripe (a stateful Stripe look-alike) on loopback, with its state in `dataDir/<name>.state`, which survives
 * kill -9 and restarts. It takes any key that begins with `sk_`.
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
  mkdirSync(options.dataDir, { recursive: true });
  const program = join(rootFolder(), 'dev', 'servers', 'localstripe-server.py');
  const supervisor = options.supervisor ?? new Supervisor({ dataDir: options.dataDir });
  const own = options.supervisor === undefined;
  try {
    const child = await supervisor.start({
      name,
      command: python.command,
      args: [...python.args, program, String(port), join(options.dataDir, `${name}.state`)],
      env: python.env,
      ready: () => portOpen(port),
    });
    return { url: `http://127.0.0.1:${port}`, child, stop: own ? () => supervisor.stop() : () => child.stop() };
  } catch (error) {
    if (own) await supervisor.stop();
    throw error;
  }
}
