import { describe, expect, it } from 'vitest';
import type { Found } from '../../../domain/plan/types.js';
import { target } from '../connector-kit.js';
import { failure } from './scripted-stripe.js';
import { STRIPE } from './stripe-system.js';
import { vendor, useScriptedStripe, discover, step, errorOf, ANA } from './harness.js';

useScriptedStripe();

describe('deleting and reading back', () => {
  async function found(...customers: string[]): Promise<Found> {
    for (const id of customers) vendor.add({ id, email: 'ana@example.com' });
    return discover(ANA);
  }

  it('S4: a tombstone is gone; a counterpart that answers 404 is gone as well', async () => {
    const { refs } = await found('cus_a');
    const work = await step([target(STRIPE, 'customers', 'delete', refs)]);
    expect(await work.apply()).toEqual([{ key: 'payments/customers/-', kind: 'applied', touched: 1 }]);
    expect(await work.verify()).toEqual([
      { key: 'payments/customers/-', verdict: 'gone', remaining: 0, held: 0, method: 'tombstone' },
    ]);
    vendor.forgetsDeleted = true;
    expect(await work.verify()).toMatchObject([{ verdict: 'gone', method: 'absent' }]);
  });

  it('a vendor that says deleted and keeps the customer is found out', async () => {
    const { refs } = await found('cus_a');
    vendor.lies = true;
    const work = await step([target(STRIPE, 'customers', 'delete', refs)]);
    await work.apply();
    expect(await work.verify()).toMatchObject([{ verdict: 'stillPresent', remaining: 1 }]);
  });

  it('S5: asking twice deletes once; a customer that vanished in between counts as gone', async () => {
    const { refs } = await found('cus_a');
    const work = await step([target(STRIPE, 'customers', 'delete', refs)]);
    await work.apply();
    expect(await work.apply()).toMatchObject([{ touched: 0 }]);
    vendor.customers.delete('cus_a');
    expect(await work.apply()).toMatchObject([{ touched: 0 }]);
    expect(vendor.calls('DELETE', /./)).toHaveLength(1);
  });

  it('S5: deleted by somebody else between reading and deleting', async () => {
    const { refs } = await found('cus_a');
    vendor.script(
      'DELETE /v1/customers/cus_a',
      failure(404, { code: 'resource_missing', message: "No such customer: 'cus_a'" }),
    );
    expect(await (await step([target(STRIPE, 'customers', 'delete', refs)])).apply()).toMatchObject([{ touched: 0 }]);
  });

  it('S5: an object of the other mode is never "already gone"', async () => {
    const { refs } = await found('cus_a');
    vendor.otherMode.add('cus_a');
    const work = await step([target(STRIPE, 'customers', 'delete', refs)]);
    expect(await errorOf(work.apply())).toMatchObject({ code: 'wrong_mode', retryable: false });
    expect(await errorOf(work.verify())).toMatchObject({ code: 'wrong_mode' });
  });

  it('S5: missing under another mode or account than it was found under is an error, not success', async () => {
    const { refs } = await found('cus_a');
    vendor.customers.clear();
    const targets = [target(STRIPE, 'customers', 'delete', refs)];
    const elsewhere = await step(targets, { account: 'acct_other' });
    expect(await errorOf(elsewhere.apply())).toMatchObject({ code: 'wrong_mode' });
    expect(await errorOf(elsewhere.verify())).toMatchObject({ code: 'wrong_mode' });
    const live = await step(targets, { key: 'sk_live_abc', mode: 'live' });
    expect(await errorOf(live.apply())).toMatchObject({ code: 'wrong_mode' });
  });

  it('an answer of the other mode is refused before anything is deleted', async () => {
    const { refs } = await found('cus_a');
    vendor.livemode = true;
    expect(await errorOf((await step([target(STRIPE, 'customers', 'delete', refs)])).apply())).toMatchObject({
      code: 'wrong_mode',
    });
    expect(vendor.calls('DELETE', /./)).toHaveLength(0);
    expect(await errorOf(discover(ANA))).toMatchObject({ code: 'wrong_mode' });
  });

  it('S6: a stored 500 is not replayed for ever: state is read, then another key is used', async () => {
    const { refs } = await found('cus_a');
    vendor.storeAnswers = true;
    vendor.script('DELETE /v1/customers/cus_a', failure(500, { type: 'api_error' }));
    const work = await step([target(STRIPE, 'customers', 'delete', refs)]);
    expect(await errorOf(work.apply())).toMatchObject({ code: 'unavailable', retryable: true, status: 500 });
    expect(await work.apply()).toMatchObject([{ touched: 1 }]);
    const [first, second] = vendor.calls('DELETE', '/v1/customers/cus_a');
    expect(first?.key).toMatch(/^[0-9a-f]{64}$/);
    expect(second?.key).not.toBe(first?.key);
    const read = vendor.seen.findLastIndex((call) => call.method === 'GET' && call.path === '/v1/customers/cus_a');
    expect(read).toBeGreaterThan(vendor.seen.findIndex((call) => call.method === 'DELETE'));
  });

  it('S7: the key is the same for the same step and another one for another generation', async () => {
    const { refs } = await found('cus_a');
    const targets = [target(STRIPE, 'customers', 'delete', refs)];
    const cut = { status: 0, reset: true };
    vendor.script('DELETE /v1/customers/cus_a', cut, cut, cut);
    for (const generation of [0, 0, 1])
      expect(await errorOf((await step(targets, {}, generation)).apply())).toMatchObject({ code: 'unavailable' });
    const keys = vendor.calls('DELETE', /./).map((call) => call.key);
    // Three tries, three calls: a cut connection is not tried again behind our back.
    expect(keys).toHaveLength(3);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('S12: one of three fails: the others are deleted, and only that one is tried again', async () => {
    const { refs } = await found('cus_a', 'cus_b', 'cus_c');
    vendor.script('DELETE /v1/customers/cus_b', failure(503, { type: 'api_error' }));
    const work = await step([target(STRIPE, 'customers', 'delete', refs)]);
    expect(await errorOf(work.apply())).toMatchObject({ code: 'unavailable' });
    expect(vendor.customers.get('cus_c')?.deleted).toBe(true);
    expect(await work.verify()).toMatchObject([{ verdict: 'stillPresent', remaining: 1 }]);
    await work.apply();
    expect(vendor.calls('DELETE', /./).map((call) => call.path.slice(-5))).toEqual([
      'cus_a',
      'cus_b',
      'cus_c',
      'cus_b',
    ]);
    expect(await work.verify()).toMatchObject([{ verdict: 'gone' }]);
  });

  it('a limit that is reached stops the step instead of being hit once per customer', async () => {
    const { refs } = await found('cus_a', 'cus_b', 'cus_c');
    vendor.script('DELETE /v1/customers/cus_a', failure(429, {}));
    expect(await errorOf((await step([target(STRIPE, 'customers', 'delete', refs)])).apply())).toMatchObject({
      code: 'rate_limited',
    });
    expect(vendor.calls('DELETE', /./)).toHaveLength(1);
  });

  it('keeps invoices: retained, read back, and never written to', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' });
    vendor.invoices.push({ id: 'in_1', customer: 'cus_a', created: 1_700_000_000 });
    const { refs } = await discover(ANA);
    const work = await step([target(STRIPE, 'invoices', 'keep', refs), target(STRIPE, 'customers', 'delete', refs)]);
    expect(await work.apply()).toMatchObject([{ kind: 'retained', basis: 'art-21-3' }, { kind: 'applied' }]);
    expect(await work.verify()).toMatchObject([
      { verdict: 'kept', remaining: 1, method: 'read_back' },
      { verdict: 'gone' },
    ]);
    expect(vendor.seen.filter((call) => call.method !== 'GET').map((call) => call.path)).toEqual([
      '/v1/customers/cus_a',
    ]);
    vendor.invoices.length = 0;
    expect(await work.verify()).toMatchObject([{ verdict: 'unverifiable', method: 'kept_record_missing' }, {}]);
  });

  it('says that redaction and anything else is not done by machine yet', async () => {
    const { refs } = await found('cus_a');
    expect(await (await step([target(STRIPE, 'customers', 'redact', refs)])).apply()).toMatchObject([
      { kind: 'manual', why: 'redaction_not_offered' },
    ]);
    expect(await (await step([target(STRIPE, 'invoices', 'delete', refs)])).apply()).toMatchObject([
      { kind: 'manual', why: 'action_not_offered_by_stripe' },
    ]);
    expect(await (await step([target(STRIPE, 'customers', 'redact', refs)])).verify()).toMatchObject([
      { verdict: 'unverifiable' },
    ]);
    expect(vendor.calls('DELETE', /./)).toHaveLength(0);
  });
});
