import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendgridConnector } from '../../../connectors/sendgrid/index.js';
import { heartbeat, identifier, Sink, system, target, tools } from '../connector-kit.js';
import { errorOf, Harness, idsOf } from './harness.js';
import { SENDGRID } from './sendgrid-system.js';

const world = new Harness();
const ANA = [identifier('email', 'Ana@Example.com')];

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

describe('finding', () => {
  it('G1: asks for 101 addresses in two calls', async () => {
    world.vendor.seed({
      contacts: [
        { id: 'c-1', email: 'p0@example.com' },
        { id: 'c-2', email: 'p100@example.com' },
      ],
    });
    const many = Array.from({ length: 101 }, (_, at) => identifier('email', `p${at}@example.com`));
    const found = await world
      .connector()
      .discover({ right: 'erasure', identifiers: many, onlyOrganisation: null, datasets: ['contacts'], heartbeat });
    expect(new Set(idsOf(found, 'contacts'))).toEqual(new Set(['c-1', 'c-2']));
    const sizes = world.vendor
      .calls()
      .map((call) => (JSON.parse(call.body.toString()) as { emails: string[] }).emails.length);
    expect(sizes).toEqual([100, 1]);
  });

  it('G2, G4: upper case finds the lower-cased contact, on no list', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: 'ana@example.com', list_ids: [] }] });
    const found = await world.discover(ANA);
    expect(found.refs.filter((ref) => ref.dataset === 'contacts')).toMatchObject([
      { id: 'c-1', trust: 'proven', review: null, matchedBy: [{ value: 'Ana@Example.com' }] },
    ]);
  });

  it('G3: misses inside a 200, and a 404 when nobody is there, are no errors', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: 'ana@example.com' }] });
    const some = await world.discover([
      ...ANA,
      identifier('email', 'b@example.com'),
      identifier('email', 'c@example.com'),
    ]);
    expect(idsOf(some, 'contacts')).toEqual(['c-1']);
    expect(idsOf(await world.discover([identifier('email', 'b@example.com')]), 'contacts')).toEqual([]);
  });

  it('an error of the vendor inside a 200 is no miss', async () => {
    world.vendor.faults({ searchErrors: ['ana@example.com'] });
    expect(await errorOf(world.discover(ANA))).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('G5: a hit only through an alternate address goes to a person', async () => {
    world.vendor.seed({
      contacts: [{ id: 'c-1', email: 'partner@example.com', alternate_emails: ['ana@example.com'] }],
    });
    const found = await world.discover(ANA);
    expect(found.refs.find((ref) => ref.id === 'c-1')).toMatchObject({ review: 'alternate_email' });
  });

  it('an unproven address only gives review, in every dataset', async () => {
    world.vendor.seed({
      contacts: [{ id: 'c-1', email: 'ana@example.com' }],
      accounts: { '': { global: ['ana@example.com'] } },
    });
    const found = await world.discover([identifier('email', 'ana@example.com', 'unproven')]);
    expect(found.refs.map((ref) => [ref.dataset, ref.review])).toEqual([
      ['contacts', 'unproven_identifier'],
      ['activity', 'unproven_identifier'],
      ['suppressions', 'unproven_identifier'],
    ]);
  });

  it('reads suppressions of every list one by one; G11: {} is not suppressed', async () => {
    world.vendor.seed({
      accounts: {
        '': {
          groups: [
            { id: 7, name: 'News', suppressed: ['ana@example.com'] },
            { id: 8, name: 'Offers', suppressed: [] },
          ],
          spamReports: [{ email: 'ana@example.com', created: 1, ip: '192.0.2.1' }],
          bounces: [{ email: 'ana@example.com', created: 1, reason: 'full', status: '5.2.2' }],
          blocks: [{ email: 'ana@example.com.other', created: 1, reason: 'x', status: '4' }],
        },
      },
    });
    const found = await world.discover(ANA);
    expect(found.refs.filter((ref) => ref.dataset === 'suppressions').map((ref) => ref.kind)).toEqual([
      'group_unsubscribe',
      'spam_report',
      'bounce',
    ]);
  });

  it('sees nothing of the operator itself in a request that an organisation started', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: 'ana@example.com' }] });
    const own = system(
      'sendgrid',
      SENDGRID.datasets.map((one) => ({ ...one, role: 'controller' as const, organisation: null })),
    );
    const connector = sendgridConnector(own, tools({ url: world.vendor.url, key: 'SG.test' }));
    const input = { right: 'erasure' as const, identifiers: ANA, datasets: null, heartbeat };
    expect((await connector.discover({ ...input, onlyOrganisation: 'acme' })).refs).toEqual([]);
    expect(world.vendor.calls()).toEqual([]);
    expect((await connector.discover({ ...input, onlyOrganisation: null })).refs).toHaveLength(2);
  });

  it('record ids hold no address', async () => {
    world.vendor.seed({ accounts: { '': { global: ['ana@example.com'] } } });
    const found = await world.discover(ANA);
    expect(found.refs.map((ref) => ref.id).join(' ')).not.toMatch(/ana|@/i);
    expect(new Set(found.refs.map((ref) => ref.id)).size).toBe(found.refs.length);
  });

  it('one address that the vendor refuses does not hide the others', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email: 'ana@example.com' }] });
    const found = await world.connector().discover({
      right: 'erasure',
      identifiers: [
        ...ANA,
        identifier('email', 'not an address'),
        identifier('email', `${'x'.repeat(120)}@example.com`),
      ],
      onlyOrganisation: null,
      datasets: ['contacts'],
      heartbeat,
    });
    expect(idsOf(found, 'contacts')).toEqual(['c-1']);
    expect(found.caveats).toContain('address_not_searchable');
  });

  it('G15: plus, percent and unicode arrive as they are', async () => {
    const odd = [
      'a+b@example.com',
      '50%off@example.com',
      'søren@example.no',
      'a/b?c#d&e@example.com',
      '..@example.com',
    ];
    world.vendor.seed({
      contacts: odd.map((email, at) => ({ id: `c-${at}`, email })),
      accounts: { '': { global: odd } },
    });
    const found = await world.discover(odd.map((email) => identifier('email', email)));
    expect(new Set(idsOf(found, 'contacts'))).toEqual(new Set(odd.map((_, at) => `c-${at}`)));
    expect(found.refs.filter((ref) => ref.dataset === 'suppressions')).toHaveLength(odd.length);
    expect(world.paths('GET')).toContain('/v3/asm/suppressions/global/a%2Bb%40example.com');
  });
});

