/**
 * The store budget (docs/performance.md): how many write commands one erasure may send to Habeas' own two databases from
 * the API's intake to its answer. The whole product in one process; background sealing is off, because it belongs to no
 * single request (the certificate seals by itself).
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeApi } from '../../api/compose.js';
import { createApi, type Api } from '../../api/create-api.js';
import { benchPolicies } from '../../bench/packs.js';
import { fileErasure, intakeToken } from '../../bench/stack.js';
import { WRITES } from '../../bench/store.js';
import { stubConnectors } from '../../bench/stub-connectors.js';
import { seedOperator } from '../../dev/people/index.js';
import { openPlatform, type Platform } from '../../infra/platform.js';
import { createLog } from '../../infra/telemetry/index.js';
import { connectTemporal, ensureSearchAttributes, type TemporalClient } from '../../infra/temporal/index.js';
import { connectWorker, installRuntime, type WorkerConnection } from '../../infra/temporal/worker.js';
import { composeActivities } from '../../worker/compose.js';
import { createConnectors, type ConnectorRegistry } from '../../worker/connectors.js';
import { serve, type Serving } from '../../worker/serve.js';
import { testDatabase, type TestDatabase } from '../support/mongo.js';

const namespace = `budget-${randomBytes(4).toString('hex')}`;
let own: TestDatabase;
let operator: TestDatabase;
let folder: string;
let platform: Platform;
let temporal: TemporalClient;
let native: WorkerConnection;
let real: ConnectorRegistry;
let serving: Serving;
let api: Api;
let port: number;
let token: string;

const writes = new Map<string, number>();
/** Requests whose final letter and first certificate exist, and who waits for them. */
const answered = new Map<string, Set<string>>();
let notice: () => void = () => undefined;

function mark(id: string, what: 'letter' | 'certificate'): void {
  answered.set(id, (answered.get(id) ?? new Set()).add(what));
  notice();
}

/** An address with a database in it; the server's own names none. */
function urlOf({ url, name }: TestDatabase): string {
  const with_ = new URL(url);
  with_.pathname = `/${name}`;
  return with_.href;
}

beforeAll(async () => {
  own = await testDatabase('budget');
  operator = await testDatabase('budget_operator');
  folder = await mkdtemp(join(tmpdir(), 'habeas-budget-'));
  await seedOperator({ operator: 'defigo', mongoUrl: urlOf(operator), database: operator.name, count: 20 });
  const log = createLog({ level: 'error' });
  installRuntime({ log });
  platform = await openPlatform({
    mongodbUrl: urlOf(own),
    keys: folder,
    namespace,
    log,
    appName: 'habeas-test',
    onCommand: (command, collection) => {
      if (!WRITES.has(command)) return;
      const key = `${collection ?? '-'} ${command}`;
      writes.set(key, (writes.get(key) ?? 0) + 1);
    },
  });
  token = await intakeToken(platform);
  const policies = await benchPolicies();
  const stubs = stubConnectors();
  real = createConnectors({ DEFIGO_MONGODB_URL: urlOf(operator) });
  const { deps } = await composeActivities({
    platform,
    policies,
    connectors: {
      connector: (pack, system) => (pack.pack.operator === 'solo' ? real : stubs).connector(pack, system),
      inventory: (pack, backup) => stubs.inventory(pack, backup),
    },
    smtpUrl: 'smtp://127.0.0.1:9',
    mailFrom: 'privacy@example.no',
    publicUrl: 'http://127.0.0.1',
  });
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  temporal = connectTemporal({ address, namespace, keys: platform.keys });
  // A namespace of its own: workers of other tests poll the same task queues of the shared server.
  await temporal.client.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  native = await connectWorker({ address, namespace, log });
  await ensureSearchAttributes(temporal);
  serving = await serve({
    connection: native.connection,
    namespace,
    keys: platform.keys,
    packs: [...policies.packs.values()],
    log,
    deps: {
      ...deps,
      mailer: {
        send: async () => ({ accepted: true }),
      },
      ledger: {
        append: async (drafts) => {
          await deps.ledger.append(drafts);
          for (const d of drafts)
            if (d.action === 'letter.handed_over' && d.code === 'final' && d.requestId !== null)
              mark(d.requestId, 'letter');
        },
        seal: (of) => deps.ledger.seal(of),
      },
      certifier: {
        async issue(order) {
          const issued = await deps.certifier.issue(order);
          mark(order.requestId, 'certificate');
          return issued;
        },
      },
    },
  });
  api = createApi(
    await composeApi({ platform, packs: policies.packs, temporal, mailer: { send: async () => ({ accepted: true }) } }),
  );
  port = await api.start(0);
});

afterAll(async () => {
  await api.stop();
  serving.stop();
  await serving.done;
  await real.close();
  await temporal.close();
  await native.close();
  await platform.close();
  await own.client.db(`${own.name}_ledger`).dropDatabase();
  await own.drop();
  await operator.drop();
  await rm(folder, { recursive: true, force: true });
});

async function erase(pack: string, email: string): Promise<{ readonly count: number; readonly list: string }> {
  writes.clear();
  const id = await fileErasure({ token }, port, pack, email);
  await new Promise<void>((resolve) => {
    notice = () => {
      if (answered.get(id)?.size === 2) resolve();
    };
    notice();
  });
  const list = [...writes].map(([key, n]) => `${n} ${key}`).sort();
  return { count: [...writes.values()].reduce((sum, n) => sum + n, 0), list: list.join('\n') };
}

it('takes at most 40 write commands to our own store over four systems', async () => {
  // The first request makes the operator's hashing key and notes that the token was used.
  await erase('bench', 'first@example.com');
  const { count, list } = await erase('bench', 'second@example.com');
  expect(count, list).toBeGreaterThan(20);
  expect(count, list).toBeLessThanOrEqual(40);
});

it('takes at most 25 over MongoDB alone, and the person is gone', async () => {
  const users = operator.db.collection('users');
  const people = await users.find({}, { projection: { emailNorm: 1 } }).toArray();
  const [one, two] = people.slice(-2).map((person) => String(person['emailNorm']));
  if (one === undefined || two === undefined) throw new Error('nobody was seeded');
  await erase('solo', one);
  const { count, list } = await erase('solo', two);
  expect(count, list).toBeGreaterThan(10);
  expect(count, list).toBeLessThanOrEqual(25);
  expect(await users.countDocuments({ emailNorm: two })).toBe(0);
});
