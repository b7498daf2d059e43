import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedActions,
  applyAct,
  applyDecision,
  applyIdentity,
  checkAct,
  checkDecision,
  checkIdentity,
  CommandError,
  computeOutcome,
  requestState,
  requestView,
  systemOutcomes,
  type ActCommand,
  type DecideCommand,
  type IdentityCommand,
  type Run,
  type Task,
} from '../../domain/lifecycle/index.js';
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
} from '../support/run-model.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const officer = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;
const acme = { id: 'org_acme', kind: 'organisation', role: 'approver' } as const;

const INFENTRE: ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: 'acme', records: 1 },
  { system: 'app', dataset: 'invoices', organisation: null, records: 2, held: 2 },
  { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
  { system: 'mail', dataset: 'contacts', organisation: 'acme', records: 1 },
];
const SYSTEMS = ['app', 'payments', 'mail'];

function decision(run: Run, over: Partial<DecideCommand> = {}): DecideCommand {
  const approval = run.approvals.find((a) => a.state === 'pending');
  return {
    by: acme,
    approvalId: approval?.id ?? 'apr_none',
    decision: 'approve',
    planHash: approval?.planHash ?? '',
    datasets: null,
    ground: null,
    reasonRef: null,
    decidedBy: { kind: 'rule', ref: 'policy-7' },
    retain: [],
    answer: null,
    deliverTo: null,
    ...over,
  };
}

function decide(model: Model, over: Partial<DecideCommand> = {}): void {
  const command = decision(model.run, over);
  model.command((run, now) => {
    checkDecision(run, command, now);
    applyDecision(run, command, now);
  });
}

function act(model: Model, command: ActCommand): void {
  model.command((run, now) => {
    checkAct(run, command, now);
    applyAct(run, command, now);
  });
}

function identify(model: Model, over: Partial<IdentityCommand> = {}): void {
  const command: IdentityCommand = {
    by: officer,
    method: 'officer_check',
    level: 'substantial',
    result: 'verified',
    proven: [0],
    ...over,
  };
  model.command((run, now) => {
    checkIdentity(run, command, now);
    applyIdentity(run, command, now);
  });
}

function code(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof CommandError) return error.code;
    throw error;
  }
}

