/** The gateway against a real Temporal server and worker: starts, updates by id, refusals by code, outages. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTemporalGateway, Refusal, type Gateway, type TemporalAccess } from '../../../api/index.js';
import type { ActCommand, RequestInput } from '../../../domain/lifecycle/commands.js';

let gateway: Gateway;
let worker: Worker;
let running: Promise<void>;
let native: NativeConnection;
let connection: Connection;
/** A queue of its own: other files run workers of the same name on the same server. */
const taskQueue = `gateway-${randomUUID()}`;
const by = { id: 'tok_1', kind: 'person', role: 'privacy_officer' } as const;
const input = (requestId: string): RequestInput => ({ requestId }) as unknown as RequestInput;
const act = (action: string): ActCommand => ({ by, action }) as unknown as ActCommand;

function access(connected: Connection, client: Client): TemporalAccess {
  return {
    client,
    call: (work, ms = 4_000) => connected.withDeadline(Date.now() + ms, work),
    ping: async () => {
      await connected.withDeadline(Date.now() + 1_000, () =>
        connected.workflowService.describeNamespace({ namespace: client.options.namespace }),
      );
    },
  };
}

beforeAll(async () => {
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  const namespace = 'default';
  native = await NativeConnection.connect({ address });
  worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./tiny-workflow.ts', import.meta.url)),
  });
  running = worker.run();
  connection = await Connection.connect({ address });
  gateway = createTemporalGateway({
    temporal: access(connection, new Client({ connection, namespace })),
    taskQueue,
    nowMs: Date.now,
  });
}, 60_000);
afterAll(async () => {
  worker.shutdown();
  await running;
  await connection.close();
  await native.close();
});

test('starting twice is one request; the view is live', async () => {
  const id = `req_${randomUUID()}`;
  await gateway.start(input(id));
  await gateway.start(input(id));
  expect(await gateway.view(id, 4_000)).toMatchObject({ view: { id, revision: 1 }, busy: false });
  expect(await gateway.reachable()).toBe(true);
});

test('one update id, one effect, and the first result again', async () => {
  const id = `req_${randomUUID()}`;
  await gateway.start(input(id));
  expect(await gateway.update(id, 'act', 'u1', act('recheck'))).toEqual({ revision: 2, state: 'executing' });
  expect(await gateway.update(id, 'act', 'u1', act('recheck'))).toEqual({ revision: 2, state: 'executing' });
  expect(await gateway.update(id, 'act', 'u2', act('recheck'))).toEqual({ revision: 3, state: 'executing' });
});

test('a refusal carries code and facts, and its id may be used again; a fault is `internal` without its words', async () => {
  const id = `req_${randomUUID()}`;
  await gateway.start(input(id));
  const refused = await gateway.update(id, 'act', 'u1', act('extend')).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refusal);
  expect(refused).toMatchObject({ code: 'action_not_allowed', facts: { allowedActions: ['withdraw'] } });
  expect(await gateway.update(id, 'act', 'u1', act('recheck'))).toMatchObject({ revision: 2 });
  const fault = await gateway.update(id, 'act', 'u3', act('refuse')).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: 'internal' });
  expect(String(fault)).not.toContain('canary');
});

test('a request that is over was forgotten; one that is not there yet is an outage', async () => {
  const id = `req_${randomUUID()}`;
  await gateway.start(input(id));
  await gateway.update(id, 'act', 'u1', act('release'));
  await expect
    .poll(
      async () => (await gateway.update(id, 'act', 'u2', act('recheck')).catch((error: unknown) => error)) as object,
      { timeout: 10_000 },
    )
    .toMatchObject({ code: 'forgotten' });
  await expect(gateway.update(`req_${randomUUID()}`, 'act', 'u1', act('recheck'))).rejects.toMatchObject({
    code: 'unavailable',
  });
});

test('a server that is away: unavailable, no view, not reachable', async () => {
  const lazy = Connection.lazy({ address: '127.0.0.1:1' });
  const away = createTemporalGateway({
    temporal: {
      ...access(lazy, new Client({ connection: lazy })),
      call: (work) => lazy.withDeadline(Date.now() + 500, work),
    },
    nowMs: Date.now,
  });
  expect(await away.reachable()).toBe(false);
  await expect(away.start(input('req_x'))).rejects.toMatchObject({ code: 'unavailable' });
  expect(await away.view('req_x', 200)).toBeNull();
  await lazy.close();
}, 30_000);
