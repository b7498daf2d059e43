/** A corrected address as key: which other requests it reaches, and where values before a correction rest. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Document } from 'mongodb';
import { stepMemory } from '../../activities/parts.js';
import { rekey } from '../../activities/rekey.js';
import type { PartsInput } from '../../activities/types.js';
import { buildPlan } from '../../domain/plan/build-plan.js';
import { changeFacts } from '../../domain/plan/change-facts.js';
import { VAULT } from '../../domain/ports/vault.js';
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import { sha256 } from '../../infra/platform.js';
import { activityBench, packOf, type ActivityBench } from '../support/activity-bench.js';

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;
const USERS: DatasetPolicy = {
  ...DATASET_DEFAULTS,
  id: 'users',
  role: 'controller',
  organisation: null,
  collection: 'users',
  database: null,
  identifiers: { email: ['email'], userId: ['_id'] },
  declared: [],
  links: [],
  createdAt: null,
  signIn: true,
  derived: false,
  fields: { email: { ...field, datum: 'email' }, name: field },
  erase: { kind: 'delete' },
  hold: null,
};
const OLD = { type: 'email', value: 'Ana@example.no' };
const NEW = { type: 'email', value: 'ana.ny@example.no' };
const CHANGES = [{ dataset: 'users', field: 'email', value: NEW.value }];

let bench: ActivityBench;
let searched: string[];
beforeEach(async () => {
  bench = await activityBench(packOf([USERS]));
  searched = [];
});
afterEach(() => bench.close());

const request = (n: number): string => `req_01JDB2${String(n).padStart(20, '0')}`;

/** A request as the intake leaves it: key, vault entries, the fields of its document that look-ups use. */
async function intake(
  n: number,
  identifiers: readonly { type: string; value: string }[],
  proven: readonly number[] | null,
  more: { state?: string; operator?: string } = {},
): Promise<string> {
  const id = request(n);
  const { db } = bench.platform.store;
  const subject = {
    identifiers,
    contact: {},
    language: 'nb',
    country: null,
    ageBand: 'adult',
    channel: 'email',
    scopeText: null,
    agent: null,
  };
  const { keyDoc, vaultDocs } = await bench.platform.vault.sealNew(id, 'op', [
    { name: VAULT.subject, value: subject },
    ...(proven === null ? [] : [{ name: VAULT.identity, value: { method: 'code', level: 'low', proven } }]),
    { name: VAULT.changes, value: CHANGES },
  ]);
  await db.collection<Document>('keys').insertOne(keyDoc as unknown as Document);
  await db.collection<Document>('vault').insertMany(vaultDocs as unknown as Document[]);
  await db.collection<Document>('requests').insertOne({
    _id: id as never,
    operator: more.operator ?? 'op',
    state: more.state ?? 'awaiting_approval',
    forgetting: null,
    subjectHashes: await Promise.all(identifiers.map((i) => bench.deps.hasher.hash('op', i.type, i.value))),
  });
  return id;
}

async function run(n: number): Promise<void> {
  const changes = changeFacts({ pack: bench.pack.pack, proposed: CHANGES, salt: 's', proven: [OLD, NEW] }, sha256);
  const found = {
    system: 'app',
    refs: [
      {
        dataset: 'users',
        id: '"u1"',
        kind: 'users',
        organisation: null,
        matchedBy: [{ ...OLD, path: 'email' }],
        trust: 'proven' as const,
        review: null,
        createdAt: null,
        hold: null,
      },
    ],
    identifiers: [],
    manual: [],
    caveats: [],
  };
  const { parts } = buildPlan(
    {
      pack: bench.pack.pack,
      right: 'rectification',
      scopeDatasets: null,
      found: [found],
      proven: { email: 2 },
      unsearched: [],
      dataMapRoot: '',
      changes,
    },
    sha256,
  );
  const input: PartsInput = {
    requestId: request(n),
    operator: 'op',
    right: 'rectification',
    policyHash: bench.pack.hash,
    system: 'app',
    parts: parts.map((part) => ({ part, generation: 0 })),
    scopeDatasets: null,
    fenceUntil: '2026-12-01T00:00:00.000Z',
  };
  const deps = {
    ...bench.deps,
    people: {
      ...bench.deps.people,
      searchAgain: (id: string) => {
        searched.push(id);
        return Promise.resolve();
      },
    },
  };
  await rekey(deps, input, bench.pack, parts, deps.stamp());
}

const known = async (id: string): Promise<string[]> => {
  const subject = await bench.deps.vault.get<{ identifiers: { value: string }[] }>(id, VAULT.subject);
  const identity = await bench.deps.vault.get<{ proven: number[] }>(id, VAULT.identity);
  return (subject?.identifiers ?? []).map((i, at) => `${i.value}${identity?.proven.includes(at) === true ? '!' : ''}`);
};

test('open requests of the same proven person get the new key and search again; nobody else does', async () => {
  await intake(1, [OLD, NEW], [0, 1]);
  const hers = await intake(2, [{ type: 'email', value: 'ANA@example.no' }], [0]);
  const strangers = await intake(3, [OLD, { type: 'email', value: 'bo@example.no' }], [1]);
  const unproven = await intake(4, [OLD], null);
  const closed = await intake(5, [OLD], [0], { state: 'closed' });
  await run(1);
  await run(1);
  expect(await known(hers)).toEqual(['ANA@example.no!', 'ana.ny@example.no!']);
  expect(await known(strangers)).toEqual(['Ana@example.no', 'bo@example.no!']);
  expect(await known(unproven)).toEqual(['Ana@example.no']);
  expect(await known(closed)).toEqual(['Ana@example.no!']);
  expect(searched).toEqual([hers, hers]);
  const hash = await bench.deps.hasher.hash('op', NEW.type, NEW.value);
  expect(await bench.deps.people.open('op', [hash], request(0))).toEqual([request(1), hers]);
  await bench.deps.ledger.seal('op');
  const { entries } = await bench.platform.reader.page({ operator: 'op', action: 'identity.rekeyed' }, {});
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ requestId: request(1), after: { types: ['email'], requests: 1 } });
  expect(JSON.stringify(entries)).not.toContain('example.no');
});

test('values before a correction are an entry of their own, shared by every generation', async () => {
  const id = await intake(1, [OLD], [0]);
  const [first, second] = [stepMemory(bench.deps, id, 'app', 0), stepMemory(bench.deps, id, 'app', 1)];
  await first.save('before/app/users/-', { records: { '"u1"': { name: 'Ana Wrong' } } });
  await first.save('job', 'x');
  expect(await second.get('before/app/users/-')).toEqual({ records: { '"u1"': { name: 'Ana Wrong' } } });
  expect(await second.get('job')).toBeUndefined();
  expect(await bench.deps.vault.get(id, VAULT.before('app/users/-'))).toEqual({
    records: { '"u1"': { name: 'Ana Wrong' } },
  });
  const raw = await bench.platform.store.db.collection('vault').find({}).toArray();
  expect(JSON.stringify(raw)).not.toContain('Ana Wrong');
});
