/**
 * Half a year in each state in which a request waits, on a server that skips time: who waits for nobody's answer is told the
 * truth by its due day, once, and comes to its end or stays where only somebody else can help.
 */
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundled, FREE, GATED, Scripted, type ScriptedOptions } from '../support/fault-request.js';
import { stubStamp } from '../support/stub-activities.js';

const server = process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'];
const DAY_MS = 86_400_000;
let bundle: WorkflowBundleWithSourceMap;
beforeAll(async () => {
  bundle = await bundled();
});

interface Life {
  readonly one: Scripted;
  day(n: number): Promise<void>;
  letters(kind: string): number;
}

async function live(options: ScriptedOptions, play: (life: Life) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: server ?? '' } },
  });
  try {
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: { habeasState: 2 },
    });
    const now = await env.currentTimeMs();
    const one = new Scripted(env.client, env.nativeConnection, bundle, { lifecycle: 2, now, ...options });
    await one.up();
    try {
      await one.start();
      await play({
        one,
        day: async (n) => env.sleep(now + n * DAY_MS - (await env.currentTimeMs())),
        letters: (kind) => one.stub.calls.filter((c) => c === `notify:${kind}`).length,
      });
    } finally {
      await one.down();
    }
  } finally {
    await env.teardown();
  }
}

/** The model's clock is due on day 36. */
describe.skipIf(server === undefined)('180 days', () => {
  it(
    'identifying: nobody proved anything, and the person is told what would help',
    () =>
      live({ attested: false, parts: FREE, rules: { keepRequestMs: 300 * DAY_MS } }, async ({ one, day, letters }) => {
        await one.until('identifying');
        await day(35);
        expect((await one.view()).state).toBe('identifying');
        await day(38);
        await one.until('closed');
        await day(180);
        expect(await one.view()).toMatchObject({ state: 'closed', outcome: 'cannot_identify' });
        expect([letters('final'), one.stub.calls.filter((c) => c.startsWith('apply'))]).toEqual([1, []]);
      }),
    60_000,
  );

  it(
    'waiting_for_subject: a question that stays unanswered is over after its time',
    () =>
      live({ attested: false, parts: FREE, rules: { keepRequestMs: 300 * DAY_MS } }, async ({ one, day, letters }) => {
        await one.until('identifying');
        await one.act({ action: 'ask', kind: 'identity', textRef: 'question-1' }, 'ask');
        await one.until('waiting_for_subject');
        await day(29);
        expect((await one.view()).state).toBe('waiting_for_subject');
        await day(31);
        await one.until('closed');
        await day(180);
        expect(await one.view()).toMatchObject({ outcome: 'cannot_identify' });
        expect([letters('question'), letters('final')]).toEqual([1, 1]);
      }),
    60_000,
  );

  it(
    'awaiting_approval: the silent organisation is reminded, its records are kept, the answer comes on the day',
    () =>
      live({ parts: GATED, rules: { keepRequestMs: 300 * DAY_MS } }, async ({ one, day, letters }) => {
        await one.until('awaiting_approval');
        await day(36.4);
        expect(letters('interim')).toBe(1);
        await day(180);
        await one.until('closed');
        expect(await one.view()).toMatchObject({ outcome: 'partially_fulfilled' });
        expect([letters('approval_reminder'), letters('interim'), letters('final')]).toEqual([3, 1, 1]);
        expect(one.stub.calls.filter((c) => c === 'apply:app' || c === 'apply:mail')).toEqual([]);
      }),
    60_000,
  );

  it(
    'executing: a system that is away for half a year keeps its step, and nobody else waits',
    () =>
      live(
        {
          parts: FREE,
          before: (name, input) => {
            if (name === 'apply' && input.system === 'payments')
              throw ApplicationFailure.create({ type: 'unavailable', message: 'unavailable' });
          },
        },
        async ({ one, day, letters }) => {
          await one.until('executing', (steps) => steps.some((s) => s.outcome === 'done'));
          await day(36.4);
          expect(letters('interim')).toBe(1);
          await day(180);
          const view = await one.view();
          expect(view.state).toBe('executing');
          expect(Object.fromEntries(view.steps.map((s) => [s.system, s.outcome]))).toMatchObject({
            app: 'done',
            mail: 'done',
            payments: 'pending',
          });
          expect([letters('interim'), letters('final')]).toEqual([1, 0]);
        },
      ),
    90_000,
  );

  it(
    'responding: a package that nobody releases stays, and the person is told so',
    () =>
      live({ right: 'access', parts: FREE, rules: { release: 'officer' } }, async ({ one, day, letters }) => {
        await one.until('responding');
        await day(36.4);
        expect(letters('interim')).toBe(1);
        await day(180);
        expect((await one.view()).state).toBe('responding');
        expect((await one.approvals()).map((a) => a.state)).toEqual(['expired']);
        expect([letters('interim'), letters('final')]).toEqual([1, 0]);
      }),
    60_000,
  );

  it(
    'blocked: the guard’s time ends, what it protects stays',
    () =>
      live(
        {
          parts: FREE,
          rules: {
            keepRequestMs: 300 * DAY_MS,
            guards: [
              {
                id: 'owner',
                system: 'app',
                datasets: ['users'],
                unblock: ['account_cancelled'],
                blockedForMs: 90 * DAY_MS,
              },
            ],
          },
          override: {
            guard: async (input) => ({
              kind: 'guard',
              stamp: stubStamp(),
              guards: input.guards.map((id) => ({ id, state: 'blocking', refs: ['acc_1'] })),
            }),
          },
        },
        async ({ one, day }) => {
          await one.until('awaiting_backup_expiry');
          await day(85);
          const waiting = await one.view();
          expect(waiting.steps.find((s) => s.system === 'app')?.outcome).toBe('blocked');
          expect(waiting.state).toBe('awaiting_backup_expiry');
          await day(180);
          await one.until('closed');
          expect(await one.view()).toMatchObject({ outcome: 'partially_fulfilled' });
          expect(one.stub.calls).not.toContain('apply:app');
        },
      ),
    60_000,
  );

  it(
    'awaiting_backup_expiry: a copy that outlives its date is asked for again, and the request stays',
    () =>
      live(
        {
          parts: FREE,
          override: {
            inventory: async () => ({
              kind: 'inventory',
              stamp: stubStamp(),
              state: 'overdue',
              copies: 1,
              lastExpiresAt: '2026-01-01T00:00:00.000Z',
            }),
          },
        },
        async ({ one, day, letters }) => {
          await one.until('awaiting_backup_expiry');
          await day(180);
          expect((await one.view()).state).toBe('awaiting_backup_expiry');
          expect(letters('final')).toBe(1);
        },
      ),
    90_000,
  );
});
