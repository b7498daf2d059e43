import { describe, expect, it } from 'vitest';
import {
  goodAnswer,
  goodWorld,
  Model,
  modelInput,
  modelPart,
  modelRules,
  stampAt,
  T0,
} from '../../test/support/run-model.js';
import type { Part, Plan } from '../plan/types.js';
import type { Right } from '../words.js';
import { applyAct, checkAct } from './act.js';
import { allowedActions, refusable } from './actions.js';
import { checkDecision } from './decide.js';
import { handOver } from './hand-over.js';
import { newPart } from './merge-plan.js';
import { LIFECYCLE } from './version.js';
import { requestState, requestView } from './view.js';

const DAY = 86_400_000;
const BY = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;

function part(key: string, over: Partial<Part>): Part {
  const [system = '', dataset = ''] = key.split('/');
  return {
    ...modelPart('erasure', { system, dataset, organisation: null, records: 1 }),
    key,
    hash: `sha256:${key}`,
    ...over,
  };
}

function planOf(parts: readonly Part[], approvals: Plan['approvals'] = []): Plan {
  return { hash: 'sha256:plan', parts, approvals, dataMapRoot: 'sha256:map', caveats: [] };
}

function model(right: Right, plan: Plan, override: Parameters<typeof goodWorld>[1] = {}): Model {
  const input = { ...modelInput(right, modelRules(['app', 'mail']), true), lifecycle: LIFECYCLE };
  const answer: Parameters<typeof goodWorld>[1] = {
    verify: (task, _run, now) =>
      task.kind === 'verify'
        ? {
            kind: 'verify',
            stamp: stampAt(now),
            parts: task.parts.map((p) => ({ key: p.part.key, verdict: 'applied', remaining: 0, method: 'model' })),
          }
        : goodAnswer(task, now, () => plan),
    apply: (task, _run, now) => {
      if (task.kind !== 'apply') return goodAnswer(task, now, () => plan);
      return {
        kind: 'apply',
        stamp: stampAt(now),
        parts: task.parts.map(({ part: own }) =>
          own.action === 'manual'
            ? { key: own.key, effect: 'manual' as const, why: own.basis ?? 'manual' }
            : { key: own.key, effect: 'applied' as const, startedAt: stampAt(now), records: own.records },
        ),
      };
    },
    ...override,
  };
  return new Model(
    input,
    goodWorld(() => plan, answer),
    T0,
  );
}

const actions = (m: Model): string[] => m.run.notes.map((n) => n.action);
const restrict = part('app/users/-', { action: 'restrict', basis: null });
const byHand = part('app/logs/-', { action: 'manual', basis: 'no_restriction_flag' });

function lift(m: Model): void {
  const command = { action: 'lift', by: BY, reasonRef: 'reason' } as const;
  m.command((run, now) => {
    checkAct(run, command, now);
    applyAct(run, command, now);
  });
}

