import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendgridConnector } from '../../../connectors/sendgrid/index.js';
import { chunks } from '../../../connectors/sendgrid/erase-activity.js';
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

describe('erasing', () => {
  async function ana(accounts = {}) {
    world.vendor.seed({
      contacts: [
        { id: 'c-1', email: 'ana@example.com', first_name: 'Ana' },
        { id: 'c-2', email: 'bo@example.com' },
      ],
      accounts: { '': { activity: { 'ana@example.com': 12, 'bo@example.com': 1 }, ...accounts } },
    });
    return world.erasure((await world.discover(ANA)).refs);
  }

  it('deletes the contact, erases mail records, leaves everybody else, and reads back', async () => {
    const targets = await ana({ global: ['ana@example.com'] });
    expect(await world.applyAll(targets)).toMatchObject([
      { kind: 'applied', touched: 1 },
      { kind: 'applied', touched: 1 },
      { kind: 'retained', basis: 'art-21-3' },
    ]);
    world.pass(120_000);
    expect(await world.step(targets).verify()).toMatchObject([
      { verdict: 'gone', remaining: 0, method: 'search_not_found' },
      { verdict: 'gone', remaining: 0, method: 'accepted_202_and_contact_absent' },
      { verdict: 'kept', remaining: 1, method: 'suppressions_intact' },
    ]);
    expect(world.vendor.state().contacts.map((contact) => contact.id)).toEqual(['c-2']);
    expect(world.vendor.state().accounts['']?.activity).toEqual({ 'bo@example.com': 1 });
    expect(world.paths('DELETE')).toEqual(['/v3/marketing/contacts?ids=c-1']);
  });

  it('reads suppressions before the first destructive call', async () => {
    await ana({ global: ['ana@example.com'] }).then((targets) => errorOf(world.step(targets).apply()));
    const order = world.vendor.calls().map((call) => `${call.method} ${call.target}`);
    const deletion = order.findIndex((call) => call.startsWith('DELETE'));
    expect(order.slice(0, deletion).filter((call) => call.includes('/asm/suppressions/global/'))).toHaveLength(2);
    expect(world.memory.values.get('suppressions')).toContain('global_unsubscribe');
  });

  it('G6: keeps the job id before asking, waits while pending, and starts one job only', async () => {
    const targets = await ana();
    world.vendor.faults({ jobMs: 6000 });
    const waits: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      const pending = await errorOf(world.step(targets).apply());
      expect(pending).toMatchObject({ code: 'pending', retryable: true });
      waits.push(pending.afterMs ?? 0);
      world.pass(2500);
    }
    expect(waits).toEqual([1000, 1250, 2500]);
    expect(await world.step(targets).apply()).toMatchObject([{ kind: 'applied' }, {}, {}]);
    expect(world.paths('DELETE')).toHaveLength(1);
  });

  it('G6: a worker that dies after the job id was kept finds its job again', async () => {
    const targets = await ana();
    world.vendor.faults({ only: 'getImportJob', reset: { times: 1 } });
    expect(await errorOf(world.step(targets).apply())).toMatchObject({ code: 'unavailable' });
    world.pass(1000);
    await world.step(targets).apply();
    expect(world.paths('DELETE')).toHaveLength(1);
  });

  it('G6: a job with errors is judged by what is left', async () => {
    const targets = await ana();
    world.vendor.faults({ jobErrors: 1 });
    expect(await world.applyAll(targets)).toMatchObject([
      { kind: 'manual', why: 'delete_job_errored' },
      { kind: 'applied' },
      {},
    ]);
    // Asked again, it stays with the person.
    expect(await world.step(targets).apply()).toMatchObject([{ kind: 'manual' }, {}, {}]);
    expect(await world.step(targets).verify()).toMatchObject([
      { verdict: 'stillPresent', remaining: 1 },
      { verdict: 'stillPresent', method: 'contact_present' },
      {},
    ]);
  });

  it('G6: a job that never ends goes to a person at its deadline', async () => {
    const targets = await ana();
    world.vendor.faults({ jobMs: 10 * 86_400_000 });
    await errorOf(world.step(targets).apply());
    world.pass(24 * 3_600_000 + 1);
    expect(await world.step(targets).apply()).toMatchObject([
      { kind: 'manual', why: 'delete_job_never_finished' },
      {},
      {},
    ]);
  });

  it('a job that the vendor forgot is started anew', async () => {
    const targets = await ana();
    world.vendor.faults({ jobMs: 5000 });
    await errorOf(world.step(targets).apply());
    world.vendor.state().jobs.length = 0;
    expect(await errorOf(world.step(targets).apply())).toMatchObject({ code: 'pending' });
    expect(await world.applyAll(targets)).toMatchObject([{ kind: 'applied' }, {}, {}]);
    expect(world.paths('DELETE')).toHaveLength(2);
  });

  it('G7: a late search is waited for', async () => {
    const targets = await ana();
    world.vendor.faults({ searchLagMs: 20_000 });
    await world.applyAll(targets);
    expect(await errorOf(world.step(targets).verify())).toMatchObject({ code: 'pending', afterMs: 5000 });
    world.pass(21_000);
    expect(await world.step(targets).verify()).toMatchObject([{ verdict: 'gone' }, { verdict: 'gone' }, {}]);
  });

  it('G7: a vendor that says deleted and keeps the contact is found out, and is asked again', async () => {
    const targets = await ana();
    world.vendor.faults({ keepsContacts: true });
    expect(await world.applyAll(targets)).toMatchObject([{ kind: 'applied' }, {}, {}]);
    expect(await errorOf(world.step(targets).verify())).toMatchObject({ code: 'pending' });
    world.pass(61_000);
    expect(await world.step(targets).verify()).toMatchObject([
      { verdict: 'stillPresent', remaining: 1 },
      { verdict: 'stillPresent', method: 'contact_present' },
      {},
    ]);
    world.vendor.faults({});
    await world.applyAll(targets);
    world.pass(61_000);
    expect(await world.step(targets).verify()).toMatchObject([{ verdict: 'gone' }, { verdict: 'gone' }, {}]);
    expect(world.paths('DELETE')).toHaveLength(2);
    // Mail records were asked for once.
    expect(world.vendor.state().eraseJobs).toHaveLength(1);
  });

  it('a person who signed up again keeps the new contact', async () => {
    const targets = await ana();
    await world.applyAll(targets);
    world.vendor.seed({ contacts: [{ id: 'c-9', email: 'ana@example.com' }] });
    expect(await world.step(targets).verify()).toMatchObject([{ verdict: 'gone', method: 'absent_by_id' }, {}, {}]);
    await world.applyAll(targets);
    expect(world.vendor.state().contacts.map((contact) => contact.id)).toEqual(['c-2', 'c-9']);
  });

  it('a contact that belongs to another address by now is left alone', async () => {
    const targets = await ana();
    const contact = world.vendor.state().contacts[0] as { email: string };
    contact.email = 'somebody.else@example.com';
    expect(await world.applyAll(targets)).toMatchObject([{ kind: 'review', why: 'contact_changed' }, {}, {}]);
    expect(world.paths('DELETE')).toHaveLength(0);
  });

  it('deletes no more than 25 contacts that nobody looked at', async () => {
    const many = Array.from({ length: 26 }, (_, at) => `p${at}@example.com`);
    world.vendor.seed({ contacts: many.map((email, at) => ({ id: `c-${at}`, email })) });
    const { refs } = await world.connector().discover({
      right: 'erasure',
      identifiers: many.map((email) => identifier('email', email)),
      onlyOrganisation: null,
      datasets: ['contacts'],
      heartbeat,
    });
    expect(new Set(refs.map((ref) => ref.review))).toEqual(new Set(['too_many_targets']));
    const unseen = refs.map((ref) => ({ ...ref, review: null }));
    expect(await errorOf(world.step(world.erasure(unseen)).apply())).toMatchObject({ code: 'too_many_targets' });
    expect(world.paths('DELETE')).toHaveLength(0);
  });
});

