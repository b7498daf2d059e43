/** A request's own time on a real server: moved forward, read, and stamped by activities; and a store that goes away. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyRing, fileKeyProvider, type KeyDoc, type KeyProvider, type KeyRing } from '../../infra/keys/index.js';
import { connectStore, type Store } from '../../infra/store/connect.js';
import { createLog } from '../../infra/telemetry/index.js';
import {
  SEARCH_ATTRIBUTES,
  advance,
  caseNow,
  connectTemporal,
  ensureSearchAttributes,
  temporalOptions,
  type TemporalClient,
} from '../../infra/temporal/index.js';
import { stamp } from '../../infra/temporal/stamp.js';
import {
  assertRuntime,
  buildBundle,
  connectWorker,
  installRuntime,
  workerDefaults,
  type WorkerConnection,
} from '../../infra/temporal/worker.js';
import { done, hourly, leaky, waiting } from '../support/leaky-workflow.js';
import { testDatabase, type TestDatabase } from '../support/mongo.js';

const DAY = 86_400;
const taskQueue = `time-${randomBytes(6).toString('hex')}`;
let folder: string;
let base: TestDatabase;
let store: Store;
let provider: KeyProvider;
let keys: KeyRing;
let temporal: TemporalClient;
let connection: WorkerConnection;
let worker: Worker;
let running: Promise<void>;
/** Moves the key cache of the worker, nothing else. */
let later = 0;
let workerStore: Store;
let echoes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habeas-time-'));
  base = await testDatabase('time');
  const url = base.url.replace('/?', `/${base.name}?`);
  store = await connectStore({ url });
  workerStore = await connectStore({ url });
  provider = await fileKeyProvider(join(folder, 'keys'));
  keys = createKeyRing({ db: store.db, provider });
  const log = createLog({ level: 'silent' });
  installRuntime({ log });
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'];
  if (address === undefined) throw new Error('HABEAS_TEST_TEMPORAL_ADDRESS is not set');
  temporal = connectTemporal({ address, keys });
  connection = await connectWorker({ address, namespace: 'default', log });
  worker = await Worker.create({
    ...workerDefaults('workflows'),
    ...temporalOptions({ keys: createKeyRing({ db: workerStore.db, provider, now: () => Date.now() + later }) }),
    connection: connection.connection,
    taskQueue,
    workflowBundle: await buildBundle({
      workflowsPath: new URL('../support/leaky-workflow.ts', import.meta.url).pathname,
      log,
    }),
    activities: {
      stamped: async () => stamp(),
      echo: async (text: string) => {
        echoes += 1;
        return text;
      },
      throwing: async () => undefined,
      coded: async () => undefined,
    },
  });
  running = worker.run();
}, 120_000);

afterAll(async () => {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await running;
  await connection.close();
  await temporal.close();
  await store.close();
  await workerStore.close();
  await base.drop();
  await rm(folder, { recursive: true, force: true });
});

async function request(): Promise<string> {
  const id = `req_${randomBytes(8).toString('hex')}`;
  const { doc } = await keys.newRequestKey(id, 'infentre');
  await store.db.collection<KeyDoc>('keys').insertOne(doc);
  return id;
}

describe('case time', () => {
  it('moves forward for one workflow, and its activities stamp both clocks', async () => {
    const { client } = temporal;
    const [id, other] = [await request(), await request()];
    const handle = await client.workflow.start(waiting, { workflowId: id, taskQueue, args: [60] });
    await client.workflow.start(waiting, { workflowId: other, taskQueue, args: [60] });
    const begin = Date.now();
    expect(Math.abs((await caseNow(client, id)).getTime() - begin)).toBeLessThan(60_000);
    expect(await advance(client, id, { seconds: 30 * DAY })).toEqual({ ended: false });
    expect(Math.abs((await caseNow(client, id)).getTime() - begin - 30 * DAY * 1000)).toBeLessThan(60_000);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    // It ends on day 60, before the whole way is gone.
    expect(await advance(client, id, { seconds: 31 * DAY })).toEqual({ ended: true });
    const result = await handle.result();
    const gap = Date.parse(result.caseAt) - Date.parse(result.worldAt);
    expect(Math.abs(gap - 60 * DAY * 1000)).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(result.caseAt) - Date.parse(result.workflowAt))).toBeLessThan(60_000);
    expect((await client.workflow.getHandle(other).describe()).status.name).toBe('RUNNING');
    expect(Math.abs((await caseNow(client, other)).getTime() - Date.now())).toBeLessThan(60_000);
    await client.workflow.getHandle(other).terminate('end of test');
  });

  it('goes on after the skips that one round allows (200 on the server, three here)', async () => {
    const { client } = temporal;
    const id = await request();
    const handle = await client.workflow.start(hourly, { workflowId: id, taskQueue, args: [10] });
    expect(await advance(client, id, { seconds: 8 * 3600 + 60, skipsPerRound: 3 })).toEqual({ ended: false });
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(await advance(client, id, { seconds: DAY, skipsPerRound: 3 })).toEqual({ ended: true });
    await handle.result();
    expect(await advance(client, id, { seconds: 1 })).toEqual({ ended: true });
    await expect(advance(client, id, { seconds: 0.5 })).rejects.toThrow(RangeError);
  });
});

describe('a worker whose store goes away', () => {
  it('waits with the request, and goes on when the store is back', async () => {
    const id = await request();
    const handle = await temporal.client.workflow.start(leaky, { workflowId: id, taskQueue, args: ['nobody'] });
    await expect.poll(() => echoes, { timeout: 10_000 }).toBe(1);
    // From here every cached key is too old, and there is no store to ask.
    await workerStore.client.close();
    later += 3_600_000;
    await handle.signal(done);
    await expect
      .poll(
        async () =>
          (await handle.fetchHistory()).events?.some((event) => event.workflowTaskFailedEventAttributes != null),
        { timeout: 15_000 },
      )
      .toBe(true);
    expect(worker.getState()).toBe('RUNNING');
    await workerStore.client.connect();
    expect(await handle.result()).toBe('nobody');
  });
});

describe('set-up', () => {
  it('registers search attributes once, keeps the redacting runtime, and answers readiness', async () => {
    await ensureSearchAttributes(temporal);
    await ensureSearchAttributes(temporal);
    const { customAttributes } = await temporal.client.connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
    expect(installRuntime({ log: createLog() })).toBe(installRuntime({ log: createLog() }));
    assertRuntime();
    await temporal.ping();
    await connection.ping();
  });

  it('says unavailable within the deadline when nobody listens, on both sides', async () => {
    const away = connectTemporal({ address: '127.0.0.1:1', keys });
    await expect(away.call(() => away.client.workflow.getHandle('req_x').describe(), 500)).rejects.toMatchObject({
      code: 'temporal_unavailable',
      retryable: true,
    });
    await expect(away.ping()).rejects.toMatchObject({ code: 'temporal_unavailable' });
    await away.close();
    const end = new AbortController();
    let lines = 0;
    const log = {
      ...createLog({ level: 'silent' }),
      warn: () => void ((lines += 1) === 2 && end.abort(new Error('enough'))),
    };
    await expect(
      connectWorker({ address: '127.0.0.1:1', namespace: 'default', log: log as never, signal: end.signal }),
    ).rejects.toThrow();
    expect(lines).toBe(2);
  });
});
