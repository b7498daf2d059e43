/** Every endpoint × everybody: generated from the endpoint table, so that a new row is tested before anybody thinks of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertWho } from '../../../api/auth.js';
import {
  ENDPOINTS,
  SCOPES,
  type Endpoint,
  type EndpointId,
  type RoleName,
  type Scope,
} from '../../../contracts/index.js';
import { factsFor } from '../../support/letters.js';
import { requestBody, testApi, type Answer, type TestApi } from '../../support/api.js';

let api: TestApi;
const tokens = new Map<string, string>();
let requestId = '';
const APPROVAL = 'apr_matrix1';
const NOTICE = 'ntc_01JDB2C3D4E5F6G7H8J9K0M1N2_0';
const BREACH = 'brc_01JDB2C3D4E5F6G7H8J9K0M1N2';
const ATTACHMENT = `att_${'0'.repeat(22)}`;
const ROLE_NAMES: RoleName[] = ['privacy_officer', 'approver', 'auditor', 'admin'];

beforeAll(async () => {
  api = await testApi('matrix');
  for (const role of ROLE_NAMES) {
    tokens.set(role, await api.token({ role, ...(role === 'approver' ? { organisation: 'acme' } : {}) }));
    tokens.set(
      `${role} of another operator`,
      await api.token({ role, operator: 'defigo', ...(role === 'approver' ? { organisation: 'acme' } : {}) }),
    );
  }
  tokens.set('approver of another organisation', await api.token({ role: 'approver', organisation: 'globex' }));
  for (const scope of SCOPES) tokens.set(scope, await api.token({ scopes: [scope] }));
  await api.deps.parties.putOrganisation({
    operator: 'infentre',
    organisation: 'acme',
    ...ENTRY,
    channel: 'console',
    answer: 'operator_answers',
    deliverTo: 'subject',
  });
  tokens.set('expired', await api.token({ role: 'privacy_officer', days: 1 }));
  const made = await api.call('POST', '/v1/requests', {
    token: tokens.get('privacy_officer'),
    key: 'matrix',
    body: requestBody(),
  });
  requestId = made.body.id;
  api.gateway.factsOf.set(requestId, factsFor({ requestId }));
  const view = (await api.deps.requests.get(requestId))?.view;
  await api.database.db.collection('requests').updateOne(
    { _id: requestId as never },
    {
      $set: {
        revision: 3,
        view: { ...view, revision: 3 },
        organisations: ['acme'],
        approvals: [
          {
            id: APPROVAL,
            requestId,
            kind: 'organisation',
            operator: 'infentre',
            organisation: 'acme',
            right: 'erasure',
            scope: { datasets: ['users'], records: 1 },
            planHash: `sha256:${'0'.repeat(64)}`,
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
      },
    },
  );
});
afterAll(() => api.close());

/** Rows about one organisation: of operator infentre, whoever asks. */
const OF_ORGANISATION = [
  'getOrganisation',
  'putOrganisation',
  'listOrganisationKeys',
  'createOrganisationKey',
  'retireOrganisationKey',
  'listWebhookEndpoints',
  'putWebhookEndpoints',
  'listDeliveries',
  'resendDelivery',
  'testWebhooks',
] as const satisfies readonly EndpointId[];
const ENTRY = {
  name: 'Acme Konferanser AS',
  language: 'nb',
  country: 'NO',
  contacts: { admin: 'admin@acme.example.com', dpo: null, escalation: null },
  channel: 'console',
  agreement: null,
  answer: 'operator_answers',
  deliverTo: 'subject',
  mailDomains: ['acme.example.com'],
};

