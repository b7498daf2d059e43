/** Being asked, reached and decided by organisations, as pure rules over a run of lifecycle 2. */
import { describe, expect, it } from 'vitest';
import {
  goodAnswer,
  goodWorld,
  Model,
  modelInput,
  modelPlan,
  modelRules,
  stampAt,
  T0,
  type ModelPart,
} from '../../test/support/run-model.js';
import type { Plan } from '../plan/types.js';
import type { DecideCommand, RequestInput } from './commands.js';
import { applyAct, applyDecision, checkAct, checkDecision, CommandError, requestView, stateFor } from './index.js';

const DAY = 86_400_000;
const PARTS: ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: 'acme', records: 1 },
  { system: 'app', dataset: 'orders', organisation: 'acme', records: 2 },
];
const acme = { id: 'org/op/acme', kind: 'organisation', role: 'approver' } as const;

function start(
  options: {
    parts?: ModelPart[];
    plan?: () => Plan;
    input?: Partial<RequestInput>;
    reach?: { mail?: boolean; endpoints?: number };
  } = {},
): Model {
  const plan = options.plan ?? (() => modelPlan('erasure', options.parts ?? PARTS));
  const { mail = true, endpoints = 1 } = options.reach ?? {};
  const world = goodWorld(plan, {
    notify: (task, _run, now) =>
      task.kind === 'notify' && task.letter.to === 'organisation' && !mail
        ? { kind: 'notify', stamp: stampAt(now), accepted: false, problem: 'no_contact' }
        : goodAnswer(task, now, plan),
    announce: (task, _run, now) =>
      task.kind === 'announce'
        ? { kind: 'announce', stamp: stampAt(now), queued: task.events.map((e) => ({ id: e.id, endpoints })) }
        : goodAnswer(task, now, plan),
  });
  const input = { ...modelInput('erasure', modelRules(['app'], {}), true), lifecycle: 2, ...options.input };
  return new Model(input, world, T0);
}

function decision(model: Model, over: Partial<DecideCommand> = {}): DecideCommand {
  const approval = model.run.approvals.find((a) => a.state === 'pending');
  return {
    ...{ by: acme, approvalId: approval?.id ?? '', decision: 'approve', planHash: approval?.planHash ?? '' },
    ...{ datasets: null, ground: null, reasonRef: null, retain: [], answer: null, deliverTo: null },
    decidedBy: { kind: 'person', ref: 'p' },
    ...over,
  };
}

function decide(model: Model, over: Partial<DecideCommand> = {}): void {
  const command = decision(model, over);
  model.command((run, now) => {
    checkDecision(run, command, now);
    applyDecision(run, command, now);
  });
}

function refusal(work: () => void): string | null {
  try {
    work();
  } catch (error) {
    if (error instanceof CommandError) return error.code;
    throw error;
  }
  return null;
}

const notes = (model: Model): string[] =>
  model.started.length === 0 ? [] : model.run.notes.map((n) => `${n.action}${n.code === null ? '' : ` ${n.code}`}`);
const HOLD = { dataset: 'orders', law: 'no-bokforingsloven-13', exemption: '17-3-b', noGround: null, until: null };

