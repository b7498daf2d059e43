/**
 * The second wall on a real server: a marked person in every place where workflow and activity code could let one slip.
 * The worker is a process of its own, so that all it writes is seen, also what the native core writes past node.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTemporal, type RunningTemporal } from '../../dev/servers/index.js';
import { createKeyRing, fileKeyProvider, type KeyDoc, type KeyRing } from '../../infra/keys/index.js';
import { connectStore, type Store } from '../../infra/store/connect.js';
import { connectTemporal, isTombstone, type TemporalClient } from '../../infra/temporal/index.js';
import { makeCanary, scanForCanaries } from '../support/canary.js';
import { change, done, leaky, poke, read } from '../support/leaky-workflow.js';
import type { LeakyWorkerInput } from '../support/leaky-worker.js';
import { testDatabase, type TestDatabase } from '../support/mongo.js';

const TASK_QUEUE = 'leaky';
const person = makeCanary();
let folder: string;
let base: TestDatabase;
let server: RunningTemporal;
let store: Store;
let keys: KeyRing;
let temporal: TemporalClient;
let worker: ChildProcess;
let output = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habeas-wall-'));
  base = await testDatabase('wall');
  server = await startTemporal({ dataDir: folder, uiPort: null });
  const mongoUrl = base.url.replace('/?', `/${base.name}?`);
  store = await connectStore({ url: mongoUrl });
  const keysFolder = join(folder, 'keys');
  keys = createKeyRing({ db: store.db, provider: await fileKeyProvider(keysFolder) });
  temporal = connectTemporal({ address: server.address, keys });
  await startWorker({ mongoUrl, keysFolder, address: server.address, taskQueue: TASK_QUEUE });
}, 120_000);

afterAll(async () => {
  worker.stdin?.end();
  if (worker.exitCode === null) await new Promise((resolve) => worker.once('exit', resolve));
  await temporal.close();
  await store.close();
  await server.stop();
  await base.drop();
  await rm(folder, { recursive: true, force: true });
});

/** The module runner of vite loads TypeScript; packages come from node_modules as in production. */
async function startWorker(input: LeakyWorkerInput): Promise<void> {
  const script = `import { runnerImport } from 'vite';
    const { module } = await runnerImport(${JSON.stringify(new URL('../support/leaky-worker.ts', import.meta.url).pathname)}, { logLevel: 'silent', configFile: false });
    await module.main(${JSON.stringify(input)});
    process.exit(0);`;
  worker = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('ready\n')) resolve();
    };
    worker.stdout?.on('data', read);
    worker.stderr?.on('data', read);
    worker.once('exit', () => reject(new Error(`worker ended: ${output}`)));
  });
}

async function request(): Promise<string> {
  const id = `req_${randomBytes(8).toString('hex')}`;
  const { doc } = await keys.newRequestKey(id, 'infentre');
  await store.db.collection<KeyDoc>('keys').insertOne(doc);
  return id;
}

const start = (workflowId: string, text: string) =>
  temporal.client.workflow.start(leaky, {
    workflowId,
    taskQueue: TASK_QUEUE,
    args: [text],
    memo: { text },
    staticSummary: text,
  });

async function errorOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('expected an error');
    },
    (error: unknown) => error as Error,
  );
}

/** Database, write-ahead log and log of the server. */
async function serverFiles(): Promise<string[]> {
  const data = (await readdir(join(folder, 'temporal'))).map((name) => join(folder, 'temporal', name));
  return [...data, join(folder, 'logs', 'temporal.log')];
}

describe('the second wall', () => {
  const ids: string[] = [];

  it('lets the client see what it needs', async () => {
    const id = await request();
    ids.push(id);
    const handle = await start(id, person.text);
    expect(await handle.query(read)).toBe(person.text);
    expect(await handle.executeUpdate(change, { args: [person.email] })).toBe(person.email);
    const rejected = await errorOf(handle.executeUpdate(change, { args: [`reject ${person.email}`] }));
    expect(rejected).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(rejected.cause).toMatchObject({ message: `reject ${person.email}`, type: 'refused' });
    const failed = await errorOf(handle.executeUpdate(change, { args: [`fail ${person.email}`] }));
    // No codec covers the type of a failure: whatever is no code is cut off.
    expect(failed.cause).toMatchObject({ message: `fail ${person.email}`, type: 'Error' });
    await handle.signal(poke, `crash ${person.name}`);
    await expect
      .poll(
        async () =>
          (await handle.fetchHistory()).events?.some((event) => event.workflowTaskFailedEventAttributes != null),
        { timeout: 10_000 },
      )
      .toBe(true);
    await handle.signal(done);
    expect(await handle.result()).toBe(person.text);
    expect((await handle.describe()).memo).toEqual({ text: person.text });
  });

  it('also when the workflow itself fails', async () => {
    const id = await request();
    ids.push(id);
    const handle = await start(id, `${person.email}!`);
    await handle.signal(done);
    const error = await errorOf(handle.result());
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({ message: `${person.email}!`, type: 'Error' });
  });

  it('also without a request key: other workflows stand under the namespace key', async () => {
    const id = `due_${randomBytes(6).toString('hex')}`;
    ids.push(id);
    const handle = await start(id, person.text);
    await handle.signal(done);
    expect(await handle.result()).toBe(person.text);
  });

  it('leaves no mark in histories, server files, server log, the store or anything the worker wrote', async () => {
    // Same needle, same places, another canary under the plain converter: the scan can see.
    const control = makeCanary();
    const connection = await Connection.connect({ address: server.address });
    const plain = new Client({ connection });
    await plain.workflow.start('never', {
      workflowId: 'control',
      taskQueue: 'nobody',
      args: [control.text],
      memo: { text: control.email },
    });
    const files = await serverFiles();
    const places = {
      files,
      databases: [{ db: store.db }],
      histories: { client: plain, workflowIds: [...ids, 'control'] },
      buffers: { worker: output },
    };
    const seen = await scanForCanaries([control.mark], places);
    expect(seen.some((hit) => hit.place.startsWith('history:control/'))).toBe(true);
    expect(seen.some((hit) => hit.place.startsWith('file:'))).toBe(true);

    expect(await scanForCanaries(person.needles, places)).toEqual([]);
    await connection.close();
  });

  it('keeps the worker telling what went wrong, by code and place', () => {
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const events = new Set(lines.map((line) => line['event']));
    expect(events).toContain('temporal.activity_failed');
    expect(events).toContain('temporal.workflow_task_failing');
    expect(lines.find((line) => line['event'] === 'temporal.activity_failed')).toMatchObject({
      workflow: 'leaky',
      taskQueue: TASK_QUEUE,
    });
    // Nothing came past the logger.
    expect(
      output.split('\n').filter((line) => line !== '' && line !== 'ready' && !line.startsWith('{"level"')),
    ).toEqual([]);
  });

  it('reads a tombstone once the key is destroyed', async () => {
    const [id] = ids;
    if (id === undefined) throw new Error('no workflow');
    await keys.destroy(id);
    expect(await temporal.client.workflow.getHandle(id).result()).toSatisfy(isTombstone);
    expect(await readFile(join(folder, 'logs', 'temporal.log'), 'utf8')).not.toContain(person.mark);
  });
});
