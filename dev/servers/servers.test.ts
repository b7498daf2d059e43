import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processIdentity } from '../setup/process.mjs';
import {
  assertPortFree,
  freePort,
  resolveMongo,
  resolveTemporal,
  startLocalstripe,
  startMongo,
  startTemporal,
} from './index.js';
import { Supervisor, type OwnedChild } from '../supervise/index.js';

/** Kills a child the hard way and waits until its supervisor has it serving again. */
async function killAndRevive(child: OwnedChild, ready: () => number): Promise<void> {
  const before = ready();
  process.kill(-Number(child.pid), 'SIGKILL');
  for (let i = 0; i < 1_200 && ready() === before; i += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(ready()).toBe(before + 1);
}

describe('each server of the stack keeps its state over kill -9', () => {
  let dataDir = '';
  let supervisor: Supervisor;
  const lives = new Map<string, number>();
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'habeas-servers-'));
    supervisor = new Supervisor({
      dataDir,
      onEvent: (event) => void (event.kind === 'ready' && lives.set(event.name, (lives.get(event.name) ?? 0) + 1)),
    });
  });
  afterAll(async () => {
    const pids = supervisor.children.map((child) => Number(child.pid));
    await supervisor.stop();
    expect(pids.filter((pid) => processIdentity(pid) !== null)).toEqual([]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('MongoDB: every acknowledged write', async () => {
    const mongo = await startMongo({ dataDir, choice: await resolveMongo({ environment: false }), supervisor });
    const client = await MongoClient.connect(mongo.url, { writeConcern: { w: 'majority' } });
    const numbers = client.db('kept').collection<{ _id: number }>('numbers');
    for (let _id = 0; _id < 50; _id += 1) await numbers.insertOne({ _id });
    if (mongo.child !== null) await killAndRevive(mongo.child, () => lives.get('mongo') ?? 0);
    expect(await numbers.find().toArray()).toHaveLength(50);
    await client.close();
  });

  it('Temporal: a started workflow, with retention and search attributes set', async () => {
    const temporal = await startTemporal({
      dataDir,
      choice: await resolveTemporal({ environment: false }),
      supervisor,
    });
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection });
    await client.workflow.start('nobodyRunsThis', { workflowId: 'kept', taskQueue: 'none' });
    if (temporal.child !== null) await killAndRevive(temporal.child, () => lives.get('temporal') ?? 0);
    expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    expect(String(config?.workflowExecutionRetentionTtl?.seconds)).toBe(String(720 * 3600));
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes ?? {})).toEqual(
      expect.arrayContaining(['habeasOperator', 'habeasState', 'habeasRight', 'habeasDue']),
    );
    await connection.close();
  });

  it('localstripe: every customer it answered for, in a file of its own', async () => {
    const [one, two] = await Promise.all([
      startLocalstripe({ dataDir, name: 'stripe-a', supervisor }),
      startLocalstripe({ dataDir, name: 'stripe-b', supervisor }),
    ]);
    const headers = { authorization: 'Bearer sk_test_12345' };
    const body = new URLSearchParams({ email: 'kari@example.no' });
    const customer = (await (await fetch(`${one.url}/v1/customers`, { method: 'POST', headers, body })).json()) as {
      id: string;
    };
    await killAndRevive(one.child, () => lives.get('stripe-a') ?? 0);
    expect((await fetch(`${one.url}/v1/customers/${customer.id}`, { headers })).status).toBe(200);
    expect((await fetch(`${two.url}/v1/customers/${customer.id}`, { headers })).status).toBe(404);
    expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['stripe-a.state']));
  });
});

describe('the choice of a server', () => {
  const saved = { ...process.env };
  afterEach(() => void (process.env = { ...saved }));

  it('takes the address from the environment first, and never for tests', async () => {
    process.env['HABEAS_MONGODB_URL'] = 'mongodb://db.example.org/';
    process.env['HABEAS_TEMPORAL_ADDRESS'] = 'temporal.example.org:7233';
    expect(await resolveMongo()).toEqual({
      kind: 'url',
      url: 'mongodb://db.example.org/',
      why: 'HABEAS_MONGODB_URL is set',
    });
    expect(await resolveTemporal()).toMatchObject({ kind: 'address', address: 'temporal.example.org:7233' });
    expect((await resolveMongo({ environment: false })).kind).not.toBe('url');
    expect((await resolveTemporal({ environment: false })).kind).not.toBe('address');
  });
});

describe('a port that is taken', () => {
  it('is named with what wanted it and how to choose another', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, '127.0.0.1');
    await expect(assertPortFree(port, 'the web interface', '--port')).rejects.toMatchObject({
      code: 'port_taken',
      message: `Port ${port}, meant for the web interface, is taken. Free it, or choose another with --port.`,
    });
    await new Promise((resolve) => holder.close(resolve));
    await assertPortFree(port, 'the web interface', '--port');
  });
});
