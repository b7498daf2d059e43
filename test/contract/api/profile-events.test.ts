/** Self-service events: what a system may say about a profile, and what follows. */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { testApi, type Answer, type TestApi } from '../../support/api.js';

let api: TestApi;
let serial = 0;
const APP = `whsec_${randomBytes(32).toString('base64')}`;
const ACME = `whsec_${randomBytes(32).toString('base64')}`;

beforeAll(async () => {
  api = await testApi('profile');
  const at = api.clock.now.toISOString();
  await api.deps.parties.putOrganisation({
    operator: 'infentre',
    country: 'SE',
    language: 'sv',
    contacts: { admin: 'admin@example.se', dpo: null, escalation: null },
    answer: 'operator_answers',
    deliverTo: 'subject',
    organisation: 'acme',
    name: 'acme',
  });
  await api.deps.parties.addKey(
    { operator: 'infentre', organisation: 'acme' },
    { id: 'k', secret: ACME, createdAt: at },
  );
  await api.deps.parties.addKey({ operator: 'infentre', system: 'app' }, { id: 'k', secret: APP, createdAt: at });
});
beforeEach(() => {
  api.clock.now = new Date();
  api.gateway.down = false;
  api.gateway.answer = () => ({ revision: 4, state: 'executing' });
});
afterAll(() => api.close());

function send(
  type: string,
  data: Record<string, unknown>,
  options: { id?: string; secret?: string; party?: Record<string, string> } = {},
): Promise<Answer> {
  const id = options.id ?? `msg_${(serial += 1)}`;
  const at = api.clock.now;
  const body = JSON.stringify({
    type,
    timestamp: at.toISOString(),
    operator: 'infentre',
    ...(options.party ?? { system: 'app' }),
    data,
  });
  const signature = new Webhook(options.secret ?? APP).sign(id, at, body);
  return api.call('POST', '/v1/events', {
    raw: body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    },
  });
}

async function entries(action: string) {
  await api.platform.ledger.seal('infentre');
  const { entries: all } = await api.platform.reader.page({ operator: 'infentre' });
  return all.filter((entry) => entry.action === action);
}
const count = (): Promise<number> => api.database.db.collection('requests').countDocuments({});

test('I9 a changed profile opens no request; it is written down without the reference, and open requests search again', async () => {
  const before = await count();
  const hash = await api.deps.hasher.hash('infentre', 'userId', 'usr_kanari');
  await api.platform.fence.enter({
    operator: 'infentre',
    requestId: 'req_01JDB2ZZZZZZZZZZZZZZZZZZZZ',
    mode: 'write',
    hashes: [hash],
    until: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const updates = api.gateway.updates.length;
  expect((await send('profile.changed', { ref: 'usr_kanari', fields: ['name', 'email'] })).status).toBe(202);
  expect(await count()).toBe(before);
  const [entry] = await entries('profile.changed');
  expect(entry).toMatchObject({
    requestId: null,
    code: 'rectification',
    actor: { kind: 'system', id: 'sys/infentre/app' },
    after: { subject: hash, fields: ['email', 'name'], requests: 1 },
  });
  expect(JSON.stringify(entry)).not.toContain('kanari');
  // Who has no endpoint is named for an officer.
  const { told, byHand } = entry?.after as { told: string[]; byHand: string[] };
  expect(told).toEqual([]);
  expect(byHand.length).toBeGreaterThan(0);
  expect(api.gateway.updates.slice(updates)).toMatchObject([
    { requestId: 'req_01JDB2ZZZZZZZZZZZZZZZZZZZZ', name: 'event', payload: { type: 'identifier.added' } },
  ]);
});

test('a deleted profile starts one erasure, attested by the system, however often it comes', async () => {
  const before = await count();
  for (let n = 0; n < 2; n += 1)
    expect((await send('profile.deleted', { ref: 'usr_gone' }, { id: 'msg_same' })).status).toBe(202);
  expect(await count()).toBe(before + 1);
  const [entry] = await entries('profile.deleted');
  const doc = await api.deps.requests.get(String(entry?.requestId));
  expect(doc).toMatchObject({ right: 'erasure', operator: 'infentre' });
  const input = api.gateway.started.find((s) => s.requestId === doc?._id);
  expect(input).toMatchObject({
    channel: 'panel',
    identifierTypes: ['userId'],
    identity: { method: 'self_service', level: 'substantial', proven: [0] },
  });
  expect(await api.deps.vault.get(String(doc?._id), 'subject')).toMatchObject({
    identifiers: [{ type: 'userId', value: 'usr_gone' }],
  });
});

test('only a system of the operator may say it, about a reference, with names of fields', async () => {
  const before = await count();
  const acme = { secret: ACME, party: { organisation: 'acme' } };
  const answers = [
    await send('profile.deleted', { ref: 'usr_1' }, acme),
    await send('profile.changed', { ref: 'usr_1' }, acme),
    await send('profile.deleted', { ref: 'kari@example.no' }),
    await send('profile.changed', { ref: 'usr_1', fields: ['kari nordmann'] }),
    await send('profile.changed', { ref: 'usr_1', values: {} }),
  ];
  expect(answers.map((a) => [a.status, a.body.code])).toEqual([
    [403, 'foreign_key'],
    [403, 'foreign_key'],
    [422, 'validation_failed'],
    [422, 'validation_failed'],
    [422, 'validation_failed'],
  ]);
  expect(await count()).toBe(before);
});