describe('a restriction', () => {
  it('is answered at once and stays open for as long as it is in force', () => {
    const m = model('restriction', planOf([restrict]));
    expect(requestState(m.run)).toBe('awaiting_backup_expiry');
    expect(m.run.answer).toBe('full');
    expect(actions(m)).toContain('restriction.set');
    m.pass(400 * DAY);
    expect(requestState(m.run)).toBe('awaiting_backup_expiry');
    expect(allowedActions(m.run, m.now)).toContain('lift');
    // Nothing was written to her but receipt and answer.
    expect(m.run.letters.filter((l) => l.kind === 'final')).toHaveLength(1);
  });

  it('is lifted only after she was told, and then read back', () => {
    let told = false;
    const m = model('restriction', planOf([restrict]), {
      notify: (task, _run, now) =>
        task.kind === 'notify' && task.letter.kind === 'restriction_lifted' && !told
          ? { code: 'unavailable', retryable: true }
          : goodAnswer(task, now, () => planOf([restrict])),
    });
    lift(m);
    expect(allowedActions(m.run, m.now)).not.toContain('lift');
    expect(m.run.parts[0]).toMatchObject({ state: 'settled', outcome: 'done' });
    expect(m.run.parts[0]?.lifted).toBeUndefined();
    m.pass(2 * 3_600_000);
    expect(m.run.parts[0]?.lifted).toBeUndefined();
    expect(m.started.some((t) => t.kind === 'apply' && t.parts.some((p) => p.lift))).toBe(false);
    told = true;
    m.pass(2 * 3_600_000);
    expect(m.run.parts[0]).toMatchObject({ lifted: 'done', outcome: 'done', basis: 'restriction_lifted' });
    expect(actions(m)).toContain('restriction.lifted');
    expect(requestState(m.run)).toBe('closed');
    const order = m.started.filter((t) => t.kind === 'notify' || t.kind === 'apply').map((t) => t.key);
    expect(order.indexOf('notify/restriction-lifted')).toBeLessThan(order.indexOf('apply/app/users/-/1'));
  });

  it('does not end while nobody could be told; a letter by post counts when an officer says that it is posted', () => {
    const m = model('restriction', planOf([restrict]), {
      notify: (task, _run, now) =>
        task.kind === 'notify' && task.letter.kind === 'restriction_lifted'
          ? { kind: 'notify', stamp: stampAt(now), accepted: false, problem: 'no_contact' }
          : goodAnswer(task, now, () => planOf([restrict])),
    });
    lift(m);
    m.pass(10 * DAY);
    expect(m.run.parts[0]?.lifted).toBeUndefined();
    expect(requestState(m.run)).toBe('awaiting_backup_expiry');
    m.command((run, now) => {
      const letter = run.letters.find((l) => l.kind === 'restriction_lifted');
      if (letter !== undefined) handOver(run, letter, new Date(now).toISOString(), false, 'post');
    });
    expect(m.run.parts[0]?.lifted).toBe('done');
  });

  it('keeps its flag where the read-back still sees it', () => {
    let stuck = true;
    const m = model('restriction', planOf([restrict]), {
      verify: (task, _run, now) =>
        task.kind !== 'verify'
          ? goodAnswer(task, now, () => planOf([restrict]))
          : {
              kind: 'verify',
              stamp: stampAt(now),
              parts: task.parts.map((p) => ({
                key: p.part.key,
                verdict: p.lift === true && stuck ? ('stillPresent' as const) : ('applied' as const),
                remaining: 1,
                method: 'model',
              })),
            },
    });
    lift(m);
    expect(m.run.parts[0]).toMatchObject({ lifted: 'wanted', error: 'still_present' });
    expect(requestState(m.run)).toBe('awaiting_backup_expiry');
    stuck = false;
    m.pass(DAY);
    expect(m.run.parts[0]?.lifted).toBe('done');
    expect(requestState(m.run)).toBe('closed');
  });

  it('by hand is lifted by hand', () => {
    const m = model('restriction', planOf([restrict, byHand]));
    expect(requestState(m.run)).toBe('executing');
    const done = (run: Model['run'], now: number): void => {
      const command = {
        action: 'resolve',
        by: BY,
        step: 'app/logs/-/manual',
        outcome: 'done_by_hand',
        reasonRef: 'r',
      } as const;
      checkAct(run, command, now);
      applyAct(run, command, now);
    };
    m.command(done);
    expect(requestState(m.run)).toBe('awaiting_backup_expiry');
    lift(m);
    expect(m.run.parts.find((p) => p.part.key === byHand.key)).toMatchObject({
      outcome: 'manual',
      error: 'lift_by_hand',
    });
    expect(requestState(m.run)).toBe('awaiting_backup_expiry');
    m.command(done);
    expect(requestState(m.run)).toBe('closed');
  });

  it('cannot be lifted before it is answered, nor twice, nor in another right', () => {
    const m = model('restriction', planOf([restrict]));
    lift(m);
    expect(() => lift(m)).toThrow(/action_not_allowed|does not allow/);
    const erasure = model('erasure', planOf([part('app/users/-', { action: 'delete' })]));
    expect(allowedActions(erasure.run, erasure.now)).not.toContain('lift');
  });
});

