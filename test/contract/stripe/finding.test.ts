import { describe, expect, it } from 'vitest';
import { heartbeat, identifier, Sink, target } from '../connector-kit.js';
import { STRIPE } from './stripe-system.js';
import { vendor, memory, useScriptedStripe, connector, discover, ids, step, errorOf, ANA } from './harness.js';

useScriptedStripe();

describe('finding', () => {
  it('S1: finds 137 customers of one address over two pages, all for review', async () => {
    for (let at = 0; at < 137; at++)
      vendor.add({ id: `cus_${String(at).padStart(3, '0')}`, email: 'ana@example.com', unindexed: true });
    const found = await discover([identifier('email', 'ana@example.com')]);
    expect(ids(found, 'customers')).toHaveLength(137);
    expect(new Set(found.refs.map((ref) => ref.review))).toEqual(new Set(['too_many_targets']));
    const pages = vendor.calls('GET', '/v1/customers');
    expect(pages.map((call) => call.query.get('limit'))).toEqual(['100', '100']);
    expect(pages[1]?.query.get('starting_after')).toBe('cus_099');
  });

  it('refuses to delete more than 25 customers that nobody looked at', async () => {
    for (let at = 0; at < 26; at++) vendor.add({ id: `cus_${at}`, email: 'ana@example.com' });
    const { refs } = await discover(ANA);
    expect(refs).toHaveLength(26);
    const unseen = refs.map((ref) => ({ ...ref, review: null }));
    const refused = await errorOf((await step([target(STRIPE, 'customers', 'delete', unseen)])).apply());
    expect(refused.code).toBe('too_many_targets');
    expect(vendor.calls('DELETE', /./)).toHaveLength(0);
    // A person has decided on the reviewed ones.
    await (await step([target(STRIPE, 'customers', 'delete', refs)])).apply();
    expect(vendor.calls('DELETE', /./)).toHaveLength(26);
  });

  it('S2: two spellings are two customers and both are found, without the search', async () => {
    vendor.searchOffered = false;
    vendor.add(
      { id: 'cus_a', email: 'Ana@Example.com' },
      { id: 'cus_b', email: 'ana@example.com' },
      { id: 'cus_c', email: 'other@example.com' },
    );
    const found = await discover(ANA);
    expect(ids(found, 'customers')).toEqual(['cus_a', 'cus_b']);
    expect(found.caveats).toContain('search_unavailable');
  });

  it('finds a third spelling through the search, and drops what the search matched wrongly', async () => {
    vendor.add({ id: 'cus_a', email: 'ANA@example.com' });
    vendor.script('GET /v1/customers/search', {
      status: 200,
      body: {
        object: 'search_result',
        has_more: false,
        data: [
          { id: 'cus_x', object: 'customer', email: 'ana@example.com.evil.example', created: 1, livemode: false },
          { id: 'cus_a', object: 'customer', email: 'ANA@example.com', created: 1, livemode: false },
        ],
      },
    });
    const found = await discover(ANA);
    expect(ids(found, 'customers')).toEqual(['cus_a']);
    expect(found.caveats).not.toContain('search_unavailable');
  });

  it('quotes the address in the search', async () => {
    await discover([identifier('email', 'a"b\\c@example.com')]);
    expect(vendor.calls('GET', '/v1/customers/search')[0]?.query.get('query')).toBe('email:"a\\"b\\\\c@example.com"');
  });

  it('S3: an id from elsewhere is found while the search lags, and verify never searches', async () => {
    vendor.add({ id: 'cus_new', email: 'ANA@example.com', unindexed: true });
    const found = await discover([...ANA, identifier('customerId', 'cus_new', 'system')]);
    expect(ids(found, 'customers')).toEqual(['cus_new']);
    vendor.seen.length = 0;
    await (await step([target(STRIPE, 'customers', 'delete', found.refs)])).verify();
    expect(vendor.seen.map((call) => call.path)).toEqual(['/v1/customers/cus_new']);
  });

  it('sends unproven and declared hits to review, and a proven match decides over an unproven one', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' }, { id: 'cus_b', email: 'bo@example.com' });
    const found = await discover([
      identifier('email', 'ana@example.com', 'declared'),
      identifier('email', 'bo@example.com', 'unproven'),
      identifier('customerId', 'cus_b', 'system'),
    ]);
    expect(found.refs.map((ref) => [ref.id, ref.trust, ref.review])).toEqual([
      ['cus_a', 'declared', 'declared_link'],
      ['cus_b', 'system', null],
    ]);
    // Only sure hits lead on.
    expect(found.identifiers).toEqual([]);
  });

  it('yields the ids of sure hits and holds invoices by their date', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' });
    vendor.invoices.push({ id: 'in_1', customer: 'cus_a', created: Date.UTC(2024, 4, 1) / 1000 });
    const found = await discover(ANA);
    expect(found.identifiers).toEqual([{ type: 'customerId', value: 'cus_a', trust: 'system' }]);
    const invoice = found.refs.find((ref) => ref.dataset === 'invoices');
    expect(invoice?.hold).toMatchObject({ law: 'se-bokforingslagen-7-2', until: '2031-12-31' });
    expect(invoice?.createdAt).toBe('2024-05-01T00:00:00.000Z');
  });

  it('an earlier deleted customer is no target, its invoices are still listed', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com', deleted: true });
    vendor.invoices.push({ id: 'in_1', customer: 'cus_a', created: 1_700_000_000 });
    const found = await discover([identifier('customerId', 'cus_a', 'system')]);
    expect(found.refs.map((ref) => ref.id)).toEqual(['in_1']);
  });

  it('S8: an active subscription is named, and asks first where the settings say so', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com', activeSubscriptions: 2 });
    const plain = await discover(ANA);
    expect(plain.caveats).toContain('active_subscriptions_end');
    expect(plain.refs[0]?.review).toBeNull();
    const asking = await discover(ANA, { askOnActiveSubscription: true });
    expect(asking.refs[0]?.review).toBe('active_subscription');
    await (await step([target(STRIPE, 'customers', 'delete', plain.refs)])).apply();
    expect(await memory.get('subscriptions/cus_a')).toEqual({ ended: 2 });
  });

  it('sees nothing of the operator itself in a request that an organisation started', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' });
    const found = await connector().discover({
      right: 'erasure',
      identifiers: ANA,
      onlyOrganisation: 'acme',
      datasets: null,
      heartbeat,
    });
    expect(found.refs).toEqual([]);
    expect(vendor.seen).toEqual([]);
  });
});

