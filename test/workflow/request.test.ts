import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advance } from '../../infra/temporal/index.js';
import type { DecideCommand, RequestInput } from '../../domain/lifecycle/commands.js';
import type { RequestRules } from '../../domain/lifecycle/commands.js';
import { ulid } from 'ulid';
import { modelClock, modelInput, modelPlan, modelRules, type ModelPart } from '../support/run-model.js';
import { stubActivities, type Stub, type StubOptions } from '../support/stub-activities.js';

const DAY = 86_400;
const PARTS: ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: 'acme', records: 1 },
  { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
  { system: 'mail', dataset: 'contacts', organisation: 'acme', records: 1 },
];
const FREE: ModelPart[] = PARTS.map((p) => ({ ...p, organisation: null }));

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

interface Running {
  readonly handle: WorkflowHandle;
  readonly stub: Stub;
  state(): Promise<string>;
  view(): Promise<Record<string, unknown>>;
  until(state: string): Promise<void>;
  /** Nothing quick is under way and the read model has caught up. */
  rest(): Promise<void>;
}

/** Starts one request with scripted activities on task queues of its own and runs `body` while the worker polls. */
async function withRequest(
  options: Partial<StubOptions> & {
    right?: RequestInput['right'];
    rules?: Partial<RequestRules>;
    attested?: boolean;
    parts?: ModelPart[];
    cache?: number;
  },
  body: (r: Running) => Promise<void>,
): Promise<void> {
  const tag = randomBytes(4).toString('hex');
  const base = modelRules(['app', 'payments', 'mail'], options.rules);
  const rules: RequestRules = {
    ...base,
    systems: base.systems.map((s) => ({ ...s, taskQueue: `t${tag}` })),
    backups: base.backups.map((b) => ({ ...b, taskQueue: `t${tag}` })),
  };
  const right = options.right ?? 'erasure';
  const stub = stubActivities({ plan: () => modelPlan(right, options.parts ?? PARTS), ...options });
  const now = Date.now();
  const shift = now - Date.parse('2026-03-02T10:00:00Z');
  const clock = modelClock();
  const at = Object.fromEntries(
    Object.entries(clock.at).map(([k, v]) => [k, v === null ? null : new Date(Date.parse(v) + shift).toISOString()]),
  ) as unknown as typeof clock.at;
  const id = `req_${ulid()}`;
  const input: RequestInput = {
    ...modelInput(right, rules, options.attested ?? true),
    requestId: id,
    clock: { ...clock, at },
    receivedAt: new Date(now).toISOString(),
  };
  // The engine's own activities run on the workflow's queue, which is this test's alone.
  const worker = await Worker.create({
    connection: native,
    taskQueue: `t${tag}`,
    workflowBundle: bundle,
    activities: { ...stub.activities },
    maxCachedWorkflows: options.cache ?? 100,
    stickyQueueScheduleToStartTimeout: '1s',
  });
  await worker.runUntil(async () => {
    const handle = await client.workflow.start('request', { taskQueue: `t${tag}`, workflowId: id, args: [input] });
    const view = async (): Promise<Record<string, unknown>> =>
      (await handle.query<{ view: Record<string, unknown> }>('view')).view;
    const running: Running = {
      handle,
      stub,
      view,
      state: async () => String((await view())['state']),
      async rest() {
        for (let quiet = 0, i = 0; quiet < 2 && i < 400; i += 1) {
          const { busy } = await handle.query<{ busy: boolean }>('view');
          quiet = busy ? 0 : quiet + 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
      async until(state) {
        for (let i = 0; i < 400; i += 1) {
          if ((await running.state()) === state) return;
          await new Promise((r) => setTimeout(r, 20));
        }
        throw new Error(`never reached ${state}; is ${await running.state()}`);
      },
    };
    try {
      await body(running);
    } finally {
      await handle.terminate('test over').catch(() => undefined);
    }
  });
}

async function decision(r: Running, over: Partial<DecideCommand> = {}): Promise<DecideCommand> {
  const projected = (
    await r.handle.query<{ approvals: { id: string; planHash: string; state: string }[] }>('view')
  ).approvals.find((a) => a.state === 'pending');
  return {
    by: { id: 'org_acme', kind: 'organisation', role: 'approver' },
    approvalId: projected?.id ?? 'apr_none',
    decision: 'approve',
    planHash: projected?.planHash ?? '',
    datasets: null,
    ground: null,
    reasonRef: null,
    decidedBy: { kind: 'rule', ref: 'r' },
    retain: [],
    answer: null,
    deliverTo: null,
    ...over,
  };
}

async function failureType(work: Promise<unknown>): Promise<string | null | undefined> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return error.cause.type;
    throw error;
  }
}

