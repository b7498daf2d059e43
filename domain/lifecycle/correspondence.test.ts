/** Letters that wait, come back or are posted; complaints; refusals by two people. Driven without Temporal. */
import { describe, expect, it } from 'vitest';
import {
  goodWorld,
  Model,
  modelInput,
  modelPlan,
  modelRules,
  stampAt,
  type ModelPart,
} from '../../test/support/run-model.js';
import type { CorrespondCommand, DecideCommand } from './commands.js';
import {
  applyAct,
  applyCorrespond,
  applyDecision,
  applyIdentity,
  checkAct,
  checkCorrespond,
  checkDecision,
  CommandError,
  computeOutcome,
  forgetAt,
  requestState,
  requestView,
  type ActCommand,
  type Run,
  type Task,
} from './index.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const officer = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;
const second = { id: 'usr_second', kind: 'person', role: 'privacy_officer' } as const;

const PARTS: ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: null, records: 1 },
  { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
];

interface Options {
  readonly attested?: boolean;
  readonly lifecycle?: number;
  readonly parts?: ModelPart[];
  readonly right?: 'erasure' | 'access';
  /** How letters to the person fare. */
  readonly notify?: (task: Extract<Task, { kind: 'notify' }>) => string | null;
}

function start({ attested = true, lifecycle = 2, parts = PARTS, right = 'erasure', notify }: Options = {}): Model {
  return new Model(
    { ...modelInput(right, modelRules(['app', 'payments']), attested), lifecycle },
    goodWorld(() => modelPlan(right, parts), {
      notify: (task, _run, now) => {
        if (task.kind !== 'notify') throw new Error('not a letter');
        const problem = task.letter.to === 'subject' ? (notify?.(task) ?? null) : null;
        return {
          kind: 'notify',
          stamp: stampAt(now),
          accepted: problem === null,
          problem,
          way: problem === null ? 'email' : null,
        };
      },
    }),
  );
}

function correspond(model: Model, command: CorrespondCommand): void {
  model.command((run, now) => {
    checkCorrespond(run, command, now);
    applyCorrespond(run, command, now);
  });
}

function act(model: Model, command: ActCommand): void {
  model.command((run, now) => {
    checkAct(run, command, now);
    applyAct(run, command, now);
  });
}

