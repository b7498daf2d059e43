/** Notices over HTTP: a recipient reads its own and nobody else's, answers by signed event; an officer settles by hand. */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRequestProjection } from '../../../infra/store/project-request.js';
import { requestBody, testApi, type Answer, type TestApi } from '../../support/api.js';

const KEYS = {
  google: `whsec_${randomBytes(32).toString('base64')}`,
  other: `whsec_${randomBytes(32).toString('base64')}`,
};
let api: TestApi;
let officer: string;
let google: string;
let facebook: string;
let id = '';
let notice = '';
let serial = 0;

beforeAll(async () => {
  api = await testApi('notices');
  officer = await api.token({ role: 'privacy_officer' });
  google = await api.token({ scopes: ['notices:read'], organisation: 'recipient.google' });
  facebook = await api.token({ scopes: ['notices:read'], organisation: 'recipient.facebook' });
  for (const [organisation, key] of [
    ['recipient.google', KEYS.google],
    ['recipient.facebook', KEYS.other],
  ] as const) {
    await api.deps.parties.putOrganisation({
      operator: 'infentre',
      organisation,
      name: organisation,
      country: 'SE',
      language: 'en',
      contacts: { admin: null, dpo: null, escalation: null },
      answer: 'operator_answers',
      deliverTo: 'subject',
    });
    await api.deps.parties.addKey(
      { operator: 'infentre', organisation },
      { id: 'k1', secret: key, createdAt: api.clock.now.toISOString() },
    );
  }
});
afterAll(() => api.close());

beforeEach(async () => {
  api.gateway.updates.length = 0;
  api.gateway.answer = () => ({ revision: 4, state: 'responding' });
  const body = requestBody();
  serial += 1;
  id = (await api.call('POST', '/v1/requests', { token: officer, key: `n${serial}`, body })).body.id;
  notice = `ntc_${id.slice(4)}_3`;
  await api.deps.vault.put(id, [
    { name: 'identity', value: { method: 'officer_check', level: 'substantial', proven: [0] } },
    {
      name: 'found/app',
      value: {
        system: 'app',
        refs: [],
        identifiers: [
          { type: 'email', value: 'kari.old@example.no', trust: 'system' },
          { type: 'email', value: 'somebody.else@example.no', trust: 'declared' },
          { type: 'userId', value: 'u1', trust: 'system' },
        ],
      },
    },
  ]);
  const doc = await api.deps.requests.get(id);
  const recipients = [
    { name: 'Google', told: false, at: null, result: 'sent', reasonNotTold: 'sent_unconfirmed', noticeId: notice },
    {
      name: 'Facebook',
      told: false,
      at: null,
      result: null,
      reasonNotTold: 'not_done_yet',
      noticeId: `ntc_${id.slice(4)}_4`,
    },
  ];
  await createRequestProjection(api.platform.store.db).project(id, (doc?.revision ?? 0) + 1, {
    view: { ...doc?.view, recipients },
    approvals: [],
  });
});

const get = (token: string, which = notice): Promise<Answer> => api.call('GET', `/v1/notices/${which}`, { token });

test('the recipient reads its own reference of the person, nothing else; that it did is written down', async () => {
  const reply = await get(google);
  expect([reply.status, reply.body]).toEqual([
    200,
    {
      id: notice,
      kind: 'erasure',
      reference: { type: 'email', values: ['kari.canary@example.no', 'kari.old@example.no'] },
    },
  ]);
  expect(reply.headers.get('cache-control')).toBe('no-store');
  expect(api.gateway.updates.map((u) => [u.name, u.payload['result'], u.payload['noticeId']])).toEqual([
    ['notice', 'fetched', notice],
  ]);
  await api.platform.ledger.seal('infentre');
  const { entries } = await api.platform.reader.page({ operator: 'infentre', action: 'notice.read' }, {});
  expect(entries.filter((e) => e.requestId === id).map((e) => [e.code, JSON.stringify(e)])).toEqual([
    ['recipient.google', expect.not.stringContaining('example.no')],
  ]);
});

test("another recipient's notice, a made-up one, and other kinds of tokens: nothing there", async () => {
  expect((await get(facebook)).status).toBe(404);
  expect((await get(google, `ntc_${id.slice(4)}_4`)).status).toBe(404);
  expect((await get(google, 'ntc_01JDB2C3D4E5F6G7H8J9K0M1N2_0')).status).toBe(404);
  expect((await get(await api.token({ scopes: ['notices:read'] }))).status).toBe(404);
  expect(
    (await get(await api.token({ scopes: ['notices:read'], organisation: 'recipient.google', operator: 'defigo' })))
      .status,
  ).toBe(404);
  expect((await get(officer)).status).toBe(403);
  expect((await get(await api.token({ role: 'approver', organisation: 'recipient.google' }))).status).toBe(403);
  expect(api.gateway.updates).toEqual([]);
});

async function answer(key: string, organisation: string, data: Record<string, unknown>): Promise<Answer> {
  const text = JSON.stringify({
    type: 'notice.acknowledged',
    timestamp: api.clock.now.toISOString(),
    operator: 'infentre',
    organisation,
    data,
  });
  const webhookId = `msg_${randomBytes(6).toString('hex')}`;
  return api.call('POST', '/v1/events', {
    raw: text,
    headers: {
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(api.clock.now.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign(webhookId, api.clock.now, text),
    },
  });
}

test('an acknowledgement counts from the recipient it went to, signed', async () => {
  expect((await answer(KEYS.google, 'recipient.google', { noticeId: notice, result: 'done' })).status).toBe(202);
  expect(api.gateway.updates.map((u) => [u.requestId, u.name, u.payload['result']])).toEqual([[id, 'notice', 'done']]);
  expect((await answer(KEYS.other, 'recipient.facebook', { noticeId: notice, result: 'done' })).status).toBe(404);
  expect((await answer(KEYS.other, 'recipient.google', { noticeId: notice, result: 'done' })).status).toBe(403);
  expect((await answer(KEYS.google, 'recipient.google', { noticeId: notice, result: 'perhaps' })).status).toBe(422);
  expect(api.gateway.updates.length).toBe(1);
});

test('an officer settles a notice by hand; not telling needs a reason, which goes to the vault', async () => {
  const settle = (body: unknown): Promise<Answer> =>
    api.call('POST', `/v1/notices/${notice}/told`, { token: officer, key: `t${(serial += 1)}`, body });
  expect((await settle({ result: 'impossible' })).status).toBe(422);
  const reply = await settle({ result: 'disproportionate', reason: 'The firm was wound up; kari.canary knows.' });
  expect([reply.status, reply.body.name]).toEqual([200, 'Google']);
  const [update] = api.gateway.updates;
  expect(update?.payload).toMatchObject({ noticeId: notice, result: 'disproportionate' });
  expect(JSON.stringify(update?.payload)).not.toContain('canary');
  const text = await api.deps.vault.get<{ text: string }>(id, String(update?.payload['reasonRef']));
  expect(text?.text).toContain('wound up');
});
