/** GET /v1/clock: the same object as `habeas clock`, byte for byte, for every published vector. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clockResultSchema } from '../../../contracts/index.js';
import { evaluateLine } from '../../../domain/clock/index.js';
import { testApi, type TestApi } from '../../support/api.js';

interface Vector {
  readonly case: Readonly<Record<string, unknown>>;
}
const vectors: Vector[] = readFileSync(new URL('../../vectors/clock.ndjson', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line));

let api: TestApi;
let token: string;
beforeAll(async () => {
  api = await testApi('clock');
  token = await api.token({ role: 'auditor' });
});
afterAll(() => api.close());

const ask = (fields: Readonly<Record<string, unknown>>) => {
  const query = new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  return api.call('GET', `/v1/clock?${query.toString()}`, { token });
};

test('there are 57 published vectors', () => expect(vectors).toHaveLength(57));

test('every published vector: the bytes of the command, or 422 with the field that it blames', async () => {
  for (const { case: fields } of vectors) {
    const line = evaluateLine(JSON.stringify(fields)) ?? '';
    const expected = JSON.parse(line);
    const reply = await ask(fields);
    if (expected.error === undefined) {
      expect(reply.status, reply.text).toBe(200);
      expect(reply.text).toBe(line);
      expect(clockResultSchema.parse(reply.body)).toEqual(expected);
    } else {
      expect([reply.status, reply.body.code, reply.body.field], String(fields['id'])).toEqual([
        422,
        'invalid_case',
        expected.error.field,
      ]);
    }
  }
});

const PLAIN = {
  id: 'a',
  regime: 'gdpr-eu',
  country: 'NO',
  timeZone: 'Europe/Oslo',
  receivedAt: '2026-05-30T12:00:00+02:00',
  right: 'access',
  now: '2026-05-30T12:00:00+02:00',
};

test('every kind answers, and null is given as JSON', async () => {
  expect((await ask({ ...PLAIN, extension: null })).body.legalDue).toBe('2026-06-30');
  const others = [
    { id: 'b', kind: 'breach', timeZone: 'UTC', awareAt: '2026-05-22T16:30Z', now: '2026-05-22T16:30Z' },
    {
      id: 'r',
      kind: 'retention',
      timeZone: 'UTC',
      now: '2026-05-22T16:30Z',
      rules: [{ type: 'max', for: 'P3Y', after: ['2024-02-29'] }],
    },
    {
      id: 's',
      kind: 'backup',
      timeZone: 'UTC',
      verifiedAt: '2026-05-22T16:30Z',
      now: '2026-05-22T16:30Z',
      copiesGoneWithin: 'P90D',
      snapshots: [],
    },
  ];
  for (const fields of others) {
    const reply = await ask(fields);
    expect(reply.text).toBe(evaluateLine(JSON.stringify(fields)));
    clockResultSchema.parse(reply.body);
  }
});

test('a bad case is 422 with the first wrong field, and never repeats what was sent', async () => {
  const { id: _id, ...nameless } = PLAIN;
  const wrong: readonly [Readonly<Record<string, unknown>>, string][] = [
    [nameless, 'id'],
    [{ ...PLAIN, kind: 'canary' }, 'kind'],
    [{ ...PLAIN, timeZone: 'Mars/Canary' }, 'timeZone'],
    [{ ...PLAIN, pauses: 'canary' }, 'pauses'],
    [{ ...PLAIN, promises: '{"canary"' }, 'promises'],
    [{ ...PLAIN, switches: null }, 'switches'],
    [{ ...PLAIN, now: '2026-05-29T00:00Z', extension: 'canary' }, 'now'],
  ];
  for (const [fields, field] of wrong) {
    const reply = await ask(fields);
    expect([reply.status, reply.body.code, reply.body.field], field).toEqual([422, 'invalid_case', field]);
    expect(reply.text.toLowerCase()).not.toContain('canary');
  }
});

test('an unknown or repeated parameter is refused before the case is looked at', async () => {
  expect((await ask({ ...PLAIN, canary: 'x' })).body.code).toBe('validation_failed');
  const twice = await api.call('GET', '/v1/clock?id=a&id=b', { token });
  expect([twice.status, twice.body.code]).toEqual([422, 'validation_failed']);
});

test('anybody who is signed in may ask, nobody else', async () => {
  expect((await api.call('GET', '/v1/clock?id=a')).status).toBe(401);
  for (const grant of [{ role: 'approver', organisation: 'acme' } as const, { scopes: ['data:read' as const] }]) {
    const reply = await api.call('GET', '/v1/clock?id=a', { token: await api.token(grant) });
    expect([reply.status, reply.body.field]).toEqual([422, 'regime']);
  }
});
