/** Rectification at SendGrid: fields, a new address with lists and objections, and what is left to a person. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorError, type FieldValue, type PartTargets } from '../../../domain/ports/connector.js';
import type { Identifier, Ref } from '../../../domain/plan/types.js';
import { heartbeat, identifier, target } from '../connector-kit.js';
import { errorOf, Harness } from './harness.js';
import { SENDGRID } from './sendgrid-system.js';

const world = new Harness();
const ANA = [identifier('email', 'Ana@Example.com')];
const OLD = 'ana@example.com';
const NEW = 'ana.ny@example.com';
const TO_NEW: FieldValue[] = [{ field: 'email', value: 'Ana.Ny@example.com' }];
const KEY = 'mail/contacts/-';

beforeEach(async () => {
  await world.start();
  world.memory.values.clear();
  world.now = Date.parse('2026-11-20T10:00:00Z');
});
afterEach(async () => {
  // Nothing that the vendor does not know was ever sent.
  expect(world.vendor.state().violations).toEqual([]);
  await world.stop();
});

function step(
  targets: readonly PartTargets[],
  orders: readonly FieldValue[],
  options: { identifiers?: readonly Identifier[]; settings?: Record<string, string | readonly string[]> } = {},
) {
  const input = {
    requestId: 'req_1',
    targets,
    orders: {
      changes: Object.fromEntries(targets.map((t) => [t.part.key, orders])),
      stops: {},
      restrict: 'set' as const,
    },
    identifiers: options.identifiers ?? ANA,
    generation: 0,
    memory: world.memory,
    heartbeat,
  };
  const until = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let tries = 0; tries < 50; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ConnectorError) || error.code !== 'pending') throw error;
        world.pass(error.afterMs ?? 1000);
      }
    }
    throw new Error('still pending after 50 tries');
  };
  const connector = () => world.connector(options.settings);
  return {
    once: () => connector().apply(input),
    apply: () => until(() => connector().apply(input)),
    verify: () => until(() => connector().verify(input)),
  };
}

async function contacts(identifiers: readonly Identifier[] = ANA): Promise<PartTargets[]> {
  return [target(SENDGRID, 'contacts', 'change', (await world.discover(identifiers)).refs)];
}
const stored = (email: string) => world.vendor.state().contacts.find((contact) => contact.email === email);

describe('fields of a contact', () => {
  it('are written by a job, with every identifier, and read back; a second run does nothing', async () => {
    world.vendor.seed({
      contacts: [
        { id: 'c-1', email: OLD, first_name: 'Aan', last_name: 'Holm', external_id: 'x-1', list_ids: ['l-1'] },
        { id: 'c-2', email: 'bo@example.com', first_name: 'Aan' },
      ],
    });
    const targets = await contacts();
    const orders: FieldValue[] = [
      { field: 'first_name', value: 'Ana' },
      { field: 'last_name', value: null },
    ];
    expect((await step(targets, orders).verify())[0]).toMatchObject({ verdict: 'stillPresent' });
    expect(await step(targets, orders).apply()).toMatchObject([{ key: KEY, kind: 'applied' }]);
    expect(stored(OLD)).toMatchObject({
      id: 'c-1',
      first_name: 'Ana',
      last_name: '',
      external_id: 'x-1',
      list_ids: ['l-1'],
    });
    expect(stored('bo@example.com')).toMatchObject({ first_name: 'Aan' });
    expect(await step(targets, orders).verify()).toMatchObject([{ verdict: 'applied', remaining: 0 }]);
    const sent = JSON.parse(String(world.vendor.calls().find((call) => call.method === 'PUT')?.body)) as {
      contacts: unknown[];
    };
    expect(sent.contacts).toEqual([{ email: OLD, external_id: 'x-1', first_name: 'Ana', last_name: '' }]);
    expect(await world.memory.get(`before/${KEY}`)).toEqual({
      records: { 'c-1': { first_name: 'Aan', last_name: 'Holm' } },
    });
    expect(await step(targets, orders).apply()).toEqual([{ key: KEY, kind: 'applied', touched: 0 }]);
    expect(world.paths('PUT')).toHaveLength(1);
  });

  it('a job that ends without writing keeps the part open, one with errors goes to a person', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD, first_name: 'Aan' }] });
    const targets = await contacts();
    const orders: FieldValue[] = [{ field: 'first_name', value: 'Ana' }];
    world.vendor.faults({ ignoresUpserts: true });
    await step(targets, orders).apply();
    expect((await step(targets, orders).verify())[0]).toMatchObject({ verdict: 'stillPresent', remaining: 1 });
    world.memory.values.clear();
    world.vendor.faults({ jobErrors: 1 });
    expect(await step(targets, orders).apply()).toMatchObject([{ kind: 'manual', why: 'change_job_errored' }]);
  });

  it('a job that was started is followed, not started again, by whoever takes over', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD, first_name: 'Aan' }] });
    const targets = await contacts();
    const orders: FieldValue[] = [{ field: 'first_name', value: 'Ana' }];
    world.vendor.clock({ frozen: true });
    expect(await errorOf(step(targets, orders).once())).toMatchObject({ code: 'pending' });
    expect(await errorOf(step(targets, orders).once())).toMatchObject({ code: 'pending' });
    expect(world.paths('PUT')).toHaveLength(1);
    world.vendor.clock({ frozen: false });
    await step(targets, orders).apply();
    expect(world.paths('PUT')).toHaveLength(1);
  });
});

describe('a new address', () => {
  const suppressed = {
    global: [OLD],
    groups: [
      { id: 7, name: 'News', suppressed: [OLD] },
      { id: 8, name: 'Offers', suppressed: [] },
    ],
    bounces: [{ email: OLD, created: 1, reason: 'full', status: '5.2.2' }],
  };

  it('is a new contact with names and lists; objections are there before it, bounces are not; the old one goes', async () => {
    world.vendor.seed({
      contacts: [{ id: 'c-1', email: OLD, first_name: 'Ana', last_name: 'Holm', list_ids: ['l-1', 'l-2'] }],
      accounts: { '': suppressed, north: { groups: [{ id: 9, name: 'North', suppressed: [OLD] }] } },
    });
    const settings = { subusers: ['north'] };
    const targets = await contacts();
    expect(await step(targets, TO_NEW, { settings }).apply()).toMatchObject([{ key: KEY, kind: 'applied' }]);
    expect(stored(OLD)).toBeUndefined();
    expect(stored(NEW)).toMatchObject({ first_name: 'Ana', last_name: 'Holm', list_ids: ['l-1', 'l-2'] });
    const { accounts } = world.vendor.state();
    expect(accounts['']?.global).toEqual([OLD, NEW]);
    expect(accounts['']?.groups.map((group) => group.suppressed)).toEqual([[OLD, NEW], []]);
    expect(accounts['north']?.groups[0]?.suppressed).toEqual([OLD, NEW]);
    expect(accounts['']?.bounces.map((entry) => entry.email)).toEqual([OLD]);
    const order = world.vendor.calls().map((call) => `${call.method} ${call.target.split('?')[0]}`);
    const put = order.indexOf('PUT /v3/marketing/contacts');
    expect(order.indexOf('POST /v3/asm/suppressions/global')).toBeLessThan(put);
    expect(order.lastIndexOf('POST /v3/asm/groups/9/suppressions')).toBeLessThan(put);
    expect(order.indexOf('DELETE /v3/marketing/contacts')).toBeGreaterThan(put);
    expect(await step(targets, TO_NEW, { settings }).verify()).toMatchObject([{ verdict: 'applied' }]);
    // Again: the old contact is gone, nothing is sent.
    const calls = world.paths('PUT').length + world.paths('DELETE').length + world.paths('POST').length;
    expect(await step(targets, TO_NEW, { settings }).apply()).toMatchObject([{ touched: 0 }]);
    expect(world.paths('PUT').length + world.paths('DELETE').length + world.paths('POST').length).toBe(calls);
  });

  it('an objection that does not stay stops the move before any contact is made', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD }], accounts: { '': { global: [OLD] } } });
    const targets = await contacts();
    world.vendor.faults({ forgetsUnsubscribes: true });
    expect(await errorOf(step(targets, TO_NEW).once())).toMatchObject({ code: 'unavailable' });
    expect(world.paths('PUT')).toEqual([]);
    expect(stored(OLD)).toBeDefined();
  });

  it('an objection that is lost later keeps the part open', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD }], accounts: { '': { global: [OLD] } } });
    const targets = await contacts();
    await step(targets, TO_NEW).apply();
    const account = world.vendor.state().accounts[''];
    if (account !== undefined) account.global = [OLD];
    expect(await step(targets, TO_NEW).verify()).toMatchObject([
      { verdict: 'stillPresent', method: 'objection_not_carried' },
    ]);
  });

  it('the old contact stays until the new one was seen', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD }] });
    const targets = await contacts();
    world.vendor.faults({ ignoresUpserts: true });
    world.pass(0);
    await errorOf(step(targets, TO_NEW).once());
    world.pass(2000);
    expect(await errorOf(step(targets, TO_NEW).once())).toMatchObject({ code: 'pending' });
    expect(stored(OLD)).toBeDefined();
    expect(world.paths('DELETE')).toEqual([]);
    world.vendor.faults({});
    world.pass(61_000);
    await step(targets, TO_NEW).apply();
    expect([stored(OLD), stored(NEW)?.email]).toEqual([undefined, NEW]);
  });

  it('that somebody has already goes to a person, unless she has proven it', async () => {
    world.vendor.seed({
      contacts: [
        { id: 'c-1', email: OLD, list_ids: ['l-1'] },
        { id: 'c-9', email: NEW, list_ids: ['l-9'] },
      ],
    });
    const targets = await contacts();
    expect(await step(targets, TO_NEW).apply()).toEqual([{ key: KEY, kind: 'review', why: 'address_in_use' }]);
    expect(stored(OLD)).toBeDefined();
    const both = [...ANA, identifier('email', NEW)];
    expect(await step(await contacts(both), TO_NEW, { identifiers: both }).apply()).toMatchObject([
      { kind: 'applied' },
    ]);
    expect(stored(OLD)).toBeUndefined();
    expect(stored(NEW)).toMatchObject({ id: 'c-9', list_ids: ['l-9', 'l-1'] });
  });

  it('of a contact that would lose something on the way goes to a person', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD, custom_fields: { shoe: 38 } }] });
    expect(await step(await contacts(), TO_NEW).apply()).toMatchObject([
      { kind: 'manual', why: 'contact_not_carried_whole' },
    ]);
    world.vendor.reset();
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD, external_id: 'x-1' }] });
    expect(await step(await contacts(), TO_NEW).apply()).toMatchObject([
      { kind: 'manual', why: 'contact_not_carried_whole' },
    ]);
    expect(stored(OLD)).toBeDefined();
  });

  it('without any contact, the suppression lists alone repeat her objections', async () => {
    world.vendor.seed({ accounts: { '': { spamReports: [{ email: OLD, created: 1, ip: '192.0.2.1' }] } } });
    const targets = [target(SENDGRID, 'suppressions', 'change', (await world.discover(ANA)).refs)];
    expect(await step(targets, TO_NEW).apply()).toMatchObject([{ kind: 'applied', touched: 1 }]);
    expect(world.vendor.state().accounts['']?.global).toEqual([NEW]);
    expect(await step(targets, TO_NEW).verify()).toMatchObject([{ verdict: 'applied' }]);
  });
});

describe('what SendGrid cannot change', () => {
  it.each([
    [[{ field: 'email', value: null }], 'address_not_removable'],
    [[{ field: 'shoe', value: 'x' }], 'field_not_offered_by_sendgrid'],
    [[{ field: 'first_name', value: 'x'.repeat(51) }], 'value_too_long_for_sendgrid'],
  ] as [FieldValue[], string][])('%j is left to a person', async (orders, why) => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: OLD }] });
    expect(await step(await contacts(), orders).apply()).toEqual([{ key: KEY, kind: 'manual', why }]);
    expect(world.paths('PUT')).toEqual([]);
  });

  it('a contact that has another address now than the one it was found by', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: 'somebody@example.com' }] });
    const ref: Ref = {
      dataset: 'contacts',
      id: 'c-1',
      kind: 'contact',
      organisation: null,
      matchedBy: [{ type: 'email', value: OLD, path: 'email' }],
      trust: 'proven',
      review: null,
      createdAt: null,
      hold: null,
    };
    const targets = [target(SENDGRID, 'contacts', 'change', [ref])];
    expect(await step(targets, TO_NEW).apply()).toEqual([{ key: KEY, kind: 'review', why: 'contact_changed' }]);
  });
});