describe('access', () => {
  it('gives the customer with what hangs below it, without secrets, and says which lists are not offered', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' });
    vendor.invoices.push({ id: 'in_1', customer: 'cus_a', created: 1_700_000_000 });
    vendor.extra.set(
      '/v1/charges',
      Array.from({ length: 1000 }, (_, at) => ({
        id: `ch_${at}`,
        object: 'charge',
        receipt_url: 'https://bearer.invalid',
        receipt_email: 'ana@example.com',
        outcome: { risk_score: 12, type: 'authorized' },
        payment_method_details: { card: { fingerprint: 'xyz', last4: '4242' } },
        metadata: { url: 'kept' },
      })),
    );
    vendor.extra.set('/v1/payment_intents', [{ id: 'pi_1', client_secret: 'pi_secret' }]);
    const { refs } = await discover(ANA);
    const sink = new Sink();
    const counts = await connector().collect({
      requestId: 'req_1',
      identifiers: ANA,
      targets: [target(STRIPE, 'customers', 'collect', refs), target(STRIPE, 'invoices', 'collect', refs)],
      sink,
      heartbeat,
    });
    expect(counts).toEqual({ 'payments/customers/-': 1, 'payments/invoices/-': 1 });
    const customer = sink.records[0]?.data as { charges: Record<string, unknown>[]; unavailableLists: string[] };
    // S1b: all pages.
    expect(customer.charges).toHaveLength(1000);
    expect(customer.charges[0]).toEqual({
      id: 'ch_0',
      object: 'charge',
      receipt_email: 'ana@example.com',
      outcome: { type: 'authorized' },
      payment_method_details: { card: { last4: '4242' } },
      metadata: { url: 'kept' },
    });
    expect(customer.unavailableLists).toEqual(['checkout_sessions']);
    expect(JSON.stringify(sink.records)).not.toMatch(/bearer\.invalid|pi_secret|risk_score|fingerprint/);
    expect(vendor.calls('GET', '/v1/subscriptions').every((call) => call.query.get('status') === 'all')).toBe(true);
  });
});
