/** The schedule of a delivery on the real server: time is skipped, the waits are the activity's own retry. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliver } from '../../activities/deliver.js';
import type { ActivityDeps } from '../../activities/index.js';
import { DELIVERY_SCHEDULE_MS } from '../../domain/ports/webhooks.js';
import { advance } from '../../infra/temporal/index.js';
import type { Delivered } from '../../activities/types.js';

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

/** Runs one delivery whose receiver answers as told; gives its result, the attempts' times and the last flags. */
async function run(answer: (n: number) => 'ok' | 'down' | 'gone'): Promise<{
  readonly result: Delivered;
  readonly at: readonly number[];
  readonly last: readonly boolean[];
  readonly scheduled: number;
}> {
  const queue = `d${randomBytes(4).toString('hex')}`;
  const [at, last]: [number[], boolean[]] = [[], []];
  const deps = {
    attempt: () => Context.current().info.attempt,
    deliveries: {
      attempt: async (_id: string, isLast: boolean) => {
        at.push(Context.current().info.currentAttemptScheduledTimestampMs);
        last.push(isLast);
        const said = answer(at.length);
        if (said === 'ok') return { result: 'delivered', code: 'ok' };
        if (said === 'gone') return { result: 'over', code: 'gone' };
        return { result: isLast ? 'over' : 'retry', code: 'http_503' };
      },
    },
  } as unknown as ActivityDeps;
  const worker = await Worker.create({
    connection: native,
    taskQueue: queue,
    workflowBundle: bundle,
    activities: { deliver: (input: { deliveryId: string; operator: string }) => deliver(deps, input) },
  });
  return worker.runUntil(async () => {
    const workflowId = `delivery_${queue}`;
    const handle = await client.workflow.start('delivery', {
      taskQueue: queue,
      workflowId,
      args: [{ deliveryId: 'dlv_1', operator: 'op' }],
    });
    const whole = DELIVERY_SCHEDULE_MS.reduce((sum, ms) => sum + ms, 0) / 1000;
    await advance(client, workflowId, { seconds: Math.ceil(whole) + 3_600 });
    const result = (await handle.result()) as Delivered;
    const { events } = await handle.fetchHistory();
    const scheduled = (events ?? []).filter((e) => e.activityTaskScheduledEventAttributes != null).length;
    return { result, at, last, scheduled };
  });
}

test('a receiver that stays away gets ten attempts over three days at the published distances, then no more', async () => {
  const { result, at, last, scheduled } = await run(() => 'down');
  expect(result).toEqual({ delivered: false, code: 'http_503' });
  expect(at).toHaveLength(10);
  const waits = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
  waits.forEach((ms, i) => {
    const wanted = DELIVERY_SCHEDULE_MS[i] ?? 0;
    // Never sooner; later by what a skipped clock and a poll cost, never by a step of the schedule.
    expect(ms, `wait ${i + 1}`).toBeGreaterThanOrEqual(wanted - 1);
    expect(ms, `wait ${i + 1}`).toBeLessThan(wanted + 60_000);
  });
  expect(last).toEqual([...Array.from({ length: 9 }, () => false), true]);
  // Waiting costs no history.
  expect(scheduled).toBe(1);
});

test('it ends with the first success, and at once when the receiver wants no more', async () => {
  const third = await run((n) => (n < 3 ? 'down' : 'ok'));
  expect([third.result, third.at.length]).toEqual([{ delivered: true, code: 'ok' }, 3]);
  const gone = await run(() => 'gone');
  expect([gone.result, gone.at.length]).toEqual([{ delivered: false, code: 'gone' }, 1]);
});
