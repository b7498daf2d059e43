/** What can go wrong around a request workflow: races at expiry, repeats, late and oversized messages, hung activities. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { advance } from '../../infra/temporal/index.js';
import { freePort, portOpen, resolveTemporal } from '../../dev/servers/index.js';
import { Supervisor, type OwnedChild } from '../../dev/supervise/index.js';
import { bundled, clockFrom, FREE, GATED, refusal, Scripted, type ScriptedOptions } from '../support/fault-request.js';
import { modelRules } from '../support/run-model.js';
import { stubStamp } from '../support/stub-activities.js';

const DAY = 86_400;
let native: NativeConnection;
let connection: Connection;
let client: Client;
let bundle: WorkflowBundleWithSourceMap;
const open: Scripted[] = [];

beforeAll(async () => {
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  client = new Client({ connection });
  bundle = await bundled();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.end();
});
afterAll(async () => {
  await connection.close();
  await native.close();
});

async function begun(options: ScriptedOptions = {}): Promise<Scripted> {
  const one = new Scripted(client, native, bundle, options);
  open.push(one);
  await one.up();
  return one.start();
}

/** The host's clock is the workflow's here: waits until it has passed an instant. */
async function past(instant: number): Promise<void> {
  while (Date.now() <= instant) await new Promise((r) => setTimeout(r, instant - Date.now() + 5));
}

/** Jobs of the last workflow task that had a fired timer: proves that the race really was one. */
async function messagesAtTheTimer(one: Scripted): Promise<{ timerFired: boolean; updatesAccepted: number }> {
  const { events } = await one.handle.fetchHistory();
  return {
    timerFired: events?.some((e) => e.timerFiredEventAttributes != null) ?? false,
    updatesAccepted: events?.filter((e) => e.workflowExecutionUpdateAcceptedEventAttributes != null).length ?? 0,
  };
}

describe('races at expiry: the instant decides, in whatever order things arrive', () => {
  const DUE = 8_000;
  const ORDERS = ['sent before the timer fires', 'sent after it'] as const;

  /** Sends with no worker there and starts one when the end is over: timer and message come in one activation. */
  async function raced(
    order: (typeof ORDERS)[number],
    send: (one: Scripted) => Promise<() => Promise<unknown>>,
  ): Promise<{ one: Scripted; answer: string | null | undefined }> {
    const one = await begun({ due: DUE });
    await one.until('awaiting_approval');
    const go = await send(one);
    await one.down();
    const due = Date.parse(one.input.clock.at.due);
    if (order === 'sent after it') await past(due + 1_500);
    const answer = refusal(go());
    await past(due + 1_500);
    await one.up();
    return { one, answer: await answer };
  }

  it('a decision and an extension, each in one activation with the expiry, in both orders', async () => {
    const decide = async (one: Scripted) => {
      const command = await one.decision();
      return () => one.send('decide', command, 'late');
    };
    const extend = async (one: Scripted) => () => one.act({ action: 'extend', reasonRef: 'reason-1' }, 'late');
    const [decisions, extensions] = await Promise.all([
      Promise.all(ORDERS.map((order) => raced(order, decide))),
      Promise.all(ORDERS.map((order) => raced(order, extend))),
    ]);
    expect(decisions.map((d) => d.answer)).toEqual(['approval_expired', 'approval_expired']);
    expect(extensions.map((d) => d.answer)).toEqual(['extension_too_late', 'extension_too_late']);
    for (const { one } of [...decisions, ...extensions]) {
      await one.until('awaiting_backup_expiry');
      expect((await one.approvals()).map((a) => a.state)).toEqual(['expired']);
      // What needed the decision was not touched, and nobody was told of an extension.
      expect(one.stub.calls.filter((c) => c.startsWith('apply'))).toEqual(['apply:payments']);
      expect(one.stub.calls).not.toContain('notify:extension');
      expect(await messagesAtTheTimer(one)).toEqual({ timerFired: true, updatesAccepted: 0 });
    }
  }, 60_000);

  it('an extension announced in time holds, although the new clock is known only after the old end', async () => {
    // The interim answer of the old period would go out half a day before its end: that is the race here.
    const due = 12 * 3_600_000 + DUE;
    let race = 0;
    const one = await begun({
      due,
      override: {
        clock: async () => {
          // Our own store is slow: the answer comes when the instant is over.
          await past(race + 1_500);
          return {
            kind: 'clock',
            stamp: stubStamp(),
            clock: { ...clockFrom(race, 60 * DAY * 1000), flags: ['extended'] },
          };
        },
      },
    });
    race = Date.parse(one.input.receivedAt) + DUE;
    await one.until('awaiting_approval');
    expect(await refusal(one.act({ action: 'extend', reasonRef: 'reason-1' }, 'x'))).toBeNull();
    expect(Date.now()).toBeLessThan(race);
    for (let i = 0; i < 400 && (await one.view())['answeredAt'] === null; i += 1) {
      const clock = (await one.view())['clock'] as { extended: boolean };
      if (clock.extended) break;
      await new Promise((r) => setTimeout(r, 25));
    }
    expect(await one.view()).toMatchObject({ answeredAt: null, clock: { extended: true } });
    expect(one.stub.calls).toContain('notify:extension');
    expect(one.stub.calls).not.toContain('notify:interim');
  });
});

