import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendgridConnector } from '../../../connectors/sendgrid/index.js';
import type { StopRule } from '../../../domain/policy/types.js';
import type { PartTargets } from '../../../domain/ports/connector.js';
import { heartbeat, identifier, system, target, tools, dataset } from '../connector-kit.js';
import { errorOf, Harness } from './harness.js';

const world = new Harness();
const NEWS = '3b1f6f0e-5d0c-4b7a-9a64-2f6f1f0c7a11';
const ANA = [identifier('email', 'Ana@Example.com')];
const rule = (over: Partial<StopRule> = {}): StopRule => ({
  purpose: 'direct_marketing',
  erase: false,
  unset: [],
  set: {},
  lists: [NEWS, 'Offers'],
  group: 7,
  ...over,
});

beforeEach(async () => {
  await world.start();
  world.memory.values.clear();
  world.now = Date.parse('2026-11-20T10:00:00Z');
  world.vendor.seed({
    lists: [
      { id: NEWS, name: 'News' },
      { id: 'l-offers', name: 'Offers' },
      { id: 'l-tickets', name: 'Ticket buyers' },
    ],
    contacts: [
      { id: 'c-1', email: 'ana@example.com', list_ids: [NEWS, 'l-offers', 'l-tickets'] },
      { id: 'c-2', email: 'bo@example.com', list_ids: [NEWS] },
    ],
    accounts: {
      '': {
        groups: [
          { id: 7, name: 'Marketing', suppressed: [] },
          { id: 8, name: 'Service', suppressed: [] },
        ],
      },
    },
  });
});
afterEach(async () => {
  expect(world.vendor.state().violations).toEqual([]);
  await world.stop();
});

/** The connector of a pack with these rules, and one withdrawal against it. */
async function withdrawal(rules: readonly StopRule[] = [rule()], given = ANA) {
  const pack = system('sendgrid', [
    dataset({
      id: 'contacts',
      role: 'processor',
      organisation: { from: 'users' },
      identifiers: { email: ['email'] },
      stop: rules,
    }),
  ]);
  const connector = sendgridConnector(
    pack,
    tools({ url: world.vendor.url, key: 'SG.test' }, () => new Date(world.now)),
  );
  const found = await connector.discover({
    right: 'consent_withdrawal',
    identifiers: given,
    onlyOrganisation: null,
    datasets: null,
    heartbeat,
  });
  const targets: PartTargets[] = [target(pack, 'contacts', 'stop', found.refs)];
  const key = targets[0]?.part.key ?? '';
  const input = {
    requestId: 'req_1',
    targets,
    orders: { changes: {}, stops: { [key]: rules }, restrict: 'set' as const },
    identifiers: [],
    generation: 0,
    memory: world.memory,
    heartbeat,
  };
  return { found, apply: () => connector.apply(input), verify: () => connector.verify(input) };
}

const account = () => world.vendor.state().accounts[''];
const suppressed = (group: number) => account()?.groups.find((one) => one.id === group)?.suppressed;
const listsOf = (id: string) => world.vendor.state().contacts.find((one) => one.id === id)?.list_ids;

describe('stopping mailings', () => {
  it('leaves the lists by id and by name, joins the group, and nothing else: service mails still reach her', async () => {
    const step = await withdrawal();
    expect(await step.verify()).toMatchObject([{ verdict: 'stillPresent' }]);
    expect(await step.apply()).toMatchObject([{ kind: 'applied', touched: 3 }]);
    expect(listsOf('c-1')).toEqual(['l-tickets']);
    expect(suppressed(7)).toEqual(['ana@example.com']);
    expect(suppressed(8)).toEqual([]);
    expect(account()?.global).toEqual([]);
    expect(listsOf('c-2')).toEqual([NEWS]);
    expect(await step.verify()).toMatchObject([{ verdict: 'applied', remaining: 0, method: 'lists_and_groups_read' }]);
    expect(await step.apply()).toMatchObject([{ kind: 'applied', touched: 0 }]);
  });

  it('suppresses an address that the vendor has no contact of', async () => {
    const step = await withdrawal([rule()], [identifier('email', 'new@example.com')]);
    expect(step.found.refs).toMatchObject([{ kind: 'address' }]);
    expect(JSON.stringify(step.found.refs.map((ref) => ref.id))).not.toContain('new');
    await step.apply();
    expect(suppressed(7)).toEqual(['new@example.com']);
    expect(await step.verify()).toMatchObject([{ verdict: 'applied' }]);
  });

  it('does not ask for a group that the account does not have: the vendor would take it for everything', async () => {
    const step = await withdrawal([rule({ group: 99 })]);
    expect(await errorOf(step.apply())).toMatchObject({ code: 'config' });
    expect(account()?.global).toEqual([]);
  });

  it('says config for a list that nobody has', async () => {
    expect(await errorOf((await withdrawal([rule({ lists: ['Unknown'] })])).apply())).toMatchObject({ code: 'config' });
  });

  it('believes no answer: who is still listed is pending within the lag and still there after it', async () => {
    world.vendor.faults({ keepsOnLists: true });
    const step = await withdrawal();
    await step.apply();
    expect(await errorOf(step.verify())).toMatchObject({ code: 'pending' });
    world.pass(61_000);
    expect(await step.verify()).toMatchObject([{ verdict: 'stillPresent', remaining: 1, method: 'still_on_list' }]);
    world.vendor.faults({ forgetsUnsubscribes: true });
    await step.apply();
    expect(await step.verify()).toMatchObject([{ verdict: 'applied' }]);
  });

  it('sees an unsubscribe that the vendor forgot', async () => {
    world.vendor.faults({ forgetsUnsubscribes: true });
    const step = await withdrawal();
    await step.apply();
    expect(await step.verify()).toMatchObject([{ verdict: 'stillPresent', method: 'not_in_group' }]);
  });

  it('leaves fields of a contact to a person', async () => {
    const step = await withdrawal([rule({ unset: ['first_name'] })]);
    expect(await step.apply()).toMatchObject([{ kind: 'manual', why: 'action_not_offered_by_sendgrid' }]);
    expect(suppressed(7)).toEqual([]);
  });
});