describe('access', () => {
  it('gives contact and suppressions, and says that mail records are not collected', async () => {
    world.vendor.seed({
      contacts: [{ id: 'c-1', email: 'ana@example.com', first_name: 'Ana', custom_fields: { shoe: 38 } }],
      accounts: {
        '': { global: ['ana@example.com'], spamReports: [{ email: 'ana@example.com', created: 1, ip: '192.0.2.1' }] },
      },
    });
    const found = await world.discover(ANA, {}, 'access');
    expect(found.caveats).toEqual(['mail_activity_not_collected']);
    expect(idsOf(found, 'activity')).toEqual([]);
    const sink = new Sink();
    const counts = await world.connector().collect({
      requestId: 'req_1',
      identifiers: ANA,
      targets: [
        target(SENDGRID, 'contacts', 'collect', found.refs),
        target(SENDGRID, 'suppressions', 'collect', found.refs),
      ],
      sink,
      heartbeat,
    });
    expect(counts).toEqual({ 'mail/contacts/-': 1, 'mail/suppressions/-': 2 });
    expect(sink.records.map((record) => record.data)).toMatchObject([
      { id: 'c-1', first_name: 'Ana', custom_fields: { shoe: 38 } },
      { list: 'global_unsubscribe', email: 'ana@example.com' },
      { list: 'spam_report', ip: '192.0.2.1' },
    ]);
  });
});
