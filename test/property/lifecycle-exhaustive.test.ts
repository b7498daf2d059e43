/**
 * Every life of a small request, not a sample of them (acceptance row 60): all orders in which answers, decisions, failures,
 * holds and due points can come, explored breadth-first over the same pure functions that the workflow interprets, until no
 * new state appears or the bound is reached. What is checked in every state:
 *   gate     nothing of an organisation is collected or erased before its approval of that part;
 *   answer   past the end of the day `due` there is an answer, or one on its way to somebody who cannot be reached;
 *   hold     a record under a hold is never erased, and a request does not close before its hold stands as a dated row;
 *   table    only transitions of the table (a forbidden one throws).
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  applyAct,
  applyDecision,
  applyIdentity,
  beginTask,
  checkAct,
  checkDecision,
  checkIdentity,
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
  type Run,
  type Task,
} from '../../domain/lifecycle/index.js';
import type { Right } from '../../domain/words.js';
import { goodAnswer, modelInput, modelPlan, modelRules, T0, type ModelPart } from '../support/run-model.js';

interface State {
  readonly run: Run;
  readonly inFlight: ReadonlyMap<string, Task>;
  readonly now: number;
  /** A hold was placed on the organisation's records. */
  readonly held: boolean;
  readonly path: readonly string[];
}

const acme = { id: 'org_acme', kind: 'organisation', role: 'approver' } as const;
const officer = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;
const END = T0 + 150 * 86_400_000;

const parts = (held: boolean): ModelPart[] => [
  { system: 'app', dataset: 'users', organisation: 'acme', records: 1, ...(held ? { held: 1 } : {}) },
  { system: 'app', dataset: 'invoices', organisation: null, records: 1, held: 1 },
  { system: 'mail', dataset: 'contacts', organisation: null, records: 1 },
];

/** Work whose order changes nothing that is checked here is answered at once; the rest waits to be chosen. */
const CHOSEN: ReadonlySet<Task['kind']> = new Set(['plan', 'apply', 'verify', 'defer']);

class Explorer {
  readonly seen = new Set<string>();
  readonly queue: State[] = [];
  readonly outcomes = new Map<string, number>();
  transitions = 0;

  constructor(
    private readonly right: Right,
    private readonly check: (state: State, started: readonly Task[]) => void,
  ) {}

  /** Breadth first finds the shortest way to a fault; depth first walks whole lives to their ends. */
  explore(bound: number, order: 'breadth' | 'depth'): { states: number; exhausted: boolean } {
    const run = newRun({ ...modelInput(this.right, modelRules(['app', 'mail'])), lifecycle: 2 }, T0);
    this.push({ run, inFlight: new Map(), now: T0, held: false, path: [] });
    for (let at = 0; ; at += 1) {
      if (this.seen.size >= bound) return { states: this.seen.size, exhausted: false };
      const state = order === 'breadth' ? this.queue[at] : this.queue.pop();
      if (state === undefined) return { states: this.seen.size, exhausted: true };
      for (const [name, move] of this.moves(state)) this.step(state, name, move);
    }
  }