describe('repeated, late and oversized messages', () => {
  it('the same update id many times at once: one effect, one answer', async () => {
    const one = await begun();
    await one.until('awaiting_approval');
    const command = await one.decision();
    const answers = await Promise.all(Array.from({ length: 10 }, () => one.send('decide', command, 'same')));
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1);
    await one.until('awaiting_backup_expiry');
    expect(one.stub.calls.filter((c) => c === 'apply:app').length).toBe(1);
    const { events } = await one.handle.fetchHistory();
    expect(events?.filter((e) => e.workflowExecutionUpdateAcceptedEventAttributes != null).length).toBe(1);
  });

  it('a hundred events at once and twice over: all answered, the history stays small', async () => {
    const one = await begun();
    await one.until('awaiting_approval');
    const event = { by: { id: 'sys', kind: 'system', role: 'system' }, type: 'account.cancelled', eventId: 'e' };
    const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
    const answered: { revision: number }[] = [];
    // Ten in flight is the server's limit per workflow.
    for (let i = 0; i < ids.length; i += 10)
      answered.push(...(await Promise.all(ids.slice(i, i + 10).map((id) => one.send('event', event, id)))));
    const again: { revision: number }[] = [];
    for (let i = 0; i < ids.length; i += 10)
      again.push(...(await Promise.all(ids.slice(i, i + 10).map((id) => one.send('event', event, id)))));
    expect(again).toEqual(answered);
    expect(new Set(answered.map((a) => a.revision)).size).toBe(100);
    const { events } = await one.handle.fetchHistory();
    expect(events?.length ?? 0).toBeLessThan(1_000);
  });

  it('an update in the closing activation and after the end: an answer or a clean error, never silence', async () => {
    const one = await begun({ parts: FREE });
    await one.until('awaiting_backup_expiry');
    await advance(client, one.input.requestId, { seconds: 95 * DAY });
    await one.until('closed');
    const event = { by: { id: 'sys', kind: 'system', role: 'system' }, type: 'account.cancelled', eventId: 'e' };
    let over = false;
    const closing = advance(client, one.input.requestId, { seconds: 31 * DAY }).finally(() => (over = true));
    const heard = new Set<string>();
    for (let i = 0; !over; i += 1) {
      await connection
        .withDeadline(Date.now() + 5_000, () => one.send('event', event, `c${i}`))
        .then(
          () => heard.add('answered'),
          (error: unknown) => heard.add((error as Error).name),
        );
    }
    await closing;
    await one.handle.result();
    for (const name of heard)
      expect(['answered', 'WorkflowNotFoundError', 'WorkflowUpdateFailedError']).toContain(name);
    await expect(connection.withDeadline(Date.now() + 5_000, () => one.send('event', event, 'after'))).rejects.toThrow(
      WorkflowNotFoundError,
    );
  });

  it('a message that is too big for a command is refused by its code and wedges nothing', async () => {
    const one = await begun();
    await one.until('awaiting_approval');
    const big = { ...(await one.decision()), reasonRef: 'x'.repeat(1024 * 1024) };
    expect(await refusal(connection.withDeadline(Date.now() + 10_000, () => one.send('decide', big, 'big')))).toBe(
      'payload_too_large',
    );
    expect(await refusal(one.send('decide', await one.decision(), 'small'))).toBeNull();
    await one.until('awaiting_backup_expiry');
  });
});