describe('reaching an organisation', () => {
  it('a letter or an endpoint is enough, at the very moment it is asked', () => {
    for (const reach of [{ mail: false }, { endpoints: 0 }, {}]) {
      const [approval] = start({ reach }).run.approvals;
      expect(approval).toMatchObject({ state: 'pending', forwardedAt: new Date(T0).toISOString() });
      expect(approval?.error ?? null).toBe(null);
    }
  });

  it('neither is an officer’s task at once; retry forwards again; after two days the omission is noted', () => {
    const reach = { mail: false, endpoints: 0 };
    const model = start({ reach });
    expect(model.run.approvals[0]).toMatchObject({ error: 'unreachable' });
    expect(notes(model)).toContain('approval.unreachable no_contact');
    const view = requestView(model.run, model.now) as {
      steps: { id: string; error: string }[];
      allowedActions: string[];
    };
    expect(view.steps[0]?.error).toBe('unreachable');
    expect(view.allowedActions).toContain('retry');
    model.pass(2 * DAY + 1_000);
    expect(notes(model)).toContain('approval.not_forwarded unreachable');
    reach.endpoints = 1;
    const command = {
      ...{ by: { id: 'usr', kind: 'person', role: 'privacy_officer' } as const, action: 'retry' as const },
      step: view.steps[0]?.id ?? '',
    };
    const mended = start({ reach: { mail: false, endpoints: 0 } });
    mended.command((run, now) => {
      checkAct(run, command, now);
      applyAct(run, command, now);
    });
    // It went out again, and nobody was there again.
    expect(mended.started.filter((t) => t.kind === 'announce').length).toBeGreaterThan(1);
    expect(mended.run.approvals[0]?.error).toBe('unreachable');
  });

  it('a request of an earlier lifecycle sends no event and asks no new question of time', () => {
    const model = start({ input: { lifecycle: 1 }, reach: { mail: false, endpoints: 0 } });
    model.pass(40 * DAY);
    expect(model.started.some((t) => t.kind === 'announce' || t.kind === 'evidence')).toBe(false);
    expect(model.run.approvals[0]?.error ?? null).toBe(null);
  });

  it('each organisation hears of its own parts only', () => {
    const model = start({ parts: [...PARTS, { system: 'app', dataset: 'users', organisation: 'beta', records: 1 }] });
    const before = model.started.length;
    decide(model);
    const events = model.started.slice(before).flatMap((t) => (t.kind === 'announce' ? t.events : []));
    expect(new Set(events.map((e) => e.organisation))).toEqual(new Set(['acme']));
    expect(stateFor(model.run, 'beta')).toBe('awaiting_approval');
    for (const event of model.started.flatMap((t) => (t.kind === 'announce' ? t.events : [])))
      expect(JSON.stringify(event)).not.toContain(event.organisation === 'acme' ? 'beta' : 'acme');
  });
});

describe('silence', () => {
  it('keeps evidence once, and erases nothing', () => {
    const model = start();
    model.pass(40 * DAY);
    expect(model.run.approvals[0]).toMatchObject({ state: 'expired', evidence: 'ef', reminded: 3 });
    expect(model.started.filter((t) => t.kind === 'evidence')).toHaveLength(1);
    expect(model.started.some((t) => t.kind === 'apply')).toBe(false);
  });
});

describe('holds named with a decision', () => {
  it('keep the named datasets, whether or not the approval is partial; the others go', () => {
    for (const over of [
      { retain: [HOLD] },
      { retain: [HOLD], decision: 'partial' as const, datasets: ['users'], ground: 'x', reasonRef: 'm' },
    ]) {
      const model = start();
      decide(model, over);
      const outcomes = Object.fromEntries(model.run.parts.map((p) => [p.part.dataset, [p.outcome, p.basis]]));
      expect(outcomes['users']?.[0]).toBe('done');
      expect(outcomes['orders']).toEqual(['retained', 'art-17-3-b:no-bokforingsloven-13']);
    }
  });

  it('are a person’s to name, of this approval, with an approval of an erasure', () => {
    const model = start();
    expect(refusal(() => decide(model, { retain: [HOLD], decidedBy: { kind: 'rule', ref: 'r' } }))).toBe(
      'person_required',
    );
    expect(refusal(() => decide(model, { retain: [{ ...HOLD, dataset: 'admins' }] }))).toBe('dataset_unknown');
    expect(refusal(() => decide(model, { retain: [HOLD], decision: 'reject', ground: 'x', reasonRef: 'm' }))).toBe(
      'validation_failed',
    );
    expect(model.run.approvals[0]?.state).toBe('pending');
  });

  it('end on the day they say: the erasure finishes by itself while the request is open', () => {
    const model = start();
    decide(model, { retain: [{ ...HOLD, until: '2026-03-12' }] });
    const orders = () => model.run.parts.find((p) => p.part.dataset === 'orders');
    expect(orders()).toMatchObject({ outcome: 'retained', until: '2026-03-12' });
    model.pass(10 * DAY);
    expect(orders()?.outcome).toBe('retained');
    model.pass(3 * DAY);
    expect(orders()?.outcome).toBe('done');
  });
});

