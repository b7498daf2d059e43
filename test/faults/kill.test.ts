/**
 * kill -9 in the middle of real erasures: worker, Temporal, MongoDB, API, and all at once. Each request must finish by
 * itself, with every effect made once and proved.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RequestView } from '../../contracts/index.js';
import { FaultStack } from '../support/fault-stack.js';
import type { Hook, Verdict } from '../support/fault-proxy.js';

const house = new FaultStack();
beforeAll(() => house.start(), 120_000);
afterAll(() => house.stop(), 60_000);
beforeEach(() => {
  house.payments.calm();
  house.app.calm();
});

const DELETE_EVENTS = (text: string): boolean => text.includes('delete\0') && text.includes('access_events\0');

/** A find whose filter begins with `_id`: name, length of the filter, its first field. */
function asksById(text: string): boolean {
  const at = text.indexOf('filter\0');
  return at >= 0 && text.slice(at + 'filter\0'.length + 5).startsWith('_id\0');
}

/** Acts at the nth match, once. The promise resolves when it has acted. */
function once(
  matches: (text: string) => boolean,
  act: () => Promise<Verdict>,
  nth = 1,
): { hook: Hook; acted: Promise<void> } {
  let seen = 0;
  let told: () => void = () => undefined;
  const acted = new Promise<void>((resolve) => (told = resolve));
  const hook: Hook = async (text) => {
    if (!matches(text)) return 'pass';
    seen += 1;
    if (seen !== nth) return 'pass';
    const verdict = await act();
    told();
    return verdict;
  };
  return { hook, acted };
}

/** The stores' own word: per part one journal row and one deletion entry, both closed; per effect one proof. */
async function expectOnce(view: RequestView): Promise<void> {
  const wanted = view.steps
    .filter((s) => s.outcome === 'done')
    .map((s) => ({ part: `${s.system}/${s.dataset}/${s.organisation ?? '-'}/0` }))
    .sort((a, b) => (a.part < b.part ? -1 : 1));
  expect(wanted.length).toBeGreaterThan(0);
  const { journal, deletions, entries } = await house.records(view.id);
  expect(journal).toEqual(wanted.map((w) => ({ ...w, state: 'verified' })));
  expect(deletions).toEqual(wanted.map((w) => ({ ...w, state: 'effective' })));
  expect(entries.filter((e) => e.startsWith('step.verified')).length).toBe(
    view.steps.filter((s) => s.outcome === 'done' || s.outcome === 'retained').length,
  );
  // A repeated activity may write its entry again under the same id only: no two say the same of the same part.
  const told = entries.filter((e) => e.startsWith('step.') || e.startsWith('request.state_changed'));
  expect(new Set(told).size).toBe(told.length);
  expect((await house.proof(view.id)).lines.filter((l) => l.includes('FAILED'))).toEqual([]);
}

/** An erasure of Infentre during which `act` happens at Stripe's DELETE, before it arrives or before its answer is heard. */
async function atTheVendor(moment: 'before' | 'after', act: () => Promise<Verdict>): Promise<void> {
  const admin = await house.administrator();
  const at = once((text) => text.startsWith(`DELETE /v1/customers/${admin.customer}`), act);
  house.payments[moment] = at.hook;
  const id = await house.erase('infentre', admin.email);
  await at.acted;
  const view = await house.settled(id);
  expect(view.steps.filter((s) => s.outcome === 'done').map((s) => s.dataset)).toEqual(
    expect.arrayContaining(['admins', 'customers']),
  );
  expect(house.stripe.calls('DELETE', `/v1/customers/${admin.customer}`).length).toBe(1);
  expect(house.stripe.customers.get(admin.customer)?.deleted).toBe(true);
  await expectOnce(view);
}

/** An erasure of Defigo during which `act` happens when a third of the person's records is gone. */
async function atTheStore(act: () => Promise<Verdict>): Promise<void> {
  const resident = await house.resident(600);
  const at = once(DELETE_EVENTS, act, 3);
  house.app.before = at.hook;
  const id = await house.erase('defigo', resident.email);
  await at.acted;
  const view = await house.settled(id);
  expect(view.steps.find((s) => s.dataset === 'access_events')).toMatchObject({ outcome: 'done', records: 600 });
  const left = await house.at('defigo_app', (db) =>
    db.collection('access_events').countDocuments({ userId: resident.userId }),
  );
  expect(left).toBe(0);
  await expectOnce(view);
}

