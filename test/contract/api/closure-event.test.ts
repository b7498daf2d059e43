/** `account.cancelled` starts the closure of that account, once, for whoever may say so. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClosureStart } from '../../../infra/temporal/closures.js';
import { testApi, type TestApi } from '../../support/api.js';

const secret = (): string => `whsec_${randomBytes(24).toString('base64')}`;
const [APP, BACKUPS, ORGANISATION, DEFIGO] = [secret(), secret(), secret(), secret()];
const started: ClosureStart[] = [];
let api: TestApi;

beforeAll(async () => {
  api = await testApi('closure', (deps) => ({
    ...deps,
    startClosure: async (order) => {
      started.push(order);
    },
  }));
  const createdAt = api.clock.now.toISOString();
  const { parties } = api.deps;
  await parties.putOrganisation({
    operator: 'itefy',
    organisation: 'acct-7',
    name: 'acct-7',
    country: 'NO',
    language: 'nb',
    contacts: { admin: 'admin@example.no', dpo: null, escalation: null },
    answer: 'operator_answers',
    deliverTo: 'subject',
  });
  await parties.addKey({ operator: 'itefy', system: 'app' }, { id: 'k1', secret: APP, createdAt });
  await parties.addKey({ operator: 'itefy', system: 'nightly' }, { id: 'k2', secret: BACKUPS, createdAt });
  await parties.addKey({ operator: 'itefy', organisation: 'acct-7' }, { id: 'k3', secret: ORGANISATION, createdAt });
  await parties.addKey({ operator: 'defigo', system: 'app' }, { id: 'k4', secret: DEFIGO, createdAt });
});
afterAll(() => api.close());

function cancelled(accountRef: string, key: string, from: Record<string, string>, id = `msg_${randomUUID()}`) {
  const body = JSON.stringify({
    type: 'account.cancelled',
    timestamp: api.clock.now.toISOString(),
    operator: 'itefy',
    ...from,
    data: { accountRef },
  });
  const at = Math.floor(api.clock.now.getTime() / 1000);
  const mac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'))
    .update(`${id}.${at}.${body}`)
    .digest('base64');
  return api.call('POST', '/v1/events', {
    raw: body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${mac}`,
    },
  });
}

test('the operator system: the export first, under an id that does not name the account', async () => {
  started.length = 0;
  expect((await cancelled('acct-1', APP, { system: 'app' }, 'msg_one')).status).toBe(202);
  expect((await cancelled('acct-1', APP, { system: 'app' }, 'msg_one')).status).toBe(202);
  expect(started).toHaveLength(1);
  const [order] = started;
  expect(order).toMatchObject({ operator: 'itefy', account: 'acct-1', backups: ['nightly'] });
  expect(order?.closureId).toMatch(/^cls_[A-Za-z0-9]{20,32}$/);
  expect(order?.closureId).not.toContain('acct');
  expect(Date.parse(order?.exportUntil ?? '') - Date.parse(order?.requestedAt ?? '')).toBe(14 * 86_400_000);
  // Another event about the same account means the same closure.
  await cancelled('acct-1', APP, { system: 'app' });
  expect(new Set(started.map((s) => s.closureId)).size).toBe(1);
});

test('an organisation cancels its own account only, a backup system none', async () => {
  started.length = 0;
  expect((await cancelled('acct-7', ORGANISATION, { organisation: 'acct-7' })).status).toBe(202);
  expect((await cancelled('acct-1', ORGANISATION, { organisation: 'acct-7' })).status).toBe(403);
  expect((await cancelled('acct-1', BACKUPS, { system: 'nightly' })).status).toBe(403);
  expect(started.map((s) => s.account)).toEqual(['acct-7']);
});

test('where the pack closes no accounts nothing is started', async () => {
  started.length = 0;
  expect((await cancelled('acct-1', DEFIGO, { operator: 'defigo', system: 'app' })).status).toBe(202);
  expect(started).toEqual([]);
});
