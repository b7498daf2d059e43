/**
 * Taint (acceptance row 15): where the operator is only a processor, no byte of an organisation's records is collected and
 * none dies before a valid decision of that organisation, whatever comes in whatever order. The lifecycle's own functions
 * drive the real activities on a real store; fast-check chooses what happens.
 */
import fc from 'fast-check';
import { BSON, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../../activities/apply.js';
import { discover } from '../../activities/discover.js';
import { plan } from '../../activities/plan.js';
import { sweep } from '../../activities/sweep.js';
import { verify } from '../../activities/verify.js';
import {
  applyAct,
  applyDecision,
  beginTask,
  checkAct,
  checkDecision,
  CommandError,
  fail,
  fireDue,
  newRun,
  nextDue,
  nextTasks,
  progress,
  settle,
  takeEvent,
  touch,
  type ActCommand,
  type DecideCommand,
  type Run,
  type Task,
  type TaskResult,
} from '../../domain/lifecycle/index.js';
import { rulesOf } from '../../domain/lifecycle/start.js';
import { VAULT } from '../../domain/ports/vault.js';
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { Right } from '../../domain/words.js';
import { activityBench, packOf, sealRequest, type ActivityBench } from '../support/activity-bench.js';
import { goodAnswer, modelInput, T0 } from '../support/run-model.js';

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;

function dataset(id: string, over: Partial<DatasetPolicy>): DatasetPolicy {
  return {
    ...DATASET_DEFAULTS,
    id,
    role: 'processor',
    organisation: 'org',
    collection: id,
    database: null,
    identifiers: { email: ['email'], userId: ['_id'] },
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    fields: { email: field, name: { ...field, datum: 'name' } },
    erase: { kind: 'delete' },
    hold: null,
    restrict: { flag: 'restricted' },
    ...over,
  };
}

const PACK = packOf(
  [
    dataset('users', { signIn: true, links: [{ from: '_id', to: 'notes.userId', trust: 'system' }] }),
    dataset('notes', {
      identifiers: { userId: ['userId'] },
      fields: { userId: field, name: { ...field, datum: 'name' } },
    }),
    dataset('leads', { role: 'controller', organisation: null }),
  ],
  {
    approvals: [
      {
        id: 'organisation',
        when: { role: 'processor' },
        by: 'organisation',
        remindAfter: ['P7D'],
        escalateTo: ['admin'],
        deputies: [],
      },
    ],
    identify: { erasure: 'low', access: 'low', portability: 'low', rectification: 'low', restriction: 'low' },
  },
);

let bench: ActivityBench;
let count = 0;
beforeAll(async () => {
  bench = await activityBench(PACK);
});
afterAll(() => bench.close());

const acme = { id: 'org/op/acme', kind: 'organisation', role: 'approver' } as const;
const other = { id: 'org/op/other', kind: 'organisation', role: 'approver' } as const;
const officer = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;

/** One request over real activities; only what touches neither store nor vault of the person is answered by a script. */
class Real {
  readonly run: Run;
  readonly inFlight = new Map<string, Task>();
  now = T0;

  constructor(
    readonly right: Right,
    readonly id: string,
  ) {
    const input = modelInput(right, rulesOf(PACK, right));
    this.run = newRun(
      { ...input, requestId: id, operator: 'op', policy: { version: '1', hash: bench.pack.hash }, lifecycle: 2 },
      T0,
    );
  }

  async rest(): Promise<void> {
    for (let round = 0; round < 60; round += 1) {
      let changed = false;
      while (fireDue(this.run, this.now) || progress(this.run, this.now)) changed = true;
      for (const task of nextTasks(this.run, this.inFlight, this.now)) {
        beginTask(this.run, task);
        changed = true;
        try {
          settle(this.run, task, await this.perform(task), this.now);
        } catch (error) {
          const code = error instanceof Error && 'type' in error ? String(error.type) : 'internal';
          fail(this.run, task, { code, retryable: true }, this.now);
        }
      }
      if (!changed) return;
      touch(this.run, this.now);
    }
  }

  private async perform(task: Task): Promise<TaskResult> {
    bench.at(new Date(this.now).toISOString());
    const about = {
      requestId: this.id,
      operator: 'op',
      right: this.right,
      policyHash: bench.pack.hash,
      purposes: [],
      onlyOrganisation: null,
      scopeDatasets: null,
      fenceUntil: new Date(T0 + 30 * 86_400_000).toISOString(),
    };
    switch (task.kind) {
      case 'discover':
        return discover(bench.deps, { ...about, system: task.system, version: task.version });
      case 'plan':
        return plan(bench.deps, { ...about, unsearched: task.unsearched });
      case 'apply':
        return apply(bench.deps, { ...about, system: task.system, parts: task.parts });
      case 'verify':
        return verify(bench.deps, { ...about, system: task.system, parts: task.parts });
      case 'sweep':
        return sweep(bench.deps, { ...about, system: task.system, parts: task.parts });
      default:
        return goodAnswer(task, this.now, () => {
          throw new Error('the plan is real here');
        });
    }
  }
}

type Step = (real: Real) => void;

function decide(over: Partial<DecideCommand>): Step {
  return (real) => {
    const approval = real.run.approvals.find((a) => a.kind === 'organisation' && a.state === 'pending');
    const command: DecideCommand = {
      by: acme,
      approvalId: approval?.id ?? 'apr_none',
      decision: 'approve',
      planHash: approval?.planHash ?? '',
      datasets: null,
      ground: null,
      reasonRef: null,
      decidedBy: { kind: 'person', ref: 'p' },
      retain: [],
      answer: null,
      deliverTo: null,
      ...over,
    };
    checkDecision(real.run, command, real.now);
    applyDecision(real.run, command, real.now);
  };
}

const act =
  (command: ActCommand): Step =>
  (real) => {
    checkAct(real.run, command, real.now);
    applyAct(real.run, command, real.now);
  };

const STEPS: Readonly<Record<string, Step>> = {
  'another plan': decide({ planHash: `sha256:${'0'.repeat(64)}` }),
  'a rule rejects': decide({ decision: 'reject', decidedBy: { kind: 'rule', ref: 'r' } }),
  'a dataset nobody was asked for': decide({
    decision: 'partial',
    datasets: ['leads'],
    ground: 'g',
    reasonRef: 'r',
  }),
  reject: decide({ decision: 'reject', ground: 'other', reasonRef: 'r' }),
  'approve notes': decide({ decision: 'partial', datasets: ['notes'], ground: 'other', reasonRef: 'r' }),
  approve: decide({}),
  extend: act({ by: officer, action: 'extend', reasonRef: 'r' }),
  refuse: act({ by: officer, action: 'refuse', ground: 'no_ground', reasonRef: 'r' }),
  ask: act({ by: officer, action: 'ask', kind: 'clarification', textRef: 't' }),
  answer: act({ by: officer, action: 'answer', kind: 'clarification', at: null }),
  retry: act({ by: officer, action: 'retry', step: 'app/users/acme/delete' }),
  'resolve by hand': act({
    by: officer,
    action: 'resolve',
    step: 'app/users/acme/delete',
    outcome: 'include',
    reasonRef: 'r',
  }),
  release: act({ by: officer, action: 'release' }),
  event: (real) => takeEvent(real.run, 'hold.released', other.id, real.now),
  'to the next due point': (real) => {
    real.now = nextDue(real.run, real.now) ?? real.now;
  },
  'ten days': (real) => {
    real.now += 10 * 86_400_000;
  },
};

/** Datasets whose records the organisation has let go. */
function allowed(run: Run): Set<string> {
  const open = new Set<string>();
  for (const a of run.approvals.filter((x) => x.kind === 'organisation' && x.organisation === 'acme')) {
    if (a.state === 'approved') for (const key of a.parts) open.add(key.split('/')[1] ?? '');
    if (a.state === 'partial') for (const d of a.datasets ?? []) open.add(d);
  }
  return open;
}

/**
 * The person's records as they are stored. The mark while a value is disputed (Art. 18(1)(a)) is left out for a correction:
 * it takes nothing away and lets nothing out.
 */
async function bytes(name: string, of: string, right: Right): Promise<string> {
  const projection = right === 'rectification' ? { restricted: 0 } : {};
  const found = await bench.own.db
    .collection(name)
    .find({ person: of }, { promoteValues: false, projection })
    .sort({ n: 1 })
    .toArray();
  return found.map((d) => Buffer.from(BSON.serialize(d)).toString('base64')).join();
}

/** Datasets of which anything was collected, finished or not. */
async function collected(id: string): Promise<string[]> {
  const { db } = bench.platform.store;
  const names: string[] = [];
  for (const name of ['users', 'notes']) {
    const filter = { requestId: id, name: VAULT.collected(`app/${name}/acme`) };
    const found =
      (await db.collection('vault').countDocuments(filter)) +
      (await db.collection('vault_chunks').countDocuments(filter));
    if (found > 0) names.push(name);
  }
  return names;
}

async function begin(right: Right): Promise<{ real: Real; person: string }> {
  count += 1;
  const person = `p${count}`;
  const email = `${person}@example.no`;
  const put = (name: string, document: Document) =>
    bench.own.db.collection(name).insertOne({ n: 1, person, name: 'A', ...document });
  await put('users', { _id: `u${count}`, org: 'acme', email });
  await put('notes', { _id: `n${count}`, org: 'acme', userId: `u${count}` });
  await put('leads', { _id: `l${count}`, email });
  const changes = [{ dataset: 'users', field: 'name', value: 'B' }];
  const id = `req_TAINT${String(count).padStart(5, '0')}`;
  await sealRequest(bench, id, email, right === 'rectification' ? [{ name: VAULT.changes, value: changes }] : []);
  const real = new Real(right, id);
  await real.rest();
  return { real, person };
}

const orders = fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 2, maxLength: 8 });
const numRuns = Number(process.env['FUZZ_TAINT'] ?? 10);

