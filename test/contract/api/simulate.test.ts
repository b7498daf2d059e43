/** POST /v1/simulations and `habeas simulate`: open requests from the real store, the same answer from both. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulateStore, type SimulateOptions } from '../../../cli/simulate.js';
import { simulationResultSchema } from '../../../contracts/index.js';
import { PackStore, policiesFolder } from '../../../infra/policies/index.js';
import { createRequestProjection } from '../../../infra/store/project-request.js';
import { requestBody, testApi, type TestApi } from '../../support/api.js';

const AS_OF = '2026-09-14T10:00:00Z';
const AWAY = [{ role: 'dpo', from: '2026-09-14', to: '2026-09-27' }];

let api: TestApi;
let officer: string;
let folder: string;
const ids: Record<string, string> = {};

/** A request as intake commits it; `change` is what its workflow would have projected since. */
async function make(name: string, view: Record<string, unknown>, rest: Record<string, unknown> = {}): Promise<void> {
  const made = await api.call('POST', '/v1/requests', {
    token: officer,
    key: name,
    body: requestBody({ receivedAt: '2026-09-01T08:00:00Z' }),
  });
  expect(made.status, made.text).toBe(202);
  ids[name] = made.body.id;
  const doc = await api.deps.requests.get(made.body.id);
  await createRequestProjection(api.platform.store.db).project(made.body.id, 5, {
    view: { ...doc?.view, revision: 5, ...view },
    approvals: [],
    ...rest,
  });
}

beforeAll(async () => {
  api = await testApi('simulate');
  officer = await api.token({ role: 'privacy_officer' });
  folder = await mkdtemp(join(tmpdir(), 'habeas-simulate-'));
  api.clock.now = new Date('2026-09-14T10:00:00Z');
  await new PackStore(api.platform.store.db).save(api.packs.values());
  await make('identifying', { state: 'identifying' });
  await make('machine', { state: 'executing' });
  await make('answered', { state: 'executing', answeredAt: '2026-09-10T08:00:00.000Z' });
  await make('closed', { state: 'closed' });
  await make('asked', { state: 'identifying' });
  await createRequestProjection(api.platform.store.db).clockedFrom(ids['asked'] ?? '', {
    receivedAt: '2026-09-01T08:00:00.000Z',
    pauses: [{ kind: 'identity', askedAt: '2026-09-02T08:00:00.000Z', answeredAt: '2026-09-09T08:00:00.000Z' }],
    extendedAt: null,
  });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await api.close();
});

const ask = (body: Record<string, unknown>, token = officer) =>
  api.call('POST', '/v1/simulations', { token, body: { operator: 'infentre', asOf: AS_OF, ...body } });

async function command(options: SimulateOptions): Promise<{ status: number; lines: string[] }> {
  const lines: string[] = [];
  const status = await simulateStore(api.platform.store.db, options, (line) => void lines.push(line), new Date(AS_OF));
  return { status, lines };
}

test('open requests without an answer, as things are and with the officer away for two weeks', async () => {
  const reply = await ask({ away: AWAY });
  expect(reply.status, reply.text).toBe(200);
  const result = simulationResultSchema.parse(reply.body);
  const found = Object.fromEntries(result.requests.map((r) => [r.id, r]));
  expect(Object.keys(found).sort()).toEqual([ids['identifying'], ids['machine'], ids['asked']].sort());
  expect(found[ids['identifying'] ?? '']).toMatchObject({
    present: { due: '2026-10-01', answeredOn: '2026-09-21', lateFrom: null },
    changed: { due: '2026-10-01', answeredOn: '2026-10-05', lateFrom: '2026-10-02', waitsFor: 'privacy_officer' },
    change: 'becomes_late',
  });
  expect(found[ids['machine'] ?? '']).toMatchObject({ change: 'same', present: { answeredOn: '2026-09-14' } });
  // Seven days that did not count are known to the store.
  expect(found[ids['asked'] ?? '']).toMatchObject({
    change: 'later',
    present: { safeDue: '2026-10-01', due: '2026-10-08' },
  });
  expect(result.totals).toMatchObject({ open: 3, late: { present: 0, changed: 1 }, firstLateOn: '2026-10-02' });
});

