/**
 * Activities by themselves on real stores: a platform, the MongoDB connector and a pack of one system, with both clocks in
 * the test's hand. For what needs days to pass and no workflow.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import type { ActivityDeps } from '../../activities/index.js';
import { PACK_DEFAULTS } from '../../domain/policy/defaults.js';
import type { DatasetPolicy, FrozenPack, Pack } from '../../domain/policy/types.js';
import { VAULT } from '../../domain/ports/vault.js';
import { openPlatform, type Platform } from '../../infra/platform.js';
import { freezePack } from '../../infra/policies/load-pack.js';
import { createLog } from '../../infra/telemetry/index.js';
import { composeActivities } from '../../worker/compose.js';
import { createConnectors, type ConnectorRegistry } from '../../worker/connectors.js';
import { testDatabase, type TestDatabase } from './mongo.js';

export interface ActivityBench {
  readonly deps: ActivityDeps;
  readonly platform: Platform;
  readonly pack: FrozenPack;
  /** The operator's own database. */
  readonly own: TestDatabase;
  /** Case and world time of every stamp from now on. */
  at(instant: string): void;
  close(): Promise<void>;
}

export function packOf(datasets: readonly DatasetPolicy[], over: Partial<Pack> = {}): Pack {
  return {
    ...PACK_DEFAULTS,
    operator: 'op',
    version: '1',
    legal: { name: 'Op AS', orgNo: '1', address: 'Oslo', dpo: 'dpo@example.no', authority: 'no-datatilsynet' },
    timeZone: 'Europe/Oslo',
    country: 'NO',
    language: 'nb',
    regime: 'gdpr-eu',
    promises: [],
    clockSwitches: {},
    identify: { erasure: 'low', access: 'low' },
    approvals: [],
    guards: [],
    release: 'auto',
    askWithin: 'P30D',
    keep: { request: 'P30D', packages: 'P30D', answers: 'P3Y' },
    purposes: ['handling_request'],
    systems: [
      { id: 'app', connector: 'mongodb', settings: { url: '${OP_MONGODB_URL}' }, order: 10, rate: null, datasets },
    ],
    backups: [],
    recipients: [],
    ...over,
  };
}

export async function activityBench(pack: Pack): Promise<ActivityBench> {
  const store = await testDatabase('activities');
  const own = await testDatabase('activities_operator');
  const folder = await mkdtemp(join(tmpdir(), 'habeas-activities-'));
  const platform = await openPlatform({
    mongodbUrl: urlOf(store),
    keys: folder,
    namespace: 'test',
    log: createLog({ level: 'silent' }),
    appName: 'habeas-test',
  });
  const frozen = freezePack(pack);
  const connectors: ConnectorRegistry = createConnectors({ OP_MONGODB_URL: urlOf(own) });
  const { deps, mailer } = await composeActivities({
    platform,
    policies: { folder: '', packs: new Map([[pack.operator, frozen]]), authorities: new Map() },
    connectors,
    smtpUrl: 'smtp://127.0.0.1:9',
    mailFrom: 'habeas@example.no',
    publicUrl: 'http://127.0.0.1',
  });
  let now = '2026-01-01T12:00:00.000Z';
  return {
    deps: { ...deps, stamp: () => ({ caseAt: now, worldAt: now }), attempt: () => 1, heartbeat: () => undefined },
    platform,
    pack: frozen,
    own,
    at: (instant) => {
      now = new Date(instant).toISOString();
    },
    async close() {
      mailer.close();
      await connectors.close();
      await platform.close();
      await store.client.db(`${store.name}_ledger`).dropDatabase();
      await store.drop();
      await own.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Vault and key of a request as an intake commits them: one person, proven by her address. */
export async function sealRequest(
  bench: ActivityBench,
  requestId: string,
  email: string,
  more: readonly { readonly name: string; readonly value: unknown }[] = [],
): Promise<void> {
  const { db } = bench.platform.store;
  const sealed = await bench.platform.vault.sealNew(requestId, bench.pack.pack.operator, [
    {
      name: VAULT.subject,
      value: {
        identifiers: [{ type: 'email', value: email }],
        contact: {},
        language: 'nb',
        country: 'NO',
        ageBand: 'adult',
        channel: 'api',
        scopeText: null,
        agent: null,
      },
    },
    { name: VAULT.identity, value: { method: 'test', level: 'low', proven: [0] } },
    ...more,
  ]);
  await db.collection('keys').insertOne(sealed.keyDoc as unknown as Document);
  await db.collection('vault').insertMany([...sealed.vaultDocs] as unknown as Document[]);
}

/** An address with a database in it; the server's own names none. */
function urlOf({ url, name }: TestDatabase): string {
  const with_ = new URL(url);
  with_.pathname = `/${name}`;
  return with_.href;
}
