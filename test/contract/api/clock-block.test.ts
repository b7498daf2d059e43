/** The clock block of `GET /v1/requests/{id}`, with its trace, as it stands in a golden file for each regime at hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestBody, testApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await testApi('clock-block');
  api.clock.now = new Date('2026-05-30T12:00:00Z');
});
afterAll(() => api.close());

/** `HABEAS_TEST_RECORD=1` writes the files anew; what changed is then read by a person. */
async function golden(name: string, value: unknown): Promise<void> {
  const file = new URL(`./fixtures/clock-${name}.json`, import.meta.url);
  if (process.env['HABEAS_TEST_RECORD'] === '1') writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
  expect(value).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}

test.each([
  // Received on a Saturday; the month ends on a Tuesday.
  [
    'plain',
    {
      operator: 'defigo',
      receivedAt: '2026-05-30T11:00:00Z',
      subject: { identifiers: [{ type: 'email', value: 'kari.canary@example.no' }], language: 'nb' },
    },
  ],
  // The month ends on Midsummer Day, a Saturday: it rolls to Monday.
  ['rolled', { operator: 'infentre', receivedAt: '2026-05-20T08:00:00Z' }],
])('%s', async (name, change) => {
  const token = await api.token({ role: 'privacy_officer', operator: String(change.operator) });
  const made = await api.call('POST', '/v1/requests', { token, key: name, body: requestBody(change) });
  expect(made.status, made.text).toBe(202);
  const { body } = await api.call('GET', `/v1/requests/${made.body.id}`, { token });
  // Two dates, always, and every step with a source.
  expect(body.clock.safeDue <= body.clock.legalDue).toBe(true);
  for (const step of body.clock.trace) expect(step.source).not.toBe('');
  await golden(name, body.clock);
});
