import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { partHash } from '../../../domain/plan/hash.js';
import { sha256 } from '../../../infra/platform.js';
import { Refusal, requestBody, testApi, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer: string;
let second: string;
let approver: string;
let auditor: string;
let machine: string;
let id = '';
let serial = 0;
const nextKey = (): string => `key-${(serial += 1)}`;
const HASH = `sha256:${'a'.repeat(64)}`;

function approval(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: `apr_${id.slice(4)}`,
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
    ...change,
  };
}

/** What the workflow would project. */
async function project(
  revision: number,
  viewChange: Record<string, unknown> = {},
  approvals: Record<string, unknown>[] = [approval()],
): Promise<void> {
  const { createRequestProjection } = await import('../../../infra/store/project-request.js');
  const doc = await api.deps.requests.get(id);
  await createRequestProjection(api.platform.store.db).project(id, revision, {
    view: { ...doc?.view, ...viewChange, revision },
    approvals,
  });
}

beforeAll(async () => {
  api = await testApi('commands');
  officer = await api.token({ role: 'privacy_officer' });
  second = await api.token({ role: 'privacy_officer' });
  approver = await api.token({ role: 'approver', organisation: 'acme' });
  auditor = await api.token({ role: 'auditor' });
  machine = await api.token({ scopes: ['approvals:decide'], organisation: 'acme' });
});
beforeEach(async () => {
  api.gateway.down = false;
  api.gateway.answer = () => ({ revision: 2, state: 'identifying' });
  id = (await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() })).body.id;
});
afterAll(() => api.close());

const identity = { method: 'officer_check', level: 'substantial', result: 'verified', reason: 'seen a canary letter' };
const mine = (): typeof api.gateway.updates => api.gateway.updates.filter((u) => u.requestId === id);
const entries = async (): Promise<string[]> => {
  await api.platform.ledger.seal('infentre');
  return (await api.platform.reader.page({ operator: 'infentre', requests: [id] })).entries.map((e) => e.action);
};

test('ETag and If-None-Match: 304 until it changes', async () => {
  const first = await api.call('GET', `/v1/requests/${id}`, { token: officer });
  expect(first.headers.get('etag')).toBe('"0"');
  const same = await api.call('GET', `/v1/requests/${id}`, {
    token: officer,
    headers: { 'if-none-match': '"7", W/"0"' },
  });
  expect([same.status, same.text]).toEqual([304, '']);
  await project(5, { state: 'identifying' });
  const changed = await api.call('GET', `/v1/requests/${id}`, { token: officer, headers: { 'if-none-match': '"0"' } });
  expect([changed.status, changed.headers.get('etag'), changed.body.state]).toEqual([200, '"5"', 'identifying']);
});

test('the projection never goes backwards', async () => {
  await project(5, { state: 'executing' });
  await project(4, { state: 'identifying' });
  expect((await api.deps.requests.get(id))?.view.state).toBe('executing');
});

test('identity: 428 without If-Match, 412 with an old one, then once; text only in the vault', async () => {
  const path = `/v1/requests/${id}/identity`;
  expect((await api.call('POST', path, { token: officer, key: nextKey(), body: identity })).body.code).toBe(
    'precondition_required',
  );
  await project(3);
  const stale = await api.call('POST', path, { token: officer, key: nextKey(), ifMatch: '"2"', body: identity });
  expect([stale.status, stale.body.code, stale.headers.get('etag')]).toEqual([412, 'precondition_failed', '"3"']);
  expect(
    (await api.call('POST', path, { token: officer, key: nextKey(), ifMatch: 'W/"3"', body: identity })).status,
  ).toBe(412);
  expect(mine()).toHaveLength(0);
  const key = nextKey();
  const done = await api.call('POST', path, { token: officer, key, ifMatch: '"3"', body: identity });
  expect(done.status).toBe(200);
  expect(mine()).toHaveLength(1);
  expect(mine()[0]).toMatchObject({
    name: 'identity',
    payload: { method: 'officer_check', level: 'substantial', result: 'verified', proven: [] },
  });
  expect(JSON.stringify(mine())).not.toContain('canary');
  expect(await api.deps.vault.get(id, 'identity')).toMatchObject({ level: 'substantial', proven: [0] });
  // The exact repeat comes before the precondition, which has moved on meanwhile.
  await project(9);
  const again = await api.call('POST', path, { token: officer, key, ifMatch: '"3"', body: identity });
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  expect(again.body).toEqual(done.body);
  const other = await api.call('POST', path, {
    token: officer,
    key,
    ifMatch: '"9"',
    body: { ...identity, level: 'low' },
  });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  expect(mine()).toHaveLength(1);
});

