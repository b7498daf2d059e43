import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_LOCALES } from '../../contracts/locales/package/index.js';
import { packSchema } from '../../contracts/policy.js';
import type { Pack } from '../../domain/policy/types.js';
import type { PackageBuilder, PackageReview } from '../../domain/ports/services.js';
import { VAULT } from '../../domain/ports/vault.js';
import { unzip } from '../../test/support/e2e-zip.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import { createKeyRing, fileKeyProvider, type KeyDoc } from '../keys/index.js';
import { loadPolicies, policiesFolder } from '../policies/index.js';
import { connectStore, type Store } from '../store/connect.js';
import { createVault, type VaultStore } from '../vault/index.js';
import { createPackageBuilder } from './index.js';

let base: TestDatabase;
let root: string;
let store: Store;
let vault: VaultStore;

beforeAll(async () => {
  base = await testDatabase('package');
  root = await mkdtemp(join(tmpdir(), 'habeas-package-'));
  store = await connectStore({ url: base.url.replace('/?', `/${base.name}?`), appName: 'test' });
  const keys = createKeyRing({ db: store.db, provider: await fileKeyProvider(join(root, 'keys')) });
  vault = createVault({ db: store.db, keys });
  await keys.ensureIndexes();
  await vault.ensureIndexes();
});
afterAll(async () => {
  await store.close();
  await base.drop();
  await rm(root, { recursive: true, force: true });
});

const contract = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;

/** A pack of its own, so that the golden files say how a package looks and not what a shipped pack holds today. */
function pack(): Pack {
  return packSchema.parse({
    operator: 'example',
    version: '1',
    legal: {
      name: 'Example AS',
      orgNo: '999 999 999',
      address: 'Storgata 1, 0155 Oslo',
      dpo: 'dpo@example.no',
      authority: 'no-datatilsynet',
    },
    timeZone: 'Europe/Oslo',
    country: 'NO',
    language: 'nb',
    region: 'EEA',
    regime: 'gdpr-eu',
    identify: { access: 'low', portability: 'low' },
    profiling: [
      { what: 'Seat suggestion', logic: 'Earlier seats are counted.', consequences: 'A seat is suggested first.' },
    ],
    systems: [
      {
        id: 'app',
        connector: 'mongodb',
        datasets: [
          {
            id: 'users',
            role: 'processor',
            organisation: 'organisationId',
            identifiers: { email: 'email', userId: '_id' },
            createdAt: 'createdAt',
            fields: {
              email: contract,
              name: { ...contract, category: 'identity' },
              score: { category: 'profile', purpose: 'statistics', basis: 'legitimate_interest', source: 'observed' },
              note: {
                category: 'profile',
                purpose: 'support',
                basis: 'contract',
                source: 'organisation',
                others: true,
              },
            },
            retention: { max: 'P3Y', after: 'lastSeenAt' },
            erase: 'delete',
          },
          {
            id: 'messages',
            role: 'controller',
            identifiers: { userId: 'userId' },
            fields: {
              userId: { ...contract, source: 'observed' },
              text: {
                category: 'communication',
                purpose: 'support',
                basis: 'consent',
                source: 'subject',
                others: true,
              },
            },
            retention: { while: 'account_closed' },
            erase: 'delete',
          },
          {
            id: 'invoices',
            role: 'controller',
            identifiers: { email: 'contactEmail' },
            fields: {
              contactEmail: { category: 'invoice', purpose: 'invoicing', basis: 'legal_obligation', source: 'subject' },
              issuedAt: { category: 'invoice', purpose: 'invoicing', basis: 'legal_obligation', source: 'observed' },
            },
            retention: { hold: true },
            erase: { mask: ['contactEmail'] },
            hold: { law: 'no-bokforingsloven-13-primary', exemption: '17-3-b', documentOn: 'issuedAt' },
          },
        ],
      },
    ],
    recipients: [
      { name: 'Stripe', role: 'processor', region: 'EU and US', purpose: 'payment', transfer: 'scc' },
      { name: 'Nordic Hosting', role: 'processor', region: 'NO', purpose: 'hosting' },
    ],
  }) as Pack;
}

