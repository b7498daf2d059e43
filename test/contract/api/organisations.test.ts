/** The directory of organisations over HTTP: who may see and change what, keys that rotate, endpoints, deliveries. */
import { createHmac, createPrivateKey, randomBytes, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createOutgoing } from '../../../infra/webhooks/index.js';
import { createRequestProjection } from '../../../infra/store/project-request.js';
import { Refusal, requestBody, testApi, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer: string;
let approver: string;
const started: { id: string; run: number }[] = [];
const ENTRY = {
  name: 'Acme Konferanser AS',
  language: 'nb',
  country: 'NO',
  contacts: { admin: 'admin@acme.example.com', dpo: 'dpo@acme.example.com', escalation: null },
  channel: 'webhook',
  agreement: 'DPA-2026-17',
  answer: 'organisation_answers',
  deliverTo: 'organisation',
  mailDomains: ['acme.example.com'],
};
let serial = 0;

beforeAll(async () => {
  api = await testApi('organisations', (deps) => ({
    ...deps,
    outgoing: createOutgoing({
      organisations: deps.organisations,
      deliveries: deps.deliveries,
      now: () => api.clock.now,
      start: async ({ id, run }) => void started.push({ id, run }),
    }),
  }));
  officer = await api.token({ role: 'privacy_officer' });
  approver = await api.token({ role: 'approver', organisation: 'acme' });
  const made = await api.call('PUT', '/v1/organisations/acme?operator=infentre', { token: officer, body: ENTRY });
  expect(made.status, made.text).toBe(200);
});
beforeEach(() => {
  started.length = 0;
  api.clock.now = new Date();
  api.gateway.answer = () => ({ revision: 4, state: 'executing' });
});
afterAll(() => api.close());

const actions = async (): Promise<string[]> => {
  await api.platform.ledger.seal('infentre');
  return (await api.platform.reader.page({ operator: 'infentre' }, { limit: 1_000 })).entries.map((e) => e.action);
};

test('an entry is read back as it was put, and every change is an entry without values', async () => {
  const seen = await api.call('GET', '/v1/organisations/acme?operator=infentre', { token: officer });
  expect(seen.body).toMatchObject({
    ...ENTRY,
    id: 'acme',
    operator: 'infentre',
    reachable: true,
    keys: 0,
    endpoints: 0,
  });
  expect(await actions()).toContain('organisation.created');
  const { entries } = await api.platform.reader.page({ operator: 'infentre', action: 'organisation.created' }, {});
  expect(JSON.stringify(entries)).not.toMatch(/admin@acme|Konferanser/);
  expect(entries[0]?.after).toEqual({
    changed: ['name', 'language', 'country', 'contacts', 'channel', 'agreement', 'answer', 'deliverTo', 'mailDomains'],
  });
  const list = await api.call('GET', '/v1/organisations?operator=infentre', { token: officer });
  expect(list.body.data.map((o: { id: string }) => o.id)).toEqual(['acme']);
});

test('an approver sees and changes its own, and nothing of another', async () => {
  await api.call('PUT', '/v1/organisations/globex?operator=infentre', {
    token: officer,
    body: { ...ENTRY, name: 'G' },
  });
  expect((await api.call('GET', '/v1/organisations/acme', { token: approver })).body.id).toBe('acme');
  const changed = await api.call('PUT', '/v1/organisations/acme', {
    token: approver,
    body: { ...ENTRY, name: 'Acme' },
  });
  expect([changed.status, changed.body.name]).toEqual([200, 'Acme']);
  for (const [method, path, body] of [
    ['GET', '/v1/organisations/globex', undefined],
    ['PUT', '/v1/organisations/globex', ENTRY],
    ['GET', '/v1/organisations/globex/keys', undefined],
    ['POST', '/v1/organisations/globex/keys', {}],
    ['GET', '/v1/organisations/globex/webhook-endpoints', undefined],
    ['PUT', '/v1/organisations/globex/webhook-endpoints', { endpoints: [] }],
    ['GET', '/v1/organisations/globex/deliveries', undefined],
    ['POST', '/v1/organisations/globex/test', undefined],
  ] as const) {
    const reply = await api.call(method, path, { token: approver, ...(body === undefined ? {} : { body }) });
    expect(reply.status, `${method} ${path}`).toBe(404);
  }
  // Nor does it enter itself into another operator's directory, or one that the officers do not keep.
  const own = await api.token({ role: 'approver', organisation: 'newcomer' });
  expect((await api.call('PUT', '/v1/organisations/newcomer', { token: own, body: ENTRY })).status).toBe(404);
  expect((await api.call('GET', '/v1/organisations', { token: approver })).status).toBe(403);
});

test('wrong entries are refused with where and why', async () => {
  const put = (change: Record<string, unknown>) =>
    api.call('PUT', '/v1/organisations/acme?operator=infentre', { token: officer, body: { ...ENTRY, ...change } });
  for (const [change, pointer] of [
    [{ channel: 'fax' }, '/channel'],
    [{ contacts: { admin: 'nobody', dpo: null, escalation: null } }, '/contacts/admin'],
    [{ mailDomains: ['not a domain'] }, '/mailDomains/0'],
    [{ country: 'Norway' }, '/country'],
    [{ language: 'xx' }, '/language'],
  ] as const) {
    const reply = await put(change);
    expect([reply.status, reply.body.errors?.[0]?.pointer]).toEqual([422, pointer]);
  }
  expect((await put({ more: 1 })).status).toBe(422);
  const wide = await api.token({ role: 'privacy_officer', operator: '*' });
  const unsaid = await api.call('GET', '/v1/organisations/acme', { token: wide });
  expect([unsaid.status, unsaid.body.code]).toEqual([422, 'operator_unknown']);
});

test('keys rotate: both sign while they overlap, a retired one does not, secrets are shown once', async () => {
  const first = await api.call('POST', '/v1/organisations/acme/keys', { token: approver, body: { kind: 'v1' } });
  expect(first.status, first.text).toBe(201);
  expect(first.body.secret).toMatch(/^whsec_/);
  const soon = new Date(api.clock.now.getTime() + 3_600_000).toISOString();
  const second = await api.call('POST', '/v1/organisations/acme/keys', {
    token: approver,
    body: { kind: 'v1a', retireOthersAt: soon },
  });
  expect(second.body.secret).toMatch(/^whsk_/);
  const listed = await api.call('GET', '/v1/organisations/acme/keys', { token: approver });
  expect(listed.text).not.toContain('wh');
  expect(listed.body.data.map((k: { kind: string; live: boolean }) => [k.kind, k.live])).toEqual([
    ['v1', true],
    ['v1a', true],
  ]);
  const event = (headers: (id: string, at: number, body: string) => string): Promise<number> => {
    const id = `msg_${(serial += 1)}`;
    const at = Math.floor(api.clock.now.getTime() / 1000);
    const body = JSON.stringify({
      type: 'approval.decided',
      timestamp: api.clock.now.toISOString(),
      operator: 'infentre',
      organisation: 'acme',
      data: {
        approvalId: 'apr_unknown',
        decision: 'approve',
        planHash: `sha256:${'a'.repeat(64)}`,
        decidedBy: { kind: 'rule', ref: 'r' },
      },
    });
    return api
      .call('POST', '/v1/events', {
        raw: body,
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(at),
          'webhook-signature': headers(id, at, body),
        },
      })
      .then((reply) => reply.status);
  };
  const hmac = (secret: string) => (id: string, at: number, body: string) =>
    `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`${id}.${at}.${body}`)
      .digest('base64')}`;
  const seed = Buffer.from(String(second.body.secret).slice(5), 'base64');
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const ed = (id: string, at: number, body: string) =>
    `v1a,${sign(null, Buffer.from(`${id}.${at}.${body}`), key).toString('base64')}`;
  // 404: signed by a known key, about an approval that is not there. 401: no key of theirs.
  expect(await event(hmac(first.body.secret))).toBe(404);
  expect(await event(ed)).toBe(404);
  api.clock.now = new Date(api.clock.now.getTime() + 2 * 3_600_000);
  expect(await event(hmac(first.body.secret))).toBe(401);
  expect(await event(ed)).toBe(404);
  const path = `/v1/organisations/acme/keys/${second.body.id}`;
  const retired = await api.call('DELETE', path, { token: approver });
  expect([retired.status, retired.body.live]).toEqual([200, false]);
  expect(await event(ed)).toBe(401);
  expect((await api.call('DELETE', '/v1/organisations/acme/keys/none', { token: approver })).status).toBe(404);
  const foreign = await api.call('POST', '/v1/organisations/acme/keys', {
    token: approver,
    body: { kind: 'v1', publicKey: `whpk_${randomBytes(32).toString('base64')}` },
  });
  expect(foreign.status).toBe(422);
  const given = await api.call('POST', '/v1/organisations/acme/keys', {
    token: approver,
    body: { kind: 'v1a', publicKey: `whpk_${randomBytes(32).toString('base64')}` },
  });
  expect([given.status, given.body.secret]).toEqual([201, null]);
  expect(await actions()).toEqual(expect.arrayContaining(['organisation.key_added', 'organisation.key_retired']));
});

