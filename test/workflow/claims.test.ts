/** Equal requests of one person as two real workflows that talk by signals: one survives, with the earlier receipt. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RequestInput } from '../../domain/lifecycle/commands.js';
import { modelClock, modelInput, modelPlan, modelRules, type ModelPart } from '../support/run-model.js';
import { stubActivities, type Stub } from '../support/stub-activities.js';

const GATED: ModelPart[] = [{ system: 'app', dataset: 'users', organisation: 'acme', records: 1 }];
const FREE: ModelPart[] = [{ system: 'app', dataset: 'users', organisation: null, records: 1 }];

let native: NativeConnection;
let connection: Connection;
let client: Client;
let bundle: WorkflowBundleWithSourceMap;

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

interface Bench {
  start(id: string, receivedAt: string): Promise<void>;
  view(id: string): Promise<Record<string, unknown>>;
  until(id: string, state: string): Promise<Record<string, unknown>>;
  readonly stub: Stub;
}

/** The first to ask has the claim; everybody else is told that it survives. */
async function withRequests(parts: ModelPart[], survivor: () => string | null, body: (bench: Bench) => Promise<void>) {
  const queue = `t${randomBytes(4).toString('hex')}`;
  const base = modelRules(['app']);
  const rules = {
    ...base,
    systems: base.systems.map((s) => ({ ...s, taskQueue: queue })),
    backups: base.backups.map((b) => ({ ...b, taskQueue: queue })),
  };
  let holder: string | null = null;
  const stub = stubActivities({
    plan: () => modelPlan('erasure', parts),
    override: {
      claim: async (input) => {
        const stamp = { caseAt: new Date().toISOString(), worldAt: new Date().toISOString() };
        const found = survivor() ?? holder;
        holder ??= input.requestId;
        return { kind: 'claim', stamp, survivor: found === input.requestId ? null : found, repeats: [] };
      },
    },
  });
  const worker = await Worker.create({
    connection: native,
    taskQueue: queue,
    workflowBundle: bundle,
    activities: { ...stub.activities },
  });
  const now = Date.now();
  const shift = now - Date.parse('2026-03-02T10:00:00Z');
  const clock = modelClock();
  const at = Object.fromEntries(
    Object.entries(clock.at).map(([k, v]) => [k, v === null ? null : new Date(Date.parse(v) + shift).toISOString()]),
  ) as unknown as typeof clock.at;
  const view = async (id: string) =>
    (await client.workflow.getHandle(id).query<{ view: Record<string, unknown> }>('view')).view;
  await worker.runUntil(() =>
    body({
      stub,
      view,
      async start(id, receivedAt) {
        const input: RequestInput = {
          ...modelInput('erasure', rules),
          lifecycle: 2,
          requestId: id,
          receivedAt,
          clock: { ...clock, at },
        };
        await client.workflow.start('request', { taskQueue: queue, workflowId: id, args: [input] });
      },
      async until(id, state) {
        for (let i = 0; i < 300; i += 1) {
          const seen = await view(id);
          if (seen['state'] === state) return seen;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        throw new Error(`${id} never came to ${state}: ${String((await view(id))['state'])}`);
      },
    }),
  );
}

it('joins the later one to the survivor, which takes over the earlier receipt; both are linked', async () => {
  const [first, second] = [`req_${ulid()}`, `req_${ulid()}`];
  await withRequests(
    GATED,
    () => null,
    async (bench) => {
      await bench.start(first, '2026-03-10T10:00:00.000Z');
      await bench.until(first, 'awaiting_approval');
      await bench.start(second, '2026-03-02T10:00:00.000Z');
      const closed = await bench.until(second, 'closed');
      expect(closed).toMatchObject({ outcome: 'superseded', related: [first], answeredAt: null });
      expect(await bench.view(first)).toMatchObject({
        state: 'awaiting_approval',
        receivedAt: '2026-03-02T10:00:00.000Z',
        related: [second],
      });
      expect(bench.stub.calls).toContain('clock');
    },
  );
});

it('lets the other go on by itself where the survivor has begun', async () => {
  const [first, second] = [`req_${ulid()}`, `req_${ulid()}`];
  await withRequests(
    FREE,
    () => null,
    async (bench) => {
      await bench.start(first, '2026-03-10T10:00:00.000Z');
      await bench.until(first, 'awaiting_backup_expiry');
      await bench.start(second, '2026-03-02T10:00:00.000Z');
      const other = await bench.until(second, 'awaiting_backup_expiry');
      expect(other).toMatchObject({ outcome: null, related: [first] });
      expect(await bench.view(first)).toMatchObject({ receivedAt: '2026-03-10T10:00:00.000Z', related: [second] });
    },
  );
});

it('lets the other go on by itself where nobody is there to survive', async () => {
  const id = `req_${ulid()}`;
  await withRequests(
    FREE,
    () => `req_${ulid()}`,
    async (bench) => {
      await bench.start(id, '2026-03-02T10:00:00.000Z');
      expect(await bench.until(id, 'awaiting_backup_expiry')).toMatchObject({ outcome: null });
    },
  );
});
