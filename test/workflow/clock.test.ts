/**
 * The legal clock inside a running request: late refusals, races at the second of expiry, changes of clocks, month ends,
 * time zones of the host, and timers that outlive workers and deployments.
 */
import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NotifyInput, ProjectInput } from '../../activities/types.js';
import type { RequestView } from '../../contracts/index.js';
import { requestClock } from '../../domain/clock/index.js';
import type { RequestClock } from '../../domain/clock/types.js';
import { copiesOf } from '../../infra/store/request-copies.js';
import { advance } from '../../infra/temporal/index.js';
import { valuesOf } from '../histories/values.js';
import { bundled, FREE, refusal, Scripted, type ScriptedOptions } from '../support/fault-request.js';
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

async function eventually(what: string, fits: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i += 1) {
    if (await fits()) return;
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error(`never: ${what}`);
}

async function past(instant: number): Promise<void> {
  while (Date.now() <= instant) await new Promise((r) => setTimeout(r, instant - Date.now() + 5));
}

describe('a refusal', () => {
  /** Extended, then refused on a day; what was told to whom. */
  async function refusedOn(day: number) {
    const letters: NotifyInput[] = [];
    const notes: ProjectInput['notes'][number][] = [];
    const one = await begun({
      attested: false,
      override: {
        notify: async (input) => {
          letters.push(input);
          return { kind: 'notify', stamp: stubStamp(), accepted: true, problem: null };
        },
        project: async (input) => void notes.push(...input.notes),
      },
    });
    await one.until('identifying');
    await one.act({ action: 'extend', reasonRef: 'reason-1' }, 'extend');
    await eventually('extended', async () => ((await one.view())['clock'] as { extended: boolean }).extended);
    await advance(client, one.input.requestId, { seconds: day * DAY });
    expect(
      await refusal(one.act({ action: 'refuse', ground: 'no_ground', reasonRef: 'reason-2' }, 'refuse')),
    ).toBeNull();
    await one.until('closed');
    await eventually('the final letter', async () => letters.some((l) => l.letter.kind === 'final'));
    const view = (await one.view()) as unknown as RequestView;
    await eventually('the note', async () => notes.some((n) => n.action === 'request.refuse'));
    return { view, notes, final: letters.find((l) => l.letter.kind === 'final') };
  }

  it('after refusalDue is possible, marked late, counted, and said in the letter: an extension gives it no time', async () => {
    const [late, inTime] = await Promise.all([refusedOn(40), refusedOn(30)]);
    // Both were extended to day 92: by `due` alone neither would be late.
    for (const { view } of [late, inTime]) {
      expect(view.clock).toMatchObject({ extended: true, status: 'met', refusalDue: '2026-04-07' });
      expect(view).toMatchObject({ outcome: 'refused', answer: 'refused' });
    }
    expect(late.view.refusal).toEqual({ ground: 'no_ground', late: true });
    expect(inTime.view.refusal).toEqual({ ground: 'no_ground', late: false });
    expect([copiesOf(late.view, []).late, copiesOf(inTime.view, []).late]).toEqual([true, false]);
    expect(late.final?.facts.refusal).toMatchObject({ ground: 'no_ground', late: true });
    expect(inTime.final?.facts.refusal).toMatchObject({ ground: 'no_ground', late: false });
    const marked = (notes: typeof late.notes) => notes.filter((n) => n.action === 'request.refused_late').length;
    expect([marked(late.notes), marked(inTime.notes)]).toEqual([1, 0]);
  }, 60_000);
});