test('endpoints stand at public https addresses only; their secrets are shown once and rest sealed', async () => {
  const put = (endpoints: readonly Record<string, unknown>[]) =>
    api.call('PUT', '/v1/organisations/acme/webhook-endpoints', { token: approver, body: { endpoints } });
  for (const [url, why] of [
    ['http://hooks.example.com/a', 'not_https'],
    ['https://127.0.0.1/a', 'address_refused'],
    ['https://localhost/a', 'address_refused'],
    ['https://10.1.2.3/a', 'address_refused'],
    ['https://169.254.169.254/latest/meta-data', 'address_refused'],
    ['https://[::1]/a', 'address_refused'],
    ['https://[::ffff:10.0.0.1]/a', 'address_refused'],
    ['https://2130706433/a', 'address_refused'],
    ['https://user:pass@hooks.example.com/a', 'credentials'],
    ['ftp://hooks.example.com/a', 'not_https'],
    ['hooks.example.com', 'not_a_url'],
  ] as const) {
    const reply = await put([{ url }]);
    expect([reply.status, reply.body.errors?.[0]?.detail], url).toEqual([422, why]);
  }
  const made = await put([
    { url: 'https://hooks.example.com/a', events: ['approval.requested'] },
    { url: 'https://hooks.example.com/b' },
  ]);
  expect(made.status, made.text).toBe(200);
  const [a, b] = made.body.data as { id: string; secret: string }[];
  expect(a?.secret).toMatch(/^whsec_/);
  const rested = JSON.stringify(await api.database.db.collection('organisations').find({}).toArray());
  expect(rested).not.toContain(String(a?.secret).slice(6));
  const listed = await api.call('GET', '/v1/organisations/acme/webhook-endpoints', { token: approver });
  expect(listed.text).not.toContain('whsec_');
  // Rotation: a new secret, the old one still counts for a day; another address makes everything new.
  const rotated = await put([
    { id: a?.id, url: 'https://hooks.example.com/a', rotate: true },
    { id: b?.id, url: 'https://hooks.example.com/moved' },
  ]);
  const doc = await api.deps.organisations.get('infentre', 'acme');
  expect(doc?.endpoints?.map((e) => e.secrets.length)).toEqual([2, 1]);
  expect(rotated.body.data.every((e: { secret?: string }) => e.secret !== undefined)).toBe(true);
  expect((await put([{ id: `whe_${'0'.repeat(24)}`, url: 'https://hooks.example.com/a' }])).status).toBe(422);
  expect((await put([{ url: 'https://hooks.example.com/a', events: ['nothing.happened'] }])).status).toBe(422);
});

