/**
 * Memory of a package of 1 GiB (or `--mib N`): collects, builds and reads one over a real store, and says the peak of the
 * process's resident memory at each step. `node dist/bench/package-memory.js [--mib 1024] [--out FILE]`; it
 * starts a MongoDB of its own unless HABEAS_TEST_MONGODB_URL names one, and drops its database.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { MongoClient } from 'mongodb';
import { packSchema } from '../contracts/policy.js';
import { resolveMongo, startMongo } from '../dev/servers/index.js';
import { Supervisor } from '../dev/supervise/index.js';
import type { Pack } from '../domain/policy/types.js';
import { VAULT } from '../domain/ports/vault.js';
import { createKeyRing, fileKeyProvider, type KeyDoc } from '../infra/keys/index.js';
import { createPackageBuilder } from '../infra/packages/index.js';
import { connectStore } from '../infra/store/connect.js';
import { createVault } from '../infra/vault/index.js';

const MIB = 1024 * 1024;

export interface PackageMemory {
  readonly mib: number;
  readonly records: number;
  readonly packageBytes: number;
  /** Resident memory before anything, in MiB. */
  readonly before: number;
  readonly steps: readonly { readonly step: string; readonly seconds: number; readonly peakMib: number }[];
  /** Peak over all steps, less what was there before. */
  readonly growthMib: number;
}

const pack = packSchema.parse({
  operator: 'bench',
  version: '1',
  legal: { name: 'Bench', orgNo: '0', address: 'Oslo', dpo: 'dpo@example.no', authority: 'no-datatilsynet' },
  timeZone: 'Europe/Oslo',
  country: 'NO',
  language: 'en',
  regime: 'gdpr-eu',
  identify: { access: 'low' },
  systems: [
    {
      id: 'app',
      connector: 'mongodb',
      datasets: [
        {
          id: 'messages',
          role: 'controller',
          identifiers: { userId: 'userId' },
          fields: { text: { category: 'communication', purpose: 'support', basis: 'contract', source: 'subject' } },
          retention: { while: 'account_closed' },
          erase: 'delete',
        },
      ],
    },
  ],
}) as Pack;

/** Peak of the resident memory while `work` runs, sampled every 20 ms. */
async function peakOf<T>(work: () => Promise<T>): Promise<{ value: T; peakMib: number; seconds: number }> {
  let peak = process.memoryUsage.rss();
  const sample = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const began = performance.now();
  try {
    const value = await work();
    return { value, peakMib: Math.round(peak / MIB), seconds: Math.round((performance.now() - began) / 100) / 10 };
  } finally {
    clearInterval(sample);
  }
}

/** `mib` of records of about 64 KiB that do not compress, collected, built and read again. */
export async function packageMemory(mongoUrl: string, mib: number): Promise<PackageMemory> {
  const name = `t_package_${randomBytes(5).toString('hex')}`;
  const root = mkdtempSync(join(tmpdir(), 'habeas-package-'));
  const client = await MongoClient.connect(mongoUrl);
  const store = await connectStore({ url: mongoUrl.replace('/?', `/${name}?`), appName: 'habeas-bench' });
  try {
    const keys = createKeyRing({ db: store.db, provider: await fileKeyProvider(join(root, 'keys')) });
    const vault = createVault({ db: store.db, keys });
    await keys.ensureIndexes();
    await vault.ensureIndexes();
    const id = 'req_bench';
    const { keyDoc } = await vault.sealNew(id, 'bench', []);
    await store.db.collection<KeyDoc>('keys').insertOne(keyDoc);
    const before = Math.round(process.memoryUsage.rss() / MIB);
    const key = 'app/messages/-';
    const perRecord = 48 * 1024;
    const records = Math.ceil((mib * MIB) / ((perRecord * 4) / 3));
    const collected = await peakOf(async () => {
      const writer = vault.writeStream(id, VAULT.collected(key));
      for (let n = 0; n < records; n += 1) {
        const line = {
          others: [],
          data: { _id: `m${n}`, userId: 'u1', text: randomBytes(perRecord).toString('base64') },
        };
        await writer.write(Buffer.from(`${JSON.stringify(line)}\n`));
      }
      return writer.finish();
    });
    const built = await peakOf(() =>
      createPackageBuilder(vault).build({
        requestId: id,
        kind: 'access',
        pack: { hash: '', pack },
        parts: [{ key, system: 'app', dataset: 'messages', organisation: null, held: 0, heldUntil: null }],
        language: 'en',
        createdAt: new Date().toISOString(),
        disclose: [],
        withhold: [],
        authority: { name: 'Datatilsynet', url: 'https://www.datatilsynet.no' },
        heartbeat: () => undefined,
      }),
    );
    const read = await peakOf(async () => {
      const hash = createHash('sha256');
      for await (const chunk of vault.readStream(id, VAULT.package)) hash.update(chunk);
      return hash.digest('hex');
    });
    if (read.value !== built.value.sha256) throw new Error('the package read is not the one built');
    const steps = [
      { step: 'collect', seconds: collected.seconds, peakMib: collected.peakMib },
      { step: 'build', seconds: built.seconds, peakMib: built.peakMib },
      { step: 'read', seconds: read.seconds, peakMib: read.peakMib },
    ];
    return {
      mib,
      records: built.value.records,
      packageBytes: built.value.bytes,
      before,
      steps,
      growthMib: Math.max(...steps.map((s) => s.peakMib)) - before,
    };
  } finally {
    await client.db(name).dropDatabase();
    await client.close();
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** A server of its own: a gigabyte is no guest on a shared one. */
async function withServer<T>(work: (url: string) => Promise<T>): Promise<{ result: T; server: string }> {
  const given = process.env['HABEAS_TEST_MONGODB_URL'];
  if (given !== undefined) return { result: await work(given), server: 'given by HABEAS_TEST_MONGODB_URL' };
  const dataDir = mkdtempSync(join(tmpdir(), 'habeas-package-server-'));
  const supervisor = new Supervisor({ dataDir });
  try {
    const choice = await resolveMongo({ say: (line) => process.stderr.write(`${line}\n`) });
    const { url } = await startMongo({ dataDir, choice, supervisor, durable: true });
    return { result: await work(url), server: choice.why };
  } finally {
    await supervisor.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { mib: { type: 'string', default: '1024' }, out: { type: 'string' } } });
  const { result, server } = await withServer((url) => packageMemory(url, Number(values.mib)));
  const text = `${JSON.stringify({ at: new Date().toISOString(), node: process.version, server, ...result }, null, 2)}\n`;
  if (values.out !== undefined) writeFileSync(values.out, text);
  process.stdout.write(text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
