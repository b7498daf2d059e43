/** kill -9 of the worker, again and again, while the account of 5,000 people is closed on the real stack. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Document } from 'mongodb';
import { Calls } from '../support/e2e-calls.js';
import { FaultStack } from '../support/fault-stack.js';

const house = new FaultStack();
beforeAll(() => house.start(), 120_000);
afterAll(() => house.stop(), 60_000);

const PEOPLE = 5_000;
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('erases everybody once, and nobody of the neighbour', async () => {
  const at = new Date(Date.now() - 86_400_000);
  const person = (organisation: string) => (_: unknown, n: number) => ({
    _id: `usr_${organisation}_${n}`,
    organisationId: organisation,
    email: `p${n}@${organisation}.example.no`,
    emailNorm: `p${n}@${organisation}.example.no`,
    name: `P ${n}`,
    createdAt: at,
  });
  await house.at('infentre_app', async (db) => {
    const users = db.collection<Document>('users');
    await users.insertMany(Array.from({ length: PEOPLE }, person('closing')) as Document[]);
    await users.insertMany(Array.from({ length: 50 }, person('staying')) as Document[]);
  });
  const left = (organisationId: string): Promise<number> =>
    house.at('infentre_app', (db) => db.collection('users').countDocuments({ organisationId }));
  const closure = () =>
    house.at('habeas_ledger', (db) => db.collection<Document>('closures').findOne({ operator: 'infentre' }));

  const calls = new Calls(house.stack.info);
  const event = { operator: 'infentre', system: 'app', type: 'account.cancelled', data: { accountRef: 'closing' } };
  expect((await calls.event(event)).status).toBe(202);
  for (const until of [4_600, 2_500, 400]) {
    while ((await left('closing')) > until) await delay(20);
    await house.kill('worker');
  }
  for (let i = 0; i < 1_200 && (await closure())?.['state'] !== 'live_erased'; i += 1) {
    if ((await closure())?.['state'] === 'fully_erased') break;
    await delay(100);
  }
  expect(await left('closing')).toBe(0);
  expect(await left('staying')).toBe(50);
  expect(await closure()).toMatchObject({ people: PEOPLE, records: PEOPLE, held: 0 });
  const ids = await house.at('habeas_ledger', (db) =>
    db
      .collection<{ requestId: string; state: string; ids: string[] }>('deletions')
      .find({ requestId: { $gte: 'cls_', $lt: 'cls`' } })
      .toArray(),
  );
  expect(ids.every((entry) => entry.state === 'effective')).toBe(true);
  const all = ids.flatMap((entry) => entry.ids);
  expect(new Set(all).size).toBe(PEOPLE);
  expect(house.events.filter((e) => JSON.stringify(e).includes('worker')).length).toBeGreaterThanOrEqual(3);
}, 300_000);
