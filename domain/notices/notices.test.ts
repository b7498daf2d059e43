import { describe, expect, it } from 'vitest';
import { NOTICE_TEXTS } from '../../contracts/locales/notices.js';
import {
  goodWorld,
  Model,
  modelInput,
  modelPlan,
  modelRules,
  T0,
  type ModelPart,
} from '../../test/support/run-model.js';
import type { RequestRules } from '../lifecycle/commands.js';
import { factsOf } from '../lifecycle/facts.js';
import type { TaskFailure, TaskResult } from '../lifecycle/results.js';
import { recipientsOf } from '../lifecycle/view.js';
import type { Right } from '../words.js';
import { noticeMail } from './mail.js';
import { applyNotice, checkNotice, noticeId, requestOfNotice, type NoticeResult, type NoticeRun } from './notices.js';

const OFFICER = { id: 'usr_1', kind: 'person', role: 'privacy_officer' } as const;
const PARTS: readonly ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: null, records: 1 },
  { system: 'app', dataset: 'orders', organisation: null, records: 2 },
  { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
];
const told = (by: 'webhook' | 'mail' | 'manual', name: string, datasets: readonly string[] = []) => ({
  name,
  system: null,
  notify: { by, party: `recipient.${name.toLowerCase()}`, datasets },
});
const RECIPIENTS: RequestRules['recipients'] = [
  { name: 'Stripe', system: 'payments', notify: null },
  told('mail', 'Auditor'),
  told('webhook', 'Ads', ['users']),
  told('manual', 'Registry', ['orders']),
  told('mail', 'Nothing', ['elsewhere']),
  { name: 'Hosting', system: null, notify: null },
];

interface Options {
  right?: Right;
  lifecycle?: number;
  answer?: (notice: NoticeRun, now: number) => TaskResult | TaskFailure | null | undefined;
  parts?: readonly ModelPart[];
}

function model({ right = 'erasure', lifecycle = 2, answer, parts = PARTS }: Options = {}): Model {
  const rules = modelRules(['app', 'payments'], { recipients: RECIPIENTS });
  const plan = () => modelPlan(right, parts);
  const world = goodWorld(plan, {
    notice: (task, _run, now) => (task.kind === 'notice' ? answer?.(task.notice, now) : undefined) as TaskResult,
  });
  return new Model({ ...modelInput(right, rules), lifecycle }, world, T0);
}

const facts = (m: Model) => new Map(recipientsOf(m.run).map((r) => [r.name, r]));
const startedNotices = (m: Model): string[] => m.started.flatMap((t) => (t.kind === 'notice' ? [t.notice.name] : []));
const say = (m: Model, name: string, result: NoticeResult, reasonRef: string | null = null): void => {
  const found = m.run.notices?.find((n) => n.name === name);
  const command = { by: OFFICER, noticeId: found?.id ?? 'ntc_none', result, reasonRef };
  checkNotice(m.run, command);
  m.command((run, now) => applyNotice(run, command, now));
};
const codeOf = (work: () => void): unknown => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

describe('who is told', () => {
  it('each recipient that held data and is no system of the pack, once, however long the request lives', () => {
    const m = model();
    m.pass(100 * 86_400_000);
    expect(startedNotices(m).sort()).toEqual(['Ads', 'Auditor']);
    expect(m.run.notices?.map((n) => [n.name, n.kind, n.waits])).toEqual([
      ['Auditor', 'erasure', false],
      ['Ads', 'erasure', false],
      ['Registry', 'erasure', true],
    ]);
    expect(facts(m).get('Nothing')).toMatchObject({ told: false, reasonNotTold: 'not_done_yet' });
    expect(facts(m).get('Hosting')).toMatchObject({ told: false, reasonNotTold: 'no_notice_channel' });
    expect(facts(m).get('Stripe')).toMatchObject({ told: true, result: 'acknowledged' });
  });

  it.each<[Right, string | null]>([
    ['rectification', 'rectification'],
    ['consent_withdrawal', 'erasure'],
    ['access', null],
  ])('%s: %s', (right, kind) => {
    const m = model({ right });
    m.pass(86_400_000);
    expect(new Set(m.run.notices?.map((n) => n.kind))).toEqual(new Set(kind === null ? [] : [kind]));
  });

  it('nobody before the effect is read back, and the answer waits until each was tried', () => {
    const m = model({ answer: () => null });
    expect(startedNotices(m).sort()).toEqual(['Ads', 'Auditor']);
    expect(m.started.filter((t) => t.kind === 'verify').length).toBeGreaterThan(0);
    expect(m.run.letters.some((l) => l.kind === 'final')).toBe(false);
    const nothing = model({ parts: PARTS.map((p) => ({ ...p, records: 0 })) });
    expect(nothing.run.notices ?? []).toEqual([]);
  });

  it('while something that it holds is being worked on it waits; a system that is away holds up nobody', () => {
    let away = false;
    const plan = () => modelPlan('erasure', PARTS);
    const rules = modelRules(['app', 'payments'], { recipients: RECIPIENTS });
    const world = goodWorld(plan, {
      apply: (task) => {
        if (task.kind !== 'apply' || task.system !== 'payments') return undefined as unknown as TaskResult;
        return away && !task.patient ? { code: 'unavailable', retryable: true } : null;
      },
    });
    // The live store goes first here, so that its effect is there while the vendor is asked.
    const ordered = { ...rules, systems: rules.systems.map((s) => ({ ...s, order: s.id === 'app' ? 1 : 2 })) };
    const m = new Model({ ...modelInput('erasure', ordered), lifecycle: 2 }, world, T0);
    expect(startedNotices(m)).toEqual(['Ads']);
    away = true;
    m.settle();
    expect(startedNotices(m)).toEqual(['Ads', 'Auditor']);
  });

  it('a request that began before there were notices goes on without them', () => {
    const m = model({ lifecycle: 1 });
    m.pass(100 * 86_400_000);
    expect(m.run.notices).toBeUndefined();
    expect(startedNotices(m)).toEqual([]);
    expect(facts(m).get('Auditor')).toMatchObject({ reasonNotTold: 'no_notice_channel' });
  });
});