describe('activities and workers', () => {
  it('a step that hangs and ignores everything is taken over; its worker still ends by its force time', async () => {
    let hung = 0;
    const one = new Scripted(client, native, bundle, {
      parts: FREE,
      before: (name, input) => {
        if (name !== 'discover' || input.system !== 'payments' || hung > 0) return;
        hung += 1;
        return new Promise<void>(() => undefined);
      },
    });
    open.push(one);
    await one.up({ shutdownGraceTime: '100ms', shutdownForceTime: '1s' });
    await one.start();
    // No heartbeat for five seconds: the attempt is given up, another one answers.
    await one.until('awaiting_backup_expiry');
    expect(hung).toBe(1);
    expect(one.stub.calls.filter((c) => c === 'discover:payments').length).toBe(2);
    // The process' owner sees it and ends with an error; it does not wait for the hung one.
    await expect(one.down()).rejects.toThrow();
  });

  it('two requests in one worker know nothing of each other', async () => {
    const first = await begun();
    const second = new Scripted(client, native, bundle, { queue: first.queue, parts: GATED });
    open.push(second);
    await second.start();
    await Promise.all([first.until('awaiting_approval'), second.until('awaiting_approval')]);
    await first.send('decide', await first.decision(), 'd');
    await first.until('awaiting_backup_expiry');
    expect((await second.view()).state).toBe('awaiting_approval');
    expect((await second.approvals()).map((a) => a.state)).toEqual(['pending']);
    // An update id is one request's own: the same id is new to the other.
    expect(await refusal(second.send('decide', await second.decision(), 'd'))).toBeNull();
    await second.until('awaiting_backup_expiry');
  });
});

