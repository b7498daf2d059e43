/**
 * Vendors that lie, stumble, fall silent or shut the door, seen from outside: what a request says, what it tells the
 * person, and that it finishes by itself. Stripe is the scripted counterpart, bound to the facts in docs/connectors.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RequestView } from '../../contracts/index.js';
import { failure, type ScriptedAnswer } from '../contract/stripe/scripted-stripe.js';
import { FaultStack } from '../support/fault-stack.js';

const house = new FaultStack();
beforeAll(() => house.start(), 120_000);
afterAll(() => house.stop(), 60_000);
afterEach(() => {
  house.payments.calm();
  house.stripe.lies = false;
});

interface Case {
  readonly id: string;
  readonly email: string;
  readonly customer: string;
}

const payment = (view: RequestView) => view.steps.find((s) => s.system === 'payments' && s.dataset !== 'invoices');
const deletes = (customer: string): number => house.stripe.calls('DELETE', `/v1/customers/${customer}`).length;

/** An erasure whose DELETE at Stripe is answered as scripted, then as the model answers. */
async function scripted(...answers: readonly ScriptedAnswer[]): Promise<Case> {
  const admin = await house.administrator();
  house.stripe.script(`DELETE /v1/customers/${admin.customer}`, ...answers);
  return { ...admin, id: await house.erase('infentre', admin.email) };
}

/** Everything but the payment step is done. */
function othersDone(view: RequestView): boolean {
  const others = view.steps.filter((s) => s.system !== 'payments');
  return (
    others.some((s) => s.dataset === 'admins') &&
    others.every((s) => ['done', 'retained', 'not_found'].includes(s.outcome))
  );
}

async function expectDoneOnce({ id, customer }: Case): Promise<void> {
  const view = await house.settled(id);
  expect(payment(view)).toMatchObject({ outcome: 'done', error: null });
  expect(house.stripe.customers.get(customer)?.deleted).toBe(true);
  const { journal, deletions } = await house.records(id);
  const rows = journal.filter((row) => row.part.startsWith('payments/customers'));
  expect(rows.map((row) => row.state)).toEqual(['verified']);
  expect(deletions.filter((row) => row.part.startsWith('payments/customers')).map((row) => row.state)).toEqual([
    'effective',
  ]);
}

describe('a vendor that says yes and keeps the person', () => {
  it('is never done: the step says so, the letter of the due day says so, and it ends when the vendor mends', async () => {
    const admin = await house.administrator();
    house.stripe.lies = true;
    // Received almost a month ago, so that the due day is near.
    const receivedAt = new Date(Date.now() - 29 * 86_400_000).toISOString();
    const id = await house.erase('infentre', admin.email, { receivedAt });
    let view = await house.until(id, 'the read-back notices', (v) => payment(v)?.error === 'still_present');
    expect(payment(view)).toMatchObject({ outcome: 'pending', verifiedAt: null });
    await house.until(id, 'the others finish', othersDone);
    expect(deletes(admin.customer)).toBeGreaterThanOrEqual(1);

    const dueAt = Date.parse(view.clock.dueAt);
    await house.caller.must('POST', `/v1/dev/requests/${id}/advance`, {
      token: house.stack.info.tokens.admin,
      body: { to: new Date(dueAt - 3_600_000).toISOString() },
    });
    view = await house.until(id, 'the interim answer', (v) => v.answeredAt !== null);
    expect(view.answer).toBe('partial');
    expect(['executing', 'verifying']).toContain(view.state);
    expect(view.outcome).toBeNull();
    expect(payment(view)?.outcome).toBe('pending');
    expect(view.certificate).toBeNull();
    expect(othersDone(view)).toBe(true);
    const mail = await house.caller.mailTo(admin.email, (m) => m.subject === 'Where your request stands today');
    expect(mail.text).toMatch(/- payments\/customers[^:\n]*: not finished yet/);
    expect(mail.text).toMatch(/app\/admins/);
    expect(mail.text).not.toMatch(/payments\/customers[^:\n]*: .*(erased|deleted|removed)/);
    const { journal, deletions } = await house.records(id);
    for (const rows of [journal, deletions])
      expect(rows.filter((r) => r.part.startsWith('payments/customers') && r.state !== 'intent')).toEqual([]);

    house.stripe.lies = false;
    await house.caller.act(id, 'retry', { step: payment(view)?.id });
    view = await house.settled(id);
    expect(payment(view)).toMatchObject({ outcome: 'done', error: null });
    expect(house.stripe.customers.get(admin.customer)?.deleted).toBe(true);
  }, 180_000);
});