describe('what the request says of it', () => {
  it('a mail that was accepted is told; an event that only went out is not, until the recipient says so', () => {
    const m = model({
      answer: (notice, now) => ({
        kind: 'notice',
        stamp: { caseAt: new Date(now).toISOString(), worldAt: new Date(now).toISOString() },
        way: notice.by === 'webhook' ? 'webhook' : 'mail',
        problem: null,
      }),
    });
    expect(facts(m).get('Auditor')).toMatchObject({ told: true, result: 'sent', reasonNotTold: null });
    expect(facts(m).get('Ads')).toMatchObject({ told: false, result: 'sent', reasonNotTold: 'sent_unconfirmed' });
    say(m, 'Ads', 'fetched');
    expect(facts(m).get('Ads')).toMatchObject({ told: true, result: 'fetched' });
    say(m, 'Ads', 'done');
    say(m, 'Ads', 'fetched');
    expect(facts(m).get('Ads')).toMatchObject({ told: true, result: 'done' });
    // The letter is told the same.
    expect(factsOf(m.run).recipients).toEqual(recipientsOf(m.run));
  });

  it('by hand: told, or not with a reason; never over a recipient that was told', () => {
    const m = model();
    expect(facts(m).get('Registry')).toMatchObject({ told: false, reasonNotTold: 'waits_for_officer' });
    expect(codeOf(() => say(m, 'Registry', 'disproportionate'))).toBe('reason_required');
    say(m, 'Registry', 'disproportionate', 'message/1');
    expect(facts(m).get('Registry')).toMatchObject({ told: false, reasonNotTold: 'disproportionate' });
    say(m, 'Registry', 'told');
    expect(facts(m).get('Registry')).toMatchObject({ told: true, result: 'told', reasonNotTold: null });
    expect(codeOf(() => say(m, 'Registry', 'impossible', 'message/2'))).toBe('action_not_allowed');
    expect(codeOf(() => say(m, 'Auditor', 'impossible', 'message/2'))).toBe('action_not_allowed');
    expect(codeOf(() => say(m, 'Nobody', 'told'))).toBe('not_found');
  });

  it('an outage is tried again every hour; where nobody can be reached an officer must', () => {
    let tries = 0;
    const m = model({
      answer: (notice, now) => {
        if (notice.name !== 'Auditor')
          return {
            kind: 'notice',
            stamp: { caseAt: new Date(now).toISOString(), worldAt: new Date(now).toISOString() },
            way: null,
            problem: 'no_endpoint',
          };
        tries += 1;
        return tries < 4 ? { code: 'unavailable', retryable: true } : undefined;
      },
    });
    expect(facts(m).get('Ads')).toMatchObject({ told: false, reasonNotTold: 'waits_for_officer' });
    expect(facts(m).get('Auditor')).toMatchObject({ told: false });
    m.pass(4 * 3_600_000);
    expect([tries, facts(m).get('Auditor')?.told]).toEqual([4, true]);
  });
});

it('ids lead to the request and nowhere else', () => {
  const id = 'req_01JDB2C3D4E5F6G7H8J9K0M1N2';
  expect(requestOfNotice(noticeId(id, 12))).toBe(id);
  for (const wrong of ['ntc_', 'ntc_x_1', `ntc_${id.slice(4)}`, `${noticeId(id, 1)}x`])
    expect(requestOfNotice(wrong)).toBeNull();
});

it('the mail says what, in three languages with the same places, and names nobody', () => {
  const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();
  for (const texts of Object.values(NOTICE_TEXTS)) {
    expect(places(texts.body)).toEqual(places(NOTICE_TEXTS.en.body));
    for (const kind of ['erasure', 'rectification', 'restriction'] as const) {
      const { subject, text } = noticeMail(texts, {
        kind,
        noticeId: 'ntc_1',
        recipient: 'Ads',
        operatorName: 'Acme AS',
        operatorAddress: 'Oslo',
        dpo: 'dpo@acme.example.no',
        publicUrl: 'https://habeas.example.no',
        simulated: false,
      });
      expect(subject).toContain('ntc_1');
      expect(text).toContain(texts.what[kind]);
      expect(text).toContain('https://habeas.example.no/v1/notices/ntc_1');
    }
  }
});