describe('the request workflow on a real server', () => {
  it('runs an erasure through an approval to the backup wait, and through 100 days to its close', async () => {
    await withRequest({}, async (r) => {
      await r.until('awaiting_approval');
      const command = await decision(r);
      const first = await r.handle.executeUpdate<{ state: string }, [DecideCommand]>('decide', {
        args: [command],
        updateId: 'u1',
      });
      expect(first.state).toBe('executing');
      // The same id again gives the first answer, whatever the body says.
      expect(await r.handle.executeUpdate('decide', { args: [{ ...command, planHash: 'x' }], updateId: 'u1' })).toEqual(
        first,
      );
      await r.until('awaiting_backup_expiry');
      expect(r.stub.calls.filter((c) => c.startsWith('apply'))).toEqual(['apply:payments', 'apply:mail', 'apply:app']);
      expect(r.stub.calls).toContain('notify:final');
      await advance(client, r.handle.workflowId, { seconds: 95 * DAY });
      await r.until('closed');
      const view = await r.view();
      expect(view).toMatchObject({ outcome: 'fulfilled', answer: 'full', simulatedTime: true });
      expect(r.stub.calls.filter((c) => c.startsWith('certify'))).toEqual(['certify:interim', 'certify:final']);
      await advance(client, r.handle.workflowId, { seconds: 31 * DAY });
      await r.handle.result();
      // The projection only ever went forward and ended where the request did.
      const revisions = r.stub.projections.map((p) => p.revision);
      expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
      expect(r.stub.projections.at(-1)?.document['view']).toMatchObject({ state: 'closed' });
    });
  });

  it('refuses by code: unknown, stale, twice, by a rule', async () => {
    await withRequest({}, async (r) => {
      await r.until('awaiting_approval');
      const send = async (over: Partial<DecideCommand>, id: string) =>
        failureType(r.handle.executeUpdate('decide', { args: [await decision(r, over)], updateId: id }));
      expect(await send({ approvalId: 'apr_x' }, 'a')).toBe('not_found');
      expect(await send({ planHash: 'sha256:old' }, 'b')).toBe('plan_changed');
      expect(await send({ decision: 'reject' }, 'c')).toBe('person_required');
      const good = await decision(r);
      await r.handle.executeUpdate('decide', { args: [good], updateId: 'd' });
      expect(await failureType(r.handle.executeUpdate('decide', { args: [good], updateId: 'e' }))).toBe(
        'already_decided',
      );
    });
  });

  it('shows reminders, the interim answer and the expiry in case time, each once', async () => {
    await withRequest({}, async (r) => {
      await r.until('awaiting_approval');
      await advance(client, r.handle.workflowId, { seconds: 38 * DAY });
      await r.rest();
      const letters = r.stub.calls.filter((c) => c.startsWith('notify'));
      expect(letters.filter((l) => l === 'notify:approval_reminder').length).toBe(3);
      expect(letters.filter((l) => l === 'notify:interim').length).toBe(1);
      const { approvals } = await r.handle.query<{ approvals: { state: string }[] }>('view');
      expect(approvals.map((a) => a.state)).toEqual(['expired']);
      expect(
        await failureType(
          r.handle.executeUpdate('decide', {
            args: [
              await decision(r, {
                approvalId: (await r.handle.query<{ approvals: { id: string }[] }>('view')).approvals[0]?.id ?? '',
              }),
            ],
            updateId: 'z',
          }),
        ),
      ).toBe('approval_expired');
    });
  });

  it('waits out an outage by patience, shows the error, and retries at a word', async () => {
    let down = true;
    await withRequest(
      {
        parts: FREE,
        before: (name, input) => {
          if (name === 'apply' && input.system === 'payments' && down)
            throw ApplicationFailure.create({ type: 'unavailable', message: 'unavailable', nextRetryDelay: 50 });
        },
      },
      async (r) => {
        await r.until('executing');
        for (let i = 0; i < 300; i += 1) {
          const seen = (await r.view())['steps'] as { system: string; outcome: string; error: string | null }[];
          if (seen.every((s) => (s.system === 'payments' ? s.error === 'unavailable' : s.outcome === 'done'))) break;
          await new Promise((res) => setTimeout(res, 20));
        }
        const steps = (await r.view())['steps'] as { system: string; outcome: string; error: string | null }[];
        expect(steps.find((s) => s.system === 'payments')).toMatchObject({ outcome: 'pending', error: 'unavailable' });
        expect(steps.filter((s) => s.system !== 'payments').every((s) => s.outcome === 'done')).toBe(true);
        down = false;
        await r.handle.executeUpdate('act', {
          args: [
            {
              by: { id: 'usr', kind: 'person', role: 'privacy_officer' },
              action: 'retry',
              step: 'payments/customers/-/delete',
            },
          ],
          updateId: 'r1',
        });
        await r.until('awaiting_backup_expiry');
      },
    );
  });

  it('comes to the same end with a cache of 0 and of 2', async () => {
    for (const cache of [0, 2]) {
      await withRequest({ parts: FREE, cache }, async (r) => {
        await r.until('awaiting_backup_expiry');
        expect(r.stub.calls.filter((c) => c.startsWith('apply')).sort()).toEqual([
          'apply:app',
          'apply:mail',
          'apply:payments',
        ]);
      });
    }
  });

  it('stays small: events and workflow tasks of an erasure over three systems', async () => {
    await withRequest({ parts: FREE }, async (r) => {
      await r.until('awaiting_backup_expiry');
      const { events } = await r.handle.fetchHistory();
      const tasks = events?.filter((e) => e.workflowTaskCompletedEventAttributes != null).length ?? 0;
      const activities = events
        ?.filter((e) => e.activityTaskScheduledEventAttributes != null)
        .map((e) => e.activityTaskScheduledEventAttributes?.activityType?.name);
      expect(activities?.length).toBe(14);
      // Counts do not depend on the machine's speed beyond how activities happen to be batched into tasks.
      expect(events?.length ?? 0).toBeLessThanOrEqual(95);
      expect(tasks).toBeLessThanOrEqual(15);
    });
  });
});