function decide(model: Model, over: Partial<DecideCommand> = {}): void {
  const approval = model.run.approvals.find((a) => a.state === 'pending');
  const command: DecideCommand = {
    by: second,
    approvalId: approval?.id ?? 'apr_none',
    decision: 'approve',
    planHash: approval?.planHash ?? '',
    datasets: null,
    ground: null,
    reasonRef: null,
    decidedBy: { kind: 'person', ref: 'usr_second' },
    retain: [],
    answer: null,
    deliverTo: null,
    ...over,
  };
  model.command((run, now) => {
    checkDecision(run, command, now);
    applyDecision(run, command, now);
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

const letter = (run: Run, id: string) => run.letters.find((l) => l.id === id);
const at = (model: Model, ms = 0): string => new Date(model.now + ms).toISOString();
const refuse = (model: Model): void =>
  act(model, { by: officer, action: 'refuse', ground: 'no_ground', reasonRef: 'm' });

describe('a receipt', () => {
  it('goes out once at the start, and not for requests of an earlier lifecycle or of an organisation', () => {
    const model = start({ attested: false });
    model.pass(3 * DAY);
    expect(model.run.letters.map((l) => [l.kind, l.to])).toEqual([['receipt', 'subject']]);
    expect(start({ attested: false, lifecycle: 1 }).run.letters).toEqual([]);
  });
});

describe('a letter that nobody gets by mail', () => {
  it('for the post waits without further attempts, and counts on the day it was posted', () => {
    const model = start({ notify: (t) => (t.letter.kind === 'final' ? 'post_pending' : null) });
    model.pass(5 * DAY);
    expect(requestState(model.run)).toBe('responding');
    expect(model.run.answeredAt).toBeNull();
    expect(letter(model.run, 'final-0')).toMatchObject({ error: 'post_pending', waits: true, nextAttemptAt: null });
    const attempts = model.started.filter((t) => t.kind === 'notify' && t.letter.id === 'final-0');
    expect(attempts).toHaveLength(1);
    const posted = at(model, -DAY);
    correspond(model, { by: officer, action: 'dispatched', letter: 'final-0', way: 'post', at: posted });
    expect(model.run.answeredAt).toBe(posted);
    expect(letter(model.run, 'final-0')).toMatchObject({ error: null, waits: false, way: 'post', sentAt: posted });
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
  });

  it('because nobody can be reached is an officer’s task; the portal can be recorded', () => {
    const model = start({ attested: false, notify: () => 'no_contact' });
    refuse(model);
    model.pass(40 * DAY);
    expect(model.run.letters.map((l) => [l.kind, l.error, l.waits])).toEqual([
      ['receipt', 'no_contact', true],
      ['final', 'no_contact', true],
    ]);
    expect(requestState(model.run)).toBe('responding');
    correspond(model, { by: officer, action: 'dispatched', letter: 'final-0', way: 'portal', at: at(model) });
    expect(requestState(model.run)).toBe('closed');
    expect((requestView(model.run, model.now)['clock'] as { status: string }).status).toBe('met_late');
  });

  it('in an earlier lifecycle is tried again every day', () => {
    const model = start({ attested: false, lifecycle: 1, notify: () => 'no_contact' });
    refuse(model);
    expect(letter(model.run, 'final-0')).toMatchObject({ error: 'no_contact', nextAttemptAt: at(model, DAY) });
  });

  it('is posted neither in the future nor twice, nor when it is out', () => {
    const model = start({ attested: false, notify: () => 'post_pending' });
    refuse(model);
    const command = { by: officer, action: 'dispatched', letter: 'final-0', way: 'post' } as const;
    expect(code(() => correspond(model, { ...command, at: at(model, HOUR) }))).toBe('instant_outside');
    expect(code(() => correspond(model, { ...command, letter: 'none', at: at(model) }))).toBe('not_found');
    correspond(model, { ...command, at: at(model) });
    expect(code(() => correspond(model, { ...command, at: at(model) }))).toBe('action_not_allowed');
  });
});

describe('a mail that comes back', () => {
  it('within two days opens the answer again; the address is not used any more', () => {
    const model = start();
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
    const before = model.run.answeredAt;
    expect(before).not.toBeNull();
    model.pass(DAY);
    correspond(model, { by: officer, action: 'bounced', letter: 'final-0', at: null });
    expect(model.run.answeredAt).toBeNull();
    expect(requestView(model.run, model.now)['answer']).toBeNull();
    expect(letter(model.run, 'final-0')).toMatchObject({ error: 'bounced', waits: true, sentAt: null });
    expect(model.run.mailBounced).toBe(true);
    expect(model.run.notes.map((n) => n.action)).toEqual(
      expect.arrayContaining(['letter.bounced', 'answer.open_again']),
    );
    // It does not close while nobody has got the answer.
    model.pass(120 * DAY);
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
    correspond(model, { by: officer, action: 'dispatched', letter: 'final-0', way: 'post', at: at(model) });
    expect(requestState(model.run)).toBe('closed');
    expect(model.run.answeredAt).toBe(at(model));
  });

  it('of a closed request keeps it from being forgotten', () => {
    const model = start({ attested: false });
    refuse(model);
    expect(requestState(model.run)).toBe('closed');
    expect(forgetAt(model.run)).not.toBeNull();
    correspond(model, { by: officer, action: 'bounced', letter: 'final-0', at: null });
    expect(forgetAt(model.run)).toBeNull();
    correspond(model, { by: officer, action: 'dispatched', letter: 'final-0', way: 'post', at: at(model) });
    expect(forgetAt(model.run)).not.toBeNull();
  });

  it('later than two days leaves the answer as it is, and says so', () => {
    const model = start();
    const { answeredAt } = model.run;
    model.pass(3 * DAY);
    correspond(model, { by: officer, action: 'bounced', letter: 'final-0', at: null });
    expect(model.run.answeredAt).toBe(answeredAt);
    expect(letter(model.run, 'final-0')).toMatchObject({ error: 'bounced', sentAt: answeredAt });
  });

  it('must have gone out by mail', () => {
    const model = start({ attested: false, notify: () => 'post_pending' });
    expect(code(() => correspond(model, { by: officer, action: 'bounced', letter: 'receipt', at: null }))).toBe(
      'action_not_allowed',
    );
  });
});

describe('a complaint', () => {
  const complain = (model: Model): void =>
    correspond(model, { by: officer, action: 'complain', to: 'operator', textRef: 'message/c' });
  const answer = (
    model: Model,
    result: 'upheld' | 'changed' | 'answered',
    by: typeof officer | typeof second = second,
  ): void => correspond(model, { by, action: 'decideComplaint', n: 1, result, reasonRef: 'message/r' });

  it('stops forgetting while it is open, and gives the whole time again when it is decided', () => {
    const model = start({ attested: false });
    refuse(model);
    const before = forgetAt(model.run);
    model.pass(10 * DAY);
    complain(model);
    expect(forgetAt(model.run)).toBeNull();
    model.pass(60 * DAY);
    expect(requestState(model.run)).toBe('closed');
    answer(model, 'answered');
    expect(forgetAt(model.run)).toBe(model.now + 30 * DAY);
    expect(forgetAt(model.run)).toBeGreaterThan(before ?? 0);
    expect(letter(model.run, 'complaint-1')).toMatchObject({
      kind: 'complaint_answer',
      complaint: 1,
      textRef: 'message/r',
    });
    expect(letter(model.run, 'complaint-1')?.sentAt).not.toBeNull();
  });

  it('reminds the data protection officer a week before, on the day, and twice after; each once', () => {
    const model = start({ attested: false });
    refuse(model);
    complain(model);
    const from = model.now;
    model.pass(90 * DAY);
    expect(
      model.run.letters
        .filter((l) => l.kind === 'complaint_reminder')
        .map((l) => [l.to, (Date.parse(l.sentAt ?? '') - from) / DAY]),
    ).toEqual([
      ['operator_dpo', 23],
      ['operator_dpo', 30],
      ['operator_dpo', 37],
      ['operator_dpo', 44],
    ]);
    expect(requestView(model.run, model.now)['complaints']).toMatchObject([
      { n: 1, to: 'operator', overdue: true, result: null },
    ]);
  });

  it('is decided by somebody who did not handle the request, once', () => {
    const model = start({ attested: false });
    refuse(model);
    complain(model);
    expect(code(() => answer(model, 'answered', officer))).toBe('four_eyes');
    answer(model, 'answered');
    expect(code(() => answer(model, 'answered'))).toBe('already_decided');
    expect(
      code(() =>
        correspond(model, { by: second, action: 'decideComplaint', n: 7, result: 'answered', reasonRef: 'm' }),
      ),
    ).toBe('not_found');
  });

  it('that is upheld brings the request back with a period of its own, and what was refused is done', () => {
    const model = start({ attested: false });
    model.command((run, now) =>
      applyIdentity(
        run,
        { by: officer, method: 'officer_check', level: 'substantial', result: 'more_needed', proven: [0] },
        now,
      ),
    );
    refuse(model);
    expect(computeOutcome(model.run)).toBe('refused');
    // Nobody was identified, so nobody was looked for.
    expect(model.started.filter((t) => t.kind === 'discover')).toEqual([]);
    model.pass(20 * DAY);
    complain(model);
    answer(model, 'upheld');
    expect(requestState(model.run)).toBe('identifying');
    expect(model.run.answeredAt).toBeNull();
    expect(model.run.refusal).toBeNull();
    expect(model.run.restartedAt).toBe(at(model));
    model.command((run, now) =>
      applyIdentity(
        run,
        { by: second, method: 'officer_check', level: 'substantial', result: 'verified', proven: [0] },
        now,
      ),
    );
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
    expect(computeOutcome(model.run)).toBe('fulfilled');
    expect(letter(model.run, 'final-1')?.sentAt).not.toBeNull();
  });

  it('that is upheld asks an organisation again that had said no', () => {
    const model = start({ parts: [{ system: 'app', dataset: 'users', organisation: 'acme', records: 1 }] });
    decide(model, {
      by: { id: 'org_acme', kind: 'organisation', role: 'approver' },
      decision: 'reject',
      ground: 'exemption',
      reasonRef: 'm',
    });
    expect(requestState(model.run)).toBe('closed');
    complain(model);
    answer(model, 'upheld');
    expect(requestState(model.run)).toBe('awaiting_approval');
    expect(model.run.approvals.map((a) => a.state)).toEqual(['superseded', 'pending']);
  });
});

describe('a late proof of identity', () => {
  it('asks every system again that was asked before anything was proven', () => {
    const rules = modelRules(['app', 'payments'], { requiredLevel: 'none' });
    const model = new Model(
      { ...modelInput('erasure', rules, false), lifecycle: 2 },
      goodWorld(() => modelPlan('erasure', PARTS), { plan: () => null }),
    );
    const searched = (): number => model.started.filter((t) => t.kind === 'discover').length;
    expect(searched()).toBe(2);
    model.run.phase = 'identifying';
    model.command((run, now) =>
      applyIdentity(run, { by: officer, method: 'officer_check', level: 'low', result: 'verified', proven: [0] }, now),
    );
    expect(searched()).toBe(4);
  });
});

describe('a refusal as manifestly unfounded or excessive', () => {
  const propose = (model: Model): void =>
    act(model, { by: officer, action: 'refuse', ground: 'excessive', reasonRef: 'm', evidenceRef: 'attachment/att_1' });

  it('needs a proof', () => {
    const model = start({ attested: false });
    expect(code(() => act(model, { by: officer, action: 'refuse', ground: 'excessive', reasonRef: 'm' }))).toBe(
      'attachment_required',
    );
  });

  it('takes effect only when another officer has approved it', () => {
    const model = start({ attested: false });
    propose(model);
    expect(requestState(model.run)).toBe('identifying');
    expect(model.run.refusal).toBeNull();
    expect(requestView(model.run, model.now)['allowedActions']).not.toContain('refuse');
    expect(code(() => decide(model, { by: officer }))).toBe('four_eyes');
    decide(model);
    expect(model.run.refusal).toMatchObject({ ground: 'excessive', late: false });
    expect(requestState(model.run)).toBe('closed');
    expect(computeOutcome(model.run)).toBe('refused');
  });

  it('changes nothing when it is rejected, or when nobody decides: silence refuses nothing', () => {
    const rejected = start({ attested: false });
    propose(rejected);
    decide(rejected, { decision: 'reject', ground: 'not_shown', reasonRef: 'm' });
    expect(rejected.run.refusal).toBeNull();
    expect(requestView(rejected.run, rejected.now)['allowedActions']).toContain('refuse');
    const silent = start({ attested: false });
    propose(silent);
    silent.pass(60 * DAY);
    expect(silent.run.approvals.map((a) => a.state)).toEqual(['expired']);
    expect(silent.run.refusal).toBeNull();
    expect(computeOutcome(silent.run)).toBe('cannot_identify');
  });

  it('does not hold the request up, and is moot when nothing is left to refuse', () => {
    const model = start({ attested: false });
    propose(model);
    model.command((run, now) =>
      applyIdentity(
        run,
        { by: officer, method: 'officer_check', level: 'substantial', result: 'verified', proven: [0] },
        now,
      ),
    );
    expect(requestState(model.run)).toBe('awaiting_backup_expiry');
    expect(code(() => decide(model))).toBe('action_not_allowed');
  });

  it('counts on the day of the second person: after the last day it is late', () => {
    const model = start({
      parts: [{ system: 'app', dataset: 'users', organisation: null, records: 1, review: 'shared_address' }],
    });
    model.pass(35 * DAY);
    propose(model);
    model.run.clock = { ...model.run.clock, at: { ...model.run.clock.at, refusalDue: at(model, -DAY) } };
    decide(model);
    expect(model.run.refusal).toMatchObject({ late: true });
  });
});
