import { expect, test } from 'vitest';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import type { Identifier } from '../../domain/plan/types.js';
import { manualConnector } from './index.js';

const policy = (await loadPolicies(policiesFolder(undefined))).packs
  .get('itpays')
  ?.pack.systems.find(({ id }) => id === 'paypal');
if (policy === undefined) throw new Error('the pack has no such system');
const paypal = manualConnector(policy, { settings: {}, worldNow: () => new Date(0), holdUntil: () => null });
const found = (identifiers: readonly Identifier[], datasets: readonly string[] | null = null) =>
  paypal.discover({ right: 'erasure', identifiers, onlyOrganisation: null, datasets, heartbeat: () => undefined });

test('P8 PayPal: by hand for whoever has a reference there, nothing for everybody else', async () => {
  const payer: Identifier = { type: 'paypalPayerId', value: 'PAYER1', trust: 'system' };
  expect((await found([payer])).manual).toEqual([{ dataset: 'paypal_references', reason: 'by_hand' }]);
  expect((await found([{ type: 'email', value: 'ana@example.no', trust: 'proven' }])).manual).toEqual([]);
  expect((await found([{ ...payer, trust: 'unproven' }])).manual).toEqual([]);
  expect((await found([{ ...payer, trust: 'declared' }])).manual).toEqual([]);
  expect((await found([payer], ['customers'])).manual).toEqual([]);
});

test('never says that something is gone', async () => {
  const part = { key: 'paypal/paypal_references/-' } as Parameters<typeof paypal.verify>[0]['targets'][number]['part'];
  const input = {
    requestId: 'req_1',
    targets: [{ part, refs: [] }],
    identifiers: [],
    generation: 0,
    memory: { get: () => Promise.resolve(null), save: () => Promise.resolve() },
    heartbeat: () => undefined,
  };
  expect(await paypal.apply(input)).toEqual([{ key: part.key, kind: 'manual', why: 'by_hand' }]);
  expect(await paypal.verify(input)).toEqual([
    { key: part.key, verdict: 'unverifiable', remaining: 0, method: 'by_hand' },
  ]);
});