describe('an erasure with an organisation in the way', () => {
  const start = (): Model =>
    new Model(
      modelInput('erasure', modelRules(SYSTEMS)),
      goodWorld(() => modelPlan('erasure', INFENTRE)),
    );

  it('does what needs no decision at once and waits with the rest', () => {
    const model = start();
    expect(requestState(model.run)).toBe('awaiting_approval');
    expect(systemOutcomes(model.run)).toEqual({ app: 'undecided', payments: 'done', mail: 'undecided' });
    const applied = model.started
      .filter((t) => t.kind === 'apply')
      .flatMap((t) => (t.kind === 'apply' ? t.parts.map((p) => p.part.key) : []));
    expect(applied).toEqual(['payments/customers/-']);
  });

  it('completes when approved: waits for backups, sweeps, closes and is kept thirty days', () => {
    const model = start();
    decide(model);
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
    expect(model.run.answer).toBe('partial');
    model.pass(89 * DAY);
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
    model.pass(3 * DAY);
    expect(requestState(model.run)).toBe('closed');
    expect(computeOutcome(model.run)).toBe('partially_fulfilled');
    expect(model.run.certificates.map((c) => c.final)).toEqual([false, true]);
    expect(model.started.filter((t) => t.kind === 'sweep').length).toBeGreaterThanOrEqual(8);
  });

  it('reminds after 7, 14 and 21 days, each once, and climbs the ladder', () => {
    const model = start();
    model.pass(30 * DAY);
    const reminders = model.run.letters.filter((l) => l.kind === 'approval_reminder');
    expect(reminders.map((l) => [l.contact, l.to, (Date.parse(l.sentAt ?? '') - T0) / DAY])).toEqual([
      ['admin', 'organisation', 7],
      ['dpo', 'organisation', 14],
      ['operator_dpo', 'operator_dpo', 21],
    ]);
  });

  it('never approves by silence: the parts are left out and the answer says so', () => {
    const model = start();
    model.pass(38 * DAY);
    expect(model.run.approvals.map((a) => a.state)).toEqual(['expired']);
    expect(model.run.letters.filter((l) => l.kind === 'interim').length).toBe(1);
    expect(Date.parse(model.run.answeredAt ?? '')).toBeLessThanOrEqual(Date.parse(model.run.clock.at.due));
    expect(code(() => decide(model, { approvalId: model.run.approvals[0]?.id ?? '', planHash: 'sha256:acme' }))).toBe(
      'approval_expired',
    );
    expect(systemOutcomes(model.run)).toEqual({ app: 'undecided', payments: 'done', mail: 'undecided' });
  });

  it('keeps everything of an organisation that rejects', () => {
    const model = start();
    decide(model, {
      decision: 'reject',
      ground: 'exemption',
      reasonRef: 'message/1',
      decidedBy: { kind: 'person', ref: 'p1' },
    });
    expect(systemOutcomes(model.run)).toEqual({ app: 'rejected', payments: 'done', mail: 'rejected' });
  });

  it('does exactly the datasets of a partial approval', () => {
    const model = start();
    decide(model, {
      decision: 'partial',
      datasets: ['contacts'],
      ground: 'exemption',
      reasonRef: 'message/1',
      decidedBy: { kind: 'person', ref: 'p1' },
    });
    expect(systemOutcomes(model.run)).toEqual({ app: 'rejected', payments: 'done', mail: 'done' });
  });

  it('refuses a rule that rejects, a stranger hash, a second decision, the requester, an unknown dataset', () => {
    const model = start();
    const reject = { decision: 'reject', ground: 'exemption', reasonRef: 'm' } as const;
    expect(code(() => decide(model, reject))).toBe('person_required');
    expect(code(() => decide(model, { ...reject, reasonRef: null, decidedBy: { kind: 'person', ref: 'p' } }))).toBe(
      'reason_required',
    );
    expect(code(() => decide(model, { planHash: 'sha256:other' }))).toBe('plan_changed');
    expect(code(() => decide(model, { by: model.run.input.createdBy }))).toBe('four_eyes');
    expect(
      code(() =>
        decide(model, {
          decision: 'partial',
          datasets: ['nonsense'],
          ground: 'x',
          reasonRef: 'm',
          decidedBy: { kind: 'person', ref: 'p' },
        }),
      ),
    ).toBe('dataset_unknown');
    const id = model.run.approvals[0]?.id ?? '';
    decide(model);
    expect(code(() => decide(model, { approvalId: id, planHash: 'sha256:acme' }))).toBe('already_decided');
    expect(code(() => decide(model, { approvalId: 'apr_other' }))).toBe('not_found');
  });

  it('withdraws what has not begun', () => {
    const model = start();
    act(model, { by: officer, action: 'withdraw', reasonRef: null });
    expect(systemOutcomes(model.run)).toEqual({ app: 'retained', payments: 'done', mail: 'skipped' });
    expect(model.run.approvals.map((a) => a.state)).toEqual(['superseded']);
  });

  it('extends only within the first period, and only when the notice was sent', () => {
    const model = start();
    act(model, { by: officer, action: 'extend', reasonRef: 'message/2' });
    expect(model.run.letters.some((l) => l.kind === 'extension' && l.sentAt !== null)).toBe(true);
    expect(model.run.clockWanted).toBe(1);
    const late = start();
    late.pass(36 * DAY + 13 * HOUR);
    expect(code(() => act(late, { by: officer, action: 'extend', reasonRef: 'm' }))).not.toBeNull();
  });
});

