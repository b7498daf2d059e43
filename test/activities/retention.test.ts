/** Rolling retention and deferred erasures on a real store: what is gone on which day, and what keeps it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from 'mongodb';
import { dueErase, dueList } from '../../activities/due.js';
import { defer } from '../../activities/defer.js';
import { retain } from '../../activities/retain.js';
import type { Retained } from '../../activities/types.js';
import { buildPlan } from '../../domain/plan/build-plan.js';
import { VAULT } from '../../domain/ports/vault.js';
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import { sha256 } from '../../infra/platform.js';
import { createBrake } from '../../infra/store/brake.js';
import { activityBench, packOf, sealRequest, type ActivityBench } from '../support/activity-bench.js';

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;

function dataset(id: string, over: Partial<DatasetPolicy> = {}): DatasetPolicy {
  return {
    ...DATASET_DEFAULTS,
    id,
    role: 'controller',
    organisation: null,
    collection: id,
    database: null,
    identifiers: { email: ['email'], userId: ['_id'] },
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    fields: { email: field },
    erase: { kind: 'delete' },
    hold: null,
    ...over,
  };
}

const DATASETS = [
  dataset('usage', { retention: { kind: 'max', for: 'P3Y', after: ['at'], settledOn: null } }),
  dataset('contacts', { retention: { kind: 'max', for: 'P3Y', after: ['lastContactAt'], settledOn: 'settledAt' } }),
  dataset('customers', { retention: { kind: 'min', for: 'P3Y', limit: 'P5Y', after: ['webUntil', 'mailUntil'] } }),
  dataset('telemetry', { retention: { kind: 'ttl', for: 'P30D', after: 'at' }, forbidden: ['ip'] }),
  dataset('invoices', {
    identifiers: { email: ['contactEmail'] },
    fields: { contactEmail: field, contactName: field, amount: field },
    erase: { kind: 'mask', paths: ['contactName', 'contactEmail'] },
    retention: { kind: 'hold' },
    hold: {
      id: 'books',
      law: 'no-bokforingsloven-13-primary',
      exemption: '17-3-b',
      noGround: null,
      documentOn: 'issuedAt',
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: null,
    },
  }),
  dataset('domains', {
    identifiers: { email: ['owner'] },
    fields: { owner: field },
    retention: { kind: 'while', until: 'contract_ended' },
    hold: {
      id: 'registered',
      law: 'domain_registered',
      exemption: null,
      noGround: 'contract_running',
      documentOn: null,
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: 'domain.expired',
    },
  }),
];

DATASETS.push(
  dataset('orders', {
    retention: { kind: 'max', for: 'P1Y', after: ['at'], settledOn: null },
    hold: {
      id: 'claim',
      law: 'legal_claim',
      exemption: '17-3-e',
      noGround: null,
      documentOn: null,
      financialYearEndMonth: 12,
      whileField: 'claim',
      endsOn: null,
    },
  }),
);

let bench: ActivityBench;
beforeEach(async () => {
  bench = await activityBench(packOf(DATASETS));
});
afterEach(() => bench.close());

const put = (name: string, ...documents: Document[]) => bench.own.db.collection(name).insertMany(documents);
const ids = async (name: string) =>
  (
    await bench.own.db
      .collection(name)
      .find({}, { projection: { _id: 1 } })
      .toArray()
  )
    .map((d) => String(d._id))
    .sort();
const pass = (name: string, asOf: string): Promise<Retained> => {
  bench.at(asOf);
  return retain(bench.deps, { operator: 'op', policyHash: bench.pack.hash, system: 'app', dataset: name, asOf });
};
const entries = async (action: string) => {
  await bench.deps.ledger.seal('op');
  return (await bench.platform.reader.page({ operator: 'op', action }, {})).entries;
};

describe('rolling retention', () => {
  test('three calendar years: 29 Feb 2024 is there on 27 Feb 2027 and gone on the 28th (F5)', async () => {
    await put(
      'usage',
      { _id: 'leap', at: new Date('2024-02-29T10:00:00Z') },
      { _id: 'text', at: '2024-02-29' },
      { _id: 'young', at: new Date('2024-03-01T10:00:00Z') },
    );
    expect(await pass('usage', '2027-02-27T21:30:00Z')).toMatchObject({ erased: 0 });
    expect(await ids('usage')).toEqual(['leap', 'text', 'young']);
    expect(await pass('usage', '2027-02-28T21:30:00Z')).toMatchObject({ erased: 2 });
    expect(await ids('usage')).toEqual(['young']);
    expect((await entries('retention.erased')).map((e) => [e.code, e.after])).toEqual([
      ['app/usage', { erased: 2, waiting: 0, day: '2027-02-28' }],
    ]);
  });

  test('the local day counts: shortly after midnight in Oslo is a day later than in UTC', async () => {
    await put('usage', { _id: 'late', at: new Date('2023-06-30T22:30:00Z') });
    expect(await pass('usage', '2026-06-30T21:30:00Z')).toMatchObject({ erased: 0 });
    expect(await pass('usage', '2026-06-30T22:30:00Z')).toMatchObject({ erased: 1 });
  });

  test('a contact moves the end, a settlement ends it now (K1)', async () => {
    await put(
      'contacts',
      { _id: 'quiet', lastContactAt: new Date('2023-01-10T10:00:00Z') },
      { _id: 'called', lastContactAt: new Date('2023-01-10T10:00:00Z') },
      { _id: 'settled', lastContactAt: new Date('2025-12-01T10:00:00Z'), settledAt: new Date('2026-01-05T10:00:00Z') },
      { _id: 'told', lastContactAt: new Date('2025-12-01T10:00:00Z') },
      { _id: 'open', lastContactAt: new Date('2025-12-01T10:00:00Z') },
    );
    const anchor = { operator: 'op', at: '2025-12-10T10:00:00Z' };
    await bench.deps.facts.putAnchor({ ...anchor, eventId: 'e1', kind: 'contact.made', ref: 'called' });
    await bench.deps.facts.putAnchor({
      operator: 'op',
      at: '2026-01-09T10:00:00Z',
      eventId: 'e2',
      kind: 'contact.settled',
      ref: 'told',
    });
    expect(await pass('contacts', '2026-01-10T21:30:00Z')).toMatchObject({ erased: 3 });
    expect(await ids('contacts')).toEqual(['called', 'open']);
    expect(await pass('contacts', '2028-12-09T21:30:00Z')).toMatchObject({ erased: 1 });
    expect(await ids('contacts')).toEqual(['called']);
    expect(await pass('contacts', '2028-12-10T21:30:00Z')).toMatchObject({ erased: 1 });
  });

  test('at least three years after all services, at most five; a running service keeps (P2)', async () => {
    await put(
      'customers',
      { _id: 'ended', webUntil: new Date('2026-03-15T10:00:00Z'), mailUntil: new Date('2028-02-29T10:00:00Z') },
      { _id: 'running', webUntil: new Date('2020-03-15T10:00:00Z'), mailUntil: null },
    );
    expect(await pass('customers', '2033-02-27T21:30:00Z')).toMatchObject({ erased: 0 });
    expect(await pass('customers', '2033-02-28T21:30:00Z')).toMatchObject({ erased: 1 });
    expect(await ids('customers')).toEqual(['running']);
  });

  test('what a hold from outside names stays, and goes after its release', async () => {
    await put('usage', { _id: 'u1', at: new Date('2020-01-01T10:00:00Z') });
    await bench.deps.facts.placeHold({
      operator: 'op',
      eventId: 'h1',
      ref: 'u1',
      organisation: null,
      law: 'legal_claim',
      exemption: '17-3-e',
      noGround: null,
      until: null,
    });
    expect(await pass('usage', '2026-01-10T21:30:00Z')).toMatchObject({ erased: 0, waiting: 1 });
    expect(await ids('usage')).toEqual(['u1']);
    await bench.deps.facts.releaseHold('op', 'u1', '2026-01-11T00:00:00Z');
    expect(await pass('usage', '2026-01-11T21:30:00Z')).toMatchObject({ erased: 1 });
  });

  test('a hold in the record itself stands over its period', async () => {
    const at = new Date('2020-01-01T10:00:00Z');
    await put('orders', { _id: 'held', at, claim: true }, { _id: 'free', at, claim: false });
    expect(await pass('orders', '2026-01-10T21:30:00Z')).toMatchObject({ erased: 1, waiting: 0 });
    expect(await ids('orders')).toEqual(['held']);
  });

  test('waits for the copy that somebody asked for', async () => {
    await put('usage', { _id: 'u1', email: 'kari@example.no', at: new Date('2020-01-01T10:00:00Z') });
    const hashes = [await bench.deps.hasher.hash('op', 'email', 'kari@example.no')];
    await bench.deps.fence.enter({ operator: 'op', requestId: 'req_A', mode: 'read', hashes, until: '2026-02-01' });
    expect(await pass('usage', '2026-01-10T21:30:00Z')).toMatchObject({ erased: 0, waiting: 1 });
    await bench.deps.fence.leave('req_A');
    expect(await pass('usage', '2026-01-11T21:30:00Z')).toMatchObject({ erased: 1 });
  });

  test('reports what has no date and what must not be there (F10, D8)', async () => {
    await put(
      'telemetry',
      { _id: 'old', at: new Date('2025-11-01T10:00:00Z'), ip: '203.0.113.7' },
      { _id: 'new', at: new Date('2026-01-09T10:00:00Z'), ip: '203.0.113.8' },
      { _id: 'dateless' },
    );
    expect(await pass('telemetry', '2026-01-10T21:30:00Z')).toEqual({
      erased: 1,
      waiting: 0,
      undated: 1,
      forbidden: 1,
      more: false,
    });
    expect((await entries('retention.forbidden_fields')).map((e) => e.after)).toEqual([
      { fields: [{ field: 'ip', records: 1 }] },
    ]);
  });

  test('does nothing while the operator is stopped', async () => {
    await put('usage', { _id: 'u1', at: new Date('2020-01-01T10:00:00Z') });
    const brake = createBrake(bench.platform.store.db);
    await brake.set('op', true, '2026-01-01T00:00:00Z');
    expect(await pass('usage', '2026-01-10T21:30:00Z')).toMatchObject({ erased: 0 });
    await brake.set('op', false, '2026-01-02T00:00:00Z');
    expect(await pass('usage', '2026-01-10T21:30:00Z')).toMatchObject({ erased: 1 });
  });
});

describe('an erasure that a hold put off', () => {
  const REQUEST = 'req_01HELD';

  async function held(): Promise<void> {
    await put(
      'invoices',
      {
        _id: 'i1',
        contactName: 'Kari',
        contactEmail: 'kari@example.no',
        amount: 1,
        issuedAt: new Date('2024-03-15T10:00:00Z'),
      },
      {
        _id: 'i2',
        contactName: 'Ola',
        contactEmail: 'ola@example.no',
        amount: 2,
        issuedAt: new Date('2024-03-15T10:00:00Z'),
      },
    );
    await put('domains', { _id: 'example.no', owner: 'kari@example.no' });
    bench.at('2026-01-10T12:00:00Z');
    await sealRequest(bench, REQUEST, 'kari@example.no');
    const connector = bench.deps.connectors.connector(bench.pack, 'app');
    const found = await connector.discover({
      right: 'erasure',
      identifiers: [{ type: 'email', value: 'kari@example.no', trust: 'proven' }],
      onlyOrganisation: null,
      datasets: null,
      asOf: '2026-01-10',
      heartbeat: () => undefined,
    });
    await bench.deps.vault.put(REQUEST, [{ name: VAULT.found('app'), value: found }]);
    const plan = buildPlan(
      {
        pack: bench.pack.pack,
        right: 'erasure',
        scopeDatasets: ['invoices', 'domains'],
        found: [found],
        proven: { email: 1 },
        unsearched: [],
        dataMapRoot: '',
      },
      sha256,
    );
    await defer(bench.deps, {
      requestId: REQUEST,
      operator: 'op',
      right: 'erasure',
      policyHash: bench.pack.hash,
      parts: plan.parts,
    });
  }

  const due = async (asOf: string) => {
    bench.at(asOf);
    const { rows } = await dueList(bench.deps, { asOf, limit: 100 });
    if (rows.length === 0) return null;
    return dueErase(bench.deps, { ids: rows.map((r) => r.id), system: 'app', asOf });
  };
  const invoice = (id: string) => bench.own.db.collection<{ _id: string }>('invoices').findOne({ _id: id });

  test('is done by itself the day after the law lets go, and only then (P1, T30)', async () => {
    await held();
    expect(await due('2029-12-31T21:30:00Z')).toBe(null);
    expect(await invoice('i1')).toMatchObject({ contactName: 'Kari' });
    expect(await due('2030-01-01T21:30:00Z')).toEqual({ erased: 1, waiting: 0, failed: 0 });
    expect(await invoice('i1')).toMatchObject({ contactName: '[erased]', contactEmail: '[erased]', amount: 1 });
    expect(await invoice('i2')).toMatchObject({ contactName: 'Ola', contactEmail: 'ola@example.no' });
    expect((await entries('deferred.erased')).map((e) => [e.requestId, e.code])).toEqual([
      [REQUEST, 'no-bokforingsloven-13-primary'],
    ]);
    const [effect] = await bench.deps.deletions.ofRequest(REQUEST);
    expect(effect).toMatchObject({ state: 'effective', ids: ['"i1"'] });
    expect(await due('2030-01-02T21:30:00Z')).toBe(null);
  });

  test('waits while the request is open, while the brake is on, and while a new hold stands', async () => {
    await held();
    const { db } = bench.platform.store;
    await db.collection<{ _id: string; state: string }>('requests').insertOne({ _id: REQUEST, state: 'responding' });
    expect(await due('2030-01-01T21:30:00Z')).toEqual({ erased: 0, waiting: 1, failed: 0 });
    await db
      .collection<{ _id: string; state: string }>('requests')
      .updateOne({ _id: REQUEST }, { $set: { state: 'closed' } });
    const brake = createBrake(db);
    await brake.set('op', true, '2030-01-01T00:00:00Z');
    expect(await due('2030-01-01T21:30:00Z')).toEqual({ erased: 0, waiting: 1, failed: 0 });
    await brake.set('op', false, '2030-01-02T00:00:00Z');
    await bench.deps.facts.placeHold({
      operator: 'op',
      eventId: 'h1',
      ref: 'i1',
      organisation: null,
      law: 'legal_claim',
      exemption: '17-3-e',
      noGround: null,
      until: '2030-06-30',
    });
    expect(await due('2030-01-02T21:30:00Z')).toEqual({ erased: 0, waiting: 1, failed: 0 });
    expect(await due('2030-06-30T21:30:00Z')).toBe(null);
    expect(await invoice('i1')).toMatchObject({ contactName: 'Kari' });
    expect(await due('2030-07-01T21:30:00Z')).toEqual({ erased: 1, waiting: 0, failed: 0 });
  });

  test('resumes when an event ends the relation (P3)', async () => {
    await held();
    expect(await ids('domains')).toEqual(['example.no']);
    await bench.deps.facts.putAnchor({
      operator: 'op',
      eventId: 'e1',
      kind: 'domain.expired',
      ref: 'example.no',
      at: '2026-05-01T10:00:00Z',
    });
    const rows = await bench.deps.dueRows.byRef('op', 'example.no');
    expect(rows.map((r) => [r.dueOn, r.law])).toEqual([[null, 'domain_registered']]);
    for (const row of rows) await bench.deps.dueRows.move(row.id, '2026-05-01');
    expect(await due('2026-05-01T21:30:00Z')).toEqual({ erased: 1, waiting: 0, failed: 0 });
    expect(await ids('domains')).toEqual([]);
  });
});