const RECORDS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  'app/users/acme': [
    {
      _id: 'usr_1',
      organisationId: 'acme',
      email: 'eva@example.no',
      emailNorm: 'eva@example.no',
      name: 'Eva <script>alert(1)</script> & Co',
      score: 7,
      note: 'Sits beside Tor Tredje',
      createdAt: { $date: '2024-03-01T10:00:00.000Z' },
      lastSeenAt: { $date: '2026-01-01T10:00:00.000Z' },
      shoeSize: 39,
    },
  ],
  'app/messages/-': [
    { _id: 'm1', userId: 'usr_1', text: 'Kan Tor Tredje få min billett?' },
    { _id: 'm2', userId: 'usr_1', text: '=HYPERLINK("http://example.com","x")' },
    { _id: 'm3', userId: 'usr_1', text: '' },
  ],
  'app/invoices/-': [{ _id: 'i1', contactEmail: 'eva@example.no', issuedAt: { $date: '2025-05-05T00:00:00.000Z' } }],
};

type Order = Parameters<PackageBuilder['build']>[0];
interface Made {
  readonly id: string;
  readonly built: Awaited<ReturnType<PackageBuilder['build']>>;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly review: PackageReview;
  text(name: string): string;
  readonly all: string;
}

async function make(more: Partial<Order> = {}, records = RECORDS): Promise<Made> {
  const id = more.requestId ?? `req_${randomBytes(6).toString('hex')}`;
  const { keyDoc } = await vault.sealNew(id, 'example', []);
  await store.db.collection<KeyDoc>('keys').insertOne(keyDoc);
  const kind = more.kind ?? 'access';
  const keys = Object.keys(records).filter((key) => kind === 'access' || !key.includes('invoices'));
  for (const key of keys) {
    const writer = vault.writeStream(id, VAULT.collected(key));
    for (const data of records[key] ?? []) await writer.write(Buffer.from(`${JSON.stringify({ others: [], data })}\n`));
    await writer.finish();
  }
  const built = await createPackageBuilder(vault).build({
    requestId: id,
    kind,
    pack: { hash: 'sha256:00', pack: pack() },
    parts: keys.map((key) => {
      const [system = '', dataset = '', organisation = '-'] = key.split('/');
      const held = dataset === 'invoices' ? 1 : 0;
      return {
        ...{ key, system, dataset, organisation: organisation === '-' ? null : organisation },
        ...{ held, heldUntil: held === 0 ? null : '2030-12-31' },
      };
    }),
    language: 'nb',
    createdAt: '2026-11-20T09:12:00.000Z',
    disclose: [],
    withhold: [],
    authority: {
      name: 'Datatilsynet',
      address: 'Postboks 458 Sentrum, 0105 Oslo',
      url: 'https://www.datatilsynet.no',
    },
    heartbeat: () => undefined,
    ...more,
  });
  const parts: Uint8Array[] = [];
  for await (const chunk of vault.readStream(id, VAULT.package)) parts.push(chunk);
  const bytes = Buffer.concat(parts);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(built.sha256);
  const files = unzip(bytes);
  const review = await vault.get<PackageReview>(id, VAULT.packageReview);
  if (review === null) throw new Error('no review');
  const text = (name: string): string => files.get(name)?.toString('utf8') ?? '';
  return { id, built, files, review, text, all: [...files.values()].map(String).join('\n') };
}

const GOLDEN = 'req_01JDB2C3D4E5F6G7H8J9K0M1N2';