test('a test event goes to every live endpoint; deliveries are listed newest first and can be sent again', async () => {
  await api.call('PUT', '/v1/organisations/acme/webhook-endpoints', {
    token: approver,
    body: {
      endpoints: [
        { url: 'https://hooks.example.com/a', events: ['approval.requested'] },
        { url: 'https://hooks.example.com/b' },
        { url: 'https://hooks.example.com/off', enabled: false },
      ],
    },
  });
  const tested = await api.call('POST', '/v1/organisations/acme/test', { token: approver });
  expect([tested.status, tested.body.data.length]).toEqual([202, 2]);
  expect(started.map((s) => s.run)).toEqual([1, 1]);
  // Only who wants the type gets it; the same event twice is one delivery.
  const event = {
    id: 'evt_one',
    type: 'request.state_changed',
    operator: 'infentre',
    organisation: 'acme',
    at: api.clock.now.toISOString(),
    requestId: null,
    approvalId: null,
    data: { state: 'executing' },
  };
  api.clock.now = new Date(api.clock.now.getTime() + 1_000);
  expect(await api.deps.outgoing.send([event])).toEqual([{ id: 'evt_one', endpoints: 1 }]);
  await api.deps.outgoing.send([event]);
  const listed = await api.call('GET', '/v1/organisations/acme/deliveries?limit=2', { token: approver });
  expect(listed.body.data.map((d: { type: string }) => d.type)).toEqual(['request.state_changed', 'webhook.test']);
  const rest = await api.call(
    'GET',
    `/v1/organisations/acme/deliveries?limit=2&cursor=${encodeURIComponent(listed.body.nextCursor)}`,
    { token: approver },
  );
  expect(rest.body.data).toHaveLength(1);
  const id = listed.body.data[0].id as string;
  const again = await api.call('POST', `/v1/organisations/acme/deliveries/${id}/resend`, { token: approver });
  expect(again.status).toBe(202);
  expect(started.at(-1)).toEqual({ id, run: 2 });
  const foreign = await api.token({ role: 'approver', organisation: 'globex' });
  expect((await api.call('POST', `/v1/organisations/globex/deliveries/${id}/resend`, { token: foreign })).status).toBe(
    404,
  );
});

