/** Rectification at Stripe: state against localstripe, keys and errors against the scripted vendor. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stripeConnector } from '../../../connectors/stripe/index.js';
import type { Ref } from '../../../domain/plan/types.js';
import type { Connector, FieldValue, PartTargets } from '../../../domain/ports/connector.js';
import {
  LOCALSTRIPE_KEY,
  localstripeInstalled,
  resetLocalstripe,
  startLocalstripe,
  type RunningLocalstripe,
} from '../../../dev/counterparts/stripe.js';
import { heartbeat, identifier, Memory, target, tools } from '../connector-kit.js';
import { connector as scripted, errorOf, memory, useScriptedStripe, vendor } from './harness.js';
import { STRIPE } from './stripe-system.js';

const KEY = 'payments/customers/-';

function input(targets: readonly PartTargets[], orders: readonly FieldValue[], notes: Memory, generation = 0) {
  return {
    requestId: 'req_1',
    targets,
    orders: { changes: { [KEY]: orders }, stops: {}, restrict: 'set' as const },
    identifiers: [],
    generation,
    memory: notes,
    heartbeat,
  };
}

const installed = localstripeInstalled();
describe.skipIf(!installed)(`a correction against localstripe${installed ? '' : ' (skipped: not installed)'}`, () => {
  let folder: string;
  let server: RunningLocalstripe;
  let connector: Connector;
  const auth = { authorization: `Bearer ${LOCALSTRIPE_KEY}` };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'habeas-localstripe-'));
    server = await startLocalstripe({ dataDir: folder });
    connector = stripeConnector(STRIPE, tools({ url: server.url, key: LOCALSTRIPE_KEY }));
  });
  afterAll(async () => {
    await connector?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => resetLocalstripe(server.url));

  async function create(body: Record<string, string>): Promise<string> {
    const answer = await fetch(`${server.url}/v1/customers`, {
      method: 'POST',
      headers: auth,
      body: new URLSearchParams(body),
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { id: string }).id;
  }
  const read = async (id: string) =>
    (await (await fetch(`${server.url}/v1/customers/${id}`, { headers: auth })).json()) as Record<string, unknown>;

  async function found(email: string): Promise<readonly Ref[]> {
    const { refs } = await connector.discover({
      right: 'rectification',
      identifiers: [identifier('email', email)],
      onlyOrganisation: null,
      datasets: null,
      heartbeat,
    });
    return refs;
  }

  it('sets name, address and e-mail of her customers, leaves the stranger, and reads back by id', async () => {
    const mine = await create({ email: 'kari.holm@example.no', name: 'Kari Hlom', phone: '+4740000001' });
    const other = await create({ email: 'per@example.no', name: 'Kari Hlom' });
    const notes = new Memory();
    const targets = [target(STRIPE, 'customers', 'change', await found('kari.holm@example.no'))];
    const orders: FieldValue[] = [
      { field: 'name', value: 'Kari Holm' },
      { field: 'email', value: 'kari.ny@example.no' },
      { field: 'address.city', value: 'Bergen' },
    ];
    expect(await connector.verify(input(targets, orders, notes))).toMatchObject([
      { verdict: 'stillPresent', remaining: 1 },
    ]);
    expect(await connector.apply(input(targets, orders, notes))).toEqual([{ key: KEY, kind: 'applied', touched: 1 }]);
    expect(await read(mine)).toMatchObject({
      name: 'Kari Holm',
      email: 'kari.ny@example.no',
      phone: '+4740000001',
      address: { city: 'Bergen' },
    });
    expect(await read(other)).toMatchObject({ name: 'Kari Hlom', email: 'per@example.no' });
    expect(await connector.verify(input(targets, orders, notes))).toEqual([
      { key: KEY, verdict: 'applied', remaining: 0, method: 'values_by_id' },
    ]);
    expect(await notes.get(`before/${KEY}`)).toMatchObject({
      records: { [mine]: { name: 'Kari Hlom', email: 'kari.holm@example.no' } },
    });
    // The application writes a wrong value once more: it is corrected again, and what stood there first stays noted.
    await fetch(`${server.url}/v1/customers/${mine}`, {
      method: 'POST',
      headers: auth,
      body: new URLSearchParams({ name: 'Kari X' }),
    });
    expect(await connector.apply(input(targets, orders, notes, 1))).toMatchObject([{ touched: 1 }]);
    // Again: nothing to do.
    expect(await connector.apply(input(targets, orders, notes, 1))).toEqual([
      { key: KEY, kind: 'applied', touched: 0 },
    ]);
    expect(await notes.get(`before/${KEY}`)).toMatchObject({ records: { [mine]: { name: 'Kari Hlom' } } });
  });

  it('null removes a field', async () => {
    const mine = await create({ email: 'kari.holm@example.no', name: 'Kari', phone: '+4740000001' });
    const targets = [target(STRIPE, 'customers', 'change', await found('kari.holm@example.no'))];
    const orders: FieldValue[] = [{ field: 'phone', value: null }];
    await connector.apply(input(targets, orders, new Memory()));
    expect((await read(mine))['phone'] ?? '').toBe('');
    expect(await connector.verify(input(targets, orders, new Memory()))).toMatchObject([{ verdict: 'applied' }]);
  });
});

describe('a correction', () => {
  useScriptedStripe();
  const order: FieldValue[] = [{ field: 'email', value: 'new@example.no' }];

  async function targets(): Promise<PartTargets[]> {
    vendor.add({ id: 'cus_1', email: 'ana@example.com' });
    const { refs } = await scripted().discover({
      right: 'rectification',
      identifiers: [identifier('email', 'ana@example.com')],
      onlyOrganisation: null,
      datasets: null,
      heartbeat,
    });
    return [target(STRIPE, 'customers', 'change', refs)];
  }

  it('after a 5xx, whose answer Stripe keeps for a day, is tried under a key of its own; the same step has the same key', async () => {
    const all = await targets();
    vendor.storeAnswers = true;
    const failing = { status: 500, body: { error: { type: 'api_error', message: 'no' } } };
    vendor.script('POST /v1/customers/cus_1', { reset: true, status: 0 }, failing);
    vendor.script('POST /v1/customers/cus_1', { status: 200, body: { id: 'cus_1', object: 'customer' } });
    expect(await errorOf(scripted().apply(input(all, order, memory)))).toMatchObject({ code: 'unavailable' });
    expect(await errorOf(scripted().apply(input(all, order, memory)))).toMatchObject({ code: 'unavailable' });
    await scripted().apply(input(all, order, memory));
    const keys = vendor.calls('POST', '/v1/customers/cus_1').map((call) => call.key);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[1]);
    expect(keys.join()).not.toContain('example');
  });

  it('what Stripe cannot set is left to a person, and nothing is sent', async () => {
    const all = await targets();
    const results = await Promise.all(
      [
        [{ field: 'address', value: 'Storgata 1, Oslo' }],
        [{ field: 'balance', value: 'x' }],
        [{ field: 'name', value: 5 }],
      ].map((orders) => scripted().apply(input(all, orders as FieldValue[], memory))),
    );
    expect(results.flat()).toMatchObject([
      { kind: 'manual', why: 'structured_field' },
      { kind: 'manual', why: 'field_not_offered_by_stripe' },
      { kind: 'manual', why: 'field_not_offered_by_stripe' },
    ]);
    expect(vendor.calls('POST', /./)).toEqual([]);
  });

  it('a deleted customer needs no correction; one of the other mode is no deleted one', async () => {
    const all = await targets();
    const customer = vendor.customers.get('cus_1');
    if (customer !== undefined) customer.deleted = true;
    expect(await scripted().apply(input(all, order, memory))).toMatchObject([{ kind: 'applied', touched: 0 }]);
    expect(await scripted().verify(input(all, order, memory))).toMatchObject([{ verdict: 'applied' }]);
    vendor.customers.clear();
    const live = all.map((t) => ({ ...t, refs: t.refs.map((r) => ({ ...r, kind: 'customer:live' })) }));
    expect(await errorOf(scripted({ mode: 'test' }).apply(input(live, order, memory)))).toMatchObject({
      code: 'wrong_mode',
    });
  });

  it('invoices stay as issued', async () => {
    const [all] = await targets();
    const invoices = { ...target(STRIPE, 'invoices', 'change', []), refs: all?.refs ?? [] };
    expect(await scripted().apply(input([invoices], order, memory))).toEqual([
      { key: 'payments/invoices/-', kind: 'retained', basis: 'as_issued' },
    ]);
  });
});