describe('objections survive', () => {
  const email = 'ana@example.com';
  const suppressed = {
    global: [email, 'bo@example.com'],
    groups: [{ id: 7, name: 'News', suppressed: [email] }],
    spamReports: [{ email, created: 1, ip: '192.0.2.1' }],
  };

  it('G10: what an erase job drops is written back', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email }], accounts: { '': suppressed } });
    const targets = world.erasure((await world.discover(ANA)).refs);
    world.vendor.faults({ dropsSuppressions: true });
    await world.applyAll(targets);
    const account = world.vendor.state().accounts[''];
    expect(account?.global).toEqual(['bo@example.com', email]);
    expect(account?.groups[0]?.suppressed).toEqual([email]);
    world.pass(61_000);
    expect(await world.step(targets).verify()).toMatchObject([
      { verdict: 'gone' },
      { verdict: 'gone' },
      { verdict: 'kept', remaining: 3 },
    ]);
  });

  it('G10: a lost spam report alone becomes a global unsubscribe', async () => {
    world.vendor.seed({ accounts: { '': { spamReports: suppressed.spamReports } } });
    const targets = world.erasure((await world.discover(ANA)).refs);
    world.vendor.faults({ dropsSuppressions: true });
    await world.applyAll(targets);
    expect(world.vendor.state().accounts['']?.global).toEqual([email]);
  });

  it('G10: an objection that goes later is written back when the step is read back', async () => {
    world.vendor.seed({ accounts: { '': suppressed } });
    const targets = world.erasure((await world.discover(ANA)).refs);
    await world.applyAll(targets);
    const account = world.vendor.state().accounts[''];
    if (account !== undefined) account.global = [];
    // The suppressions part alone only says so.
    expect(await world.step(targets.slice(2)).verify()).toMatchObject([
      { verdict: 'unverifiable', method: 'suppression_lost', remaining: 2 },
    ]);
    expect(await world.step(targets).verify()).toMatchObject([
      {},
      { verdict: 'gone' },
      { verdict: 'kept', remaining: 3 },
    ]);
    expect(world.vendor.state().accounts['']?.global).toEqual([email]);
    expect(world.vendor.state().eraseJobs).toHaveLength(1);
  });

  it('G10: an objection that does not stay keeps the part open', async () => {
    world.vendor.seed({ accounts: { '': suppressed } });
    const targets = world.erasure((await world.discover(ANA)).refs);
    await world.applyAll(targets);
    const account = world.vendor.state().accounts[''];
    if (account !== undefined) account.global = [];
    world.vendor.faults({ forgetsUnsubscribes: true });
    expect((await world.step(targets).verify())[1]).toMatchObject({
      verdict: 'stillPresent',
      method: 'suppression_lost',
      remaining: 1,
    });
  });

  it('mail records that nobody asked for in this generation are asked for again', async () => {
    world.vendor.seed({ accounts: { '': suppressed } });
    const targets = world.erasure((await world.discover(ANA)).refs);
    await world.applyAll(targets);
    world.memory.values.clear();
    expect((await world.step(targets).verify())[1]).toMatchObject({ verdict: 'stillPresent', method: 'not_accepted' });
    await world.applyAll(targets);
    expect((await world.step(targets).verify())[1]).toMatchObject({ verdict: 'gone' });
  });

  it('a contact that this request does not delete says nothing about the mail records', async () => {
    world.vendor.seed({ contacts: [{ id: 'c-1', email }] });
    const { refs } = await world.discover(ANA);
    const targets = [target(SENDGRID, 'activity', 'delete', refs)];
    await world.applyAll(targets);
    expect(await world.step(targets).verify()).toMatchObject([{ verdict: 'gone', method: 'accepted_202' }]);
  });

  it('a repeated attempt does not replace what was read before the loss', async () => {
    world.vendor.seed({ accounts: { '': suppressed } });
    const targets = world.erasure((await world.discover(ANA)).refs);
    world.vendor.faults({ dropsSuppressions: true, only: 'addGlobalUnsubscribe', reset: { times: 1 } });
    expect(await errorOf(world.step(targets).apply())).toMatchObject({ code: 'unavailable' });
    await world.applyAll(targets);
    expect(world.vendor.state().accounts['']?.global).toContain(email);
    expect(world.vendor.state().accounts['']?.groups[0]?.suppressed).toEqual([email]);
  });
});