describe('refusals and identity', () => {
  it('closes as cannot_identify at the end of the due day and comes back with a proof', () => {
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS), false),
      goodWorld(() => modelPlan('erasure', INFENTRE)),
    );
    expect(requestState(model.run)).toBe('identifying');
    model.pass(37 * DAY);
    expect(requestState(model.run)).toBe('closed');
    expect(computeOutcome(model.run)).toBe('cannot_identify');
    expect(model.run.answer).toBe('none');
    identify(model);
    expect(requestState(model.run)).not.toBe('closed');
    expect(model.run.identity.state).toBe('verified');
  });

  it('refuses the whole request before a plan, with its ground', () => {
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS), false),
      goodWorld(() => modelPlan('erasure', INFENTRE)),
    );
    act(model, { by: officer, action: 'refuse', ground: 'not_controller', reasonRef: 'm' });
    expect(requestState(model.run)).toBe('closed');
    expect(computeOutcome(model.run)).toBe('not_controller');
  });

  it('marks a refusal after refusalDue as late: the extension gives it no time', () => {
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS)),
      goodWorld(() =>
        modelPlan('erasure', [
          ...INFENTRE,
          { system: 'payments', dataset: 'strays', organisation: null, records: 1, review: 'unproven_identifier' },
        ]),
      ),
    );
    model.pass(37 * DAY);
    act(model, { by: officer, action: 'refuse', ground: 'no_ground', reasonRef: 'm' });
    expect(model.run.refusal?.late).toBe(true);
  });

  it('needs the level of the right, a known position, and a choice among several identifiers', () => {
    const model = new Model(
      {
        ...modelInput('erasure', modelRules(SYSTEMS, { requiredLevel: 'substantial' }), false),
        identifierTypes: ['email', 'userId'],
      },
      goodWorld(() => modelPlan('erasure', INFENTRE)),
    );
    expect(code(() => identify(model, { level: 'low' }))).toBe('identity_level_too_low');
    expect(code(() => identify(model, { proven: [2] }))).toBe('identifier_unknown');
    expect(code(() => identify(model, { proven: [] }))).toBe('identifiers_required');
    identify(model, { proven: [1] });
    expect(code(() => identify(model, { proven: [1] }))).toBe('identity_closed');
  });

  it('waits for the subject and ends the question when nobody answers', () => {
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS), false),
      goodWorld(() => modelPlan('erasure', INFENTRE)),
    );
    act(model, { by: officer, action: 'ask', kind: 'identity', textRef: 'message/1' });
    expect(requestState(model.run)).toBe('waiting_for_subject');
    expect(allowedActions(model.run, model.now)).toContain('answer');
    model.pass(31 * DAY);
    expect(computeOutcome(model.run)).toBe('cannot_identify');
  });
});

describe('systems that fail', () => {
  it('one that is down holds nobody up, is told of at the due date, and finishes by itself', () => {
    let down = true;
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS)),
      goodWorld(() => modelPlan('erasure', INFENTRE), {
        apply: (task, _run, now) => {
          if (task.kind === 'apply' && task.system === 'payments' && down)
            return task.patient ? null : { code: 'unavailable', retryable: true };
          return goodAnswer(task, now, () => modelPlan('erasure', INFENTRE));
        },
      }),
    );
    decide(model);
    expect(requestState(model.run)).toBe('executing');
    expect(systemOutcomes(model.run)).toEqual({ app: 'retained', payments: 'pending', mail: 'done' });
    model.pass(37 * DAY);
    expect(model.run.answeredAt).not.toBeNull();
    expect(requestState(model.run)).toBe('executing');
    down = false;
    model.settle();
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
  });

  it('one that does not answer discovery stands in the plan as pending and re-enters it later', () => {
    let down = true;
    const plan = () => modelPlan('erasure', INFENTRE, down ? ['payments'] : []);
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS)),
      goodWorld(plan, {
        discover: (task, _run, now) =>
          task.kind === 'discover' && task.system === 'payments' && down
            ? task.patient
              ? null
              : { code: 'timeout', retryable: true }
            : goodAnswer(task, now, plan),
      }),
    );
    decide(model);
    expect(requestState(model.run)).toBe('executing');
    const steps = requestView(model.run, model.now)['steps'] as {
      system: string;
      outcome: string;
      error: string | null;
    }[];
    expect(steps.find((s) => s.system === 'payments')).toMatchObject({ outcome: 'pending', error: 'timeout' });
    down = false;
    model.settle();
    expect(systemOutcomes(model.run)['payments']).toBe('done');
  });

  it('a vendor that says yes and keeps the data never becomes done', () => {
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS)),
      goodWorld(() => modelPlan('erasure', INFENTRE), {
        verify: (task, _run, now) =>
          task.kind === 'verify' && task.system === 'payments'
            ? {
                kind: 'verify',
                stamp: stampAt(now),
                parts: task.parts.map((p) => ({
                  key: p.part.key,
                  verdict: 'stillPresent',
                  remaining: 1,
                  method: 'tombstone',
                })),
              }
            : goodAnswer(task, now, () => modelPlan('erasure', INFENTRE)),
      }),
    );
    decide(model);
    model.pass(60 * DAY);
    expect(systemOutcomes(model.run)['payments']).toBe('pending');
    expect(model.run.closedAt).toBeNull();
    expect(model.run.answeredAt).not.toBeNull();
  });

  it('a fatal error waits for somebody, and retry goes on', () => {
    let bad = true;
    const model = new Model(
      modelInput('erasure', modelRules(SYSTEMS)),
      goodWorld(() => modelPlan('erasure', INFENTRE), {
        apply: (task, _run, now) =>
          task.kind === 'apply' && task.system === 'payments' && bad
            ? { code: 'auth', retryable: false }
            : goodAnswer(task, now, () => modelPlan('erasure', INFENTRE)),
      }),
    );
    decide(model);
    expect(systemOutcomes(model.run)['payments']).toBe('failed');
    expect(allowedActions(model.run, model.now)).toContain('retry');
    bad = false;
    act(model, { by: officer, action: 'retry', step: 'payments/customers/-/delete' });
    expect(systemOutcomes(model.run)['payments']).toBe('done');
  });

  it('a late writer is erased again, a person who came back is reviewed', () => {
    for (const [verdict, outcome] of [
      ['stillPresent', 'done'],
      ['reappeared', 'review'],
    ] as const) {
      let seen = false;
      const model = new Model(
        modelInput('erasure', modelRules(SYSTEMS)),
        goodWorld(() => modelPlan('erasure', INFENTRE), {
          sweep: (task, _run, now) => {
            if (task.kind !== 'sweep' || task.system !== 'payments' || seen)
              return goodAnswer(task, now, () => modelPlan('erasure', INFENTRE));
            seen = true;
            return {
              kind: 'sweep',
              stamp: stampAt(now),
              parts: task.parts.map((p) => ({ key: p.part.key, verdict, remaining: 1, method: 'sweep' })),
            };
          },
        }),
      );
      decide(model);
      model.pass(2 * DAY);
      expect(systemOutcomes(model.run)['payments']).toBe(outcome);
      expect(model.started.filter((t) => t.kind === 'apply' && t.system === 'payments').length).toBe(
        verdict === 'stillPresent' ? 2 : 1,
      );
    }
  });
});

