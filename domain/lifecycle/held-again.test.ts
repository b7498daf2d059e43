/** Ends of holds and joins, as rules over a run: what is searched again, and who may take over an earlier receipt. */
import { describe, expect, test } from 'vitest';
import {
  goodWorld,
  Model,
  modelInput,
  modelPlan,
  modelRules,
  T0,
  type ModelPart,
} from '../../test/support/run-model.js';
import type { Plan } from '../plan/types.js';
import { onJoined, takeEvent } from './index.js';

const DAY = 86_400_000;
const UNTIL = '2026-03-20';
const USERS: ModelPart = { system: 'app', dataset: 'users', organisation: null, records: 1 };

/** One part goes at once (its copies keep the case open), of the other some records are held. */
function planWith(held: number): Plan {
  const plan = modelPlan('erasure', [
    USERS,
    { system: 'app', dataset: 'events', organisation: null, records: 3, held },
  ]);
  return {
    ...plan,
    parts: plan.parts.map((p) => (p.held > 0 ? { ...p, heldUntil: UNTIL, hash: `${p.hash}${p.held}` } : p)),
  };
}

function model(held: () => number, away: () => boolean = () => false): Model {
  const good = goodWorld(() => planWith(held()));
  return new Model(
    { ...modelInput('erasure', modelRules(['app'])), lifecycle: 2 },
    {
      answer: (task, run, now) =>
        task.kind === 'discover' && away() ? { code: 'unavailable', retryable: true } : good.answer(task, run, now),
    },
  );
}

const searches = (m: Model): number => m.started.filter((t) => t.kind === 'discover').length;
const events = (m: Model) => m.run.parts.find((p) => p.part.dataset === 'events');

describe('a hold that ends while the case is open', () => {
  test.each([1, 3])('on %i of three records: the system is asked again on the day after, and they go', (held) => {
    let over = false;
    const m = model(() => (over ? 0 : held));
    expect(events(m)).toMatchObject({ state: 'settled', outcome: 'retained' });
    const before = searches(m);
    m.pass(15 * DAY);
    expect(searches(m)).toBe(before);
    over = true;
    m.pass(10 * DAY);
    expect(searches(m)).toBe(before + 1);
    expect(events(m)).toMatchObject({ state: 'settled', outcome: 'done' });
  });

  test('in a system that is away: nothing spins, and it goes once the system is back', () => {
    let [over, away] = [false, false];
    // A plan rests on what was found last: only a fresh look says that the hold is over.
    const m = model(
      () => (over && !away ? 0 : 3),
      () => away,
    );
    m.pass(10 * DAY);
    [over, away] = [true, true];
    const before = m.started.length;
    m.pass(12 * DAY);
    expect(m.started.length - before).toBeLessThan(60);
    away = false;
    m.pass(4 * DAY);
    expect(events(m)).toMatchObject({ state: 'settled', outcome: 'done' });
  });

  test('by an event: the record is looked at again; one that is placed only has the plan made anew', () => {
    let over = false;
    const m = model(() => (over ? 0 : 3));
    const before = searches(m);
    m.command((run, now) => takeEvent(run, 'hold.placed', 'sys/app', now));
    expect(searches(m)).toBe(before);
    over = true;
    m.command((run, now) => takeEvent(run, 'domain.expired', 'sys/app', now));
    expect(searches(m)).toBe(before + 1);
    expect(events(m)).toMatchObject({ state: 'settled', outcome: 'done' });
  });
});

describe('an equal request that came later but was received before', () => {
  const receivedAt = new Date(T0 - 3 * DAY).toISOString();
  const joined = { from: 'req_01JDB2YYYYYYYYYYYYYYYYYYYY', receivedAt };
  const gated = (parts: readonly ModelPart[]): Model =>
    new Model(
      { ...modelInput('erasure', modelRules(['app'])), lifecycle: 2 },
      goodWorld(() => modelPlan('erasure', parts)),
    );
  const theirs: ModelPart = { ...USERS, dataset: 'content', organisation: 'acme' };

  test('is taken over while nothing was written, also where some system held nothing of her', () => {
    const m = gated([theirs, { ...USERS, records: 0 }]);
    expect(m.run.parts.find((p) => p.part.dataset === 'users')?.outcome).toBe('not_found');
    m.command((run, now) => onJoined(run, joined, now));
    expect(m.run.receivedAt).toBe(receivedAt);
    expect(m.run.joins).toMatchObject([{ to: joined.from, accepted: true }]);
  });

  test('goes on by itself once something was written', () => {
    const m = gated([theirs, USERS]);
    m.command((run, now) => onJoined(run, joined, now));
    expect(m.run.receivedAt ?? null).toBe(null);
    expect(m.run.joins).toMatchObject([{ accepted: false }]);
  });
});
