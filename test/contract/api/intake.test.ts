import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { requestViewSchema } from '../../../contracts/index.js';
import { reconcile } from '../../../api/index.js';
import { requestBody, testApi, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer: string;
let machine: string;
let serial = 0;
const nextKey = (): string => `key-${(serial += 1)}`;

beforeAll(async () => {
  api = await testApi('intake');
  officer = await api.token({ role: 'privacy_officer' });
  machine = await api.token({ scopes: ['requests:write', 'requests:read', 'requests:attest'] });
});
beforeEach(() => {
  api.gateway.down = false;
});
afterAll(() => api.close());

const count = (collection: string): Promise<number> => api.database.db.collection(collection).countDocuments({});

test('a request is committed with key, vault and document, started, and answers 202 with Location', async () => {
  const reply = await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() });
  expect(reply.status).toBe(202);
  expect(() => requestViewSchema.parse(reply.body)).not.toThrow();
  const { id } = reply.body;
  expect(reply.headers.get('location')).toBe(`/v1/requests/${id}`);
  expect(reply.headers.get('retry-after')).toBe('1');
  expect(reply.body).toMatchObject({
    state: 'received',
    right: 'erasure',
    operator: 'infentre',
    language: 'nb',
    identity: { state: 'open', level: null },
  });
  expect(reply.body.clock.safeDue <= reply.body.clock.legalDue).toBe(true);
  expect(await api.database.db.collection('keys').countDocuments({ _id: id as never })).toBe(1);
  expect(await api.deps.vault.get(id, 'subject')).toMatchObject({
    identifiers: [{ type: 'email', value: 'kari.canary@example.no' }],
  });
  const doc = await api.deps.requests.get(id);
  expect(doc).toMatchObject({ start: 'done', input: null });
  const input = api.gateway.started.find((s) => s.requestId === id);
  expect(input).toMatchObject({ operator: 'infentre', identifierTypes: ['email'], identity: null });
  expect(JSON.stringify([input, doc])).not.toContain('canary');
  await api.platform.ledger.seal('infentre');
  const { entries } = await api.platform.reader.page({ operator: 'infentre', requests: [id] });
  expect(entries.map((e) => e.action)).toEqual(['request.received']);
});

test('the same Idempotency-Key gives the same request; another body is refused; another principal has its own keys', async () => {
  const key = nextKey();
  const first = await api.call('POST', '/v1/requests', { token: officer, key, body: requestBody() });
  const before = await count('requests');
  const again = await api.call('POST', '/v1/requests', { token: officer, key, body: requestBody() });
  expect(again.status).toBe(202);
  expect(again.body.id).toBe(first.body.id);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  const other = await api.call('POST', '/v1/requests', {
    token: officer,
    key,
    body: requestBody({ channel: 'phone' }),
  });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  expect(await count('requests')).toBe(before);
  const foreign = await api.call('POST', '/v1/requests', { token: machine, key, body: requestBody() });
  expect(foreign.status).toBe(202);
  expect(foreign.body.id).not.toBe(first.body.id);
});

test('ten equal calls at once make one request', async () => {
  const key = nextKey();
  const before = await count('requests');
  const replies = await Promise.all(
    Array.from({ length: 10 }, () => api.call('POST', '/v1/requests', { token: officer, key, body: requestBody() })),
  );
  expect(new Set(replies.map((r) => r.status))).toEqual(new Set([202]));
  expect(new Set(replies.map((r) => r.body.id)).size).toBe(1);
  expect(await count('requests')).toBe(before + 1);
});

test('without a key 400, with a bad one 400', async () => {
  const none = await api.call('POST', '/v1/requests', { token: officer, body: requestBody() });
  expect([none.status, none.body.code]).toEqual([400, 'idempotency_key_missing']);
  const long = await api.call('POST', '/v1/requests', { token: officer, key: 'x'.repeat(256), body: requestBody() });
  expect([long.status, long.body.code]).toEqual([400, 'malformed_request']);
});

