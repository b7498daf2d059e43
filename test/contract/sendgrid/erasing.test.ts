import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { heartbeat, identifier } from '../connector-kit.js';
import { errorOf, Harness } from './harness.js';

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