test('a refused identity decision leaves the proven identifiers as they were; a decided one is not touched', async () => {
  const path = `/v1/requests/${id}/identity`;
  const send = (body: object) => api.call('POST', path, { token: officer, key: nextKey(), ifMatch: '*', body });
  let seen: unknown;
  api.gateway.answer = async () => {
    // What a search that begins at once would read.
    seen = await api.deps.vault.get(id, 'identity');
    throw new Refusal('identity_level_too_low');
  };
  expect((await send(identity)).body.code).toBe('identity_level_too_low');
  expect(seen).toMatchObject({ level: 'substantial', proven: [0] });
  expect(await api.deps.vault.get(id, 'identity')).toBeNull();
  api.gateway.answer = () => ({ revision: 2, state: 'discovering' });
  expect((await send({ ...identity, level: 'low' })).status).toBe(200);
  await project(6, { identity: { state: 'verified', level: 'low' }, state: 'discovering' });
  expect((await send({ ...identity, level: 'high' })).body.code).toBe('identity_closed');
  expect(await api.deps.vault.get(id, 'identity')).toMatchObject({ level: 'low' });
});

test('the live revision counts as current while the projection is behind', async () => {
  const doc = await api.deps.requests.get(id);
  api.gateway.views.set(id, { ...(doc as NonNullable<typeof doc>).view, revision: 8 });
  const reply = await api.call('POST', `/v1/requests/${id}/identity`, {
    token: officer,
    key: nextKey(),
    ifMatch: '"8"',
    body: identity,
  });
  expect([reply.status, reply.headers.get('etag')]).toEqual([200, '"8"']);
});

