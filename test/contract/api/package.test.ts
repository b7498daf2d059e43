import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { VAULT } from '../../../domain/ports/vault.js';
import { provenAddress } from '../../../api/package/package.js';
import { createRequestProjection } from '../../../infra/store/project-request.js';
import { requestBody, testApi, type Answer, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer: string;
let id = '';
let serial = 0;

beforeAll(async () => {
  api = await testApi('package');
  officer = await api.token({ role: 'privacy_officer' });
});
beforeEach(async () => {
  api.mails.length = 0;
  id = (
    await api.call('POST', '/v1/requests', {
      token: officer,
      key: `p${(serial += 1)}`,
      body: requestBody({ right: 'access' }),
    })
  ).body.id;
  await api.deps.vault.put(id, [{ name: VAULT.identity, value: { method: 'mail_code', level: 'low', proven: [0] } }]);
  const writer = api.deps.vault.writeStream(id, VAULT.package);
  await writer.write(Buffer.from('PK canary bytes'));
  await writer.finish();
});
afterAll(() => api.close());

async function project(released: boolean): Promise<void> {
  const doc = await api.deps.requests.get(id);
  await createRequestProjection(api.platform.store.db).project(id, (doc?.revision ?? 0) + 1, {
    view: { ...doc?.view, package: { bytes: 15, sha256: 'x', records: 1, redactions: 0, released } },
    approvals: [],
  });
}
const ask = (request = id): Promise<Answer> => api.call('POST', `/v1/requests/${request}/package/code`);
const fetchWith = (code: string): Promise<Answer> =>
  api.call('GET', `/v1/requests/${id}/package`, { headers: { 'habeas-code': code } });
/** The mail goes out after the answer. */
async function mailed(): Promise<string> {
  await expect.poll(() => api.mails.length).toBeGreaterThan(0);
  return /\b(\d{6})\b/.exec(api.mails.at(-1)?.text ?? '')?.[1] ?? '';
}

test('a code goes to the proven address; it opens the package once', async () => {
  await project(true);
  const asked = await ask();
  expect([asked.status, asked.text]).toEqual([202, '']);
  const code = await mailed();
  expect(api.mails).toHaveLength(1);
  expect(api.mails[0]).toMatchObject({ to: 'kari.canary@example.no', subject: 'Nedlastingskoden din' });
  const wrong = await fetchWith(code === '000000' ? '000001' : '000000');
  expect([wrong.status, wrong.body.code]).toEqual([403, 'code_invalid']);
  const got = await fetchWith(code);
  expect([got.status, got.text, got.headers.get('content-type')]).toEqual([200, 'PK canary bytes', 'application/zip']);
  expect((await fetchWith(code)).body.code).toBe('code_invalid');
  await expect
    .poll(() => api.gateway.updates.filter((u) => u.requestId === id).map((u) => u.payload['type']))
    .toEqual(['package.collected']);
});

test('five wrong tries end a code; a new one only after a minute', async () => {
  await project(true);
  await ask();
  const code = await mailed();
  for (let i = 0; i < 5; i += 1) expect((await fetchWith(code === '111111' ? '222222' : '111111')).status).toBe(403);
  expect((await fetchWith(code)).status).toBe(403);
  const now = api.clock.now;
  expect(await api.deps.packageCodes.mayIssue(id, now.getTime() + 59_000)).toBe(false);
  expect(await api.deps.packageCodes.mayIssue(id, now.getTime() + 61_000)).toBe(true);
});

test('before release and for strangers the answers tell nothing', async () => {
  await project(false);
  expect((await ask()).status).toBe(202);
  expect((await ask('req_01JDB2C3D4E5F6G7H8J9K0M1N2')).status).toBe(202);
  expect((await fetchWith('123456')).body.code).toBe('code_invalid');
  expect(
    (
      await api.call('GET', `/v1/requests/req_01JDB2C3D4E5F6G7H8J9K0M1N2/package`, {
        headers: { 'habeas-code': '123456' },
      })
    ).body.code,
  ).toBe('code_invalid');
  expect((await api.call('GET', `/v1/requests/${id}/package`)).status).toBe(401);
  expect(api.mails).toHaveLength(0);
});

test('an officer looks before release, with a purpose and an entry; afterwards only the subject', async () => {
  await project(false);
  const path = `/v1/requests/${id}/package`;
  expect((await api.call('GET', path, { token: officer })).body.code).toBe('purpose_unknown');
  const seen = await api.call('GET', `${path}?purpose=handling_request`, { token: officer });
  expect([seen.status, seen.text]).toEqual([200, 'PK canary bytes']);
  await api.platform.ledger.seal('infentre');
  const { entries } = await api.platform.reader.page({ operator: 'infentre', requests: [id] });
  expect(entries.map((e) => e.action)).toContain('package.viewed');
  expect((await api.call('GET', path, { token: await api.token({ role: 'auditor' }) })).status).toBe(403);
  await project(true);
  expect((await api.call('GET', `${path}?purpose=handling_request`, { token: officer })).body.code).toBe(
    'package_released',
  );
});

test('a code is never sent to an address that is not proven', () => {
  const subject = {
    identifiers: [
      { type: 'email', value: 'a@example.no' },
      { type: 'email', value: 'b@example.no' },
    ],
    contact: { email: 'a@example.no' },
  } as never;
  expect(provenAddress(subject, { method: 'x', level: 'low', proven: [1] })).toBe('b@example.no');
  expect(provenAddress(subject, { method: 'x', level: 'low', proven: [0, 1] })).toBe('a@example.no');
  expect(provenAddress(subject, null)).toBeNull();
});
