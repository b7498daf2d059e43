import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { requestViewSchema } from '../../contracts/index.js';
import { GENERATED } from '../../dev/drift/documents.js';
import {
  applyAct,
  applyDecision,
  checkAct,
  checkDecision,
  requestState,
  requestView,
} from '../../domain/lifecycle/index.js';
import type { Run } from '../../domain/lifecycle/run.js';
import { goodWorld, Model, modelInput, modelPlan, modelRules, type ModelPart } from '../support/run-model.js';

const DAY = 86_400_000;
const PARTS: ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: 'acme', records: 1 },
  { system: 'app', dataset: 'invoices', organisation: null, records: 2, held: 2 },
  { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
  { system: 'mail', dataset: 'contacts', organisation: null, records: 1, review: 'unproven' },
];
const officer = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;

const begin = (right: 'erasure' | 'access', attested = true): Model =>
  new Model(
    modelInput(right, modelRules(['app', 'payments', 'mail']), attested),
    goodWorld(() => modelPlan(right, PARTS)),
  );

/** What the interface shows is JSON: a value that JSON drops or changes must not pass unseen. */
function check(run: Run, now: number): void {
  const view: unknown = JSON.parse(JSON.stringify(requestView(run, now)));
  const result = requestViewSchema.safeParse(view);
  expect(
    result.success ? [] : result.error.issues.map((i) => `${requestState(run)}: ${i.path.join('.')} ${i.message}`),
  ).toEqual([]);
  // Nothing beyond the contract: a field that the schema does not know would be cut off, or leak.
  expect(Object.keys(requestViewSchema.parse(view)).sort()).toEqual(Object.keys(view as object).sort());
}

describe('documents made from code', () => {
  it.each(GENERATED.map((document) => [document.path, document] as const))(
    '%s is what the code makes',
    (path, document) => {
      const same = readFileSync(path, 'utf8') === document.make();
      expect(same, `out of date: run \`npm run drift:write\``).toBe(true);
    },
  );
});

describe('the request that the lifecycle shows fits the contract', () => {
  it('before identity, while undecided, after the decision, closed', () => {
    const seen = new Set<string>();
    const look = (model: Model): void => {
      check(model.run, model.now);
      seen.add(requestState(model.run));
    };
    const open = begin('erasure', false);
    look(open);

    const model = begin('erasure');
    look(model);
    const approval = model.run.approvals.find((a) => a.state === 'pending');
    if (approval === undefined) throw new Error('nothing to decide');
    model.command((run, now) => {
      const command = {
        ...{ by: { id: 'org_acme', kind: 'organisation', role: 'approver' } as const, approvalId: approval.id },
        ...{ decision: 'approve' as const, planHash: approval.planHash, datasets: null, ground: null, reasonRef: null },
        ...{ decidedBy: { kind: 'rule' as const, ref: 'policy-7' }, retain: [], answer: null, deliverTo: null },
      };
      checkDecision(run, command, now);
      applyDecision(run, command, now);
    });
    look(model);
    for (let days = 0; days < 200; days += 10) {
      model.pass(10 * DAY);
      look(model);
    }
    expect([...seen].sort()).toEqual(expect.arrayContaining(['identifying', 'awaiting_approval']));
    expect(seen.size).toBeGreaterThan(2);
  });

  it('refused', () => {
    const model = begin('erasure');
    model.command((run, now) => {
      const command = { by: officer, action: 'withdraw', reasonRef: null } as never;
      checkAct(run, command, now);
      applyAct(run, command, now);
    });
    check(model.run, model.now);
  });

  it('an access request with its package', () => {
    const model = begin('access');
    check(model.run, model.now);
    model.pass(40 * DAY);
    check(model.run, model.now);
  });
});