describe('a guard', () => {
  const rules = modelRules(SYSTEMS, {
    guards: [
      {
        id: 'owner',
        system: 'app',
        datasets: ['customers'],
        unblock: ['ownership_transferred'],
        blockedForMs: 90 * DAY,
      },
    ],
  });
  it('blocks only its datasets, is answered in time, lifts by recheck, and ends after its time', () => {
    for (const lifted of [true, false]) {
      let blocking = true;
      const model = new Model(
        modelInput('erasure', rules),
        goodWorld(() => modelPlan('erasure', INFENTRE), {
          guard: (task, _run, now) =>
            task.kind === 'guard'
              ? {
                  kind: 'guard',
                  stamp: stampAt(now),
                  guards: task.guards.map((g) => ({
                    id: g.id,
                    state: blocking ? 'blocking' : 'clear',
                    refs: ['acc_1'],
                  })),
                }
              : null,
        }),
      );
      decide(model);
      expect(systemOutcomes(model.run)).toMatchObject({ payments: 'blocked', mail: 'done' });
      if (lifted) {
        blocking = false;
        act(model, { by: officer, action: 'recheck' });
        expect(systemOutcomes(model.run)['payments']).toBe('done');
      } else {
        model.pass(100 * DAY);
        expect(model.run.parts.find((p) => p.part.dataset === 'customers')).toMatchObject({
          state: 'settled',
          outcome: 'blocked',
        });
        expect(requestState(model.run)).toBe('closed');
      }
    }
  });
});