describe('the erase job', () => {
  it('G9: splits by number and by size', () => {
    expect(chunks(Array.from({ length: 5001 }, (_, at) => `p${at}@example.com`)).map((batch) => batch.length)).toEqual([
      5000, 1,
    ]);
    const long = Array.from({ length: 3000 }, (_, at) => `${String(at).padStart(100, 'x')}@example.com`);
    const batches = chunks(long);
    expect(batches.flat()).toEqual(long);
    for (const batch of batches)
      expect(Buffer.byteLength(JSON.stringify({ email_addresses: batch }))).toBeLessThanOrEqual(256 * 1024);
    expect(batches.length).toBe(2);
  });

  it('G9: one invalid address is isolated, all others are sent', async () => {
    const many = Array.from({ length: 21 }, (_, at) => `p${at}@example.com`);
    world.vendor.faults({ invalidAddresses: ['p13@example.com'] });
    const { refs } = await world.discover(many.map((email) => identifier('email', email)));
    const targets = [target(SENDGRID, 'activity', 'delete', refs)];
    expect(await world.step(targets).apply()).toMatchObject([{ kind: 'manual', why: 'address_refused_by_vendor' }]);
    const sent = world.vendor.state().eraseJobs.flatMap((job) => job.addresses);
    expect([...sent].sort()).toEqual(many.filter((email) => email !== 'p13@example.com').sort());
    // Asked again, what was accepted is not sent twice.
    const before = world.vendor.state().eraseJobs.length;
    await world.step(targets).apply();
    expect(world.vendor.state().eraseJobs).toHaveLength(before);
  });

  it('G9: an account that may not ask says so; the contact is deleted all the same', async () => {
    world.vendor.seed({
      contacts: [{ id: 'c-1', email: 'ana@example.com' }],
      accounts: { '': { scopes: ['marketing.read'] } },
    });
    const targets = world.erasure((await world.discover(ANA)).refs);
    expect(await world.applyAll(targets)).toMatchObject([
      { kind: 'applied' },
      { kind: 'manual', why: 'erasejob_scope_missing' },
      {},
    ]);
    expect(world.paths('POST').filter((path) => path.includes('erasejob'))).toHaveLength(0);
    expect((await world.step(targets).verify())[1]).toMatchObject({ verdict: 'stillPresent', method: 'not_accepted' });
  });

  it('G9: every subuser is asked by a call of its own', async () => {
    const subusers = ['north', 'south', 'west'];
    world.vendor.seed({
      accounts: Object.fromEntries(
        subusers.map((name) => [name, { global: name === 'west' ? ['ana@example.com'] : [] }]),
      ),
    });
    const settings = { subusers };
    const { refs, caveats } = await world.discover(ANA, settings);
    expect(caveats).toContain('subuser_contacts_need_own_key');
    const targets = world.erasure(refs);
    world.vendor.faults({ dropsSuppressions: true });
    await world.applyAll(targets, settings);
    expect(world.vendor.state().eraseJobs.map((job) => job.account)).toEqual(['', ...subusers]);
    expect(world.vendor.state().accounts['west']?.global).toEqual(['ana@example.com']);
    expect(world.vendor.state().accounts['north']?.global).toEqual([]);
  });
});

