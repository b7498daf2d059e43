/** To whom an answer goes: never what was found about somebody to an address that nobody proved to be hers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notify } from '../../activities/notify.js';
import { factsOf } from '../../domain/lifecycle/index.js';
import type { LetterRun } from '../../domain/lifecycle/run.js';
import { VAULT } from '../../domain/ports/vault.js';
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import { activityBench, packOf, sealRequest, type ActivityBench } from '../support/activity-bench.js';
import { goodWorld, Model, modelInput, modelPlan, modelRules } from '../support/run-model.js';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await activityBench(
    packOf([
      {
        ...DATASET_DEFAULTS,
        id: 'users',
        role: 'controller',
        organisation: null,
        collection: 'users',
        database: null,
        identifiers: { email: ['email'] },
        declared: [],
        links: [],
        createdAt: null,
        signIn: false,
        derived: false,
        fields: { email: { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } },
        erase: { kind: 'delete' },
        hold: null,
      },
    ]),
  );
});
afterAll(() => bench.close());

const letter: LetterRun = {
  id: 'final-0',
  kind: 'final',
  to: 'subject',
  approvalId: null,
  textRef: null,
  contact: null,
  sentAt: null,
  accepted: null,
  error: null,
  nextAttemptAt: null,
};

test.each([
  ['somebody proven names another address', true, 'kari@example.no', 'elsewhere@example.org', 'elsewhere@example.org'],
  ['somebody unproven names another address', false, 'kari@example.no', 'elsewhere@example.org', 'kari@example.no'],
  ['somebody unproven names the same one', false, 'kari@example.no', 'Kari@Example.no', 'Kari@Example.no'],
])('%s', async (name, proven, email, contact, to) => {
  const id = `req_${name.replaceAll(' ', '').toUpperCase().slice(0, 26)}`;
  await sealRequest(bench, id, email);
  await bench.deps.vault.put(id, [
    {
      name: VAULT.subject,
      value: {
        identifiers: [{ type: 'email', value: email }],
        contact: { email: contact },
        language: 'nb',
        country: 'NO',
        ageBand: 'adult',
        channel: 'email',
        scopeText: null,
        agent: null,
      },
    },
  ]);
  if (!proven) await bench.deps.vault.remove(id, [VAULT.identity]);
  const parts = [{ system: 'app', dataset: 'users', organisation: null, records: 1 }];
  const model = new Model(
    { ...modelInput('erasure', modelRules(['app'])), requestId: id, operator: 'op' },
    goodWorld(() => modelPlan('erasure', parts)),
  );
  const sent: string[] = [];
  const mailer = {
    send: async (mail: { readonly to: string }) => {
      sent.push(mail.to);
      return { accepted: true };
    },
  };
  const facts = { ...factsOf(model.run), requestId: id };
  const about = { requestId: id, operator: 'op', right: 'erasure' as const, policyHash: bench.pack.hash };
  await notify({ ...bench.deps, mailer }, { ...about, letter, facts });
  expect(sent).toEqual([to]);
});