const PARAMS: Partial<Record<EndpointId, Record<string, string>>> = {
  ...Object.fromEntries(
    OF_ORGANISATION.map((id) => [id, { id: 'acme', key: 'k1', delivery: `dlv_${'0'.repeat(32)}` }]),
  ),
  act: { action: 'recheck' },
  getAttachment: { attachmentId: ATTACHMENT },
  previewLetter: { letterId: 'final' },
  bounceLetter: { letterId: 'final-0' },
  dispatchLetter: { letterId: 'final-0' },
  decideComplaint: { n: '1' },
  getNotice: { id: NOTICE },
  settleNotice: { id: NOTICE },
  getBreach: { id: BREACH },
  getBreachDraft: { id: BREACH },
  decideBreach: { id: BREACH },
  actOnBreach: { id: BREACH, action: 'retry' },
  getPolicy: { id: 'infentre' },
  stopOperator: { id: 'infentre' },
  resumeOperator: { id: 'infentre' },
  getOperatorKeys: { id: 'infentre' },
  revokeToken: { id: `tok_${'0'.repeat(24)}` },
};
const QUERIES: Partial<Record<EndpointId, string>> = {
  ...Object.fromEntries(OF_ORGANISATION.map((id) => [id, '?operator=infentre'])),
  getAttachment: '?purpose=handling_request',
  getPackageReview: '?purpose=handling_request',
  getCheckpoint: '?operator=infentre',
  getProof: '?operator=infentre&seq=0&size=1',
};
const BODIES: Partial<Record<EndpointId, unknown>> = {
  putOrganisation: ENTRY,
  createOrganisationKey: { kind: 'v1' },
  putWebhookEndpoints: { endpoints: [] },
  createRequest: requestBody(),
  searchRequests: { identifier: { type: 'email', value: 'kari.canary@example.no' }, purpose: 'audit' },
  decideIdentity: { method: 'officer_check', level: 'substantial', result: 'verified' },
  act: {},
  createMessage: { direction: 'in', text: 'hello' },
  createAttachment: { kind: 'evidence', name: 'log.txt', mediaType: 'text/plain', content: 'bG9n' },
  previewLetter: {},
  bounceLetter: {},
  dispatchLetter: { at: '2026-11-24T00:00:00Z', by: 'post' },
  createComplaint: { to: 'operator', text: 'I do not agree.' },
  decideComplaint: { result: 'answered', reasonText: 'We keep to it.' },
  settleNotice: { result: 'told' },
  createBreach: {
    operator: 'infentre',
    awareAt: '2026-11-24T00:00:00Z',
    query: { system: 'app', dataset: 'users' },
    facts: { sv: { nature: 'x' } },
  },
  decideBreach: { notifyPeople: true },
  actOnBreach: {},
  decideApproval: {
    decision: 'approve',
    planHash: `sha256:${'0'.repeat(64)}`,
    decidedBy: { kind: 'person', ref: 'p1' },
  },
  receiveEvent: {
    type: 'account.cancelled',
    timestamp: '2026-11-24T00:00:00Z',
    operator: 'infentre',
    data: { accountRef: 'a1' },
  },
  createToken: { name: 'x', role: 'auditor', operator: 'infentre', expiresAt: '2027-01-01T00:00:00Z' },
  advanceRequest: { by: 'P1D' },
  advanceWorld: { to: '2026-12-01T00:00:00Z' },
  stopOperator: { reason: 'a test' },
  resumeOperator: { reason: 'a test' },
  runSimulation: { operator: 'infentre' },
};

let serial = 0;
function send(id: EndpointId, token: string | undefined): Promise<Answer> {
  const endpoint: Endpoint = ENDPOINTS[id];
  const params: Record<string, string> = {
    id: endpoint.path.includes('/approvals/') ? APPROVAL : requestId,
    ...PARAMS[id],
  };
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'x') + (QUERIES[id] ?? '');
  return api.call(endpoint.method, path, {
    token,
    body: endpoint.body === undefined ? undefined : BODIES[id],
    key: `m${(serial += 1)}`,
    ifMatch: '*',
  });
}

const GATED = (Object.keys(ENDPOINTS) as EndpointId[]).filter(
  (id) => typeof (ENDPOINTS[id] as Endpoint).who === 'object',
);
const DENIED = [401, 403];

/** Rows that answer from what is asked alone: there is nothing of anybody in them. */
const ABOUT_NOBODY: readonly EndpointId[] = ['getClock'];

