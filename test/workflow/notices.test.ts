/** Notices in a running request on the real Temporal: each recipient once, although its worker stops; answers change the view. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { advance } from '../../infra/temporal/index.js';
import { bundled, FREE, refusal, Scripted } from '../support/fault-request.js';
import { stubStamp } from '../support/stub-activities.js';

let native: NativeConnection;
let connection: Connection;
let client: Client;
let bundle: WorkflowBundleWithSourceMap;
let one: Scripted;

beforeAll(async () => {
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  client = new Client({ connection });
  bundle = await bundled();
}, 60_000);
afterAll(async () => {
  await one?.end();
  await connection.close();
  await native.close();
});

interface Shown {
  readonly name: string;
  readonly told: boolean;
  readonly result: string | null;
  readonly reasonNotTold: string | null;
  readonly noticeId?: string;
}
const recipients = async (): Promise<Shown[]> => (await one.view())['recipients'] as Shown[];

it('one notice per recipient over the whole life of a request, an answer of the recipient, and one by hand', async () => {
  const sent: string[] = [];
  one = new Scripted(client, native, bundle, {
    parts: FREE,
    rules: {
      recipients: [
        { name: 'Stripe', system: 'payments', notify: null },
        { name: 'Google', system: null, notify: { by: 'webhook', party: 'recipient.google', datasets: ['users'] } },
        { name: 'Auditor', system: null, notify: { by: 'mail', party: 'recipient.auditor', datasets: [] } },
        { name: 'Registry', system: null, notify: { by: 'manual', party: 'recipient.registry', datasets: [] } },
      ],
    },
    override: {
      notice: async (input) => {
        sent.push(input.notice.id);
        const way = input.notice.by === 'webhook' ? 'webhook' : 'mail';
        return { kind: 'notice', stamp: stubStamp(), way, problem: null };
      },
    },
  });
  Object.assign(one.input, { lifecycle: 2 });
  await one.up();
  await one.start();
  await one.until('awaiting_backup_expiry');
  expect(await recipients()).toMatchObject([
    { name: 'Stripe', told: true },
    { name: 'Google', told: false, reasonNotTold: 'sent_unconfirmed' },
    { name: 'Auditor', told: true, result: 'sent' },
    { name: 'Registry', told: false, reasonNotTold: 'waits_for_officer' },
  ]);
  const ids = new Map((await recipients()).map((r) => [r.name, r.noticeId ?? '']));
  const say = (noticeId: string, result: string, updateId: string, reasonRef: string | null = null) =>
    one.handle.executeUpdate('notice', {
      args: [{ by: { id: 'x', kind: 'organisation', role: 'approver' }, noticeId, result, reasonRef }],
      updateId,
    });
  await say(ids.get('Google') ?? '', 'done', 'ack-1');
  await say(ids.get('Google') ?? '', 'done', 'ack-1');
  expect(await refusal(say(ids.get('Registry') ?? '', 'impossible', 'by-hand-0'))).toBe('reason_required');
  await say(ids.get('Registry') ?? '', 'impossible', 'by-hand-1', 'message/1');
  expect(await refusal(say('ntc_none', 'done', 'ack-2'))).toBe('not_found');

  // Another worker, and the months until the last backup: nobody is told twice.
  await one.down();
  await one.up();
  await advance(client, one.input.requestId, { seconds: 100 * 86_400 });
  await one.until('closed');
  expect(sent.sort()).toEqual([ids.get('Google'), ids.get('Auditor')].sort());
  expect(await recipients()).toMatchObject([
    { name: 'Stripe', told: true },
    { name: 'Google', told: true, result: 'done' },
    { name: 'Auditor', told: true },
    { name: 'Registry', told: false, reasonNotTold: 'impossible' },
  ]);
}, 90_000);
