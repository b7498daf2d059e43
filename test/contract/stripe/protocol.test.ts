import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { stripeConnector } from '../../../connectors/stripe/index.js';
import type { ConnectorError } from '../../../domain/ports/connector.js';
import { target, tools } from '../connector-kit.js';
import { failure } from './scripted-stripe.js';
import { STRIPE } from './stripe-system.js';
import { vendor, url, useScriptedStripe, connector, discover, step, errorOf, ANA } from './harness.js';

useScriptedStripe();

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