test('a refusal by the request is the answer, with allowedActions, and frees the key', async () => {
  api.gateway.answer = () => {
    throw new Refusal('action_not_allowed', { allowedActions: ['withdraw'], state: 'executing' });
  };
  const key = nextKey();
  const path = `/v1/requests/${id}/actions/extend`;
  const refused = await api.call('POST', path, { token: officer, key, ifMatch: '*', body: { reason: 'many systems' } });
  expect([refused.status, refused.body.code, refused.body.allowedActions, refused.body.state]).toEqual([
    409,
    'action_not_allowed',
    ['withdraw'],
    'executing',
  ]);
  api.gateway.answer = () => ({ revision: 2, state: 'identifying' });
  expect(
    (await api.call('POST', path, { token: officer, key, ifMatch: '*', body: { reason: 'many systems' } })).status,
  ).toBe(200);
  expect(mine()[0]?.payload).toMatchObject({ action: 'extend', reasonRef: expect.stringMatching(/^message\//) });
  const ref = String(mine()[0]?.payload['reasonRef']);
  expect(await api.deps.vault.get(id, ref)).toMatchObject({ text: 'many systems' });
});

test('an outage is 503 with Retry-After; the repeat runs the same update id', async () => {
  const key = nextKey();
  const path = `/v1/requests/${id}/actions/recheck`;
  const ids: string[] = [];
  const update = api.gateway.update.bind(api.gateway);
  api.gateway.update = (requestId, name, updateId, payload) => {
    ids.push(updateId);
    return update(requestId, name, updateId, payload);
  };
  api.gateway.down = true;
  const away = await api.call('POST', path, { token: officer, key, ifMatch: '*', body: {} });
  expect([away.status, away.body.code, away.headers.get('retry-after')]).toEqual([503, 'unavailable', '5']);
  api.gateway.down = false;
  expect((await api.call('POST', path, { token: officer, key, ifMatch: '*', body: {} })).status).toBe(200);
  api.gateway.update = update;
  expect(new Set(ids).size).toBe(1);
  expect(ids).toHaveLength(2);
});

test('the same call twice at once: one effect, the other is told that it runs', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = (): void => undefined;
  const inside = new Promise<void>((resolve) => {
    reached = resolve;
  });
  api.gateway.answer = async () => {
    reached();
    await gate;
    return { revision: 2, state: 'identifying' };
  };
  const key = nextKey();
  const options = { token: officer, key, ifMatch: '*', body: {} };
  const first = api.call('POST', `/v1/requests/${id}/actions/recheck`, options);
  await inside;
  const twin = await api.call('POST', `/v1/requests/${id}/actions/recheck`, options);
  expect([twin.status, twin.body.code]).toEqual([409, 'idempotency_running']);
  release();
  expect((await first).status).toBe(200);
  expect(mine()).toHaveLength(1);
});

test('actions: bodies per action, unknown ones 404', async () => {
  const act = (name: string, body: unknown) =>
    api.call('POST', `/v1/requests/${id}/actions/${name}`, { token: officer, key: nextKey(), ifMatch: '*', body });
  expect((await act('extend', {})).status).toBe(422);
  expect((await act('extend', { reason: 'x', more: 1 })).status).toBe(422);
  expect((await act('extend', { reason: '   ' })).status).toBe(422);
  expect((await act('refuse', { ground: 'because', reason: 'x' })).status).toBe(422);
  expect((await act('refuse', { ground: 'excessive', reason: 'x' })).body.code).toBe('attachment_required');
  expect((await act('hold', {})).status).toBe(422);
  expect((await act('explode', {})).status).toBe(404);
  expect((await act('release', [])).status).toBe(422);
  expect((await act('ask', { kind: 'identity', text: 'who are you?' })).status).toBe(200);
  expect((await act('answer', { kind: 'identity', at: '2026-11-24T10:00:00+01:00' })).status).toBe(200);
  expect((await act('retry', { step: 'app/users/acme/delete' })).status).toBe(200);
  expect((await act('resolve', { step: 'app/users/acme/delete', outcome: 'skipped', reason: 'gone' })).status).toBe(
    200,
  );
  expect(mine().map((u) => u.payload['action'])).toEqual(['ask', 'answer', 'retry', 'resolve']);
  expect(mine()[1]?.payload['at']).toBe('2026-11-24T09:00:00.000Z');
  const assigned = await act('assign', { to: 'officer-2' });
  expect([assigned.status, assigned.body.owner, assigned.headers.get('etag')]).toEqual([200, 'officer-2', '"0.1"']);
  expect(await entries()).toContain('request.assigned');
});

test('approvals: own list and one, hidden from others', async () => {
  await project(3);
  const approvalId = `apr_${id.slice(4)}`;
  const list = await api.call('GET', '/v1/approvals?state=pending', { token: approver });
  expect(list.body.data.map((a: { id: string }) => a.id)).toContain(approvalId);
  expect((await api.call('GET', `/v1/approvals/${approvalId}`, { token: approver })).headers.get('etag')).toBe('"1"');
  // Only a deputy of the rule may look with another role; this approval has none.
  expect((await api.call('GET', `/v1/approvals/${approvalId}`, { token: auditor })).status).toBe(404);
});

test('a list of approvals can be walked page by page without loss or repeat', async () => {
  await project(3, {}, [
    approval({ id: 'apr_p1' }),
    approval({ id: 'apr_p2' }),
    approval({ id: 'apr_p3', organisation: 'globex' }),
  ]);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { body: { data: { id: string }[]; nextCursor: string | null } } = await api.call(
      'GET',
      `/v1/approvals?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`,
      { token: approver },
    );
    seen.push(...page.body.data.map((a) => a.id));
    cursor = page.body.nextCursor;
  } while (cursor !== null);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(['apr_p1', 'apr_p2']));
  expect(seen).not.toContain('apr_p3');
});

