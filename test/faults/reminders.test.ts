/**
 * Reminders, escalation, the interim answer and the expiry of an approval while the worker is killed -9 in each leg of the
 * way: each happens once. The moments are random but seeded: `FAULT_SEED` tries others.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RequestView } from '../../contracts/index.js';
import { FaultStack } from '../support/fault-stack.js';

const SEED = Number(process.env['FAULT_SEED'] ?? 20_261_125);
const DAY = 86_400_000;
const house = new FaultStack();
beforeAll(() => house.start(), 120_000);
afterAll(() => house.stop(), 60_000);

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Entry {
  readonly action: string;
  readonly code: string | null;
  /** Canonical JSON. */
  readonly after: string | null;
}

const entriesOf = (id: string): Promise<Entry[]> =>
  house.at('habeas_ledger', (db) =>
    db.collection<Entry & { requestId: string }>('ledger_entries').find({ requestId: id }).toArray(),
  );

/** Moves the request's own time to an instant, asked again for as long as somebody is down. */
async function advanceTo(id: string, instant: number): Promise<void> {
  const { admin } = house.stack.info.tokens;
  const to = new Date(instant).toISOString();
  for (let tries = 0; tries < 40; tries += 1) {
    const answer = await house.caller
      .call('POST', `/v1/dev/requests/${id}/advance`, { token: admin, body: { to } })
      .catch(() => null);
    if (answer?.status === 200) return;
    // Already there: an earlier call was answered into a broken connection.
    if (answer !== null && answer.status === 422) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('time could not be moved');
}

/** kill -9; where the worker is not back yet from the kill before, as soon as it is. */
async function killed(): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const done = await house.kill('worker').then(
      () => true,
      () => false,
    );
    if (done) return;
    if (tries > 600) throw new Error('the worker never came back');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('reminders, escalation, interim answer and expiry come once each', async () => {
  const email = 'member.reminded@example.se';
  await house.at('infentre_app', (db) =>
    db.collection<{ _id: string }>('users').insertOne({
      _id: 'usr_reminded',
      organisationId: 'acme',
      email,
      emailNorm: email,
      name: 'Member',
      createdAt: new Date(Date.now() - DAY),
    } as never),
  );
  const random = seeded(SEED);
  const id = await house.erase('infentre', email);
  const first = await house.until(id, 'it waits for the organisation', (v) => v.state === 'awaiting_approval');
  const began = Date.parse(first.receivedAt);
  const due = Date.parse(first.clock.dueAt);

  // One kill in each leg, at a random moment after its time began to move: a worker must live long enough to do anything.
  for (const instant of [began + 7.5 * DAY, began + 14.5 * DAY, began + 22 * DAY, due - DAY / 4, due + DAY]) {
    const moment = new Promise((resolve) => setTimeout(resolve, random() * 1_200));
    await Promise.all([advanceTo(id, instant), moment.then(killed)]);
  }
  const crashes = house.events.filter((e) => e.kind === 'crashed' && e.name === 'worker');
  expect(crashes).toHaveLength(5);

  const view: RequestView = await house.settled(id);
  const entries = await entriesOf(id);
  const reminded = entries.filter((e) => e.action === 'approval.reminded');
  expect(reminded.map((e) => (JSON.parse(e.after ?? 'null') as { n: number }).n).sort()).toEqual([1, 2, 3]);
  expect(new Set(reminded.map((e) => e.code)).size).toBeGreaterThan(1);
  expect(entries.filter((e) => e.action === 'approval.expired')).toHaveLength(1);
  expect(entries.filter((e) => e.action === 'answer.interim_due')).toHaveLength(1);
  expect(view.approvals.map((a) => a.state)).toEqual(['expired']);
  expect(view.steps.filter((s) => s.dataset === 'users').map((s) => s.outcome)).toEqual(['undecided']);
  // Nobody decided, so nothing of the organisation was touched.
  expect(await house.at('infentre_app', (db) => db.collection('users').countDocuments({ emailNorm: email }))).toBe(1);

  const kinds = (view.letters ?? []).map((l) => l.kind);
  for (const [kind, wanted] of [
    ['approval_reminder', 3],
    ['interim', 1],
    ['final', 1],
  ] as const)
    expect(kinds.filter((k) => k === kind).length, kind).toBe(wanted);
}, 240_000);
