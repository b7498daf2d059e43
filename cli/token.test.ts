import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTokens } from '../infra/identity/index.js';
import { testDatabase, type TestDatabase } from '../test/support/mongo.js';
import { tokenCreate } from './token.js';

let database: TestDatabase;
let url: string;
beforeAll(async () => {
  database = await testDatabase('token_cli');
  const address = new URL(database.url);
  address.pathname = `/${database.name}`;
  url = address.toString();
});
afterAll(() => database.drop());

async function run(options: Partial<Parameters<typeof tokenCreate>[0]>): Promise<{ status: number; lines: string[] }> {
  const lines: string[] = [];
  const status = await tokenCreate({ name: 'first', operator: 'infentre', ...options }, url, (line) =>
    lines.push(line),
  );
  return { status, lines };
}

test('the first token: shown once, works, and rests as a hash', async () => {
  const { status, lines } = await run({ role: 'admin', json: true });
  expect(status).toBe(0);
  const { token } = JSON.parse(lines[0] ?? '{}') as { token: string };
  const record = await createTokens({ db: database.db }).verify(token);
  expect(record).toMatchObject({ role: 'admin', operators: ['infentre'], organisation: null });
  expect(JSON.stringify(await database.db.collection('tokens').find().toArray())).not.toContain(token);
});

test.each([
  ['neither role nor scopes', {}],
  ['both', { role: 'admin', scopes: ['ledger:read'] }],
  ['an approver of nobody', { role: 'approver' }],
  ['an unknown role', { role: 'owner' }],
  ['an unknown scope', { scopes: ['everything'] }],
  ['days that are no number', { role: 'admin', days: Number.NaN }],
])('wrong usage is 2 and makes nothing: %s', async (_name, options) => {
  const before = await database.db.collection('tokens').countDocuments({});
  const { status, lines } = await run(options);
  expect(status).toBe(2);
  expect(lines.length).toBeGreaterThan(0);
  expect(await database.db.collection('tokens').countDocuments({})).toBe(before);
});

test('a time of more than a year, or none, is wrong usage too', async () => {
  for (const days of [400, 0, -1]) expect((await run({ role: 'admin', days })).status).toBe(2);
});
