import { describe, expect, test } from 'vitest';
import {
  goodWorld,
  Model,
  modelInput,
  modelPlan,
  modelRules,
  stampAt,
  T0,
  type ModelPart,
} from '../../test/support/run-model.js';
import {
  applyAct,
  applyDecision,
  checkAct,
  checkDecision,
  CommandError,
  type ActCommand,
  type DecideCommand,
} from './index.js';

const PARTS: ModelPart[] = [{ system: 'app', dataset: 'users', organisation: 'acme', records: 1 }];
const officer = { id: 'usr_first', kind: 'person', role: 'privacy_officer' } as const;
const second = { id: 'usr_second', kind: 'person', role: 'privacy_officer' } as const;

function model(parts = PARTS): Model {
  return new Model(
    { ...modelInput('erasure', modelRules(['app'])), lifecycle: 2 },
    goodWorld(() => modelPlan('erasure', parts)),
  );
}

function act(m: Model, command: ActCommand): void {
  m.command((run, now) => {
    checkAct(run, command, now);
    applyAct(run, command, now);
  });
}

function decide(m: Model, over: Partial<DecideCommand> = {}): void {
  const approval = m.run.approvals.find((a) => a.rule === 'receipt' && a.state === 'pending');
  const command: DecideCommand = {
    by: second,
    approvalId: approval?.id ?? '',
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
  m.command((run, now) => {
    checkDecision(run, command, now);
    applyDecision(run, command, now);
  });
}

const at = (days: number): string => new Date(T0 + days * 86_400_000).toISOString();
const correct = (receivedAt: string): ActCommand => ({
  by: officer,
  action: 'correctReceipt',
  receivedAt,
  reasonRef: 'r',
});

describe('a corrected receipt', () => {
  test('counts at once when it is earlier', () => {
    const m = model();
    act(m, correct(at(-5)));
    expect(m.run.receivedAt).toBe(at(-5));
    expect(m.started.some((t) => t.kind === 'clock')).toBe(true);
    expect(m.run.notes.map((n) => n.action)).toContain('receipt.corrected');
  });

  test('needs a second person when it is later, and not the one who asked', () => {
    const m = model();
    act(m, correct(at(3)));
    expect(m.run.receivedAt).toBe(undefined);
    expect(() => decide(m, { by: officer })).toThrow(CommandError);
    decide(m);
    expect(m.run.receivedAt).toBe(at(3));
  });

  test('is dropped when the second person says no, or the day has come', () => {
    const m = model();
    act(m, correct(at(3)));
    decide(m, { decision: 'reject', ground: 'other', reasonRef: 'x' });
    expect(m.run.receivedAt).toBe(undefined);
    expect(m.run.correction).toBe(null);
    const silent = model();
    act(silent, correct(at(3)));
    silent.pass(60 * 86_400_000);
    expect(silent.run.receivedAt).toBe(undefined);
    expect(silent.run.correction).toBe(null);
  });
});

describe('another pack for a running request', () => {
  const repin: ActCommand = {
    by: officer,
    action: 'repin',
    policy: { version: '2', hash: 'sha256:new' },
    rules: modelRules(['app', 'crm']),
    reasonRef: 'r',
  };

  test('makes dates, search and plan anew, and stands in the ledger', () => {
    const m = model();
    expect(m.run.approvals.map((a) => a.state)).toEqual(['pending']);
    const before = m.started.length;
    act(m, repin);
    expect(m.run.input.policy).toEqual({ version: '2', hash: 'sha256:new' });
    expect(Object.keys(m.run.discovery)).toEqual(['app', 'crm']);
    const kinds = m.started.slice(before).map((t) => (t.kind === 'discover' ? `discover ${t.system}` : t.kind));
    expect(kinds).toEqual(expect.arrayContaining(['clock', 'discover app', 'discover crm', 'plan']));
    expect(m.run.notes.find((n) => n.action === 'policy.repinned')).toMatchObject({
      before: { policy: 'sha256:pack' },
      after: { policy: 'sha256:new' },
    });
  });

  test('is refused once something was written', () => {
    const m = model([{ system: 'app', dataset: 'users', organisation: null, records: 1 }]);
    expect(() => act(m, repin)).toThrow(CommandError);
  });
});

describe('weak proofs and agents', () => {
  const weak = (over: object, identity: { level: 'low' | 'substantial'; proven: number[]; mandate?: 'checked' }) => {
    const input = {
      ...modelInput('erasure', modelRules(['app']), false),
      lifecycle: 2,
      identifierTypes: ['email', 'email'],
      weak: [{ position: 0, why: 'role_address' as const }],
      ...over,
    };
    const m = new Model(
      input,
      goodWorld(() => modelPlan('erasure', PARTS)),
    );
    return async () => {
      const { checkIdentity, applyIdentity } = await import('./identity.js');
      const command = { by: officer, method: 'code', result: 'verified' as const, ...identity };
      checkIdentity(m.run, command, T0);
      applyIdentity(m.run, command, T0);
      return m.run.identity.state;
    };
  };

  test.each([
    ['a code to a role address alone', {}, { level: 'low' as const, proven: [0] }, 'second_match_needed'],
    ['with a second match', {}, { level: 'low' as const, proven: [0, 1] }, 'verified'],
    ['another address alone', {}, { level: 'low' as const, proven: [1] }, 'verified'],
    ['an officer’s check', {}, { level: 'substantial' as const, proven: [0] }, 'verified'],
    [
      'an agent without a mandate',
      { agent: 'lawyer' },
      { level: 'substantial' as const, proven: [1] },
      'mandate_required',
    ],
    [
      'an agent with one',
      { agent: 'lawyer' },
      { level: 'substantial' as const, proven: [1], mandate: 'checked' as const },
      'verified',
    ],
  ])('%s', async (_name, over, identity, expected) => {
    const run = weak(over, identity);
    const got = await run().catch((error: unknown) => (error instanceof CommandError ? error.code : error));
    expect(got).toBe(expected);
  });

  test('what a trusted channel attests weakly at intake waits for an officer', () => {
    const input = {
      ...modelInput('erasure', modelRules(['app'])),
      lifecycle: 2,
      identity: { method: 'email_code', level: 'low' as const, proven: [0] },
      weak: [{ position: 0, why: 'work_address' as const }],
    };
    const m = new Model(
      input,
      goodWorld(() => modelPlan('erasure', PARTS)),
    );
    expect(m.run.phase).toBe('identifying');
    expect(stampAt(m.now).caseAt).toBe(at(0));
  });
});
