import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stripeConnector } from '../../../connectors/stripe/index.js';
import type { Found, Identifier } from '../../../domain/plan/types.js';
import { ConnectorError, type Connector, type PartTargets } from '../../../domain/ports/connector.js';
import { heartbeat, identifier, Memory, Sink, target, tools } from '../connector-kit.js';
import { failure, ScriptedStripe } from './scripted-stripe.js';
import { STRIPE } from './stripe-system.js';

let vendor: ScriptedStripe;
let url: string;
let memory: Memory;

beforeEach(async () => {
  vendor = new ScriptedStripe();
  url = await vendor.start();
  memory = new Memory();
});
afterEach(() => vendor.stop());

function connector(settings: Record<string, string | boolean> = {}): Connector {
  return stripeConnector(STRIPE, tools({ url, key: 'sk_test_abc', ...settings }));
}

function discover(identifiers: readonly Identifier[], settings = {}): Promise<Found> {
  return connector(settings).discover({
    right: 'erasure',
    identifiers,
    onlyOrganisation: null,
    datasets: null,
    heartbeat,
  });
}

function ids(found: Found, dataset: string): readonly string[] {
  return found.refs.filter((ref) => ref.dataset === dataset).map((ref) => ref.id);
}

async function step(targets: readonly PartTargets[], settings = {}, generation = 0) {
  const input = { requestId: 'req_1', targets, identifiers: [], generation, memory, heartbeat };
  const one = connector(settings);
  return { apply: () => one.apply(input), verify: () => one.verify(input) };
}

async function errorOf(work: Promise<unknown>): Promise<ConnectorError> {
  const thrown: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ConnectorError);
  return thrown as ConnectorError;
}

const ANA = [identifier('email', 'Ana@Example.com')];

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

describe('errors', () => {
  const cases: [string, ReturnType<typeof failure>, Partial<ConnectorError>][] = [
    [
      'S6: 429 without Retry-After',
      failure(
        429,
        { type: 'invalid_request_error', message: 'ana@example.com' },
        { 'stripe-rate-limited-reason': 'endpoint-rate' },
      ),
      { code: 'rate_limited', retryable: true, afterMs: 2000 },
    ],
    [
      'S6: 429 lock_timeout',
      failure(429, { code: 'lock_timeout' }),
      { code: 'conflict', retryable: true, afterMs: 1000 },
    ],
    ['409 of a concurrent key', failure(409, {}), { code: 'conflict', retryable: true }],
    ['S7: idempotency_error as 400', failure(400, { type: 'idempotency_error' }), { code: 'bug', retryable: false }],
    ['S7: idempotency_error as 409', failure(409, { type: 'idempotency_error' }), { code: 'bug', retryable: false }],
    ['401', failure(401, { message: 'Invalid API Key provided: sk_test_abc' }), { code: 'auth', retryable: false }],
    ['403', failure(403, { message: 'ana@example.com' }), { code: 'scope', retryable: false }],
    ['402', failure(402, { type: 'card_error' }), { code: 'validation', retryable: false }],
    ['400', failure(400, { code: 'parameter_unknown', message: 'ana@example.com' }), { code: 'bug', retryable: false }],
    ['500', failure(500, { type: 'api_error' }), { code: 'unavailable', retryable: true }],
    [
      'no JSON',
      { status: 502, body: '<html>bad gateway</html>', headers: { 'content-type': 'text/html' } },
      { code: 'unavailable', retryable: true },
    ],
    [
      'a route that is not known',
      failure(404, { message: 'Unrecognized request URL (GET: /v1/customers).' }),
      { code: 'config', retryable: false },
    ],
    ['a reset connection', { status: 0, reset: true }, { code: 'unavailable', retryable: true }],
  ];
  it.each(cases)('%s', async (_name, answer, expected) => {
    vendor.script('GET /v1/customers', answer);
    const thrown = await errorOf(discover(ANA));
    expect(thrown).toMatchObject(expected);
    // Neither the message nor anything enumerable carries what the vendor said.
    expect(`${thrown.message} ${JSON.stringify(thrown)} ${String(thrown.cause)}`).not.toMatch(
      /ana@|sk_test|Invalid API Key/i,
    );
    expect(vendor.calls('GET', '/v1/customers')).toHaveLength(1);
  });

  it('a text 404 on the search is an absent search, on a deletion it is never "gone"', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' });
    const text = { status: 404, body: '404: Not Found', headers: { 'content-type': 'text/plain' } };
    vendor.script('GET /v1/customers/search', text);
    const { refs, caveats } = await discover(ANA);
    expect(caveats).toContain('search_unavailable');
    vendor.script('DELETE /v1/customers/cus_a', text);
    expect(await errorOf((await step([target(STRIPE, 'customers', 'delete', refs)])).apply())).toMatchObject({
      code: 'config',
    });
  });

  it('a vendor that is not there is unavailable, one that never answers is a timeout', async () => {
    const silent = createServer((socket) => socket.resume().on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    expect(await errorOf(discover(ANA, { url: `http://127.0.0.1:${port}`, timeoutSeconds: 0.05 }))).toMatchObject({
      code: 'timeout',
      retryable: true,
    });
    await new Promise((resolve) => silent.close(resolve));
    expect(await errorOf(discover(ANA, { url: `http://127.0.0.1:${port}` }))).toMatchObject({ code: 'unavailable' });
  });
});

describe('settings and health', () => {
  it.each([
    [{ key: '' }, 'config'],
    [{ url: 'nonsense' }, 'config'],
    [{ url: 'http://127.0.0.1:1/path' }, 'config'],
    [{ url: 'ftp://127.0.0.1' }, 'config'],
    [{ mode: 'production' }, 'config'],
    [{ mode: 'live' }, 'wrong_mode'],
    [{ key: 'sk_live_abc' }, 'config'],
    [{ key: 'sk_live_abc', mode: 'live', url: 'http://stripe.example.com' }, 'config'],
  ])('refuses %j', (settings, code) => {
    expect(() => connector(settings)).toThrowError(expect.objectContaining({ code }) as Error);
  });

  it('says whether the key works and whether the mode is the one that was said', async () => {
    vendor.add({ id: 'cus_a', email: 'ana@example.com' });
    expect(await connector().healthcheck()).toMatchObject({ ok: true });
    vendor.livemode = true;
    expect((await connector().healthcheck()).checks).toContainEqual({ name: 'mode', ok: false, detail: 'live' });
    vendor.script('GET /v1/customers', failure(401, {}));
    expect(await connector().healthcheck()).toEqual({
      ok: false,
      checks: [{ name: 'key', ok: false, detail: 'auth' }],
    });
    const late = stripeConnector(
      STRIPE,
      tools({ url, key: 'sk_test_abc' }, () => new Date(Date.now() + 3_600_000)),
    );
    expect((await late.healthcheck()).checks).toContainEqual({
      name: 'clock',
      ok: false,
      detail: 'differs_by_more_than_5_minutes',
    });
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