test('a decision goes to the request once, as the party, and every refusal is a ledger entry', async () => {
  await project(3);
  const approvalId = `apr_${id.slice(4)}`;
  const path = `/v1/approvals/${approvalId}/decision`;
  const body = { decision: 'approve', planHash: HASH, decidedBy: { kind: 'rule', ref: 'dsr-policy-7' } };
  expect((await api.call('POST', path, { token: approver, body })).body.code).toBe('idempotency_key_missing');
  for (const code of ['plan_changed', 'already_decided', 'approval_expired', 'four_eyes'] as const) {
    api.gateway.answer = () => {
      throw new Refusal(code, { planHash: HASH });
    };
    const status = { plan_changed: 409, already_decided: 409, approval_expired: 410, four_eyes: 403 }[code];
    const reply = await api.call('POST', path, { token: machine, key: nextKey(), body });
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  }
  expect((await api.call('POST', path, { token: second, key: nextKey(), body })).body.code).toBe('not_the_party');
  expect((await entries()).filter((a) => a === 'approval.decision_refused')).toHaveLength(5);
  api.gateway.answer = async () => {
    await project(4, {}, [
      approval({ state: 'approved', decidedAt: '2026-11-24T12:00:00.000Z', decidedBy: 'x', revision: 2 }),
    ]);
    return { revision: 4, state: 'executing' };
  };
  const done = await api.call('POST', path, { token: approver, key: nextKey(), body });
  expect([done.status, done.body.state, done.headers.get('etag')]).toEqual([200, 'approved', '"2"']);
  expect(mine().at(-1)?.payload).toMatchObject({
    approvalId,
    planHash: HASH,
    datasets: null,
    by: { kind: 'organisation', role: 'approver' },
  });
});

test.each([
  [
    'a rejection by a rule',
    { decision: 'reject', planHash: HASH, decidedBy: { kind: 'rule', ref: 'r' }, ground: '17-3-b', reason: 'kept' },
  ],
  [
    'a rejection without reason',
    { decision: 'reject', planHash: HASH, decidedBy: { kind: 'person', ref: 'p' }, ground: '17-3-b' },
  ],
  [
    'a partial approval without scope',
    { decision: 'partial', planHash: HASH, decidedBy: { kind: 'person', ref: 'p' }, ground: 'x', reason: 'y' },
  ],
  [
    'a scope on a whole approval',
    { decision: 'approve', planHash: HASH, scope: { datasets: ['users'] }, decidedBy: { kind: 'person', ref: 'p' } },
  ],
  [
    'an address as decider',
    { decision: 'approve', planHash: HASH, decidedBy: { kind: 'person', ref: 'kari@example.no' } },
  ],
  ['no plan hash', { decision: 'approve', decidedBy: { kind: 'person', ref: 'p' } }],
])('a decision is refused: %s', async (_name, body) => {
  await project(3);
  const reply = await api.call('POST', `/v1/approvals/apr_${id.slice(4)}/decision`, {
    token: approver,
    key: nextKey(),
    body,
  });
  expect(reply.status).toBe(422);
  expect(mine()).toHaveLength(0);
});