describe('the EU host', () => {
  it('G14: contacts are never asked for there; suppressions and mail records are', async () => {
    const eu = new Harness();
    await eu.start('eu');
    eu.vendor.seed({ accounts: { '': { global: ['ana@example.com'] } } });
    const settings = { region: 'eu' };
    const found = await eu.discover(ANA, settings);
    expect(found.manual).toEqual([{ dataset: 'contacts', reason: 'contacts_not_offered_in_eu' }]);
    const targets = [
      target(SENDGRID, 'activity', 'delete', found.refs),
      target(SENDGRID, 'suppressions', 'keep', found.refs),
    ];
    await eu.step(targets, settings).apply();
    expect(await eu.step(targets, settings).verify()).toMatchObject([
      { verdict: 'gone', method: 'accepted_202' },
      { verdict: 'kept' },
    ]);
    expect(eu.vendor.calls().filter((call) => call.target.includes('/marketing/'))).toEqual([]);
    expect(eu.vendor.state().violations).toEqual([]);
    await eu.stop();
  });

  it.each([
    [{ region: 'eu' }, 'https://api.sendgrid.com'],
    [{ region: 'global' }, 'https://api.eu.sendgrid.com'],
    [{ region: 'mars' }, 'http://127.0.0.1:1'],
    [{ key: '' }, 'http://127.0.0.1:1'],
    [{}, 'http://127.0.0.1:1/v3'],
    [{}, 'nonsense'],
  ])('refuses %j at %s', (settings, url) => {
    expect(() => world.connector(settings, url)).toThrowError(expect.objectContaining({ code: 'config' }) as Error);
  });
});