describe('four eyes', () => {
  const pair = (): Plan => {
    const plan = modelPlan('erasure', [{ system: 'app', dataset: 'users', organisation: null, records: 1 }]);
    const group = { organisation: null, parts: plan.parts.map((p) => p.key), records: 1, planHash: 'sha256:pair' };
    return {
      ...plan,
      approvals: [
        { ...group, kind: 'privacy_officer', rule: 'first' },
        { ...group, kind: 'second_person', rule: 'second' },
      ],
    };
  };
  const person = (id: string) => ({ id, kind: 'person', role: 'privacy_officer' }) as const;

  it('are two people, whichever decides first, and neither started it', () => {
    for (const order of [
      ['privacy_officer', 'second_person'],
      ['second_person', 'privacy_officer'],
    ]) {
      const model = start({ plan: pair });
      const id = (kind: string | undefined) => model.run.approvals.find((a) => a.kind === kind)?.id ?? '';
      const say = (kind: string | undefined, by: string) =>
        refusal(() => decide(model, { approvalId: id(kind), planHash: 'sha256:pair', by: person(by) }));
      expect(say(order[0], model.run.input.createdBy.id)).toBe('four_eyes');
      expect(say(order[0], 'usr_1')).toBe(null);
      expect(say(order[1], 'usr_1')).toBe('four_eyes');
      expect(model.started.some((t) => t.kind === 'apply')).toBe(false);
      expect(say(order[1], 'usr_2')).toBe(null);
      expect(model.run.parts[0]?.outcome).toBe('done');
    }
  });
});

describe('an instruction', () => {
  const instruction = (planHash: string | null): RequestInput['instruction'] => ({
    ...{ organisation: 'acme', planHash, by: acme, decision: 'approve', datasets: null, ground: null, reasonRef: null },
    ...{ decidedBy: { kind: 'person', ref: 'i' }, retain: [], answer: null, deliverTo: null },
  });

  it('decides without asking; for another plan than it was given for, the organisation is asked anew', () => {
    const own = start({ input: { instruction: instruction(null), onlyOrganisation: 'acme' } });
    expect(own.run.approvals[0]).toMatchObject({ state: 'approved', decidedBy: acme.id });
    expect(own.run.letters.some((l) => l.kind === 'approval_requested')).toBe(false);
    expect(own.run.parts.every((p) => p.outcome === 'done')).toBe(true);
    const planHash = own.run.approvals[0]?.planHash ?? '';
    expect(start({ input: { instruction: instruction(planHash) } }).run.approvals[0]?.state).toBe('approved');
    const other = start({ input: { instruction: instruction('sha256:other') } });
    expect(other.run.approvals[0]?.state).toBe('pending');
    expect(other.started.some((t) => t.kind === 'apply')).toBe(false);
  });

  it('speaks for its organisation only', () => {
    const model = start({
      parts: [...PARTS, { system: 'app', dataset: 'users', organisation: 'beta', records: 1 }],
      input: { instruction: instruction(null) },
    });
    expect(model.run.approvals.map((a) => [a.organisation, a.state])).toEqual([
      ['acme', 'approved'],
      ['beta', 'pending'],
    ]);
  });

  it('that came long after the due day and must be asked anew leaves thirty days to decide', () => {
    const input = modelInput('erasure', modelRules(['app'], {}), true);
    const late = { ...input, lifecycle: 2, instruction: instruction('sha256:other') };
    const plan = (): Plan => modelPlan('erasure', PARTS);
    const model = new Model(late, goodWorld(plan), T0 + 60 * DAY);
    expect(model.run.approvals[0]?.state).toBe('pending');
    model.pass(29 * DAY);
    expect(model.run.approvals[0]?.state).toBe('pending');
    expect(refusal(() => decide(model))).toBe(null);
    const silent = new Model(late, goodWorld(plan), T0 + 60 * DAY);
    silent.pass(31 * DAY);
    expect(silent.run.approvals[0]?.state).toBe('expired');
  });
});
