import { describe, expect, it } from 'vitest';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import type { FrozenPack } from '../policy/types.js';
import { checkBreachDecision } from './commands.js';
import { newBreachRun } from './run.js';
import { buildBreachInput } from './start.js';

const { packs } = await loadPolicies(policiesFolder(undefined));
const OFFICER = { id: 'usr_1', kind: 'person', role: 'privacy_officer' } as const;

function inputOf(operator: string, awareAt: string, within?: string) {
  const frozen = packs.get(operator);
  if (frozen === undefined) throw new Error('pack');
  const pack: FrozenPack =
    within === undefined
      ? frozen
      : { ...frozen, pack: { ...frozen.pack, breach: { ...frozen.pack.breach, authorityWithin: within } } };
  return buildBreachInput({
    breachId: 'brc_1',
    pack,
    awareAt,
    createdAt: '2026-05-23T08:00:00Z',
    createdBy: OFFICER,
    systems: ['app', 'app'],
    queries: [{ system: 'app', dataset: 'users' }],
  });
}

describe('dates of a breach', () => {
  it('T29: flat hours over a weekend and a holiday, reminded a day before the end', () => {
    const input = inputOf('defigo', '2026-05-22T16:30:00+02:00');
    expect(input).toMatchObject({
      awareAt: '2026-05-22T14:30:00.000Z',
      dueAt: '2026-05-25T14:30:00.000Z',
      remindAt: '2026-05-24T14:30:00.000Z',
      within: 'PT72H',
      systems: ['app'],
    });
  });

  it.each([
    ['PT96H', '2026-05-26T14:30:00.000Z', '2026-05-25T14:30:00.000Z'],
    // Shorter than two days: half way.
    ['PT24H', '2026-05-23T14:30:00.000Z', '2026-05-23T02:30:00.000Z'],
  ])('the hours are a parameter: %s', (within, dueAt, remindAt) => {
    expect(inputOf('defigo', '2026-05-22T14:30:00Z', within)).toMatchObject({ dueAt, remindAt });
  });

  it('what nobody can know yet is no case', () => {
    expect(() => inputOf('defigo', '2026-05-24T00:00:00Z')).toThrow();
  });
});

it('D6: Defigo tells everybody at once, and nobody can decide otherwise; others wait for a decision', () => {
  const run = (operator: string) => newBreachRun(inputOf(operator, '2026-05-22T14:30:00Z'), 0);
  const silence = { by: OFFICER, notifyPeople: false, ground: '34-1', reasonRef: 'text/1' } as const;
  expect(run('defigo').notifyPeople).toBe(true);
  expect(() => checkBreachDecision(run('defigo'), silence)).toThrow('promises');
  expect(run('faktry').notifyPeople).toBeNull();
  expect(() => checkBreachDecision(run('faktry'), silence)).not.toThrow();
});
