import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient, MongoServerError } from 'mongodb';
import { SetupError } from '../setup/errors.mjs';
import { memoryServerMongod } from '../setup/mongod.mjs';
import { onPath } from '../setup/process.mjs';
import { ensurePythonPackages, pythonPackagesPresent, pythonTool } from '../setup/python-packages.mjs';
import { Supervisor, type ChildSpec, type OwnedChild } from '../supervise/index.js';
import { freePort } from './ports.js';

/** Which MongoDB will be used, and why this one. */
export type MongoChoice =
  | { readonly kind: 'url'; readonly url: string; readonly why: string }
  | { readonly kind: 'mongod'; readonly command: string; readonly why: string }
  | { readonly kind: 'secantus'; readonly why: string };

export interface ResolveOptions {
  /** False: never the server named in the environment (tests must not write into a store that is in use). */
  readonly environment?: boolean;
  readonly say?: (line: string) => void;
}

const OLDEST_MONGOD = 6;

/**
 * Finds a MongoDB: the address in HABEAS_MONGODB_URL, `mongod` >= 6 on PATH, the cached binary of
 * mongodb-memory-server-core, SecantusDB in .habeas/, a download when HABEAS_ALLOW_DOWNLOAD=1, SecantusDB installed now.
 * Throws SetupError `server_missing` or the set-up's own.
 */
export async function resolveMongo(options: ResolveOptions = {}): Promise<MongoChoice> {
  const say = options.say ?? (() => undefined);
  const url = process.env['HABEAS_MONGODB_URL'];
  if (options.environment !== false && url !== undefined && url !== '')
    return { kind: 'url', url, why: 'HABEAS_MONGODB_URL is set' };
  const local = onPath('mongod');
  if (local !== null) {
    const major = await mongodMajor(local);
    if (major >= OLDEST_MONGOD) return { kind: 'mongod', command: local, why: `mongod ${major} is on PATH` };
    say(`mongod on PATH is older than ${OLDEST_MONGOD}: not used`);
  }
  const cached = await memoryServerMongod({ download: false });
  if (cached !== null)
    return { kind: 'mongod', command: cached, why: 'mongodb-memory-server-core has a cached mongod' };
  if (pythonPackagesPresent()) {
    return {
      kind: 'secantus',
      why: 'no mongod on PATH or in the cache; SecantusDB is installed (for demo, development and tests only)',
    };
  }
  if (process.env['HABEAS_ALLOW_DOWNLOAD'] === '1') {
    say('downloading a real mongod (HABEAS_ALLOW_DOWNLOAD=1)');
    const downloaded = await memoryServerMongod({ download: true });
    if (downloaded !== null)
      return { kind: 'mongod', command: downloaded, why: 'downloaded, since HABEAS_ALLOW_DOWNLOAD=1' };
    say('the download of mongod failed');
  }
  await ensurePythonPackages(say);
  return {
    kind: 'secantus',
    why: 'no mongod on PATH or in the cache; SecantusDB was installed now (for demo, development and tests only)',
  };
}

async function mongodMajor(command: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], { timeout: 10_000 });
    return Number(/db version v(\d+)\./.exec(stdout)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A running MongoDB. */
export interface RunningMongo {
  readonly url: string;
  readonly choice: MongoChoice;
  /** Null for a server that is not ours. */
  readonly child: OwnedChild | null;
  /** Stops it when it is ours; waits for the end. */
  stop(): Promise<void>;
}

export interface StartMongoOptions {
  readonly dataDir: string;
  readonly port?: number;
  readonly choice?: MongoChoice;
  /** False for a throw-away server: acknowledged writes may be lost with kill -9, but it is three times as fast. */
  readonly durable?: boolean;
  readonly supervisor?: Supervisor;
}

/**
 * Starts the chosen MongoDB on loopback as a one-node replica set with its data under `dataDir/mongo`, and resolves
 * when a primary takes writes. For a choice of kind `url` nothing is started.
 */
export async function startMongo(options: StartMongoOptions): Promise<RunningMongo> {
  const choice = options.choice ?? (await resolveMongo());
  if (choice.kind === 'url') return { url: choice.url, choice, child: null, stop: async () => undefined };
  const port = options.port ?? (await freePort());
  const { spec, url } = mongoSpec(choice, { dataDir: options.dataDir, port, durable: options.durable !== false });
  const supervisor = options.supervisor ?? new Supervisor({ dataDir: options.dataDir });
  const stop = options.supervisor === undefined ? () => supervisor.stop() : null;
  try {
    const child = await supervisor.start(spec);
    return { url, choice, child, stop: stop ?? (() => child.stop()) };
  } catch (error) {
    await stop?.();
    throw error;
  }
}

function mongoSpec(
  choice: Exclude<MongoChoice, { kind: 'url' }>,
  at: { readonly dataDir: string; readonly port: number; readonly durable: boolean },
): { readonly spec: ChildSpec; readonly url: string } {
  const folder = join(at.dataDir, 'mongo');
  mkdirSync(folder, { recursive: true });
  if (choice.kind === 'mongod') {
    const direct = `mongodb://127.0.0.1:${at.port}/?directConnection=true`;
    return {
      url: `mongodb://127.0.0.1:${at.port}/?replicaSet=habeas0`,
      spec: {
        name: 'mongo',
        command: choice.command,
        args: ['--dbpath', folder, '--port', String(at.port), '--bind_ip', '127.0.0.1', '--replSet', 'habeas0'],
        ready: () => primaryReady(direct, at.port),
        stopTimeoutMs: 15_000,
      },
    };
  }
  const tool = pythonTool('secantusd-py');
  if (tool === null)
    throw new SetupError('server_missing', 'SecantusDB is not installed.', 'Run: node dev/setup/setup.mjs');
  // An empty file of settings: otherwise it would read one from the home folder of whoever runs it.
  const config = join(at.dataDir, 'secantus.conf');
  writeFileSync(config, '');
  const url = `mongodb://127.0.0.1:${at.port}/?replicaSet=secantus`;
  return {
    url,
    spec: {
      name: 'mongo',
      command: tool.command,
      args: [
        ...tool.args,
        '--port',
        String(at.port),
        '--storage-path',
        folder,
        '--log-level',
        'WARNING',
        ...(at.durable ? ['--sync-on-commit'] : []),
        '--config',
        config,
      ],
      env: tool.env,
      ready: () => withClient(url, async (client) => void (await client.db('admin').command({ ping: 1 }))),
      // It takes two seconds to end in order; nobody waits for that when the data is thrown away.
      stopTimeoutMs: at.durable ? 8_000 : 200,
    },
  };
}

async function withClient(url: string, work: (client: MongoClient) => Promise<void>): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000 });
  try {
    await work(await client.connect());
  } finally {
    await client.close();
  }
}

function primaryReady(url: string, port: number): Promise<void> {
  return withClient(url, async (client) => {
    const admin = client.db('admin');
    try {
      await admin.command({ replSetInitiate: { _id: 'habeas0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
    } catch (error) {
      if (!(error instanceof MongoServerError) || error.code !== 23) throw error; // 23: initiated before
    }
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] !== true) throw new Error('no primary yet');
  });
}
