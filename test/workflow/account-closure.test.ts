/**
 * Closing an account on real Temporal and a real store: 5,000 people and their content, a worker that dies in the middle,
 * holds, somebody who waits for her copy, the neighbour's account, the export first.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Document } from 'mongodb';
import { closureBackups, closureBegin, closureEnd, closureErased, closurePage } from '../../activities/closure.js';
import type { ClosureActivities, ClosurePageInput } from '../../activities/closure-types.js';
import { taskQueueOf } from '../../domain/lifecycle/start.js';
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { ClosureInput } from '../../workflows/account-closure.js';
import { advance } from '../../infra/temporal/index.js';
import { activityBench, packOf, type ActivityBench } from '../support/activity-bench.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;
function dataset(id: string, over: Partial<DatasetPolicy> = {}): DatasetPolicy {
  return {
    ...DATASET_DEFAULTS,
    id,
    role: 'processor',
    organisation: 'accountId',
    account: 'accountId',
    collection: id,
    database: null,
    identifiers: { userId: ['userId'] },
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    fields: { email: field },
    erase: { kind: 'delete' },
    hold: null,
    ...over,
  };
}
const DATASETS = [
  dataset('users', { signIn: true, identifiers: { userId: ['_id'], email: ['email'] } }),
  // For one person masked; the whole account takes the record.
  dataset('documents', { erase: { kind: 'mask', paths: ['userId'] } }),
  dataset('invoices', {
    role: 'controller',
    organisation: null,
    identifiers: { email: ['contact'] },
    erase: { kind: 'mask', paths: ['contact'] },
    hold: {
      id: 'books',
      law: 'no-bokforingsloven-13-primary',
      exemption: '17-3-b',
      noGround: null,
      documentOn: 'issuedAt',
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: null,
    },
  }),
  dataset('optouts', { erase: { kind: 'keep', basis: 'art-21-3' } }),
];

let native: NativeConnection;
let connection: Connection;
let client: Client;
let bundle: WorkflowBundleWithSourceMap;
let bench: ActivityBench;
beforeAll(async () => {
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  client = new Client({ connection });
  bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
  });
});
afterAll(async () => {
  await connection.close();
  await native.close();
});
beforeEach(async () => {
  // The operator's name is in the queue of its system, so each test has queues of its own.
  bench = await activityBench(packOf(DATASETS, { operator: `op${randomBytes(4).toString('hex')}` }));
});
afterEach(() => bench.close());

async function fill(people: number, documents: number): Promise<void> {
  const { db } = bench.own;
  const users: Document[] = [];
  for (const account of ['acc1', 'acc2'])
    for (let n = 0; n < (account === 'acc1' ? people : 20); n += 1)
      users.push({
        _id: `${account}_u${n}`,
        accountId: account,
        email: `p${n}@${account}.example.no`,
        emailNorm: `p${n}@${account}.example.no`,
      });
  const content = Array.from({ length: documents }, (_, n) => ({
    _id: n,
    accountId: 'acc1',
    userId: `acc1_u${n % people}`,
    text: 'x',
  }));
  await db.collection<Document>('users').insertMany(users);
  await db.collection<Document>('documents').insertMany([
    ...content,
    { _id: 'neighbour', accountId: 'acc2', userId: 'acc2_u1', text: 'y' },
    // Names nobody: it goes all the same.
    { _id: 'nobody', accountId: 'acc1', text: 'z' },
  ] as Document[]);
  await db.collection<Document>('invoices').insertMany([
    { _id: 'young', accountId: 'acc1', contact: 'p1@acc1.example.no', issuedAt: new Date('2025-05-01T00:00:00Z') },
    { _id: 'old', accountId: 'acc1', contact: 'p1@acc1.example.no', issuedAt: new Date('2015-05-01T00:00:00Z') },
  ] as Document[]);
  await db.collection<Document>('optouts').insertOne({ _id: 'o1', accountId: 'acc1', userId: 'acc1_u1' } as Document);
}

function activities(
  page: (input: ClosurePageInput, run: () => ReturnType<typeof closurePage>) => ReturnType<typeof closurePage>,
): ClosureActivities {
  const { deps } = bench;
  return {
    closureBegin: (input) => closureBegin(deps, input),
    closurePage: (input) => page(input, () => closurePage(deps, input)),
    closureErased: (input) => closureErased(deps, input),
    closureBackups: (input) => closureBackups(deps, input),
    closureEnd: (input) => closureEnd(deps, input),
  };
}

async function workers(tag: string, served: ClosureActivities, body: () => Promise<void>): Promise<void> {
  const common = { connection: native, activities: { ...served } };
  const flow = await Worker.create({ ...common, taskQueue: tag, workflowBundle: bundle });
  const system = await Worker.create({ ...common, taskQueue: taskQueueOf(bench.pack.pack.operator, 'app') });
  const stopping = Promise.all([flow.run(), system.run()]);
  try {
    await body();
  } finally {
    flow.shutdown();
    system.shutdown();
    await stopping;
  }
}

function input(over: Partial<ClosureInput> = {}): ClosureInput {
  return {
    closureId: `cls_${randomBytes(8).toString('hex')}`,
    operator: bench.pack.pack.operator,
    policyHash: bench.pack.hash,
    account: 'acc1',
    requestedAt: new Date().toISOString(),
    exportUntil: null,
    backups: [],
    ...over,
  };
}

const count = (name: string, filter: Document = { accountId: 'acc1' }): Promise<number> =>
  bench.own.db.collection(name).countDocuments(filter);

describe('closing an account', () => {
  test('erases 5,000 people and their content although workers die in the middle; the neighbour keeps everything', async () => {
    await fill(5_000, 2_000);
    const tag = `closure${randomBytes(4).toString('hex')}`;
    const order = input();
    const handle = await client.workflow.start('accountClosure', {
      taskQueue: tag,
      workflowId: order.closureId,
      args: [order],
    });
    let calls = 0;
    // Dies after the effect and before anybody hears of it, again and again.
    const dying = activities(async (_given, run) => {
      calls += 1;
      const done = await run();
      if (calls % 7 === 3) throw new Error('the process is gone');
      return done;
    });
    await workers(tag, dying, async () => {
      // The whole process goes as well: half-way, with everything in flight.
      while ((await count('users')) > 3_000) await new Promise((r) => setTimeout(r, 50));
    });
    expect(await count('users')).toBeGreaterThan(0);
    await workers(tag, dying, () => handle.result());

    expect(await count('users')).toBe(0);
    expect(await count('documents')).toBe(0);
    expect(await count('users', { accountId: 'acc2' })).toBe(20);
    expect(await count('documents', { accountId: 'acc2' })).toBe(1);
    expect(await count('optouts')).toBe(1);
    // Held: whole. Not held any more: masked, as the operator's own rule says.
    const invoices = await bench.own.db.collection<Document>('invoices').find({}).toArray();
    expect(invoices.find((i) => String(i['_id']) === 'young')).toMatchObject({ contact: 'p1@acc1.example.no' });
    expect(invoices.find((i) => String(i['_id']) === 'old')).toMatchObject({ contact: '[erased]' });

    const row = await bench.deps.closures.get(order.closureId);
    expect(row).toMatchObject({ state: 'fully_erased', people: 5_000, records: 7_002, held: 1 });
    expect(row?.peopleRoot).toMatch(/^sha256:[0-9a-f]{64}$/);
    // Every person and every record is in the deletion ledger, read back, without a value.
    const entries = await bench.deps.deletions.ofRequest(order.closureId);
    expect(entries.every((e) => e.state === 'effective')).toBe(true);
    const hash = await bench.deps.hasher.hash(order.operator, 'userId', 'acc1_u4321');
    expect(entries.some((e) => e.hashes.includes(hash))).toBe(true);
    expect(await bench.deps.closures.hashesOf(order.closureId)).toContain(hash);
    expect(JSON.stringify([entries.flatMap((e) => e.hashes), row])).not.toContain('example.no');
    await bench.deps.ledger.seal(order.operator);
    const notes = (await bench.platform.reader.page({ operator: order.operator }, {})).entries;
    expect(notes.map((e) => e.action)).toEqual(['closure.requested', 'closure.live_erased', 'closure.fully_erased']);
    // Several runs: 20 pages each, so that no history grows with the account.
    const { runId } = await handle.describe();
    expect(runId).not.toBe(handle.firstExecutionRunId);
  });

  test('erases nothing before the time for the export is over', async () => {
    await fill(5, 5);
    const tag = `closure${randomBytes(4).toString('hex')}`;
    const order = input({ exportUntil: new Date(Date.now() + 14 * 86_400_000).toISOString() });
    await workers(
      tag,
      activities((_given, run) => run()),
      async () => {
        const handle = await client.workflow.start('accountClosure', {
          taskQueue: tag,
          workflowId: order.closureId,
          args: [order],
        });
        while ((await bench.deps.closures.get(order.closureId)) === null) await new Promise((r) => setTimeout(r, 50));
        expect(await bench.deps.closures.get(order.closureId)).toMatchObject({ state: 'export_offered' });
        await advance(client, order.closureId, { seconds: 13 * 86_400 });
        expect(await count('users')).toBe(5);
        await advance(client, order.closureId, { seconds: 2 * 86_400 });
        await handle.result();
        expect(await count('users')).toBe(0);
      },
    );
  });

  test('whoever waits for her copy is erased later, and the closure is not over before', async () => {
    await fill(3, 3);
    const { deps } = bench;
    const operator = bench.pack.pack.operator;
    const hashes = [await deps.hasher.hash(operator, 'email', 'p1@acc1.example.no')];
    await deps.fence.enter({ operator, requestId: 'req_access', mode: 'read', hashes, until: '2027-01-01T00:00:00Z' });
    const given: ClosurePageInput = { ...input(), system: 'app', dataset: 'users', skip: 0, limit: 200, page: 0 };
    await closureBegin(deps, given);
    expect(await closurePage(deps, given)).toEqual({ erased: 2, kept: 1, held: 0, waiting: 1, read: 3 });
    expect(await count('users')).toBe(1);
    const rest = { held: 0, datasets: [{ system: 'app', dataset: 'users', kept: 1 }] };
    expect(await closureErased(deps, { ...given, ...rest, waiting: 1 })).toMatchObject({ open: 1 });
    await deps.fence.leave('req_access');
    expect(await closurePage(deps, given)).toMatchObject({ erased: 1, waiting: 0 });
    const nothing = { held: 0, waiting: 0, datasets: [{ system: 'app', dataset: 'users', kept: 0 }] };
    expect(await closureErased(deps, { ...given, ...nothing })).toMatchObject({ open: 0, people: 3 });
  });

  test('a record that came in meanwhile keeps the closure open', async () => {
    await fill(2, 2);
    const { deps } = bench;
    const given: ClosurePageInput = { ...input(), system: 'app', dataset: 'users', skip: 0, limit: 200, page: 0 };
    await closureBegin(deps, given);
    await closurePage(deps, given);
    await bench.own.db
      .collection<Document>('users')
      .insertOne({ _id: 'late', accountId: 'acc1', email: 'l@example.no' } as Document);
    const left = { held: 0, waiting: 0, datasets: [{ system: 'app', dataset: 'users', kept: 0 }] };
    expect(await closureErased(deps, { ...given, ...left })).toMatchObject({ open: 1 });
    expect(await deps.closures.get(given.closureId)).toMatchObject({ state: 'erasing' });
  });

  test('an empty account reference selects nobody', async () => {
    await bench.own.db
      .collection<Document>('users')
      .insertOne({ _id: 'x', accountId: '', email: 'x@example.no' } as Document);
    const given = { ...input({ account: '' }), system: 'app', dataset: 'users', skip: 0, limit: 200, page: 0 };
    await expect(closurePage(bench.deps, given)).rejects.toMatchObject({ code: 'validation' });
  });

  test('the brake stops a page before its first write', async () => {
    await fill(2, 2);
    const deps = { ...bench.deps, brake: { stopped: () => Promise.resolve(true) } };
    const given = { ...input(), system: 'app', dataset: 'users', skip: 0, limit: 200, page: 0 };
    await expect(closurePage(deps, given)).rejects.toMatchObject({ type: 'operator_stopped' });
    expect(await count('users')).toBe(2);
  });
});
