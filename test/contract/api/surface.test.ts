/** What stands around the handlers: documents, health, headers, limits, tokens, ledger reading, the embedded stack's clock, graceful stop. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApiDocument } from '../../../api/index.js';
import { client, ENDPOINTS, PROBLEMS, problemsOf, type Endpoint } from '../../../contracts/index.js';
import { requestBody, testApi, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer: string;
let auditor: string;
let admin: string;
let mongoAway = false;
const advanced: unknown[] = [];

beforeAll(async () => {
  api = await testApi('surface', (deps) => ({
    ...deps,
    limits: { perPrincipal: 100_000, perStranger: 60, perSender: 100_000, perAddress: 100_000 },
    checks: [
      ...deps.checks,
      {
        name: 'fault',
        check: async () =>
          mongoAway
            ? Promise.reject(Object.assign(new Error('mongodb://user:canary@host'), { code: 'unavailable' }))
            : undefined,
      },
    ],
    dev: {
      advanceWorld: async () => ({}),
      advance: async (requestId, move) => {
        advanced.push([requestId, move]);
        return { now: '2026-12-24T00:00:00.000Z' };
      },
    },
  }));
  officer = await api.token({ role: 'privacy_officer' });
  auditor = await api.token({ role: 'auditor' });
  admin = await api.token({ role: 'admin' });
});
afterAll(() => api.close());

test('docs/openapi.json is what the endpoint table says', async () => {
  const written = JSON.parse(await readFile('docs/openapi.json', 'utf8'));
  expect(written, 'npm run drift:write').toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  const served = await api.call('GET', '/v1/openapi.json');
  expect(served.body.openapi).toBe('3.1.0');
  const operations = Object.values(served.body.paths as Record<string, Record<string, unknown>>).flatMap((p) =>
    Object.keys(p),
  );
  expect(operations).toHaveLength(Object.keys(ENDPOINTS).length);
});

test('every problem code is known to the docs page, and every row names only known ones', async () => {
  const page = await api.call('GET', '/docs/problems');
  for (const code of Object.keys(PROBLEMS)) expect(page.text).toContain(`id="${code}"`);
  for (const endpoint of Object.values(ENDPOINTS) as Endpoint[])
    for (const code of problemsOf(endpoint)) expect(PROBLEMS[code]).toBeDefined();
});

test('/docs is self-hosted under a strict policy', async () => {
  const page = await api.call('GET', '/docs');
  const csp = page.headers.get('content-security-policy') ?? '';
  expect(csp).toContain("default-src 'none'");
  expect(csp).not.toMatch(/unsafe|https?:/);
  expect(page.text).not.toMatch(/<script>|style=|https?:\/\//);
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'init.js'])
    expect((await api.call('GET', `/docs/${file}`)).status, file).toBe(200);
  expect((await api.call('GET', '/docs/index.html')).status).toBe(404);
  expect((await api.call('GET', '/docs/..%2fpackage.json')).status).toBe(404);
});

test('headers of every answer', async () => {
  const reply = await api.call('GET', '/healthz', {
    headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  });
  expect(reply.body).toEqual({ ok: true });
  expect(reply.headers.get('habeas-trace')).toBe('a'.repeat(32));
  expect(reply.headers.get('x-powered-by')).toBeNull();
  expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
  expect(reply.headers.get('strict-transport-security')).toContain('max-age');
  expect(reply.headers.get('cache-control')).toBe('no-store');
});

test('readiness names what is missing, by code and never by message; liveness stays', async () => {
  expect((await api.call('GET', '/readyz')).status).toBe(200);
  mongoAway = true;
  const away = await api.call('GET', '/readyz');
  expect(away.status).toBe(503);
  expect(away.body.checks).toContainEqual({ name: 'fault', ok: false, detail: 'unavailable' });
  expect(away.text).not.toContain('canary');
  expect((await api.call('GET', '/healthz')).status).toBe(200);
  mongoAway = false;
});

test('metrics carry route names, never ids', async () => {
  await api.call('GET', '/v1/requests/req_01JDB2C3D4E5F6G7H8J9K0M1N2', { token: auditor });
  const { text } = await api.call('GET', '/metrics');
  expect(text).toMatch(/habeas_http_requests_total\{endpoint="getRequest",method="GET",status="404"\} \d+/);
  expect(text).not.toContain('req_');
});

test('strangers are limited: 429 with Retry-After and RateLimit headers', async () => {
  let last = await api.call('GET', '/v1/openapi.json');
  expect(last.headers.get('ratelimit')).toMatch(/"habeas"; r=\d+; t=\d+/);
  expect(last.headers.get('ratelimit-policy')).toContain('q=60');
  for (let i = 0; i < 70 && last.status !== 429; i += 1) last = await api.call('GET', '/v1/openapi.json');
  expect([last.status, last.body.code, last.headers.get('retry-after')]).toEqual([429, 'rate_limited', '60']);
  expect((await api.call('GET', '/v1/operators', { token: auditor })).status).toBe(200);
  expect((await api.call('GET', '/healthz')).status).toBe(200);
});

test('tokens: shown once, bound to the admin’s operators, a year at most, revoked at once', async () => {
  const expiresAt = new Date(api.clock.now.getTime() + 86_400_000).toISOString();
  const make = (change: Record<string, unknown>) =>
    api.call('POST', '/v1/tokens', {
      token: admin,
      body: { name: 'billing export', scopes: ['requests:read'], operator: 'infentre', expiresAt, ...change },
    });
  const made = await make({});
  expect(made.status).toBe(201);
  expect(made.body.token).toMatch(/^dsk_[0-9A-Za-z]{49}$/);
  expect((await api.call('GET', '/v1/requests', { token: made.body.token })).status).toBe(200);
  const list = await api.call('GET', '/v1/tokens', { token: admin });
  expect(list.body.data.map((t: { id: string }) => t.id)).toContain(made.body.id);
  expect(list.text).not.toContain(made.body.token);
  expect(JSON.stringify(await api.database.db.collection('tokens').find().toArray())).not.toContain(made.body.token);
  expect((await api.call('DELETE', `/v1/tokens/${made.body.id}`, { token: admin })).status).toBe(204);
  expect((await api.call('GET', '/v1/requests', { token: made.body.token })).status).toBe(401);
  expect((await make({ operator: 'defigo' })).status).toBe(403);
  expect((await make({ operator: '*' })).status).toBe(403);
  expect((await make({ role: 'auditor' })).status).toBe(422);
  expect((await make({ scopes: undefined, role: 'approver' })).status).toBe(422);
  expect((await make({ scopes: undefined, role: 'subject' })).status).toBe(422);
  expect((await make({ expiresAt: '2020-01-01T00:00:00Z' })).status).toBe(422);
  expect((await make({ expiresAt: '2999-01-01T00:00:00Z' })).status).toBe(422);
});

test('operators, their packs without settings that could be secret, their public keys', async () => {
  const operators = await api.call('GET', '/v1/operators', { token: auditor });
  expect(operators.body.data.map((o: { id: string }) => o.id)).toEqual(['infentre']);
  const policy = await api.call('GET', '/v1/operators/infentre/policy', { token: auditor });
  expect(policy.body).toMatchObject({ operator: 'infentre', hash: api.packs.get('infentre')?.hash });
  expect(policy.text).toContain('${INFENTRE_MONGODB_URL}');
  expect(
    (
      await api.call('GET', '/v1/operators/infentre/policy', {
        token: auditor,
        headers: { 'if-none-match': policy.headers.get('etag') ?? '' },
      })
    ).status,
  ).toBe(304);
  const keys = await api.call('GET', '/v1/operators/infentre/keys', { token: auditor });
  expect(keys.body.keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519' });
  expect(keys.text).not.toContain('"d"');
});

test('the ledger: entries by filter and page, tree head, proofs; reading it is an entry', async () => {
  for (let i = 0; i < 3; i += 1)
    await api.call('POST', '/v1/requests', {
      token: officer,
      key: `l${i}`,
      body: requestBody({ right: i === 0 ? 'access' : 'erasure' }),
    });
  const all = await api.call('GET', '/v1/ledger?limit=2', { token: auditor });
  expect(all.body.data.map((e: { seq: number }) => e.seq)).toEqual([0, 1]);
  const next = await api.call('GET', `/v1/ledger?limit=100&cursor=${encodeURIComponent(all.body.nextCursor)}`, {
    token: auditor,
  });
  expect(next.body.data[0].seq).toBe(2);
  expect(next.body.data.some((e: { action: string }) => e.action === 'ledger.read')).toBe(true);
  const access = await api.call('GET', '/v1/ledger?right=access&type=request.received', { token: auditor });
  expect(access.body.data.map((e: { code: string }) => e.code)).toEqual(['access']);
  const head = await api.call('GET', '/v1/ledger/checkpoint?operator=infentre', { token: auditor });
  expect(head.body.checkpoint).toContain('infentre');
  const proof = await api.call('GET', `/v1/ledger/proof?operator=infentre&seq=0&size=${head.body.size}`, {
    token: auditor,
  });
  expect(proof.body).toMatchObject({ kind: 'inclusion', seq: 0, size: head.body.size });
  expect(
    (await api.call('GET', `/v1/ledger/proof?operator=infentre&from=1&to=${head.body.size}`, { token: auditor })).body
      .kind,
  ).toBe('consistency');
  expect(
    (await api.call('GET', '/v1/ledger/proof?operator=infentre&seq=5&size=999999', { token: auditor })).status,
  ).toBe(404);
  expect((await api.call('GET', '/v1/ledger/proof?operator=infentre&seq=5', { token: auditor })).status).toBe(422);
  expect((await api.call('GET', '/v1/ledger?operator=defigo', { token: auditor })).status).toBe(403);
});

test('a certificate is answered byte for byte', async () => {
  const { id } = (await api.call('POST', '/v1/requests', { token: officer, key: 'cert', body: requestBody() })).body;
  expect((await api.call('GET', `/v1/requests/${id}/certificate`, { token: auditor })).body.code).toBe('not_ready');
  const put = (certificateId: string, final: boolean, issuedAt: string) =>
    api.deps.certificates.put({
      certificateId,
      requestId: id,
      final,
      issuedAt,
      bytes: Buffer.from(`{"certificateId":"${certificateId}","x":"é"}`),
    });
  await put('crt_1', false, '2026-11-24T00:00:00.000Z');
  await put('crt_2', true, '2026-12-24T00:00:00.000Z');
  const reply = await api.call('GET', `/v1/requests/${id}/certificate`, { token: auditor });
  expect(reply.text).toBe('{"certificateId":"crt_2","x":"é"}');
  expect(
    (
      await api.call('GET', `/v1/requests/${id}/certificate`, {
        token: auditor,
        headers: { 'if-none-match': '"crt_2"' },
      })
    ).status,
  ).toBe(304);
});

test('the embedded stack moves a request; without that port the address does not exist', async () => {
  const { id } = (await api.call('POST', '/v1/requests', { token: officer, key: 'dev', body: requestBody() })).body;
  const moved = await api.call('POST', `/v1/dev/requests/${id}/advance`, { token: officer, body: { by: 'P30D' } });
  expect(moved.body).toMatchObject({ requestId: id, now: '2026-12-24T00:00:00.000Z', simulatedTime: true });
  expect(advanced).toEqual([[id, { by: 'P30D' }]]);
  for (const body of [
    {},
    { by: 'P1M2D' },
    { by: '-P1D' },
    { to: 'tomorrow' },
    { by: 'P1D', to: '2027-01-01T00:00:00Z' },
  ]) {
    expect((await api.call('POST', `/v1/dev/requests/${id}/advance`, { token: officer, body })).status).toBe(422);
  }
});

test('the typed client speaks the table', async () => {
  const habeas = client(api.base, ENDPOINTS, { token: officer });
  const made = await habeas.createRequest({ idempotencyKey: 'client', body: requestBody() as never });
  if (!made.ok) throw new Error(made.problem.code);
  const got = await habeas.getRequest({ params: { id: made.body.id } });
  expect(got.ok && got.body?.id).toBe(made.body.id);
  const gone = await habeas.getRequest({ params: { id: 'req_01JDB2C3D4E5F6G7H8J9K0M1N2' } });
  expect(!gone.ok && gone.problem.code).toBe('not_found');
});

test('a store that is away is 503 with Retry-After, before anything else', async () => {
  const other = await testApi('away', (deps) => ({
    ...deps,
    verifier: {
      verify: async () =>
        Promise.reject(Object.assign(new Error('store: unavailable'), { name: 'StoreError', code: 'unavailable' })),
    },
  }));
  const reply = await other.call('GET', '/v1/requests', { token: officer });
  expect([reply.status, reply.body.code, reply.headers.get('retry-after')]).toEqual([503, 'unavailable', '5']);
  const id = 'req_01JDB2C3D4E5F6G7H8J9K0M1N2';
  expect((await other.call('POST', `/v1/dev/requests/${id}/advance`, { body: { by: 'P1D' } })).status).toBe(401);
  await other.close();
});

test('an unforeseen error is 500 without a word of it', async () => {
  const other = await testApi('broken', (deps) => ({
    ...deps,
    policies: { ...deps.policies, list: async () => Promise.reject(new Error('canary in the message')) },
  }));
  const token = await other.token({ role: 'auditor' });
  const reply = await other.call('GET', '/v1/operators', { token });
  expect([reply.status, reply.body.code]).toEqual([500, 'internal']);
  expect(reply.text).not.toContain('canary');
  expect(
    (
      await other.call('POST', '/v1/dev/requests/req_01JDB2C3D4E5F6G7H8J9K0M1N2/advance', {
        token: await other.token({ role: 'admin' }),
        body: { by: 'P1D' },
      })
    ).body.code,
  ).toBe('not_found');
  await other.close();
});

test('stopping lets a running call end and takes no new one', async () => {
  let reached = (): void => undefined;
  const inside = new Promise<void>((resolve) => {
    reached = resolve;
  });
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const other = await testApi('stop', (deps) => ({
    ...deps,
    ledgerReader: {
      page: (filter, options) => deps.ledgerReader.page(filter, options),
      inclusion: (...args) => deps.ledgerReader.inclusion(...args),
      consistency: (...args) => deps.ledgerReader.consistency(...args),
      checkpoint: async (operator) => {
        reached();
        await gate;
        return { operator, size: 0, root: 'r', checkpoint: 'c', keyId: 'k' };
      },
    },
  }));
  const token = await other.token({ role: 'auditor' });
  const running = other.call('GET', '/v1/ledger/checkpoint?operator=infentre', { token });
  await inside;
  const stopped = other.stop();
  await expect
    .poll(() =>
      other.call('GET', '/healthz').then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed');
  release();
  expect((await running).status).toBe(200);
  await stopped;
  await other.close();
});