async function approvalAt(channel: string): Promise<{ approvalId: string; planHash: string; requestId: string }> {
  await api.deps.parties.putOrganisation({
    operator: 'infentre',
    organisation: 'acme',
    ...ENTRY,
    channel: channel as 'mail_link',
    answer: 'organisation_answers',
    deliverTo: 'organisation',
  });
  const key = `o${(serial += 1)}`;
  const made = await api.call('POST', '/v1/requests', { token: officer, key, body: requestBody() });
  const requestId = made.body.id as string;
  const approvalId = `apr_${requestId.slice(4)}01`;
  const planHash = `sha256:${'b'.repeat(64)}`;
  const doc = await api.deps.requests.get(requestId);
  await createRequestProjection(api.platform.store.db).project(requestId, 3, {
    view: { ...doc?.view, revision: 3 },
    approvals: [
      {
        id: approvalId,
        requestId,
        kind: 'organisation',
        operator: 'infentre',
        organisation: 'acme',
        right: 'erasure',
        scope: { datasets: ['users'], records: 1 },
        planHash,
        policyRule: 'organisation',
        state: 'pending',
        requestedAt: '2026-11-24T00:00:00.000Z',
        remindAt: [],
        expiresAt: '2026-12-24T00:00:00.000Z',
        decidedAt: null,
        decidedBy: null,
        reason: null,
        revision: 1,
      },
    ],
  });
  return { approvalId, planHash, requestId };
}

const DECISION = { decision: 'approve', decidedBy: { kind: 'person', ref: 'p1' } };