describe('an objection', () => {
  const marketing = part('mail/contacts/-', { action: 'stop', basis: 'art-21-3' });
  const grounds = part('app/users/-/grounds', { action: 'stop', basis: 'art-21-1' });
  const interim = part('app/users/-/interim', { action: 'restrict', basis: 'art-18-1-d' });
  const weighedPlan = planOf(
    [marketing, grounds, interim],
    [
      {
        kind: 'privacy_officer',
        organisation: null,
        rule: 'objection',
        parts: [grounds.key],
        records: 1,
        planHash: 'sha256:grounds',
      },
    ],
  );

  it('to marketing is done without anybody; the rest is restricted at once and waits for an officer', () => {
    const m = model('objection', weighedPlan);
    const of = (key: string) => m.run.parts.find((p) => p.part.key === key);
    expect(of(marketing.key)).toMatchObject({ outcome: 'done' });
    expect(of(interim.key)).toMatchObject({ outcome: 'done' });
    expect(of(grounds.key)).toMatchObject({ outcome: 'undecided' });
    expect(requestState(m.run)).toBe('awaiting_approval');
  });

  it('is granted when nobody shows compelling grounds in time, before the answer is due', () => {
    const m = model('objection', weighedPlan);
    m.pass(28 * DAY);
    expect(m.run.parts.find((p) => p.part.key === grounds.key)?.outcome).toBe('undecided');
    m.pass(2 * DAY);
    expect(m.run.parts.find((p) => p.part.key === grounds.key)?.outcome).toBe('done');
    expect(m.run.approvals[0]).toMatchObject({ state: 'approved', decidedKind: 'rule', decidedBy: null });
    expect(Date.parse(m.run.answeredAt ?? '')).toBeLessThan(Date.parse(m.run.clock.at.due));
    // The restriction ends with the answer.
    expect(m.run.parts.find((p) => p.part.key === interim.key)?.lifted).toBe('done');
    expect(requestState(m.run)).toBe('closed');
    expect(requestView(m.run, m.now)['outcome']).toBe('fulfilled');
  });

  it('that would erase is not granted by silence', () => {
    const [approval] = weighedPlan.approvals;
    if (approval === undefined) throw new Error('no approval');
    const m = model('objection', { ...weighedPlan, approvals: [{ ...approval, rule: 'objection_erasing' }] });
    m.pass(40 * DAY);
    expect(m.run.parts.find((p) => p.part.key === grounds.key)).toMatchObject({ outcome: 'undecided' });
  });

  it('can be refused on compelling grounds, but never its marketing part; the restriction ends with the answer', () => {
    let mailDown = true;
    const m = model('objection', weighedPlan, {
      apply: (task, _run, now) => {
        if (task.kind === 'apply' && task.system === 'mail' && mailDown)
          return { code: 'unavailable', retryable: true };
        return goodAnswer(task, now, () => weighedPlan);
      },
    });
    const refuse = { action: 'refuse', by: BY, ground: 'no_ground', reasonRef: 'r' } as const;
    m.command((run, now) => {
      checkAct(run, refuse, now);
      applyAct(run, refuse, now);
    });
    const of = (key: string) => m.run.parts.find((p) => p.part.key === key);
    expect(of(grounds.key)).toMatchObject({ outcome: 'skipped', basis: 'no_ground' });
    expect(of(marketing.key)?.outcome).not.toBe('skipped');
    expect(m.run.approvals[0]?.state).toBe('superseded');
    expect(of(interim.key)?.lifted).toBeUndefined();
    mailDown = false;
    m.pass(2 * DAY);
    expect(of(marketing.key)).toMatchObject({ outcome: 'done' });
    expect(of(interim.key)?.lifted).toBe('done');
    expect(requestView(m.run, m.now)['outcome']).toBe('partially_fulfilled');
  });

  it('to marketing that waits for its turn is none of what an officer may refuse', () => {
    for (const [own, may] of [
      [marketing, false],
      [interim, false],
      [grounds, true],
    ] as const)
      expect(refusable({ ...newPart(own), state: 'ready' })).toBe(may);
  });

  it('refused as a whole counts as refused although the data were restricted meanwhile', () => {
    const plan = planOf([grounds, interim], weighedPlan.approvals);
    const m = model('objection', plan);
    const refuse = { action: 'refuse', by: BY, ground: 'no_ground', reasonRef: 'r' } as const;
    m.command((run, now) => {
      checkAct(run, refuse, now);
      applyAct(run, refuse, now);
    });
    expect(requestView(m.run, m.now)).toMatchObject({ outcome: 'refused', answer: 'refused' });
  });

  it('of a withdrawn consent there is nothing to refuse', () => {
    let mailDown = true;
    const plan = planOf([part('mail/contacts/-', { action: 'stop', basis: 'art-7-3' })]);
    const m = model('consent_withdrawal', plan, {
      apply: (task, _run, now) =>
        task.kind === 'apply' && mailDown
          ? { code: 'unavailable', retryable: true }
          : goodAnswer(task, now, () => plan),
    });
    expect(allowedActions(m.run, m.now)).not.toContain('refuse');
    expect(m.run.approvals).toEqual([]);
    mailDown = false;
    m.pass(2 * DAY);
    expect(requestState(m.run)).toBe('closed');
    expect(() =>
      checkDecision(m.run, { approvalId: 'x' } as unknown as Parameters<typeof checkDecision>[1], m.now),
    ).toThrow(/no such/);
  });
});