describe('a vendor that stumbles, falls silent, is away or shuts the door', () => {
  it('is waited for as long as it takes; nobody else waits', async () => {
    const tooMany = failure(429, { type: 'rate_limit_error' });
    const broken = { status: 503, body: 'maintenance' };
    const cut = { status: 0, reset: true };
    const stumbling = await Promise.all([
      scripted(tooMany, tooMany),
      scripted(broken, failure(500, {})),
      scripted(cut, cut),
    ]);
    const refused = await scripted(
      failure(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' }),
    );

    const [silent, away, called, absent] = await Promise.all([
      house.administrator(),
      house.administrator(),
      house.administrator(),
      house.administrator(),
    ]);
    const down = new Set([away.customer, called.customer, encodeURIComponent(absent.email), absent.customer]);
    let hung = 0;
    house.payments.before = (text) => {
      const line = text.slice(0, text.indexOf('\r\n'));
      if (line.startsWith(`DELETE /v1/customers/${silent.customer}`) && hung === 0) {
        hung += 1;
        return new Promise(() => undefined);
      }
      if ([...down].some((name) => line.includes(name)) && !line.startsWith('GET /v1/customers/cus_')) return 'cut';
      return 'pass';
    };
    const begin = async (person: { email: string; customer: string }): Promise<Case> => ({
      ...person,
      id: await house.erase('infentre', person.email),
    });
    const [quiet, back, retried, unfound] = await Promise.all([
      begin(silent),
      begin(away),
      begin(called),
      begin(absent),
    ]);

    // The door is shut: no more attempts, and it says why.
    const shut = await house.until(refused.id, 'the key is refused', (v) => payment(v)?.outcome === 'failed');
    expect(payment(shut)?.error).toBe('auth');
    expect(deletes(refused.customer)).toBe(1);
    await house.until(refused.id, 'the others finish', othersDone);

    // Away while applying, and away from the first question on.
    for (const { id } of [back, retried, unfound]) {
      const view = await house.until(
        id,
        'the error is shown and the others finish',
        (v) => payment(v)?.error === 'unavailable' && othersDone(v),
      );
      expect(view.state).toBe('executing');
      expect(view.outcome).toBeNull();
      expect(payment(view)?.outcome).toBe('pending');
      expect(view.allowedActions).toContain('retry');
      expect(othersDone(view)).toBe(true);
    }

    // The vendor is back: two are asked for at once, the third comes back by itself.
    down.clear();
    for (const { id } of [retried, unfound]) {
      const view = await house.caller.view(id);
      await house.caller.act(id, 'retry', { step: payment(view)?.id });
    }
    await house.caller.advance(back.id, 'PT1H');
    await house.caller.act(refused.id, 'retry', { step: payment(shut)?.id });
    for (const one of [...stumbling, refused, retried, unfound, back, quiet]) await expectDoneOnce(one);
    expect(hung).toBe(1);
    // Each DELETE that was answered with a failure was made again, none after the one that worked.
    expect(stumbling.map((one) => deletes(one.customer))).toEqual([3, 3, 3]);
    expect([retried, unfound, back].map((one) => deletes(one.customer))).toEqual([1, 1, 1]);
  }, 240_000);
});
