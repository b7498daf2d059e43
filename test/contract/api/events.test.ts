/** Signed events from outside. Oracle for `v1`: the reference library of Standard Webhooks. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { flushAttempts } from '../../../api/events/attempts.js';
import { createRequestProjection } from '../../../infra/store/project-request.js';
import { Refusal, requestBody, testApi, type Answer, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer: string;
let id = '';
let serial = 0;
const HASH = `sha256:${'a'.repeat(64)}`;
const secret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const ACME = secret();
const GLOBEX = secret();
const APP = secret();
const NIGHTLY = secret();
let edPrivate: KeyObject;

beforeAll(async () => {
  api = await testApi('events');
  officer = await api.token({ role: 'privacy_officer' });
  const party = {
    operator: 'infentre',
    country: 'SE',
    language: 'sv',
    contacts: { admin: 'admin@example.se', dpo: null, escalation: null },
    answer: 'operator_answers',
    deliverTo: 'subject',
  } as const;
  const at = api.clock.now.toISOString();
  for (const [organisation, key] of [
    ['acme', ACME],
    ['globex', GLOBEX],
  ] as const) {
    await api.deps.parties.putOrganisation({ ...party, organisation, name: organisation });
    await api.deps.parties.addKey({ operator: 'infentre', organisation }, { id: 'k1', secret: key, createdAt: at });
  }
  await api.deps.parties.addKey({ operator: 'infentre', system: 'app' }, { id: 'k1', secret: APP, createdAt: at });
  await api.deps.parties.addKey(
    { operator: 'infentre', system: 'nightly' },
    { id: 'k1', secret: NIGHTLY, createdAt: at },
  );
  const pair = generateKeyPairSync('ed25519');
  edPrivate = pair.privateKey;
  const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
  await api.deps.parties.addKey(
    { operator: 'infentre', organisation: 'acme' },
    { id: 'ed', secret: `whpk_${raw.toString('base64')}`, createdAt: at },
  );
});
beforeEach(async () => {
  api.clock.now = new Date();
  api.gateway.down = false;
  api.gateway.answer = () => ({ revision: 4, state: 'executing' });
  id = (await api.call('POST', '/v1/requests', { token: officer, key: `e${(serial += 1)}`, body: requestBody() })).body
    .id;
  await project({});
});
afterAll(() => api.close());

const approvalId = (): string => `apr_${id.slice(4)}`;

async function project(view: Record<string, unknown>): Promise<void> {
  const doc = await api.deps.requests.get(id);
  await createRequestProjection(api.platform.store.db).project(id, (doc?.revision ?? 0) + 1, {
    view: { ...doc?.view, ...view },
    approvals: [
      {
        id: approvalId(),
        requestId: id,
        kind: 'organisation',
        operator: 'infentre',
        organisation: 'acme',
        right: 'erasure',
        scope: { datasets: ['users'], records: 1 },
        planHash: HASH,
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
}

function decided(change: Record<string, unknown> = {}, data: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'approval.decided',
    timestamp: api.clock.now.toISOString(),
    operator: 'infentre',
    organisation: 'acme',
    data: {
      approvalId: approvalId(),
      decision: 'approve',
      planHash: HASH,
      decidedBy: { kind: 'rule', ref: 'dsr-policy-7' },
      ...data,
    },
    ...change,
  };
}

interface SendOptions {
  readonly key?: string;
  readonly id?: string;
  readonly at?: Date;
  readonly signature?: string;
  readonly tamper?: (text: string) => string;
}

async function post(event: unknown, options: SendOptions = {}): Promise<Answer> {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  const webhookId = options.id ?? `msg_${(serial += 1)}`;
  const at = options.at ?? api.clock.now;
  const signature = options.signature ?? new Webhook(options.key ?? ACME).sign(webhookId, at, text);
  return api.call('POST', '/v1/events', {
    raw: options.tamper === undefined ? text : options.tamper(text),
    headers: {
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    },
  });
}

const updates = (): typeof api.gateway.updates => api.gateway.updates.filter((u) => u.requestId === id);

test('a decision signed by the organisation reaches the request as that organisation', async () => {
  const reply = await post(decided());
  expect([reply.status, reply.text]).toEqual([202, '']);
  expect(updates()).toHaveLength(1);
  expect(updates()[0]).toMatchObject({
    name: 'decide',
    payload: { approvalId: approvalId(), decision: 'approve', by: { kind: 'organisation', id: 'org/infentre/acme' } },
  });
});

test('an exact repeat is accepted without effect; the same id with another body is refused', async () => {
  const event = decided();
  expect((await post(event, { id: 'msg_once' })).status).toBe(202);
  expect((await post(event, { id: 'msg_once' })).status).toBe(202);
  expect(updates()).toHaveLength(1);
  const other = await post(
    decided({}, { decision: 'reject', decidedBy: { kind: 'person', ref: 'p' }, ground: 'x', reason: 'y' }),
    { id: 'msg_once' },
  );
  expect([other.status, other.body.code]).toEqual([409, 'event_id_reused']);
  expect(updates()).toHaveLength(1);
});

test('rotation: several signatures, the old key counts until its end, at most five are read', async () => {
  const next = secret();
  const later = new Date(api.clock.now.getTime() + 3_600_000);
  await api.deps.parties.addKey(
    { operator: 'infentre', organisation: 'globex' },
    { id: 'k2', secret: next, createdAt: api.clock.now.toISOString(), retireOthersAt: later.toISOString() },
  );
  const ping = {
    ...decided({ organisation: 'globex' }),
    data: { approvalId: 'apr_unknown', decision: 'approve', planHash: HASH, decidedBy: { kind: 'rule', ref: 'r' } },
  };
  // 404 says that the signature was accepted.
  expect((await post(ping, { key: GLOBEX })).status).toBe(404);
  expect((await post(ping, { key: next })).status).toBe(404);
  api.clock.now = new Date(later.getTime() + 1_000);
  expect((await post({ ...ping, timestamp: later.toISOString() }, { key: GLOBEX })).status).toBe(401);
  expect((await post(ping, { key: next })).status).toBe(404);
  const text = JSON.stringify(ping);
  const good = new Webhook(next).sign('msg_many', api.clock.now, text);
  const bad = `v1,${randomBytes(32).toString('base64')}`;
  expect((await post(text, { id: 'msg_many', signature: [bad, bad, bad, bad, good].join(' ') })).status).toBe(404);
  expect((await post(text, { id: 'msg_many', signature: [bad, bad, bad, bad, bad, good].join(' ') })).status).toBe(401);
});

test('v1a: Ed25519', async () => {
  const text = JSON.stringify(decided());
  const at = api.clock.now;
  const content = Buffer.from(`msg_ed${serial}.${Math.floor(at.getTime() / 1000)}.${text}`);
  const signature = `v1a,${sign(null, content, edPrivate).toString('base64')}`;
  expect((await post(text, { id: `msg_ed${serial}`, at, signature: signature.replace('v1a', 'v1') })).status).toBe(401);
  expect((await post(text, { id: `msg_ed${serial}`, at, signature })).status).toBe(202);
  expect(updates()).toHaveLength(1);
});

const negatives: [string, number, string, () => Promise<Answer>][] = [
  ['unsigned', 401, 'unauthenticated', () => api.call('POST', '/v1/events', { body: decided() })],
  ['a key nobody has', 401, 'unauthenticated', () => post(decided(), { key: secret() })],
  [
    'a changed body',
    401,
    'unauthenticated',
    () => post(decided(), { tamper: (text) => text.replace('approve', 'approvf') }),
  ],
  [
    'five minutes and a second old',
    401,
    'unauthenticated',
    () => post(decided(), { at: new Date(api.clock.now.getTime() - 301_000) }),
  ],
  [
    'from the future',
    401,
    'unauthenticated',
    () => post(decided(), { at: new Date(api.clock.now.getTime() + 302_000) }),
  ],
  ['the key of another organisation', 403, 'foreign_key', () => post(decided(), { key: GLOBEX })],
  ['the key of a system', 403, 'foreign_key', () => post(decided(), { key: APP })],
  [
    'another organisation about an approval that is not theirs',
    404,
    'not_found',
    () => post(decided({ organisation: 'globex' }), { key: GLOBEX }),
  ],
  ['an unknown approval', 404, 'not_found', () => post(decided({}, { approvalId: 'apr_nothing' }))],
  ['a bare token as signature', 401, 'unauthenticated', () => post(decided(), { signature: 'v1' })],
  ['not JSON', 400, 'malformed_json', () => post('{"operator":')],
  ['an unknown key', 422, 'validation_failed', () => post(decided({ more: 1 }))],
  ['unknown data', 422, 'validation_failed', () => post(decided({}, { extra: 1 }))],
  [
    'a rejection by a rule',
    422,
    'validation_failed',
    () => post(decided({}, { decision: 'reject', ground: 'x', reason: 'y' })),
  ],
  ['an unknown type', 422, 'validation_failed', () => post(decided({ type: 'approval.guessed' }))],
  ['a type of later', 501, 'not_yet_available', () => post(decided({ type: 'backup.restored' }))],
  ['over 64 KiB', 413, 'payload_too_large', () => post(decided({ data: { x: 'y'.repeat(70_000) } }))],
  ['an unknown operator', 401, 'unauthenticated', () => post(decided({ operator: 'nobody' }))],
  [
    'a $-operator as organisation',
    401,
    'unauthenticated',
    () => post(decided({ organisation: { $gt: '' } }), { key: secret() }),
  ],
];
test.each(negatives)('refuses %s', async (_name, status, code, run) => {
  const before = await api.database.db.collection('events').countDocuments({});
  const reply = await run();
  expect([reply.status, reply.body.code]).toEqual([status, code]);
  expect(updates()).toHaveLength(0);
  expect(await api.database.db.collection('events').countDocuments({})).toBe(before);
});

test('a refusal by the request is the answer, is noted, and the id stays bound to its body', async () => {
  for (const [code, status] of [
    ['already_decided', 409],
    ['plan_changed', 409],
    ['approval_expired', 410],
  ] as const) {
    api.gateway.answer = () => {
      throw new Refusal(code);
    };
    const reply = await post(decided(), { id: `msg_${code}_${serial}` });
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  }
  await api.platform.ledger.seal('infentre');
  const { entries } = await api.platform.reader.page({ operator: 'infentre', requests: [id] });
  expect(
    entries
      .filter((e) => e.action === 'approval.decision_refused')
      .map((e) => e.code)
      .sort(),
  ).toEqual(['already_decided', 'approval_expired', 'plan_changed']);
});

test('an outage leaves the event open: the repeat runs the same update and is accepted', async () => {
  const event = decided();
  api.gateway.down = true;
  expect((await post(event, { id: 'msg_outage' })).status).toBe(503);
  api.gateway.down = false;
  expect((await post(event, { id: 'msg_outage' })).status).toBe(202);
  expect(updates()).toHaveLength(1);
});

test('an account event re-checks the requests that this account blocks, once each', async () => {
  const guard = {
    id: 'owner',
    state: 'blocking',
    datasets: ['users'],
    unblock: ['ownership_transferred', 'account_cancelled'],
    refs: [`acct-${id}`],
  };
  await project({ guards: [guard] });
  const event = {
    type: 'account.ownership_transferred',
    timestamp: api.clock.now.toISOString(),
    operator: 'infentre',
    system: 'app',
    data: { accountRef: `acct-${id}`, toRef: 'acct-2' },
  };
  expect((await post(event, { key: APP, id: 'msg_acct' })).status).toBe(202);
  expect((await post(event, { key: APP, id: 'msg_acct' })).status).toBe(202);
  expect(updates().map((u) => [u.name, u.payload['type']])).toEqual([['event', 'account.ownership_transferred']]);
  expect((await post({ ...event, data: { accountRef: 'acct-other', toRef: 'x' } }, { key: APP })).status).toBe(202);
  expect(updates()).toHaveLength(1);
});

test('backup events keep the inventory, each system for itself', async () => {
  const event = {
    type: 'backup.created',
    timestamp: api.clock.now.toISOString(),
    operator: 'infentre',
    system: 'nightly',
    data: { system: 'nightly', backupId: 'b1', takenAt: '2026-11-20T03:00:00Z', expiresAt: '2027-02-18T03:00:00Z' },
  };
  expect((await post(event, { key: NIGHTLY })).status).toBe(202);
  expect((await post({ ...event, type: 'backup.expired' }, { key: NIGHTLY })).status).toBe(202);
  const row = await api.database.db.collection('backup_copies').findOne({});
  expect(row).toMatchObject({ _id: 'infentre/nightly/b1', takenAt: '2026-11-20T03:00:00Z' });
  expect(row?.['goneAt']).toEqual(expect.any(String));
  expect((await post({ ...event, system: 'app' }, { key: APP })).status).toBe(403);
});

test('attempts by strangers are counted, one ledger entry a minute and address class', async () => {
  await flushAttempts(api.deps, new Date(api.clock.now.getTime() + 86_400_000));
  // A minute of its own: the earlier ones are written.
  api.clock.now = new Date(api.clock.now.getTime() + 7_200_000);
  for (let i = 0; i < 5; i += 1) await post(decided(), { key: secret() });
  expect(await flushAttempts(api.deps, api.clock.now)).toBe(0);
  expect(await flushAttempts(api.deps, new Date(api.clock.now.getTime() + 180_000))).toBe(1);
  await api.platform.ledger.seal('infentre');
  const { entries } = await api.platform.reader.page({ operator: 'infentre', action: 'events.unauthenticated' });
  expect(entries.at(-1)).toMatchObject({ code: 'loopback', after: { attempts: 5 } });
});

test('secrets rest sealed', async () => {
  const doc = JSON.stringify([
    await api.database.db.collection('organisations').find().toArray(),
    await api.database.db.collection('systems').find().toArray(),
  ]);
  for (const whole of [ACME, GLOBEX, APP, NIGHTLY]) expect(doc).not.toContain(whole.slice(6));
});