  private moves(state: State): [string, (copy: Mutable) => void][] {
    const moves: [string, (copy: Mutable) => void][] = [];
    for (const [key, task] of state.inFlight) {
      moves.push([`${key} ok`, (copy) => this.answer(copy, task)]);
      if (task.kind === 'apply' || task.kind === 'discover')
        moves.push([
          `${key} fails`,
          (copy) => {
            copy.inFlight.delete(key);
            fail(copy.run, task, { code: 'unavailable', retryable: true }, copy.now);
          },
        ]);
    }
    for (const approval of state.run.approvals.filter((a) => a.state === 'pending' && a.kind === 'organisation')) {
      for (const decision of ['approve', 'reject'] as const) {
        moves.push([
          `${decision} ${approval.id}`,
          (copy) => {
            const command = {
              by: acme,
              approvalId: approval.id,
              decision,
              planHash: approval.planHash,
              datasets: null,
              ground: decision === 'reject' ? 'other' : null,
              reasonRef: decision === 'reject' ? 'reason' : null,
              decidedBy: { kind: 'person' as const, ref: 'p' },
              retain: [],
              answer: null,
              deliverTo: null,
            };
            checkDecision(copy.run, command, copy.now);
            applyDecision(copy.run, command, copy.now);
          },
        ]);
      }
    }
    moves.push(['refuse', (copy) => act(copy, { by: officer, action: 'refuse', ground: 'exemption', reasonRef: 'r' })]);
    moves.push(['withdraw', (copy) => act(copy, { by: officer, action: 'withdraw', reasonRef: null })]);
    moves.push([
      'identity fails',
      (copy) => {
        const command = { by: officer, method: 'm', level: 'low' as const, result: 'failed' as const, proven: [] };
        checkIdentity(copy.run, command, copy.now);
        applyIdentity(copy.run, command, copy.now);
      },
    ]);
    if (!state.held && this.right === 'erasure')
      moves.push([
        'hold placed',
        (copy) => {
          copy.held = true;
          takeEvent(copy.run, 'hold.placed', officer.id, copy.now);
        },
      ]);
    const due = nextDue(state.run, state.now);
    if (due !== null && due <= END)
      moves.push([
        'time',
        (copy) => {
          copy.now = due;
        },
      ]);
    return moves;
  }

  private step(from: State, name: string, move: (copy: Mutable) => void): void {
    const copy: Mutable = {
      run: structuredClone(from.run),
      inFlight: new Map(from.inFlight),
      now: from.now,
      held: from.held,
    };
    try {
      move(copy);
    } catch (error) {
      // The request does not accept the command here: nothing happened.
      if (error instanceof CommandError) return;
      throw new Error(`${[...from.path, name].join(' → ')}: ${String(error)}`, { cause: error });
    }
    this.transitions += 1;
    this.push({ ...copy, path: [...from.path, name] });
  }

  /** Everything that follows by itself, then the checks; a state that was seen is not explored again. */
  private push(state: State): void {
    const copy: Mutable = { ...state, inFlight: new Map(state.inFlight) };
    const started: Task[] = [];
    for (let round = 0; round < 200; round += 1) {
      let changed = false;
      while (fireDue(copy.run, copy.now) || progress(copy.run, copy.now)) changed = true;
      for (const task of nextTasks(copy.run, copy.inFlight, copy.now)) {
        copy.inFlight.set(task.key, task);
        started.push(task);
        beginTask(copy.run, task);
        changed = true;
      }
      for (const [, task] of copy.inFlight) {
        if (CHOSEN.has(task.kind)) continue;
        this.answer(copy, task);
        changed = true;
      }
      if (!changed) break;
      touch(copy.run, copy.now);
    }
    const settled: State = { ...copy, path: state.path };
    this.check(settled, started);
    const { revision: _r, updatedAt: _u, notes: _n, noteCount: _c, ...rest } = copy.run;
    const print = createHash('sha256')
      .update(JSON.stringify([rest, [...copy.inFlight.keys()].sort(), copy.held]))
      .digest('base64');
    if (this.seen.has(print)) return;
    this.seen.add(print);
    this.queue.push(settled);
    if (copy.run.phase === 'closed') {
      const kinds = copy.run.parts
        .map((p) => p.outcome)
        .sort()
        .join(',');
      this.outcomes.set(kinds, (this.outcomes.get(kinds) ?? 0) + 1);
    }
  }

