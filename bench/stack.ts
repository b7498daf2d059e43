/** The servers of a bench run, in a folder of its own that goes away with it, and a client for looking at what happened. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { ulid } from 'ulid';
import { startMongo, startTemporal, type RunningMongo, type RunningTemporal } from '../dev/servers/index.js';
import { Supervisor } from '../dev/supervise/index.js';
import { createTokens } from '../infra/identity/index.js';
import { openPlatform, type Platform } from '../infra/platform.js';
import { createLog } from '../infra/telemetry/index.js';
import { temporalOptions } from '../infra/temporal/index.js';
import { processFigures, type ProcessFigures } from './machine.js';

export interface Stack {
  readonly dataDir: string;
  readonly mongo: RunningMongo;
  readonly temporal: RunningTemporal;
  readonly supervisor: Supervisor;
  readonly platform: Platform;
  readonly keys: string;
  /** Speaks the engine's codec. */
  readonly client: Client;
  /** Speaks plain JSON. */
  readonly plainClient: Client;
  readonly token: string;
  readonly versions: { readonly temporal: string; readonly mongodb: string };
  figures(which: 'mongo' | 'temporal'): ProcessFigures | null;
  stop(): Promise<void>;
}

export async function startStack(): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'habeas-bench-'));
  const supervisor = new Supervisor({ dataDir });
  try {
    const [mongo, temporal] = await Promise.all([
      startMongo({ dataDir, supervisor }),
      startTemporal({ dataDir, supervisor, uiPort: null }),
    ]);
    const keys = join(dataDir, 'keys');
    mkdirSync(keys, { mode: 0o700 });
    const platform = await openPlatform({
      mongodbUrl: mongo.url,
      keys,
      namespace: 'default',
      log: createLog({ level: 'error' }),
      appName: 'habeas-bench',
    });
    const token = await intakeToken(platform);
    const connection = await Connection.connect({ address: temporal.address });
    const { dataConverter } = temporalOptions({ keys: platform.keys });
    const info = await platform.store.db.admin().command({ buildInfo: 1 });
    const system = await connection.workflowService.getSystemInfo({});
    const secantus: unknown = info['secantusVersion'];
    return {
      dataDir,
      mongo,
      temporal,
      supervisor,
      platform,
      keys,
      client: new Client({ connection, dataConverter, identity: 'bench' }),
      plainClient: new Client({ connection, identity: 'bench' }),
      token,
      versions: {
        temporal: `Temporal server ${system.serverVersion ?? '?'} (development server, SQLite file in WAL mode)`,
        mongodb:
          typeof secantus === 'string'
            ? `SecantusDB ${secantus} (sync on commit)`
            : `mongod ${String(info['version'])}`,
      },
      figures: (which) => {
        const pid = (which === 'mongo' ? mongo : temporal).child?.pid ?? null;
        return pid === null ? null : processFigures(pid);
      },
      async stop() {
        await connection.close();
        await platform.close();
        await supervisor.stop();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await supervisor.stop();
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** A machine's token that may file erasures of both packs and attest who asks. */
export async function intakeToken(platform: Platform): Promise<string> {
  const { token } = await createTokens({ db: platform.store.db }).issue({
    name: 'bench',
    role: null,
    scopes: ['requests:write', 'requests:attest'],
    operators: ['bench', 'solo'],
    organisation: null,
    expiresAt: new Date(Date.now() + 86_400_000),
  });
  return token;
}

/** Files an erasure as a trusted channel does (identity attested); resolves with the request's id once it is accepted. */
export async function fileErasure(
  stack: Pick<Stack, 'token'>,
  port: number,
  operator: string,
  email: string,
): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/requests`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.token}`,
      'content-type': 'application/json',
      'idempotency-key': ulid(),
    },
    body: JSON.stringify({
      operator,
      right: 'erasure',
      subject: { identifiers: [{ type: 'email', value: email }] },
      identity: { method: 'trusted_channel', level: 'substantial', identifiers: [0] },
    }),
  });
  const body = (await answer.json()) as { readonly id?: string; readonly code?: string };
  if (answer.status !== 202 || body.id === undefined)
    throw new Error(`the API answered ${answer.status} ${body.code ?? ''}`);
  return body.id;
}