describe('errors', () => {
  it('G8: the wait is read as an instant or as seconds', async () => {
    world.now = Date.now();
    world.vendor.faults({ rateLimit: { times: 1, reset: 'seconds', seconds: 40 } });
    expect(await errorOf(world.discover(ANA))).toMatchObject({
      code: 'rate_limited',
      retryable: true,
      afterMs: 40_000,
      status: 429,
    });
    world.vendor.faults({ rateLimit: { times: 1, reset: 'epoch', seconds: 40 } });
    const { afterMs = 0 } = await errorOf(world.discover(ANA));
    expect(afterMs).toBeGreaterThan(30_000);
    expect(afterMs).toBeLessThanOrEqual(42_000);
    world.vendor.faults({ rateLimit: { times: 1, reset: 'none', seconds: 0 } });
    expect(await errorOf(world.discover(ANA))).toMatchObject({ code: 'rate_limited', afterMs: 60_000 });
    expect(world.vendor.calls()).toHaveLength(3);
  });

  it.each([
    [{ fail: { times: 1, status: 500 } }, { code: 'unavailable', retryable: true }],
    [{ fail: { times: 1, status: 503 } }, { code: 'unavailable', retryable: true }],
    [{ fail: { times: 1, status: 408 } }, { code: 'unavailable', retryable: true }],
    [{ fail: { times: 1, status: 401 } }, { code: 'auth', retryable: false }],
    [{ fail: { times: 1, status: 403 } }, { code: 'scope', retryable: false }],
    [{ fail: { times: 1, status: 413 } }, { code: 'bug', retryable: false }],
    [{ reset: { times: 1 } }, { code: 'unavailable', retryable: true }],
  ])('%j', async (script, expected) => {
    world.vendor.faults(script);
    const thrown = await errorOf(world.discover(ANA));
    expect(thrown).toMatchObject(expected);
    expect(`${thrown.message} ${JSON.stringify(thrown)}`).not.toMatch(/ana@|SG\.test/i);
    expect(world.vendor.calls()).toHaveLength(1);
  });

  it('health: key, erase scope, clock', async () => {
    world.now = Date.now();
    world.vendor.seed({ keys: ['SG.test'], accounts: { '': { scopes: [] } } });
    expect(await world.connector().healthcheck()).toEqual({
      ok: true,
      checks: [
        { name: 'key', ok: true, detail: 'accepted' },
        { name: 'key_erasejob', ok: false, detail: 'scope_missing' },
        { name: 'clock', ok: true, detail: 'near' },
      ],
    });
    expect(await world.connector({ key: 'SG.other' }).healthcheck()).toEqual({
      ok: false,
      checks: [{ name: 'key', ok: false, detail: 'auth' }],
    });
    world.now += 3_600_000;
    expect((await world.connector().healthcheck()).ok).toBe(false);
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