describe('races at the second of expiry', () => {
  const END = 8_000;
  /** Long enough for four requests at once to come to their approvals on a busy machine. */
  const DUE = 15_000;
  const ORDERS = ['sent before the timer fires', 'sent after it'] as const;

  /** Nobody works while the end passes; the message is sent before or after it, and both come in one activation. */
  async function raced(order: (typeof ORDERS)[number], one: Scripted, end: number, send: () => Promise<unknown>) {
    await one.down();
    if (order === 'sent after it') await past(end + 1_500);
    const answer = refusal(send());
    await past(end + 1_500);
    await one.up();
    return answer;
  }

  it('an answer and the end of its question: after the end the question is over, in both orders', async () => {
    const answers = await Promise.all(
      ORDERS.map(async (order) => {
        const one = await begun({ attested: false, rules: { askWithinMs: END } });
        await one.until('identifying');
        await one.act({ action: 'ask', kind: 'identity', textRef: 'question-1' }, 'ask');
        const asked = Date.now();
        await one.until('waiting_for_subject');
        const code = await raced(order, one, asked + END, () =>
          one.act({ action: 'answer', kind: 'identity', at: null }, 'answer'),
        );
        await eventually('answered', async () => (await one.view())['answeredAt'] !== null);
        expect(one.stub.calls.filter((c) => c === 'notify:final').length).toBe(1);
        const { outcome, state } = await one.view();
        expect(outcome ?? state).toMatch(/cannot_identify|responding|closed/);
        return code;
      }),
    );
    expect(answers).toEqual(['action_not_allowed', 'action_not_allowed']);
  }, 60_000);

  it('an answer given in time counts, although its instant lies before the message', async () => {
    const one = await begun({ attested: false, rules: { askWithinMs: 3_600_000 } });
    await one.until('identifying');
    await one.act({ action: 'ask', kind: 'identity', textRef: 'question-1' }, 'ask');
    await one.until('waiting_for_subject');
    const at = new Date(Date.now()).toISOString();
    expect(await refusal(one.act({ action: 'answer', kind: 'identity', at }, 'answer'))).toBeNull();
    await one.until('identifying');
    const future = new Date(Date.now() + 3_600_000).toISOString();
    await one.act({ action: 'ask', kind: 'identity', textRef: 'question-2' }, 'ask again');
    await one.until('waiting_for_subject');
    expect(await refusal(one.act({ action: 'answer', kind: 'identity', at: future }, 'early'))).toBe(
      'answer_outside_question',
    );
  });

  it('a rejection and a partial approval race like an approval: nothing is taken after the end', async () => {
    const commands = [
      { decision: 'reject', ground: 'contract', reasonRef: 'r', decidedBy: { kind: 'person', ref: 'p' } },
      {
        decision: 'partial',
        datasets: ['users'],
        ground: 'c',
        reasonRef: 'r',
        decidedBy: { kind: 'person', ref: 'p' },
      },
    ] as const;
    const answers = await Promise.all(
      ORDERS.flatMap((order) =>
        commands.map(async (over) => {
          const one = await begun({ due: DUE });
          await one.until('awaiting_approval');
          const command = await one.decision(over);
          const code = await raced(order, one, Date.parse(one.input.clock.at.due), () =>
            one.send('decide', command, 'late'),
          );
          await one.until('awaiting_backup_expiry');
          expect((await one.approvals()).map((a) => a.state)).toEqual(['expired']);
          expect(one.stub.calls.filter((c) => c.startsWith('apply'))).toEqual(['apply:payments']);
          return code;
        }),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['approval_expired']));
  }, 60_000);
});

describe('a timer of ninety days', () => {
  it('survives restarts of the worker and a deployment in between', async () => {
    const one = await begun({ parts: FREE });
    await one.until('awaiting_backup_expiry');
    await one.down();
    // The next version: another bundle, another build, nothing in any cache. In front: the source map stands at the end.
    const next = { ...bundle, code: `// the next version\n${bundle.code}` };
    await one.up({ workflowBundle: next, maxCachedWorkflows: 0, buildId: 'next', identity: 'next' });
    await advance(client, one.input.requestId, { seconds: 45 * DAY });
    expect((await one.view()).state).toBe('awaiting_backup_expiry');
    await one.down();
    await one.up({ workflowBundle: next, buildId: 'after that', identity: 'after that' });
    await advance(client, one.input.requestId, { seconds: 50 * DAY });
    await one.until('closed');
    expect(await one.view()).toMatchObject({ outcome: 'fulfilled' });
    // Each sweep, each question to the inventory and the end came once.
    expect(one.stub.calls.filter((c) => c === 'certify:final').length).toBe(1);
    expect(one.stub.calls.filter((c) => c === 'notify:final').length).toBe(1);
    const { events } = await one.handle.fetchHistory();
    expect(events?.filter((e) => e.workflowTaskFailedEventAttributes != null)).toEqual([]);
    const builds = new Set(events?.map((e) => e.workflowTaskStartedEventAttributes?.identity).filter(Boolean));
    expect(builds.has('next') && builds.has('after that')).toBe(true);
  }, 90_000);
});