test('the command says the same, in JSON and in words', async () => {
  const reply = await ask({ away: AWAY });
  const json = await command({ away: ['dpo:2026-09-14..2026-09-27'], asOf: AS_OF, operator: 'infentre', json: true });
  expect([json.status, json.lines]).toEqual([0, [reply.text]]);
  const words = await command({ away: ['dpo:2026-09-14..2026-09-27'] });
  expect(words.lines[0]).toBe('3 open requests as of 2026-09-14T10:00:00.000Z');
  expect(words.lines[1]).toBe('late as things are: 0; under the change: 1 (1 become late, 0 no longer, 0 either way)');
  expect(words.lines).toContain(
    `${ids['identifying']}  infentre  erasure  identifying  due 2026-10-01  answered 2026-10-05  4 days late  waits for privacy_officer  becomes late`,
  );
});

test('throughput', async () => {
  const reply = await ask({ perDay: { privacy_officer: 1 } });
  const days = reply.body.requests.map((r: { present: { answeredOn: string } }) => r.present.answeredOn).sort();
  expect(days).toEqual(['2026-09-14', '2026-09-21', '2026-09-22']);
});

test('another pack, from a file and in a call; one with faults is refused with its lines', async () => {
  const shipped = await readFile(join(policiesFolder(undefined), 'operators', 'infentre.yaml'), 'utf8');
  const changed = shipped.replace(/^promises:.*$/m, 'promises: [{within: P14D}]');
  expect(changed).not.toBe(shipped);
  const reply = await ask({ policy: changed });
  expect(reply.status, reply.text).toBe(200);
  expect(reply.body.totals.promisesBroken).toEqual({ present: 0, changed: 2 });
  const file = join(folder, 'infentre.yaml');
  await writeFile(file, changed);
  expect((await command({ policy: file, asOf: AS_OF, json: true })).lines).toEqual([reply.text]);

  const wrong = changed.replace('within: P14D', 'within: P14X');
  const refused = await ask({ policy: wrong });
  expect([refused.status, refused.body.code]).toEqual([422, 'validation_failed']);
  expect(refused.body.errors[0]).toMatchObject({
    pointer: '/policy',
    detail: expect.stringMatching(/^\d+:\d+ promises/),
  });
  await writeFile(file, wrong);
  const checked = await command({ policy: file });
  expect(checked.status).toBe(1);
  expect(checked.lines[0]).toMatch(/infentre\.yaml:\d+:\d+/);
  const other = await readFile(join(policiesFolder(undefined), 'operators', 'defigo.yaml'), 'utf8');
  expect((await ask({ policy: other })).status).toBe(422);
});

test('what cannot be read is said, and nobody sees another operator', async () => {
  const order = await ask({ away: [{ role: 'dpo', from: '2026-09-27', to: '2026-09-14' }] });
  expect([order.status, order.body.errors]).toEqual([
    422,
    [{ pointer: '/away', detail: 'an absence ends before it begins' }],
  ]);
  expect((await ask({ away: [{ role: 'janitor', from: '2026-09-14', to: '2026-09-14' }] })).status).toBe(422);
  expect((await ask({ operator: 'nobody' })).status).toBe(404);
  const foreign = await api.token({ role: 'privacy_officer', operator: 'defigo' });
  expect((await ask({}, foreign)).status).toBe(404);
  expect((await ask({}, await api.token({ role: 'auditor' }))).status).toBe(403);
  const bad = await command({ away: ['dpo'] });
  expect(bad).toEqual({
    status: 2,
    lines: ['habeas simulate: an absence is written ROLE:FROM..TO with days YYYY-MM-DD'],
  });
  expect((await command({ asOf: 'soon' })).status).toBe(2);
});

test('the store is as it was', async () => {
  const before = await api.database.db.collection('requests').find().sort({ _id: 1 }).toArray();
  await ask({ away: AWAY });
  await command({ away: ['dpo:2026-09-14..2026-09-27'] });
  expect(await api.database.db.collection('requests').find().sort({ _id: 1 }).toArray()).toEqual(before);
});