describe('a package', () => {
  it('of access looks like the golden one: page, files and manifest', async () => {
    const made = await make({ requestId: GOLDEN });
    for (const [name, bytes] of made.files)
      await expect(bytes.toString('utf8')).toMatchFileSnapshot(`fixtures/generated/access-nb/${name}`);
    expect([...made.files.keys()].sort()).toEqual([
      'data/app.invoices.json',
      'data/app.messages.json',
      'data/app.users.acme.json',
      'index.html',
      'manifest.json',
    ]);
  });

  it('of portability looks like the golden one: JSON, CSV, schemas', async () => {
    const made = await make({ requestId: `${GOLDEN.slice(0, -1)}3`, kind: 'portability', language: 'sv' });
    for (const [name, bytes] of made.files)
      await expect(bytes.toString('utf8')).toMatchFileSnapshot(`fixtures/generated/portability-sv/${name}`);
    expect(made.files.size).toBe(8);
  });

  it('has a manifest whose hashes, sizes and counts are those of the files', async () => {
    for (const kind of ['access', 'portability'] as const) {
      const made = await make({ kind });
      const manifest = JSON.parse(made.text('manifest.json')) as {
        files: { name: string; bytes: number; sha256: string; records: number }[];
      };
      expect(manifest.files.map((f) => f.name).sort()).toEqual(
        [...made.files.keys()].filter((name) => name !== 'manifest.json').sort(),
      );
      for (const file of manifest.files) {
        const bytes = made.files.get(file.name) ?? Buffer.alloc(0);
        expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([file.bytes, file.sha256]);
        if (file.name.startsWith('data/') && file.name.endsWith('.json'))
          expect((JSON.parse(bytes.toString()) as unknown[]).length).toBe(file.records);
      }
    }
  });

  it.each(['en', 'nb', 'sv'] as const)(
    'page in %s runs nothing, loads nothing, and answers Art. 15(1)',
    async (language) => {
      const made = await make({ language });
      const page = made.text('index.html');
      const t = PACKAGE_LOCALES[language];
      expect(page).toContain(`<html lang="${language}">`);
      expect(page).not.toMatch(/<script|<iframe|<img|<link|@import|url\(|javascript:|\son[a-z]+=/i);
      expect(page).toContain("default-src 'none'");
      for (const [, target = ''] of page.matchAll(/(?:href|src)="([^"]*)"/g))
        expect(target.startsWith('#') || made.files.has(target), target).toBe(true);
      const escaped = (text: string): string => text.replaceAll("'", '&#39;').replaceAll('"', '&quot;');
      for (const said of [
        t.purposes,
        t.categories,
        // (c) recipients by name, (15(2)) transfer tool
        ...['Stripe', 'Nordic Hosting', t.words['scc'] ?? '', t.transfers],
        // (d) retention and hold, (g) source, (h) profiling, (e) and (f) rights and complaint
        ...[t.retention, t.laws['no-bokforingsloven-13-primary'] ?? '', '2030-12-31', t.sources.organisation],
        ...['Seat suggestion', 'Earlier seats are counted.', 'A seat is suggested first.'],
        ...[...t.rightsList, 'Datatilsynet', 'Postboks 458 Sentrum', 'dpo@example.no', 'Example AS', '999 999 999'],
      ])
        expect(page, said).toContain(escaped(said));
      // A held dataset is in it like all others.
      expect(made.text('data/app.invoices.json')).toContain('2025-05-05');
      // Markup in the data is text.
      expect(page).toContain('&lt;script&gt;');
    },
  );
});

describe('other people', () => {
  it('are not in it: fields that may name them are replaced, and shown to the reviewer', async () => {
    const made = await make();
    expect(made.all).not.toContain('Tor Tredje');
    expect(made.text('data/app.messages.json')).toContain(PACKAGE_LOCALES.nb.placeholder);
    expect(made.built.redactions).toBe(3);
    expect(made.review.redactions.map((r) => [r.id, r.value, r.disclosed])).toEqual([
      ['app/users/acme#1/note', 'Sits beside Tor Tredje', false],
      ['app/messages/-#1/text', 'Kan Tor Tredje få min billett?', false],
      ['app/messages/-#2/text', '=HYPERLINK("http://example.com","x")', false],
    ]);
    expect(made.text('index.html')).toContain('2 verdi(er)');
  });

  it('what a reviewer opened is in it, everything else is not; what she holds back leaves as well', async () => {
    const made = await make({ disclose: ['app/messages/-#2/text'], withhold: ['app/users/acme#any/shoeSize'] });
    const messages = JSON.parse(made.text('data/app.messages.json')) as { text: string }[];
    expect(messages.map((m) => m.text)).toEqual([
      PACKAGE_LOCALES.nb.placeholder,
      '=HYPERLINK("http://example.com","x")',
      '',
    ]);
    expect(made.text('data/app.users.acme.json')).toContain(PACKAGE_LOCALES.nb.withheldPlaceholder);
    expect(made.text('data/app.users.acme.json')).not.toContain('39');
    expect(made.review.redactions.find((r) => r.disclosed)?.id).toBe('app/messages/-#2/text');
    expect(made.built.redactions).toBe(3);
  });
});

describe('the lint of a package', () => {
  it('gives every field a purpose, and names what the data map does not describe', async () => {
    const made = await make();
    expect(made.built.undescribed).toBe(1);
    expect(made.review.undescribed).toEqual([
      {
        id: 'app/users/acme#any/shoeSize',
        ...{ system: 'app', dataset: 'users', organisation: 'acme', field: 'shoeSize', records: 1 },
      },
    ]);
    expect(made.text('index.html')).toContain('shoeSize');
    // Every row of a field table has text in its purpose cell.
    for (const [, row = ''] of made.text('index.html').matchAll(/<tr>(<td>.*?)<\/tr>/g))
      for (const [, cell = ''] of row.matchAll(/<td>(.*?)<\/td>/g)) expect(cell, row).not.toBe('');
  });
});

describe('portability', () => {
  it('holds consent and contract data that she provided; legitimate interest is in access only', async () => {
    const [access, portable] = [await make(), await make({ kind: 'portability' })];
    expect(access.text('data/app.users.acme.json')).toContain('"score":7');
    expect(access.text('data/app.users.acme.json')).toContain('"note"');
    for (const name of portable.files.keys())
      if (name.startsWith('data/') || name.startsWith('schema/'))
        for (const absent of ['score', 'note', 'shoeSize', 'usr_1"', 'lastSeenAt', 'invoices'])
          if (absent !== 'usr_1"' || name.includes('users'))
            expect(portable.text(name), `${name} ${absent}`).not.toContain(absent);
    expect(JSON.parse(portable.text('data/app.users.acme.json'))).toEqual([
      { email: 'eva@example.no', name: 'Eva <script>alert(1)</script> & Co' },
    ]);
  });

  it('has CSV that no spreadsheet runs, with the placeholder where others may be named', async () => {
    const made = await make({ kind: 'portability', disclose: ['app/messages/-#2/text'] });
    expect(made.text('data/app.messages.csv').split('\r\n')).toEqual([
      'text,userId',
      `${PACKAGE_LOCALES.nb.placeholder},usr_1`,
      `"'=HYPERLINK(""http://example.com"",""x"")",usr_1`,
      '"",usr_1',
      '',
    ]);
    const schema = JSON.parse(made.text('schema/app.messages.schema.json')) as { items: { properties: object } };
    expect(Object.keys(schema.items.properties)).toEqual(['text', 'userId']);
  });
});

describe('the catalogue', () => {
  const flat = (value: unknown, at = ''): [string, string][] =>
    typeof value === 'string'
      ? [[at, value]]
      : Object.entries(value as object).flatMap(([key, inner]) => flat(inner, `${at}/${key}`));

  it.each(['nb', 'sv'] as const)('%s has the keys and placeholders of the English one', (language) => {
    const own = new Map(flat(PACKAGE_LOCALES[language]));
    const english = flat(PACKAGE_LOCALES.en);
    expect([...own.keys()].sort()).toEqual(english.map(([key]) => key).sort());
    const holes = (text = ''): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort();
    for (const [key, text] of english) expect([key, holes(own.get(key))]).toEqual([key, holes(text)]);
    for (const [key, text] of own) expect(text.trim(), key).not.toBe('');
  });

  it('knows the words that the shipped packs use', async () => {
    const { packs } = await loadPolicies(policiesFolder(undefined));
    const missing = new Set<string>();
    for (const { pack: shipped } of packs.values()) {
      const codes = shipped.systems.flatMap((s) =>
        s.datasets.flatMap((d) => Object.values(d.fields).flatMap((f) => [f.category, f.purpose])),
      );
      for (const code of [...codes, ...shipped.recipients.map((r) => r.transfer)])
        if (PACKAGE_LOCALES.en.words[code] === undefined) missing.add(code);
    }
    // contracts/locales/package: a word for each of them, in every language.
    expect([...missing].sort()).toEqual([]);
  });
});
