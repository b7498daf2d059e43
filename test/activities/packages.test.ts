/** Packages as activities: where they may be built, and what is sent to whom. The vault is real. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from '../../activities/bundle.js';
import { dropPackage } from '../../activities/drop-package.js';
import type { ActivityDeps } from '../../activities/deps.js';
import { push } from '../../activities/push.js';
import type { LedgerDraft } from '../../domain/ports/ledgers.js';
import type { ReceiverEntry, TransferReceipt } from '../../domain/ports/transfers.js';
import { VAULT } from '../../domain/ports/vault.js';
import { createKeyRing, fileKeyProvider, type KeyDoc } from '../../infra/keys/index.js';
import { sha256Stream } from '../../infra/platform.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { connectStore, type Store } from '../../infra/store/connect.js';
import { createVault, type VaultStore } from '../../infra/vault/index.js';
import { testDatabase, type TestDatabase } from '../support/mongo.js';

let base: TestDatabase;
let root: string;
let store: Store;
let vault: VaultStore;
const entries: LedgerDraft[] = [];
const sent: ReceiverEntry[] = [];
const about = { requestId: 'req_1', operator: 'infentre', right: 'portability', policyHash: 'h' } as const;

beforeAll(async () => {
  base = await testDatabase('packages');
  root = await mkdtemp(join(tmpdir(), 'habeas-packages-'));
  store = await connectStore({ url: base.url.replace('/?', `/${base.name}?`), appName: 'test' });
  const keys = createKeyRing({ db: store.db, provider: await fileKeyProvider(join(root, 'keys')) });
  vault = createVault({ db: store.db, keys });
  const { keyDoc } = await vault.sealNew(about.requestId, 'infentre', []);
  await store.db.collection<KeyDoc>('keys').insertOne(keyDoc);
});
afterAll(async () => {
  await store.close();
  await base.drop();
  await rm(root, { recursive: true, force: true });
});

async function deps(region: string | null): Promise<ActivityDeps> {
  const { packs } = await loadPolicies(policiesFolder(undefined));
  const pack = packs.get('infentre');
  if (pack === undefined) throw new Error('no pack');
  const pinned = { ...pack, pack: { ...pack.pack, region: 'EEA' } };
  const at = '2026-11-20T09:12:00.000Z';
  const receipt = { type: 'transfer.receipt', sha256: 'ab', receiverKeyId: 'k' } as unknown as TransferReceipt;
  const parts: Partial<ActivityDeps> = {
    region,
    vault,
    sha256Stream,
    packs: { byHash: async () => pinned },
    stamp: () => ({ caseAt: at, worldAt: at }),
    heartbeat: () => undefined,
    ledger: { append: async (rows: readonly LedgerDraft[]) => void entries.push(...rows) } as ActivityDeps['ledger'],
    transfers: {
      async send(order) {
        sent.push(order.receiver);
        await order.progress(1);
        return receipt;
      },
    },
  };
  return parts as ActivityDeps;
}

const order = { ...about, sha256: 'ab', bytes: 1, confirmedAt: '2026-11-20T09:00:00.000Z' };
const RECEIVER: ReceiverEntry = { url: 'https://other.example.com/inbox', key: '{}' };

it('a worker of another region, or of none that it names, neither builds nor sends', async () => {
  await vault.put('req_1', [{ name: VAULT.receiver, value: RECEIVER }]);
  for (const region of [null, 'US', 'eea']) {
    const there = await deps(region);
    await expect(bundle(there, { ...about, parts: [], disclose: [], withhold: [] })).rejects.toMatchObject({
      code: 'wrong_region',
    });
    await expect(push(there, order)).rejects.toMatchObject({ code: 'wrong_region' });
  }
  expect([sent, entries]).toEqual([[], []]);
});

it('without a receiver or her confirmation nothing is sent; a receipt that is there is not asked for again', async () => {
  const here = await deps('EEA');
  await expect(push(here, { ...order, confirmedAt: '' })).rejects.toMatchObject({ code: 'receiver_invalid' });
  await vault.remove('req_1', [VAULT.receiver]);
  await expect(push(here, order)).rejects.toMatchObject({ code: 'receiver_invalid' });
  expect(sent).toEqual([]);
  await vault.put('req_1', [{ name: VAULT.receiver, value: RECEIVER }]);
  const done = await push(here, order);
  expect([sent, done.receipt]).toEqual([[RECEIVER], expect.stringMatching(/^[0-9a-f]{64}$/)]);
  // Killed after the receipt was kept and before it was reported.
  expect((await push(here, order)).receipt).toBe(done.receipt);
  expect(sent).toHaveLength(1);
  expect(await vault.get('req_1', VAULT.memory('receiver', 0))).toEqual({ offset: 1 });
  expect(JSON.stringify(entries)).not.toContain('other.example.com');
});

it('an expired package goes with everything it was made of, and nothing else does', async () => {
  const here = await deps('EEA');
  for (const name of [VAULT.package, VAULT.collected('app/users/acme'), VAULT.collected('app/messages/acme')]) {
    const writer = vault.writeStream('req_1', name);
    await writer.write(Buffer.from('x'));
    await writer.finish();
  }
  await vault.put('req_1', [{ name: VAULT.packageReview, value: {} }]);
  await dropPackage(here, { ...about, parts: ['app/users/acme', 'app/messages/acme'] });
  await dropPackage(here, { ...about, parts: ['app/users/acme', 'app/messages/acme'] });
  const left = await base.db.collection('vault').find({ requestId: 'req_1' }).toArray();
  expect(left.map((doc) => String(doc['name'])).sort()).toEqual(['memory/receiver/0', 'receipt', 'receiver']);
  expect(await base.db.collection('vault_chunks').countDocuments({ requestId: 'req_1' })).toBe(0);
});