  private answer(copy: Mutable, task: Task): void {
    copy.inFlight.delete(task.key);
    const result = goodAnswer(task, copy.now, () => modelPlan(this.right, parts(copy.held)));
    if (result.kind === 'apply' && task.kind === 'apply' && task.parts.some((p) => p.part.action === 'retain')) {
      // A part that was tried before the hold came: its system keeps the record and says so.
      const kept = result.parts.map((p) =>
        task.parts.some((t) => t.part.key === p.key && t.part.action === 'retain')
          ? { key: p.key, effect: 'retained' as const, basis: 'hold', until: null }
          : p,
      );
      return settle(copy.run, task, { ...result, parts: kept }, copy.now);
    }
    if (result.kind === 'apply' && task.kind === 'apply' && copy.held) {
      // The activity looks again: what is held now is not what was decided, so that nothing is written.
      const stale = result.parts.map((p) =>
        p.key === 'app/users/acme' ? { key: p.key, effect: 'stale' as const } : p,
      );
      return settle(copy.run, task, { ...result, parts: stale }, copy.now);
    }
    settle(copy.run, task, result, copy.now);
  }
}

interface Mutable {
  run: Run;
  inFlight: Map<string, Task>;
  now: number;
  held: boolean;
}

function act(copy: Mutable, command: Parameters<typeof applyAct>[1]): void {
  checkAct(copy.run, command, copy.now);
  applyAct(copy.run, command, copy.now);
}

/** Throws where a state breaks one of the promises; the path that led there stands in the message. */
function invariants(right: Right): (state: State, started: readonly Task[]) => void {
  return (state, started) => {
    const broken = (what: string): never => {
      throw new Error(`${what}\n  ${state.path.join('\n  → ')}`);
    };
    const { run } = state;
    for (const task of started) {
      if (task.kind !== 'apply') continue;
      for (const { part } of task.parts) {
        if (part.organisation === null) continue;
        const approved = run.approvals.some(
          (a) => a.organisation === part.organisation && a.state === 'approved' && a.parts.includes(part.key),
        );
        if (!approved) broken(`gate: ${part.key} is worked on without its approval`);
      }
      const fresh = task.parts.filter(({ part }) => run.parts.find((p) => p.part.key === part.key)?.tried === false);
      if (fresh.some(({ part }) => part.action === 'retain')) broken('hold: a held part is worked on');
    }
    for (const { part, outcome, startedAt } of run.parts) {
      if (part.action === 'retain' && outcome === 'done' && startedAt === null)
        broken(`hold: ${part.key} is called done`);
      if (right === 'erasure' && part.key === 'app/invoices/-' && startedAt !== null)
        broken('hold: invoices were written');
    }
    if (run.phase === 'closed' && right === 'erasure') {
      const undated = run.parts.filter((p) => p.outcome === 'retained' && run.deferred?.[p.part.key] !== p.part.hash);
      if (undated.length > 0) broken(`hold: closed without a dated row for ${undated[0]?.part.key ?? ''}`);
    }
    const late = state.now > Date.parse(run.clock.at.due) + 1000;
    const under = [...state.inFlight.values()].some(
      (t) => t.kind === 'notify' && (t.letter.kind === 'interim' || t.letter.kind === 'final'),
    );
    if (late && run.answeredAt === null && !under && run.verdict !== 'superseded' && run.withdrawnAt === null)
      broken('answer: the day is over and nothing was answered');
  };
}

describe('every life of a small request', () => {
  it.each(
    (['erasure', 'access', 'rectification', 'restriction'] as const).flatMap((right) =>
      (['breadth', 'depth'] as const).map((order) => [right, order] as const),
    ),
  )(
    'keeps gate, answer, hold and table: %s, %s first',
    (right, order) => {
      const explorer = new Explorer(right, invariants(right));
      const { states } = explorer.explore(
        Number(process.env['HABEAS_STATES'] ?? (order === 'breadth' ? 2500 : 300)),
        order,
      );
      expect(states).toBeGreaterThan(250);
      // The walk reached ends of different kinds, or it would show nothing.
      if (order === 'depth') expect(explorer.outcomes.size).toBeGreaterThan(1);
    },
    120_000,
  );
});