/** Takes the steps in this order; a step that the request does not accept changes nothing. */
async function walk(real: Real, names: readonly string[], check: () => Promise<void>): Promise<void> {
  for (const name of names) {
    try {
      STEPS[name]?.(real);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
    await real.rest();
    await check();
  }
}

describe('data of an organisation', () => {
  it.each(['erasure', 'rectification', 'restriction'] as const)(
    'stay byte by byte until its decision, in every order of events: %s',
    async (right) => {
      await fc.assert(
        fc.asyncProperty(orders, async (names) => {
          const { real, person } = await begin(right);
          const before = { users: await bytes('users', person, right), notes: await bytes('notes', person, right) };
          await walk(real, names, async () => {
            const open = allowed(real.run);
            for (const name of ['users', 'notes'] as const)
              if (!open.has(name)) expect(await bytes(name, person, right)).toBe(before[name]);
          });
        }),
        { numRuns },
      );
    },
    180_000,
  );

  it.each(['access', 'portability'] as const)(
    'are not collected before its decision, in every order of events: %s',
    async (right) => {
      await fc.assert(
        fc.asyncProperty(orders, async (names) => {
          const { real } = await begin(right);
          await walk(real, names, async () => {
            const open = allowed(real.run);
            expect((await collected(real.id)).filter((name) => !open.has(name))).toEqual([]);
          });
        }),
        { numRuns },
      );
    },
    180_000,
  );

  it('are worked on once it has decided, or the walks above would show nothing', async () => {
    for (const right of ['erasure', 'rectification', 'restriction'] as const) {
      const { real, person } = await begin(right);
      const before = await bytes('users', person, right);
      await walk(real, ['approve'], async () => undefined);
      expect([right, (await bytes('users', person, right)) === before]).toEqual([right, false]);
    }
    for (const right of ['access', 'portability'] as const) {
      const { real } = await begin(right);
      await walk(real, ['approve'], async () => undefined);
      expect([right, await collected(real.id)]).toEqual([right, ['users', 'notes']]);
    }
  }, 60_000);
});