async function mailedCode(approvalId: string): Promise<string> {
  const before = api.mails.length;
  expect((await api.call('POST', `/v1/approvals/${approvalId}/code`)).status).toBe(202);
  await expect.poll(() => api.mails.length).toBe(before + 1);
  const mail = api.mails.at(-1);
  expect(mail?.to).toBe('admin@acme.example.com');
  return /\b(\d{6})\b/.exec(mail?.text ?? '')?.[1] ?? '';
}

test('mail_link: a fresh code to its own contact decides once, bound to that approval', async () => {
  const { approvalId, planHash, requestId } = await approvalAt('mail_link');
  const other = await approvalAt('mail_link');
  const decide = (id: string, code: string, key = `c${(serial += 1)}`, hash = planHash) =>
    api.call('POST', `/v1/approvals/${id}/decision`, {
      key,
      headers: { 'habeas-code': code },
      body: { ...DECISION, planHash: hash },
    });
  expect((await decide(approvalId, '123456')).body.code).toBe('code_invalid');
  const code = await mailedCode(approvalId);
  // Looking does not use it up.
  const seen = await api.call('GET', `/v1/approvals/${approvalId}`, { headers: { 'habeas-code': code } });
  expect([seen.status, seen.body?.planHash]).toEqual([200, planHash]);
  // It says nothing about another approval.
  expect((await decide(other.approvalId, code)).body.code).toBe('code_invalid');
  const decided = await decide(approvalId, code, 'same-key');
  expect(decided.status, decided.text).toBe(200);
  const update = api.gateway.updates.find((u) => u.requestId === requestId && u.name === 'decide');
  expect(update?.payload).toMatchObject({
    by: { id: 'org/infentre/acme', kind: 'organisation', role: 'approver' },
    answer: 'organisation_answers',
    deliverTo: 'organisation',
  });
  // An exact repeat gives the first answer again; anything else needs another code.
  const repeat = await decide(approvalId, code, 'same-key');
  expect([repeat.status, repeat.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  expect((await decide(approvalId, code)).body.code).toBe('code_invalid');
  expect((await decide(approvalId, code === '000000' ? '000001' : '000000', 'same-key')).status).toBe(422);
  expect(await actions()).toEqual(expect.arrayContaining(['approval.code_sent', 'approval.decision_refused']));
});

test('mail_link: a code dies after ten minutes and five tries; a new one only after a minute', async () => {
  const { approvalId, planHash } = await approvalAt('mail_link');
  const decide = (code: string) =>
    api.call('POST', `/v1/approvals/${approvalId}/decision`, {
      key: `d${(serial += 1)}`,
      headers: { 'habeas-code': code },
      body: { ...DECISION, planHash },
    });
  const first = await mailedCode(approvalId);
  const wrong = first === '111111' ? '222222' : '111111';
  for (let i = 0; i < 5; i += 1) expect((await decide(wrong)).status).toBe(403);
  expect((await decide(first)).status).toBe(403);
  const before = api.mails.length;
  await api.call('POST', `/v1/approvals/${approvalId}/code`);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await api.deps.packageCodes.mayIssue(approvalId, api.clock.now.getTime() + 59_000)).toBe(false);
  expect(api.mails.length).toBe(before);
  api.clock.now = new Date(api.clock.now.getTime() + 61_000);
  const second = await mailedCode(approvalId);
  api.clock.now = new Date(api.clock.now.getTime() + 11 * 60_000);
  expect((await decide(second)).status).toBe(403);
  expect(api.gateway.updates.filter((u) => u.payload['approvalId'] === approvalId)).toEqual([]);
});

test('an organisation that does not decide by mail gets no code, and none opens its approval', async () => {
  const { approvalId, planHash } = await approvalAt('webhook');
  const before = api.mails.length;
  expect((await api.call('POST', `/v1/approvals/${approvalId}/code`)).status).toBe(202);
  expect((await api.call('POST', '/v1/approvals/apr_nothing/code')).status).toBe(202);
  const reply = await api.call('POST', `/v1/approvals/${approvalId}/decision`, {
    key: `w${(serial += 1)}`,
    headers: { 'habeas-code': '123456' },
    body: { ...DECISION, planHash },
  });
  expect([reply.status, reply.body.code]).toEqual([403, 'code_invalid']);
  const unsigned = await api.call('POST', `/v1/approvals/${approvalId}/decision`, {
    key: `w${(serial += 1)}`,
    body: { ...DECISION, planHash },
  });
  expect(unsigned.status).toBe(401);
  expect(api.mails.length).toBe(before);
});

test('a late approval starts one linked request with the old receipt; a late refusal is only written down', async () => {
  const { approvalId, planHash, requestId } = await approvalAt('console');
  api.gateway.answer = () => {
    throw new Refusal('approval_expired');
  };
  const decide = (body: Record<string, unknown>) =>
    api.call('POST', `/v1/approvals/${approvalId}/decision`, {
      token: approver,
      key: `l${(serial += 1)}`,
      body: { planHash, decidedBy: { kind: 'person', ref: 'p1' }, ...body },
    });
  const rejected = await decide({ decision: 'reject', ground: '17-3-e', reason: 'Too late.' });
  expect([rejected.status, rejected.body.code, rejected.body.linkedRequest]).toEqual([
    410,
    'approval_expired',
    undefined,
  ]);
  const stale = await decide({ decision: 'approve', planHash: `sha256:${'c'.repeat(64)}` });
  expect([stale.status, stale.body.linkedRequest]).toEqual([410, undefined]);
  const strange = await decide({
    decision: 'partial',
    scope: { datasets: ['invoices'] },
    ground: 'x',
    reason: 'Not of this approval.',
  });
  expect([strange.status, strange.body.linkedRequest]).toEqual([410, undefined]);

  const first = await decide({ decision: 'approve' });
  expect([first.status, first.body.code]).toEqual([410, 'approval_expired']);
  const linked = first.body.linkedRequest as string;
  expect(linked).toMatch(/^req_/);
  expect((await decide({ decision: 'approve' })).body.linkedRequest).toBe(linked);
  const input = api.gateway.started.find((s) => s.requestId === linked);
  expect(input).toMatchObject({
    channel: 'organisation',
    onlyOrganisation: 'acme',
    receivedAt: (await api.deps.requests.get(requestId))?.view.receivedAt,
    instruction: { organisation: 'acme', planHash, decision: 'approve', by: { role: 'approver' } },
  });
  const old = await api.call('GET', `/v1/requests/${requestId}`, { token: officer });
  expect(old.body.related).toEqual([{ id: linked, relation: 'late_decision' }]);
  const made = await api.call('GET', `/v1/requests/${linked}`, { token: officer });
  expect(made.body.related).toEqual([{ id: requestId, relation: 'late_decision_of' }]);
  const { entries } = await api.platform.ledger
    .seal('infentre')
    .then(() => api.platform.reader.page({ operator: 'infentre', requests: [requestId] }, { limit: 1_000 }));
  expect(entries.filter((e) => e.action === 'approval.late_decision').map((e) => e.code)).toEqual([
    'reject',
    'approve',
    'partial',
    'approve',
    'approve',
  ]);
  expect(entries.filter((e) => e.action === 'approval.decision_refused')).toHaveLength(5);
});

test('an instruction: the scope, its own organisation, a reference; nobody else, and an officer never', async () => {
  const body = (change: Record<string, unknown> = {}) =>
    requestBody({ channel: 'organisation', instructionRef: 'acme-2026-4', ...change });
  const post = (token: string, change: Record<string, unknown> = {}) =>
    api.call('POST', '/v1/requests', { token, key: `i${(serial += 1)}`, body: body(change) });
  const own = await api.token({ scopes: ['requests:instruct', 'requests:read'], organisation: 'acme' });
  const bare = await api.token({ scopes: ['requests:write'], organisation: 'acme' });
  const system = await api.token({ scopes: ['requests:instruct', 'requests:attest', 'requests:write'] });
  const half = await api.token({ scopes: ['requests:instruct'] });

  expect((await post(officer)).body.code).toBe('forbidden');
  expect((await post(bare)).body.code).toBe('scope_missing');
  expect((await post(half, { organisation: 'acme' })).body.code).toBe('scope_missing');
  expect((await post(own, { organisation: 'globex' })).body.code).toBe('forbidden');
  expect((await post(own, { instructionRef: null })).body.errors?.[0].pointer).toBe('/instructionRef');
  expect((await post(own, { channel: 'api' })).status).toBe(403);
  // The operator's system speaks for an attested administrator only.
  expect((await post(system)).body.errors?.[0].pointer).toBe('/organisation');
  expect((await post(system, { organisation: 'acme' })).body.errors?.[0].pointer).toBe('/agent/capacity');
  const agent = { name: 'Anne Admin', capacity: 'organisation' };
  expect((await post(system, { organisation: 'acme', agent })).body.errors?.[0].pointer).toBe('/identity');
  const identity = { method: 'trusted_channel', level: 'substantial', identifiers: [0] };
  expect((await post(system, { organisation: 'nowhere', agent, identity })).body.errors?.[0].detail).toBe(
    'no such organisation',
  );
  const attested = await post(system, { organisation: 'acme', agent, identity });
  expect(attested.status, attested.text).toBe(202);

  const started_ = await post(own);
  expect(started_.status, started_.text).toBe(202);
  const input = api.gateway.started.find((s) => s.requestId === started_.body.id);
  expect(input).toMatchObject({
    onlyOrganisation: 'acme',
    identity: { method: 'organisation_instruction', level: 'substantial', proven: [0] },
    instruction: { organisation: 'acme', planHash: null, decision: 'approve' },
  });
  expect(JSON.stringify(input)).not.toContain('acme-2026-4');
  // It follows what it started itself, and nothing else.
  const path = `/v1/requests/${started_.body.id}`;
  expect((await api.call('GET', path, { token: own })).status).toBe(200);
  const globex = await api.token({ scopes: ['requests:read'], organisation: 'globex' });
  expect((await api.call('GET', path, { token: globex })).status).toBe(404);
  const { requestId } = await approvalAt('console');
  expect((await api.call('GET', `/v1/requests/${requestId}`, { token: own })).status).toBe(404);
});

test('evidence: officer, auditor and the organisation itself; nobody else', async () => {
  const { approvalId } = await approvalAt('console');
  const path = `/v1/approvals/${approvalId}/evidence`;
  for (const token of [officer, approver, await api.token({ role: 'auditor' })]) {
    const reply = await api.call('GET', path, { token });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body).toMatchObject({ approvalId, organisation: 'acme', kept: false, answered: false });
  }
  expect((await api.call('GET', path, { token: await api.token({ role: 'admin' }) })).status).toBe(403);
  const globex = await api.token({ role: 'approver', organisation: 'globex' });
  expect((await api.call('GET', path, { token: globex })).status).toBe(404);
  expect((await api.call('GET', path)).status).toBe(401);
});

test('what is signed for an endpoint verifies with the reference library', async () => {
  const { signatures, newEndpointSecret } = await import('../../../infra/webhooks/index.js');
  const [secret, old] = [newEndpointSecret(), newEndpointSecret()];
  const at = Math.floor(Date.now() / 1000);
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(at),
    'webhook-signature': signatures([secret, old], 'evt_1', at, '{"a":1}'),
  };
  expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
  expect(new Webhook(old).verify('{"a":1}', headers)).toEqual({ a: 1 });
  expect(() => new Webhook(newEndpointSecret()).verify('{"a":1}', headers)).toThrow();
});