test('nothing is written while Temporal is known to be away', async () => {
  api.gateway.down = true;
  const before = [await count('requests'), await count('keys'), await count('vault'), await count('idempotency')];
  const reply = await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() });
  expect([reply.status, reply.body.code, reply.headers.get('retry-after')]).toEqual([503, 'unavailable', '5']);
  expect([await count('requests'), await count('keys'), await count('vault'), await count('idempotency')]).toEqual(
    before,
  );
});

test('after the commit the answer is 202 whatever happens; reconciliation starts it once, 30 seconds later', async () => {
  const start = api.gateway.start.bind(api.gateway);
  api.gateway.start = async () => Promise.reject(new Error('away'));
  const reply = await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() });
  api.gateway.start = start;
  expect(reply.status).toBe(202);
  const { id } = reply.body;
  expect((await api.deps.requests.get(id))?.start).toBe('pending');
  const at = (s: number): Date => new Date(api.clock.now.getTime() + s * 1_000);
  expect(await reconcile(api.deps, at(29))).toBe(0);
  const [a, b] = await Promise.all([reconcile(api.deps, at(31)), reconcile(api.deps, at(31))]);
  expect(a + b).toBe(1);
  expect(api.gateway.started.filter((s) => s.requestId === id)).toHaveLength(1);
  expect((await api.deps.requests.get(id))?.start).toBe('done');
  expect(await reconcile(api.deps, at(90))).toBe(0);
});

test('a start is taken by compare-and-set, and never once forgetting is recorded', async () => {
  const start = api.gateway.start.bind(api.gateway);
  api.gateway.start = async () => Promise.reject(new Error('away'));
  const { id } = (await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() })).body;
  api.gateway.start = start;
  const doc = await api.deps.requests.get(id);
  if (doc === null) throw new Error('no document');
  const now = api.clock.now.getTime() + 40_000;
  expect((await api.deps.requests.claimStart(doc, now))?.requestId).toBe(id);
  // Another process that read the document before.
  expect(await api.deps.requests.claimStart(doc, now + 1)).toBeNull();
  await api.database.db
    .collection('requests')
    .updateOne({ _id: id }, { $set: { forgetting: '2026-11-24T00:00:00.000Z' } });
  const fresh = await api.deps.requests.get(id);
  expect(fresh === null ? 'none' : await api.deps.requests.claimStart(fresh, now + 2)).toBeNull();
});

test('reconciliation keeps away from a request that is being forgotten', async () => {
  const start = api.gateway.start.bind(api.gateway);
  api.gateway.start = async () => Promise.reject(new Error('away'));
  const { id } = (await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() })).body;
  api.gateway.start = start;
  await api.database.db
    .collection('requests')
    .updateOne({ _id: id }, { $set: { forgetting: '2026-11-24T00:00:00.000Z' } });
  expect(await reconcile(api.deps, new Date(api.clock.now.getTime() + 60_000))).toBe(0);
  expect(api.gateway.started.some((s) => s.requestId === id)).toBe(false);
});