describe('on a server of its own', () => {
  let folder = '';
  let supervisor: Supervisor;
  let port = 0;
  let server: OwnedChild;

  async function up(): Promise<void> {
    const choice = await resolveTemporal({ environment: false });
    if (choice.kind !== 'binary') throw new Error('needs a Temporal of its own');
    server = await supervisor.start({
      name: 'temporal',
      command: choice.command,
      args: ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error']
        .concat('--db-filename', join(folder, 'temporal.db'), '--search-attribute', 'habeasState=Keyword')
        .concat('--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=40'),
      ready: () => portOpen(port),
      restart: 'never',
    });
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'habeas-own-temporal-'));
    supervisor = new Supervisor({ dataDir: folder });
    port = await freePort();
    await up();
  });
  afterAll(async () => {
    await supervisor.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function connected(work: (theirs: NativeConnection, ours: Connection) => Promise<void>): Promise<void> {
    const address = `127.0.0.1:${port}`;
    const [theirs, ours] = [await NativeConnection.connect({ address }), await Connection.connect({ address })];
    try {
      await work(theirs, ours);
    } finally {
      await ours.close();
      await theirs.close();
    }
  }

  it('killed -9 in the middle of a timer and away when it is due: the reminder goes out once', async () => {
    await connected(async (theirs, ours) => {
      const rules = modelRules([]).approvals.map((rule) => ({ ...rule, remindAfterMs: [4_000] }));
      const one = new Scripted(new Client({ connection: ours }), theirs, bundle, { rules: { approvals: rules } });
      try {
        await one.up();
        await one.start();
        await one.until('awaiting_approval');
        const asked = Date.now();
        process.kill(server.pid ?? 0, 'SIGKILL');
        await past(asked + 5_000);
        const reminders = (): number => one.stub.calls.filter((c) => c === 'notify:approval_reminder').length;
        expect(reminders()).toBe(0);
        await up();
        for (let i = 0; i < 400 && reminders() === 0; i += 1) await new Promise((r) => setTimeout(r, 50));
        // Everything else that the restart could bring twice has had its time when the decision is through.
        await one.send('decide', await one.decision(), 'decide');
        await one.until('awaiting_backup_expiry');
        expect(reminders()).toBe(1);
        expect(one.stub.calls.filter((c) => c === 'apply:app').length).toBe(1);
      } finally {
        await one.end();
      }
    });
  }, 60_000);

  it('continue-as-new forced low: loses no update, repeats none, and comes to the same end over many runs', async () => {
    await connected(async (theirs, ours) => {
      const one = new Scripted(new Client({ connection: ours }), theirs, bundle, {});
      try {
        await one.up();
        await one.start();
        await one.until('awaiting_approval');
        const event = { by: { id: 'sys', kind: 'system', role: 'system' }, type: 'account.cancelled', eventId: 'e' };
        // As the API does: what was not answered is said again under the same id.
        const tell = async (name: 'event' | 'decide', command: unknown, id: string): Promise<{ revision: number }> => {
          for (let i = 0; ; i += 1) {
            try {
              return await one.send(name, command, id);
            } catch (error) {
              if (i > 20 || (await refusal(Promise.reject(error)).catch(() => null)) !== null) throw error;
            }
          }
        };
        const answers = new Map<string, unknown>();
        const ids = Array.from({ length: 36 }, (_, i) => `e${i}`);
        for (let i = 0; i < ids.length; i += 3) {
          const some = ids.slice(i, i + 3);
          const got = await Promise.all(some.map((id) => tell('event', event, id)));
          some.forEach((id, n) => answers.set(id, got[n]));
        }
        expect(new Set([...answers.values()].map((a) => (a as { revision: number }).revision)).size).toBe(ids.length);
        // Update ids are per run: what earlier runs handled is answered from what they handed on.
        for (const id of ids) expect(await tell('event', event, id)).toEqual(answers.get(id));
        const command = await one.decision();
        const first = await tell('decide', command, 'decide');
        await one.until('awaiting_backup_expiry');
        for (let i = 0; i < 9; i += 1) await tell('event', event, `f${i}`);
        expect(await tell('decide', { ...command, planHash: 'other' }, 'decide')).toEqual(first);
        expect(one.stub.calls.filter((c) => c.startsWith('apply')).sort()).toEqual([
          'apply:app',
          'apply:mail',
          'apply:payments',
        ]);
        const runs = new Set<string>();
        let runId: string | undefined = (await one.handle.describe()).runId;
        while (runId !== undefined && runId !== '') {
          runs.add(runId);
          const { events } = await one.client.workflow.getHandle(one.input.requestId, runId).fetchHistory();
          // A run goes on a little over the mark: what is under way lands first.
          expect(events?.length ?? 0).toBeLessThan(120);
          runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
        }
        expect(runs.size).toBeGreaterThan(3);
        const letters = one.stub.calls.filter((c) => c.startsWith('notify'));
        expect(letters.filter((l) => l === 'notify:final').length).toBe(1);
        expect(letters.filter((l) => l === 'notify:approval_requested').length).toBe(1);
      } finally {
        await one.end();
      }
    });
  }, 90_000);
});

describe.skipIf(process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'] === undefined)(
  '180 days on the time-skipping server',
  () => {
    it('reminds, expires, answers, closes and is forgotten, each at its time', async () => {
      const env = await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path: process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'] ?? '' } },
      });
      try {
        await env.connection.operatorService.addSearchAttributes({
          namespace: 'default',
          searchAttributes: { habeasState: 2 },
        });
        const now = await env.currentTimeMs();
        const one = new Scripted(env.client, env.nativeConnection, bundle, { now });
        await one.up();
        await one.start();
        await one.until('awaiting_approval');
        const day = async (n: number): Promise<void> => {
          await env.sleep(now + n * DAY * 1000 - (await env.currentTimeMs()));
        };
        const letters = (kind: string): number => one.stub.calls.filter((c) => c === `notify:${kind}`).length;
        await day(6);
        expect(letters('approval_reminder')).toBe(0);
        await day(22);
        expect(letters('approval_reminder')).toBe(3);
        expect(letters('interim')).toBe(0);
        await day(36.4);
        expect(letters('interim')).toBe(1);
        expect((await one.approvals()).map((a) => a.state)).toEqual(['pending']);
        await day(37);
        expect((await one.approvals()).map((a) => a.state)).toEqual(['expired']);
        await one.until('awaiting_backup_expiry');
        await day(95);
        await one.until('closed');
        expect(await one.view()).toMatchObject({ outcome: 'partially_fulfilled' });
        await day(180);
        await one.handle.result();
        expect(letters('approval_reminder')).toBe(3);
        expect(letters('final')).toBe(1);
        await one.down();
      } finally {
        await env.teardown();
      }
    }, 60_000);
  },
);