describe('kill -9 in the middle of an erasure', () => {
  it(
    'worker, before the vendor heard of it',
    () =>
      atTheVendor('before', async () => {
        await house.kill('worker');
        return 'cut';
      }),
    120_000,
  );

  it(
    'worker, after the vendor did it and before anybody heard',
    () =>
      atTheVendor('after', async () => {
        await house.kill('worker');
        return 'cut';
      }),
    120_000,
  );

  it(
    'worker, with a part of the records gone',
    () =>
      atTheStore(async () => {
        await house.kill('worker');
        return 'cut';
      }),
    120_000,
  );

  it('worker, in the middle of a collection', async () => {
    const resident = await house.resident(600);
    // A search asks by identifiers, the copy by ids, a hundred at a time: half of them are written.
    const at = once(
      (text) => text.includes('access_events\0') && asksById(text),
      async () => {
        await house.kill('worker');
        return 'cut';
      },
      4,
    );
    house.app.before = at.hook;
    const id = await house.erase('defigo', resident.email, { right: 'access' });
    await at.acted;
    const view = await house.until(
      id,
      'the copy is there',
      (v) => v.answeredAt !== null && v.steps.every((s) => s.outcome === 'done' || s.outcome === 'not_found'),
    );
    // Read back, decrypted and counted again: no gap, nothing twice.
    expect(view.steps.find((s) => s.dataset === 'access_events')).toMatchObject({ outcome: 'done', records: 600 });
    const { entries } = await house.records(id);
    expect(entries.filter((e) => e.startsWith('step.verified collected') && e.includes('access_events')).length).toBe(
      1,
    );
    expect(entries.filter((e) => e.startsWith('step.not_verified'))).toEqual([]);
  }, 120_000);

  it(
    'MongoDB, with a part of the records gone',
    () =>
      atTheStore(async () => {
        await house.kill('mongo');
        return 'cut';
      }),
    120_000,
  );

  it(
    'Temporal, while the vendor works',
    () =>
      atTheVendor('after', async () => {
        await house.kill('temporal');
        return 'pass';
      }),
    120_000,
  );

  it('SIGTERM of a busy worker: it ends in order, with 0, and the work goes on elsewhere', async () => {
    const admin = await house.administrator();
    let end: Promise<void> = Promise.resolve();
    const at = once(
      (text) => text.startsWith(`DELETE /v1/customers/${admin.customer}`),
      async () => {
        // Not awaited here: the worker may finish what it has begun, and this answer is a part of it.
        end = house.kill('worker', 'SIGTERM');
        await new Promise((resolve) => setTimeout(resolve, 500));
        return 'pass';
      },
    );
    house.payments.after = at.hook;
    const seen = house.events.length;
    const id = await house.erase('infentre', admin.email);
    await at.acted;
    await end;
    expect(house.events.slice(seen).find((e) => e.kind === 'crashed')).toMatchObject({ name: 'worker', how: 'exit 0' });
    await expectOnce(await house.settled(id));
    expect(house.stripe.calls('DELETE', `/v1/customers/${admin.customer}`).length).toBe(1);
  }, 120_000);

  it('API, while requests are coming in: what was acknowledged exists, what was repeated exists once', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => house.administrator()));
    const keys = people.map(() => randomUUID());
    const token = house.stack.info.tokens.machine;
    const send = async (i: number): Promise<string | null> => {
      const answer = await house.caller
        .call('POST', '/v1/requests', {
          token,
          body: house.body('infentre', people[i]?.email ?? ''),
          headers: { 'idempotency-key': keys[i] ?? '' },
        })
        .catch(() => null);
      return answer?.status === 202 ? (answer.body as { id: string }).id : null;
    };
    const first = people.map((_, i) => send(i));
    // The first acknowledgement shows that the others are somewhere between the wire and the commit.
    await Promise.any(first.map(async (p) => (await p) ?? Promise.reject(new Error('none'))));
    await house.kill('api');
    const acknowledged = await Promise.all(first);
    const ids: string[] = [];
    for (let i = 0; i < people.length; i += 1) {
      let again: string | null = null;
      for (let n = 0; n < 100 && again === null; n += 1) {
        again = await send(i);
        if (again === null) await new Promise((r) => setTimeout(r, 200));
      }
      expect(again).not.toBeNull();
      if (acknowledged[i] !== null) expect(again).toBe(acknowledged[i]);
      ids.push(again ?? '');
    }
    expect(new Set(ids).size).toBe(people.length);
    for (const id of ids) await expectOnce(await house.settled(id));
    for (const { customer } of people) expect(house.stripe.calls('DELETE', `/v1/customers/${customer}`).length).toBe(1);
    // One request per person, whatever the repeats did.
    expect(
      await house.at('habeas', (db) => db.collection('requests').countDocuments({ _id: { $in: ids as never[] } })),
    ).toBe(people.length);
  }, 150_000);

  it('everything at once, and the stack started again on the same folder', async () => {
    const admin = await house.administrator();
    const resident = await house.resident(600);
    const vendor = once(
      (text) => text.startsWith(`DELETE /v1/customers/${admin.customer}`),
      async () => 'cut',
    );
    // The records wait half way until the vendor has been reached as well: both erasures are then in the middle.
    const store = once(
      DELETE_EVENTS,
      async () => {
        await vendor.acted;
        await house.killAll();
        return 'cut';
      },
      3,
    );
    house.payments.after = vendor.hook;
    house.app.before = store.hook;
    const ids = [await house.erase('defigo', resident.email), await house.erase('infentre', admin.email)];
    await store.acted;
    await house.up();
    for (const id of ids) await expectOnce(await house.settled(id));
    expect(house.stripe.calls('DELETE', `/v1/customers/${admin.customer}`).length).toBe(1);
    expect(
      await house.at('defigo_app', (db) => db.collection('access_events').countDocuments({ userId: resident.userId })),
    ).toBe(0);
  }, 180_000);
});