test("the person is shown to the named organisation only, after identity, from that organisation's own records", async () => {
  await project(3);
  const path = `/v1/approvals/apr_${id.slice(4)}/subject`;
  expect((await api.call('GET', path, { token: approver })).body.code).toBe('identity_not_verified');
  const ref = { trust: 'proven', review: null, createdAt: null, hold: null, kind: 'record' };
  const seen = (value: string) => [{ type: 'email', value, path: 'email' }];
  const [own, secret] = [seen('kari.canary@example.no'), seen('kari.secret@example.no')];
  const found = (system: string, refs: object[]) => ({
    name: `found/${system}`,
    value: { system, identifiers: [], manual: [], caveats: [], refs: refs.map((r) => ({ ...ref, ...r })) },
  });
  await api.deps.vault.put(id, [
    { name: 'identity', value: { method: 'officer_check', level: 'substantial', proven: [0] } },
    found('app', [
      { dataset: 'users', id: 'u1', organisation: 'acme', matchedBy: own },
      { dataset: 'users', id: 'u2', organisation: 'globex', matchedBy: secret },
      // Names nobody who could decide.
      { dataset: 'users', id: 'u3', organisation: null, matchedBy: seen('kari.unclear@example.no') },
      // A second sign-in of hers: an officer looks first, but the record is hers.
      { dataset: 'users', id: 'u5', organisation: 'acme', matchedBy: own, review: 'second_sign_in' },
      // Reached over a field that the person can edit.
      {
        dataset: 'users',
        id: 'u4',
        organisation: 'acme',
        matchedBy: seen('kari.declared@example.no'),
        trust: 'declared',
      },
      {
        dataset: 'usage',
        id: 'g1',
        organisation: 'acme',
        matchedBy: [{ type: 'userId', value: 'u1', path: 'userId' }],
      },
    ]),
    // The mail list names no organisation: each contact follows the members it belongs to.
    found('mail', [
      { dataset: 'contacts', id: 'c1', organisation: null, matchedBy: own },
      { dataset: 'contacts', id: 'c2', organisation: null, matchedBy: secret },
    ]),
  ]);
  const datasets = ['app/users', 'app/usage', 'mail/contacts'].map((at) => {
    const [system, dataset] = at.split('/');
    return { system, dataset, role: 'processor', organisation: 'acme', records: 1, action: 'delete', hold: null };
  });
  expect((await api.call('GET', `/v1/requests/${id}/plan`, { token: officer })).body.code).toBe('not_ready');
  await project(4, {
    identity: { state: 'verified', level: 'substantial' },
    plan: { hash: HASH, records: 7, datasets },
  });
  const reply = await api.call('GET', path, { token: approver });
  expect(reply.status).toBe(200);
  expect(reply.body).toMatchObject({
    organisation: 'acme',
    right: 'erasure',
    identity: { method: 'officer_check', level: 'substantial' },
    records: [
      { system: 'app', dataset: 'usage', id: 'g1' },
      { system: 'app', dataset: 'users', id: 'u1' },
      { system: 'app', dataset: 'users', id: 'u5' },
      { system: 'mail', dataset: 'contacts', id: 'c1' },
    ],
    identifiers: [
      { type: 'userId', value: 'u1' },
      { type: 'email', value: 'kari.canary@example.no' },
    ],
  });
  expect(reply.text).not.toMatch(/secret|unclear|declared|u2|u3|u4|c2|globex/);
  expect(await entries()).toContain('approval.subject_read');
  expect((await api.call('GET', path, { token: officer })).status).toBe(403);
  const plan = await api.call('GET', `/v1/requests/${id}/plan`, { token: approver });
  expect(new Set(plan.body.datasets.map((d: { organisation: string }) => d.organisation))).toEqual(new Set(['acme']));
  expect(plan.text).not.toMatch(/globex|canary|secret/);
  const whole = await api.call('GET', `/v1/requests/${id}/plan`, { token: officer });
  expect(whole.body.datasets.map((d: { organisation: string | null }) => d.organisation)).toEqual(
    expect.arrayContaining(['acme', 'globex', null]),
  );
  // A party can recompute what it decides on.
  for (const part of whole.body.datasets) expect(part.hash).toBe(partHash(part, sha256));
  expect(whole.text).not.toContain('canary');
});

test('reveal needs an officer and a purpose of the pack, and leaves an entry', async () => {
  const path = `/v1/requests/${id}?reveal=subject`;
  expect((await api.call('GET', path, { token: officer })).status).toBe(422);
  expect((await api.call('GET', `${path}&purpose=curiosity`, { token: officer })).body.code).toBe('purpose_unknown');
  expect((await api.call('GET', `${path}&purpose=audit`, { token: auditor })).status).toBe(403);
  expect(await entries()).not.toContain('subject.revealed');
  const shown = await api.call('GET', `${path}&purpose=complaint`, { token: officer });
  expect(shown.body.subject.identifiers).toEqual([{ type: 'email', value: 'kari.canary@example.no', proven: false }]);
  expect(await entries()).toContain('subject.revealed');
  const events = await api.call('GET', `/v1/requests/${id}/events`, { token: auditor });
  expect(events.body.data.map((e: { action: string }) => e.action)).toContain('subject.revealed');
  expect(events.text).not.toContain('canary');
});