describe('any life of a request', () => {
  const parts = fc.uniqueArray(
    fc.record({
      system: fc.constantFrom(...SYSTEMS),
      dataset: fc.constantFrom('a', 'b', 'c'),
      organisation: fc.constantFrom(null, 'acme', 'beta'),
      records: fc.integer({ min: 0, max: 3 }),
      held: fc.integer({ min: 0, max: 1 }),
      review: fc.option(fc.constant('declared_link'), { nil: undefined, freq: 6 }),
    }),
    { minLength: 1, maxLength: 7, selector: (p) => `${p.system}/${p.dataset}/${p.organisation}` },
  );
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 24 * 20 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('decide' as const),
        how: fc.constantFrom('approve' as const, 'reject' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('act' as const),
        action: fc.constantFrom(
          'extend',
          'refuse',
          'withdraw',
          'ask',
          'answer',
          'recheck',
          'release',
          'resolve' as const,
        ),
        n: fc.nat(5),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('identify' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('flip' as const) }) },
  );

  it('keeps the invariants: gate, read-back, answer by the due day, legal transitions, an end', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('erasure' as const, 'access' as const),
        parts,
        fc.array(step, { maxLength: 25 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 1000 }),
        (right, shapes, steps, attested, seed) => {
          let flaky = seed % 3 === 0;
          let dice = seed;
          const roll = (): number => {
            dice = (dice * 1103515245 + 12345) % 2147483648;
            return dice / 2147483648;
          };
          const plan = () => modelPlan(right, shapes);
          const model = new Model(modelInput(right, modelRules(SYSTEMS), attested), {
            answer(task: Task, run: Run, now: number) {
              if (task.kind === 'apply') {
                // The gate: no processor part begins without a live approval of its organisation.
                for (const { part } of task.parts) {
                  if (part.organisation === null) continue;
                  const ok = run.approvals.some(
                    (a) =>
                      a.organisation === part.organisation &&
                      a.parts.includes(part.key) &&
                      (a.state === 'approved' ||
                        (a.state === 'partial' && a.datasets?.includes(part.dataset) === true)),
                  );
                  expect(ok).toBe(true);
                }
              }
              const external =
                task.kind === 'discover' ||
                task.kind === 'apply' ||
                task.kind === 'verify' ||
                task.kind === 'sweep' ||
                task.kind === 'inventory';
              if (external && flaky && roll() < 0.4)
                return 'patient' in task && task.patient ? null : { code: 'unavailable', retryable: roll() < 0.9 };
              if (task.kind === 'clock') {
                const base = goodAnswer(task, now, plan);
                const open = run.questions.some((q) => q.answeredAt === null && !q.timedOut);
                if (base.kind === 'clock')
                  return {
                    ...base,
                    clock: {
                      ...base.clock,
                      flags: open ? ['paused'] : run.extension?.decidedAt != null ? ['extended'] : [],
                    },
                  };
              }
              return goodAnswer(task, now, plan);
            },
          });
          for (const s of steps) {
            code(() => {
              if (s.do === 'pass') model.pass(s.hours * HOUR);
              else if (s.do === 'flip') flaky = !flaky;
              else if (s.do === 'identify') identify(model);
              else if (s.do === 'decide')
                decide(
                  model,
                  s.how === 'approve'
                    ? {}
                    : {
                        decision: 'reject',
                        ground: 'exemption',
                        reasonRef: 'm',
                        decidedBy: { kind: 'person', ref: 'p' },
                      },
                );
              else act(model, commandFor(model, s.action, s.n));
            });
            checkInvariants(model);
          }
          flaky = false;
          for (const [key, task] of model.inFlight) {
            // What was in flight when the world mended itself comes back now.
            if ('patient' in task && task.patient) model.inFlight.delete(key);
          }
          model.pass(400 * DAY);
          checkInvariants(model);
          const stuck = model.run.parts.some(
            (p) => p.outcome === 'review' || p.outcome === 'failed' || p.outcome === 'manual',
          );
          const waitsForRelease = model.run.package !== null && !model.run.package.released;
          if (!stuck && !waitsForRelease) expect(model.run.phase).toBe('closed');
          expect(model.run.answeredAt).not.toBeNull();
        },
      ),
      { numRuns: 400 },
    );
  });

  function commandFor(model: Model, action: string, n: number): ActCommand {
    const part = model.run.parts[n % Math.max(model.run.parts.length, 1)];
    const step = part === undefined ? 'none' : `${part.part.key}/${part.part.action}`;
    switch (action) {
      case 'extend':
        return { by: officer, action, reasonRef: 'm' };
      case 'refuse':
        return { by: officer, action, ground: 'no_ground', reasonRef: 'm' };
      case 'withdraw':
        return { by: officer, action, reasonRef: null };
      case 'ask':
        return { by: officer, action, kind: n % 2 === 0 ? 'identity' : 'clarification', textRef: 'm' };
      case 'answer':
        return { by: officer, action, kind: n % 2 === 0 ? 'identity' : 'clarification', at: null };
      case 'resolve':
        return { by: officer, action, step, outcome: n % 2 === 0 ? 'include' : 'skipped', reasonRef: 'm' };
      case 'release':
        return { by: officer, action };
      default:
        return { by: officer, action: 'recheck' };
    }
  }

  function checkInvariants(model: Model): void {
    const { run } = model;
    for (const part of run.parts) {
      if (part.outcome === 'done' && part.resolved !== 'exclude') expect(part.verifiedAt).not.toBeNull();
      if (part.state !== 'settled')
        expect(['done', 'done_by_hand', 'not_found', 'rejected', 'skipped']).not.toContain(part.outcome);
    }
    const paused = run.clock.flags.includes('paused') || run.clockDone < run.clockWanted;
    // On the due day at the latest everybody has an answer, whatever the state.
    if (!paused && model.now > Date.parse(run.clock.at.due)) expect(run.answeredAt).not.toBeNull();
    if (run.phase === 'closed') expect(run.parts.every((p) => p.state === 'settled')).toBe(true);
    expect(() => requestView(run, model.now)).not.toThrow();
  }
});
