/** A request of lifecycle 2 on the real server: an organisation that stays silent, over its whole time. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { ulid } from 'ulid';
import { advance } from '../../infra/temporal/index.js';
import type { RequestInput, RequestRules } from '../../domain/lifecycle/commands.js';
import { modelClock, modelInput, modelPlan, modelRules } from '../support/run-model.js';
import { stubActivities } from '../support/stub-activities.js';

test('events out, reminders, evidence once, and nothing erased', async () => {
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const tag = randomBytes(4).toString('hex');
  const base = modelRules(['app'], {});
  const rules: RequestRules = {
    ...base,
    systems: base.systems.map((s) => ({ ...s, taskQueue: `t${tag}` })),
    backups: base.backups.map((b) => ({ ...b, taskQueue: `t${tag}` })),
  };
  const stub = stubActivities({
    plan: () => modelPlan('erasure', [{ system: 'app', dataset: 'users', organisation: 'acme', records: 1 }]),
  });
  const now = Date.now();
  const shift = now - Date.parse('2026-03-02T10:00:00Z');
  const clock = modelClock();
  const at = Object.fromEntries(
    Object.entries(clock.at).map(([k, v]) => [k, v === null ? null : new Date(Date.parse(v) + shift).toISOString()]),
  ) as unknown as typeof clock.at;
  const id = `req_${ulid()}`;
  const input: RequestInput = {
    ...modelInput('erasure', rules, true),
    requestId: id,
    lifecycle: 2,
    clock: { ...clock, at },
    receivedAt: new Date(now).toISOString(),
  };
  const worker = await Worker.create({
    connection: native,
    taskQueue: `t${tag}`,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    }),
    activities: { ...stub.activities },
  });
  await worker.runUntil(async () => {
    const handle = await client.workflow.start('request', { taskQueue: `t${tag}`, workflowId: id, args: [input] });
    await expect.poll(() => stub.calls.filter((c) => c === 'announce').length, { timeout: 20_000 }).toBeGreaterThan(0);
    await advance(client, id, { seconds: 40 * 86_400 });
    const { approvals } = await handle.query<{ approvals: { state: string; evidence: unknown }[] }>('view');
    expect(approvals[0]).toMatchObject({ state: 'expired', evidence: { sha256: 'ef' } });
    expect(stub.calls.filter((c) => c === 'evidence')).toHaveLength(1);
    expect(stub.calls.filter((c) => c === 'notify:approval_reminder')).toHaveLength(3);
    expect(stub.calls.some((c) => c.startsWith('apply'))).toBe(false);
    await handle.terminate('test over');
  });
  await connection.close();
  await native.close();
}, 60_000);