const testServer = process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'];

describe.skipIf(testServer === undefined)('clocks that change, months that end, hosts elsewhere', () => {
  const place = { regime: 'gdpr-eu', country: 'NO', timeZone: 'Europe/Oslo', right: 'erasure' } as const;

  interface Life {
    readonly clock: RequestClock;
    readonly sent: Readonly<Record<string, readonly string[]>>;
    readonly states: readonly string[];
    readonly fired: readonly string[];
  }

  /** One request received at an instant that the server leaps to, with the real clock; its letters by case time. */
  async function lived(receivedAt: string, looks: readonly string[]): Promise<Life> {
    const env = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: testServer ?? '' } },
    });
    const to = async (instant: string): Promise<void> => env.sleep(Date.parse(instant) - (await env.currentTimeMs()));
    try {
      await env.connection.operatorService.addSearchAttributes({
        namespace: 'default',
        searchAttributes: { habeasState: 2 },
      });
      await to(receivedAt);
      const clock = requestClock({ ...place, receivedAt, now: receivedAt });
      const sent: Record<string, string[]> = {};
      const one = new Scripted(env.client, env.nativeConnection, bundle, {
        now: Date.parse(receivedAt),
        clock,
        queue: 'clock',
        id: 'req_clock',
        override: {
          notify: async (input) => {
            const stamp = stubStamp();
            (sent[input.letter.kind] ??= []).push(stamp.caseAt);
            return { kind: 'notify', stamp, accepted: true, problem: null };
          },
        },
      });
      await one.up();
      try {
        await one.start();
        await one.until('awaiting_approval');
        const states: string[] = [];
        for (const look of looks) {
          await to(look);
          states.push((await one.approvals()).map((a) => a.state).join());
        }
        return { clock, sent, states, fired: valuesOf(await one.handle.fetchHistory()).fired };
      } finally {
        await one.end();
      }
    } finally {
      await env.teardown();
    }
  }

  it('31 January, half an hour before midnight in Oslo: the month ends on a Sunday and rolls to 1 March', async () => {
    const { clock, sent, states } = await lived('2027-01-31T22:30:00Z', [
      '2027-03-01T22:59:00Z',
      '2027-03-01T23:00:10Z',
    ]);
    expect([clock.receivedOn, clock.safeDue, clock.legalDue]).toEqual(['2027-01-31', '2027-02-28', '2027-03-01']);
    expect(states).toEqual(['pending', 'expired']);
    expect(sent['interim']?.map((at) => at.slice(0, 16))).toEqual(['2027-03-01T10:59']);
  }, 60_000);

  it('over the change to summer time: the day of the answer ends an hour earlier in UTC, and everything with it', async () => {
    const { clock, sent, states } = await lived('2027-03-01T11:00:00Z', [
      '2027-04-01T21:59:00Z',
      '2027-04-01T22:00:10Z',
    ]);
    expect([clock.due, clock.dueAt, clock.at.due]).toEqual([
      '2027-04-01',
      '2027-04-01T23:59:59+02:00',
      '2027-04-01T21:59:59.000Z',
    ]);
    expect(states).toEqual(['pending', 'expired']);
    expect(sent['interim']?.map((at) => at.slice(0, 16))).toEqual(['2027-04-01T09:59']);
    // Reminders are distances in time, not civil days: 7, 14 and 21 times 24 hours.
    expect(sent['approval_reminder']?.map((at) => at.slice(0, 13))).toEqual([
      '2027-03-08T11',
      '2027-03-15T11',
      '2027-03-22T11',
    ]);
  }, 60_000);

  it('a host in another zone, with other rules for summer time, sets the same timers', async () => {
    const before = process.env['TZ'];
    const looks = ['2027-04-01T21:59:00Z', '2027-04-01T22:00:10Z'];
    try {
      const lives: Life[] = [];
      for (const zone of ['UTC', 'America/Havana', 'Pacific/Kiritimati']) {
        process.env['TZ'] = zone;
        expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone);
        lives.push(await lived('2027-03-01T11:00:00Z', looks));
      }
      const [first, ...others] = lives;
      for (const other of others) {
        expect(other.clock).toEqual(first?.clock);
        expect(other.states).toEqual(first?.states);
        expect(other.fired).toEqual(first?.fired);
      }
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  }, 120_000);
});