const refusals: [string, number, string, Record<string, unknown>][] = [
  ['a right the law does not know', 422, 'right_unknown', { right: 'opt_out' }],
  ['a correction without changes', 422, 'validation_failed', { right: 'rectification' }],
  ['an objection to a purpose nobody has', 422, 'purpose_unknown', { right: 'objection', purposes: ['astrology'] }],
  ['a receipt in the future', 422, 'received_in_future', { receivedAt: '2999-01-01T00:00:00Z' }],
  [
    'an instruction of an organisation by an officer',
    403,
    'forbidden',
    { channel: 'organisation', instructionRef: 'x' },
  ],
  ['an instruction on another channel', 422, 'validation_failed', { instructionRef: 'x' }],
  ['an organisation on another channel', 422, 'validation_failed', { organisation: 'acme' }],
  ['a period as scope', 501, 'not_yet_available', { scope: { from: '2026-01-01T00:00:00Z' } }],
  ['an unknown dataset', 422, 'dataset_unknown', { scope: { datasets: ['nowhere'] } }],
  ['an operator that is not theirs', 403, 'forbidden', { operator: 'defigo' }],
  [
    'an unknown identifier type',
    422,
    'validation_failed',
    { subject: { identifiers: [{ type: 'shoeSize', value: '43' }] } },
  ],
  ['no identifier', 422, 'validation_failed', { subject: { identifiers: [] } }],
  [
    '21 identifiers',
    422,
    'validation_failed',
    { subject: { identifiers: Array.from({ length: 21 }, (_, i) => ({ type: 'email', value: `a${i}@example.no` })) } },
  ],
  [
    'an identifier of 321 characters',
    422,
    'validation_failed',
    { subject: { identifiers: [{ type: 'userId', value: 'x'.repeat(321) }] } },
  ],
  [
    'an operator object as value',
    422,
    'validation_failed',
    { subject: { identifiers: [{ type: 'email', value: { $gt: '' } }] } },
  ],
  [
    'a $-key',
    422,
    'validation_failed',
    { subject: { $where: '1', identifiers: [{ type: 'email', value: 'a@example.no' }] } },
  ],
  ['an unknown key', 422, 'validation_failed', { nonsense: 1 }],
  ['a wrong type', 422, 'validation_failed', { channel: 7 }],
  [
    'control characters',
    422,
    'validation_failed',
    { subject: { identifiers: [{ type: 'userId', value: 'a\u0000b' }] } },
  ],
  ['an attestation by an officer', 403, 'scope_missing', { identity: { method: 'trusted_channel', level: 'low' } }],
  [
    'an attestation of nothing',
    422,
    'validation_failed',
    { identity: { method: 'trusted_channel', level: 'low', identifiers: [4] } },
  ],
];
test.each(refusals)('refuses %s', async (_name, status, code, change) => {
  const before = await count('requests');
  const reply = await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody(change) });
  expect([reply.status, reply.body.code]).toEqual([status, code]);
  expect(reply.headers.get('content-type')).toContain('application/problem+json');
  expect(reply.body).toMatchObject({
    status,
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    type: `/docs/problems#${code}`,
  });
  expect(await count('requests')).toBe(before);
});

test('pointers say where; values and strange keys never stand in the answer', async () => {
  const reply = await api.call('POST', '/v1/requests', {
    token: officer,
    key: nextKey(),
    body: {
      ...requestBody({ subject: { identifiers: [{ type: 'email', value: 'canary not an address' }] } }),
      'canary@example.no': 1,
    },
  });
  expect(reply.status).toBe(422);
  expect(reply.body.errors.map((e: { pointer: string }) => e.pointer)).toContain('/subject/identifiers/0/value');
  expect(reply.text).not.toContain('canary');
});

test('an attested identity goes into the start, by position', async () => {
  const reply = await api.call('POST', '/v1/requests', {
    token: machine,
    key: nextKey(),
    body: requestBody({ identity: { method: 'trusted_channel', level: 'substantial', identifiers: [0] } }),
  });
  expect(reply.status).toBe(202);
  expect(api.gateway.started.at(-1)?.identity).toEqual({
    method: 'trusted_channel',
    level: 'substantial',
    proven: [0],
  });
  expect(await api.deps.vault.get(reply.body.id, 'identity')).toEqual({
    method: 'trusted_channel',
    level: 'substantial',
    proven: [0],
  });
});

test('bodies: not JSON 400, no JSON type 415, over a mebibyte 413, deep nesting does not break it', async () => {
  const send = (
    raw: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: { code: string } }> =>
    api.call('POST', '/v1/requests', { token: officer, key: nextKey(), raw, headers });
  expect(await send('{"operator": ')).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
  expect(await send('{}', { 'content-type': 'text/plain' })).toMatchObject({
    status: 415,
    body: { code: 'unsupported_media_type' },
  });
  expect(await send(JSON.stringify(requestBody({ situation: 'x'.repeat(1_100_000) })))).toMatchObject({
    status: 413,
    body: { code: 'payload_too_large' },
  });
  expect(
    await send(
      JSON.stringify(requestBody({ subject: { identifiers: [{ type: 'email', value: 'x'.repeat(900_000) }] } })),
    ),
  ).toMatchObject({ status: 422 });
  expect(await send(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toMatchObject({ status: 422 });
  expect(await send('{"__proto__": {"operator": "infentre"}}')).toMatchObject({ status: 422 });
  expect(({} as Record<string, unknown>)['operator']).toBeUndefined();
});
