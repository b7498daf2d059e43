import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunks } from '../../../connectors/sendgrid/erase-activity.js';
import { identifier, target } from '../connector-kit.js';
import { errorOf, Harness } from './harness.js';
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