describe.each(GATED)('%s', (id) => {
  const who = (ENDPOINTS[id] as Endpoint).who as { roles: readonly RoleName[]; scopes: readonly Scope[] };

  test('nobody without a token, with a made-up, malformed or revoked one', async () => {
    expect((await send(id, undefined)).status).toBe(401);
    expect((await send(id, `dsk_${'a'.repeat(49)}`)).status).toBe(401);
    expect((await send(id, '!!')).status).toBe(401);
  });

  test.each(ROLE_NAMES)('%s exactly where the table says so', async (role) => {
    const reply = await send(id, tokens.get(role));
    if (id === 'decideApproval' && role === 'privacy_officer') {
      // The operator's own officer never decides for an organisation.
      expect([reply.status, reply.body.code]).toEqual([403, 'not_the_party']);
    } else if (who.roles.includes(role)) {
      expect(DENIED, reply.text).not.toContain(reply.status);
      expect(reply.status, reply.text).toBeLessThan(500);
    } else expect([reply.status, reply.body?.code]).toEqual([403, 'forbidden']);
  });

  test('a machine only with one of the scopes', async () => {
    for (const scope of SCOPES) {
      const reply = await send(id, tokens.get(scope));
      // A machine that is bound to no organisation is no party of an approval, whatever its scopes are.
      const notParty = ['getPlan', 'getApproval', 'getApprovalSubject', 'decideApproval'].includes(id);
      if (!who.scopes.includes(scope)) expect(reply.status, scope).toBe(403);
      // An instruction is an organisation's: a machine that is bound to none needs more than the scope.
      else if (id === 'createRequest' && scope === 'requests:instruct') expect(reply.status).toBe(403);
      else if (notParty) expect([403, 404], scope).toContain(reply.status);
      else expect(DENIED, `${scope} ${reply.text}`).not.toContain(reply.status);
    }
  });

  if (ABOUT_NOBODY.includes(id)) return;

  test('another operator sees nothing of it', async () => {
    for (const role of who.roles) {
      const reply = await send(id, tokens.get(`${role} of another operator`));
      if (
        [
          'listRequests',
          'listOrganisations',
          'listBreaches',
          'searchRequests',
          'listApprovals',
          'listOperators',
          'listTokens',
          'listLedger',
        ].includes(id)
      ) {
        expect(reply.status, reply.text).toBe(200);
        expect(reply.text).not.toContain('infentre');
      } else expect([403, 404], reply.text).toContain(reply.status);
    }
  });

  if (who.roles.includes('approver'))
    test('another organisation sees nothing of it', async () => {
      const reply = await send(id, tokens.get('approver of another organisation'));
      if (id === 'listApprovals') expect(reply.body.data).toEqual([]);
      else expect(reply.status).toBe(404);
    });
});

test('an expired token is no token', async () => {
  const token = tokens.get('expired');
  expect((await send('getRequest', token)).status).toBe(200);
  const now = api.clock.now;
  api.clock.now = new Date(now.getTime() + 2 * 86_400_000);
  expect((await send('getRequest', token)).status).toBe(401);
  api.clock.now = now;
});

test('endpoints for everyone answer without a token; a wrong token is refused all the same', async () => {
  for (const id of ['getOpenApi', 'getHealth', 'getReadiness', 'getMetrics', 'getOperatorKeys'] as const) {
    expect((await send(id, undefined)).status, id).toBe(200);
  }
  expect((await send('getOperatorKeys', '!!')).status).toBe(401);
});

test('a row of the table without `who` stops the start', () => {
  const row = { ...ENDPOINTS.getRequest } as Record<string, unknown>;
  delete row['who'];
  expect(() => assertWho('x', row as unknown as Endpoint)).toThrow('endpoint_without_who');
  expect(() => assertWho('x', { ...row, who: { roles: [], scopes: [] } } as unknown as Endpoint)).toThrow(
    'endpoint_without_who',
  );
});

test('unknown addresses 404, known addresses with another method 405 with Allow', async () => {
  expect((await api.call('GET', '/v1/nothing')).body.code).toBe('not_found');
  const put = await api.call('PUT', '/v1/requests', { body: {} });
  expect([put.status, put.body.code, put.headers.get('allow')]).toEqual([405, 'method_not_allowed', 'GET, POST']);
  expect((await api.call('GET', '/v1/requests/%E0%A4%A', { token: tokens.get('auditor') })).status).toBe(400);
  expect(
    (await api.call('GET', '/v1/requests/kari.canary@example.no', { token: tokens.get('auditor') })).text,
  ).not.toContain('canary');
});