test('search finds a person whatever the spelling of the address, and nobody else', async () => {
  const search = (value: string, purpose = 'audit') =>
    api.call('POST', '/v1/requests/search', {
      token: officer,
      body: { identifier: { type: 'email', value }, purpose },
    });
  const found = await search('KARI.Canary@Example.NO');
  expect(found.body.data.map((r: { id: string }) => r.id)).toContain(id);
  expect((await search('ola@example.no')).body.data).toEqual([]);
  expect((await search('ola@example.no', 'curiosity')).body.code).toBe('purpose_unknown');
  expect(found.text).not.toContain('canary');
});

test('reading by people is in the ledger, once a minute', async () => {
  await api.call('GET', `/v1/requests/${id}`, { token: auditor });
  await api.call('GET', `/v1/requests/${id}`, { token: auditor });
  expect((await entries()).filter((a) => a === 'request.read')).toHaveLength(1);
});

test('lists: keyset pages in every order, filters, cursors that cannot be made up or carried over', async () => {
  for (const [i, receivedAt] of ['2026-01-05T10:00:00Z', '2026-02-05T10:00:00Z', '2026-03-05T10:00:00Z'].entries()) {
    await api.call('POST', '/v1/requests', {
      token: officer,
      key: `list-${id}-${i}`,
      body: requestBody({ receivedAt, right: 'access' }),
    });
  }
  for (const sort of ['due', '-due', 'receivedAt', '-receivedAt', 'createdAt', '-createdAt']) {
    const walked: { id: string; receivedAt: string; clock: { dueAt: string }; createdAt: string }[] = [];
    let cursor: string | null = null;
    do {
      const page: { body: { data: typeof walked; nextCursor: string | null } } = await api.call(
        'GET',
        `/v1/requests?limit=4&sort=${sort}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        { token: auditor },
      );
      walked.push(...page.body.data);
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(new Set(walked.map((r) => r.id)).size).toBe(walked.length);
    expect(walked.length).toBe(await api.database.db.collection('requests').countDocuments({}));
    const field = (r: (typeof walked)[number]): number =>
      Date.parse(sort.endsWith('due') ? r.clock.dueAt : sort.endsWith('receivedAt') ? r.receivedAt : r.createdAt);
    const values = walked.map(field);
    expect(values).toEqual([...values].sort((a, b) => (sort.startsWith('-') ? b - a : a - b)));
  }
  const access = await api.call(
    'GET',
    '/v1/requests?right=access&receivedFrom=2026-02-01T00:00:00Z&receivedTo=2026-02-28T00:00:00Z',
    { token: auditor },
  );
  expect(access.body.data.every((r: { receivedAt: string }) => r.receivedAt.startsWith('2026-02'))).toBe(true);
  expect(access.body.data.length).toBeGreaterThan(0);
  const late = await api.call('GET', '/v1/requests?late=true&limit=100', { token: auditor });
  expect(late.body.data.every((r: { clock: { status: string } }) => r.clock.status === 'overdue')).toBe(true);
  const page = await api.call('GET', '/v1/requests?limit=1', { token: auditor });
  expect(page.headers.get('link')).toMatch(/^<\/v1\/requests\?.*cursor=.*>; rel="next"$/);
  const other = await api.call(
    'GET',
    `/v1/requests?limit=1&sort=-due&cursor=${encodeURIComponent(page.body.nextCursor)}`,
    { token: auditor },
  );
  expect([other.status, other.body.code]).toEqual([400, 'malformed_request']);
  for (const bad of [
    'limit=0',
    'limit=101',
    'q=kari.canary@example.no',
    'state[$ne]=closed',
    'state=open',
    'sort=name',
    'x=1',
    'right=erasure&right=access',
  ]) {
    const reply = await api.call('GET', `/v1/requests?${bad}`, { token: auditor });
    expect(reply.status, bad).toBe(422);
    expect(reply.text).not.toContain('canary');
  }
});

test('what was forgotten says so', async () => {
  await api.platform.keys.destroy(id);
  const reply = await api.call('POST', `/v1/requests/${id}/actions/extend`, {
    token: officer,
    key: nextKey(),
    ifMatch: '*',
    body: { reason: 'late' },
  });
  expect([reply.status, reply.body.code]).toEqual([410, 'forgotten']);
});
