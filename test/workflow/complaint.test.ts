/** A complaint that is upheld brings a closed request back, on a real Temporal: nothing is forgotten while it is open. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunFacts } from '../../domain/lifecycle/facts.js';
import { advance } from '../../infra/temporal/index.js';
import { bundled, clockFrom, FREE, OFFICER, Scripted } from '../support/fault-request.js';
import { stubStamp } from '../support/stub-activities.js';

let native: NativeConnection;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection.close();
  await native.close();
});

it('closed and refused, complained about, kept beyond its time, upheld, done', async () => {
  const asked: string[] = [];
  const one = await new Scripted(client, native, await bundled(), {
    parts: FREE,
    attested: false,
    override: {
      // As the real one: from the day that the workflow names. Without the new one it would be over at once.
      clock: async (input) => {
        asked.push(input.receivedAt);
        return { kind: 'clock', stamp: stubStamp(), clock: clockFrom(Date.parse(input.receivedAt)) };
      },
    },
  }).up();
  await one.start();
  const correspond = (command: Record<string, unknown>, updateId: string) =>
    one.handle.executeUpdate('correspond', { args: [{ by: OFFICER, ...command }], updateId });
  const second = { id: 'usr_second', kind: 'person', role: 'privacy_officer' };
  const days = (n: number) => advance(client, one.input.requestId, { seconds: n * 86_400 });
  try {
    await one.until('identifying');
    await one.act({ action: 'refuse', ground: 'no_ground', reasonRef: 'message/r' }, 'refuse');
    await one.until('closed');
    await correspond({ action: 'complain', to: 'operator', textRef: 'message/c' }, 'complain');
    // Kept thirty days after closing; an open complaint stops that, and reminds.
    await days(46);
    expect((await one.handle.describe()).status.name).toBe('RUNNING');
    expect((await one.view())['complaints']).toMatchObject([{ n: 1, to: 'operator', overdue: true, result: null }]);
    expect(one.stub.calls.filter((c) => c === 'notify:complaint_reminder')).toHaveLength(4);
    const decide = { action: 'decideComplaint', n: 1, result: 'upheld', reasonRef: 'message/u' };
    await expect(correspond(decide, 'same person')).rejects.toMatchObject({ cause: { type: 'four_eyes' } });
    expect(asked).toEqual([]);
    await correspond({ ...decide, by: second }, 'upheld');
    // The same again gives the first answer, and does nothing.
    await correspond({ ...decide, by: second }, 'upheld');
    await one.until('identifying');
    await one.handle.executeUpdate('identity', {
      args: [{ by: second, method: 'officer_check', level: 'substantial', result: 'verified', proven: [0] }],
      updateId: 'identity',
    });
    await one.until('awaiting_backup_expiry', (steps) => steps.every((s) => s.outcome === 'done'));
    expect(one.stub.calls.filter((c) => c === 'notify:complaint_answer')).toHaveLength(1);
    expect(one.stub.calls.filter((c) => c === 'notify:final')).toHaveLength(2);
    // Its time counts from the decision, 46 days after the receipt.
    expect(asked.length).toBeGreaterThan(0);
    for (const from of asked)
      expect(Math.round((Date.parse(from) - Date.parse(one.input.receivedAt)) / 86_400_000)).toBe(46);
    const facts = await one.handle.query<RunFacts>('facts');
    expect(facts).toMatchObject({ outcome: 'fulfilled', refusal: null, complaints: [{ n: 1, result: 'upheld' }] });
    await days(120);
    await one.until('closed');
    await days(32);
    await one.handle.result();
  } finally {
    await one.end();
  }
}, 60_000);
