/**
 * Drives a Run without Temporal: starts the tasks that the run calls for, answers them as a scripted world would, lets
 * time pass. The same functions that the workflow interprets, so a model checker can walk thousands of lives.
 */
import type { RequestClock } from '../../domain/clock/types.js';
import {
  beginTask,
  fail,
  fireDue,
  newRun,
  nextDue,
  nextTasks,
  progress,
  settle,
  touch,
} from '../../domain/lifecycle/index.js';
import type { RequestInput, RequestRules } from '../../domain/lifecycle/commands.js';
import type { TaskFailure, TaskResult } from '../../domain/lifecycle/results.js';
import type { Run } from '../../domain/lifecycle/run.js';
import type { Task } from '../../domain/lifecycle/tasks.js';
import type { Part, Plan } from '../../domain/plan/types.js';
import type { Right, Stamp } from '../../domain/words.js';

export const T0 = Date.parse('2026-03-02T10:00:00Z');
const DAY = 86_400_000;

export function stampAt(now: number): Stamp {
  const at = new Date(now).toISOString();
  return { caseAt: at, worldAt: at };
}

export function modelClock(): RequestClock {
  const end = (days: number): string => new Date(Date.parse('2026-03-02T22:59:59Z') + days * DAY).toISOString();
  return {
    regime: 'gdpr-eu',
    receivedOn: '2026-03-02',
    safeDue: '2026-04-02',
    legalDue: '2026-04-07',
    due: '2026-04-07',
    dueAt: '2026-04-07T23:59:59+02:00',
    promisedDue: null,
    acknowledgeBy: null,
    refusalDue: '2026-04-07',
    extendableUntil: '2026-04-07',
    extendSafelyUntil: '2026-04-02',
    extendedDue: '2026-06-02',
    pausedDays: 0,
    flags: ['can_extend', 'can_refuse'],
    trace: [],
    at: {
      safeDue: end(31),
      legalDue: end(36),
      due: end(36),
      promisedDue: null,
      refusalDue: end(36),
      extendableUntil: end(36),
      extendedDue: end(92),
      dueSoonFrom: end(25),
    },
  };
}

export interface ModelPart {
  readonly system: string;
  readonly dataset: string;
  readonly organisation: string | null;
  readonly records: number;
  readonly held?: number;
  readonly review?: string;
}

export function modelPart(right: Right, p: ModelPart): Part {
  const held = p.held ?? 0;
  return {
    key: `${p.system}/${p.dataset}/${p.organisation ?? '-'}${p.review === undefined ? '' : '/review'}`,
    system: p.system,
    dataset: p.dataset,
    organisation: p.organisation,
    role: p.organisation === null ? 'controller' : 'processor',
    action: right === 'access' ? 'collect' : held > 0 && held === p.records ? 'retain' : 'delete',
    fields: ['email'],
    hold: held > 0 ? { id: 'books', law: 'se-bokforingslagen-7-2' } : null,
    identifiers: { email: 1 },
    records: p.records,
    held,
    heldUntil: held > 0 ? '2033-12-31' : null,
    basis: held > 0 ? 'art-17-3-b:se-bokforingslagen-7-2' : null,
    review: p.review ?? null,
    together: null,
    unsearched: false,
    hash: `sha256:${p.system}-${p.dataset}-${p.organisation ?? ''}${held > 0 ? '-held' : ''}`,
  };
}

export function modelPlan(right: Right, parts: readonly ModelPart[], unsearched: readonly string[] = []): Plan {
  const made = parts
    .filter((p) => !unsearched.includes(p.system))
    .map((p) => modelPart(right, p))
    .concat(
      unsearched.map((system) => ({
        ...modelPart(right, { system, dataset: 'all', organisation: null, records: 0 }),
        unsearched: true,
      })),
    );
  const organisations = [
    ...new Set(
      made.filter((p) => p.organisation !== null && p.records > 0 && p.action !== 'retain').map((p) => p.organisation),
    ),
  ];
  return {
    hash: 'sha256:plan',
    parts: made,
    dataMapRoot: 'sha256:map',
    caveats: [],
    approvals: organisations.map((organisation) => ({
      kind: 'organisation',
      organisation,
      rule: 'organisation',
      parts: made.filter((p) => p.organisation === organisation && p.action !== 'retain').map((p) => p.key),
      records: 1,
      planHash: `sha256:${organisation}`,
    })),
  };
}

export function modelRules(systems: readonly string[], extra: Partial<RequestRules> = {}): RequestRules {
  return {
    requiredLevel: 'low',
    systems: systems.map((id, i) => ({
      id,
      connector: id === 'app' ? 'mongodb' : 'stripe',
      taskQueue: `q.${id}`,
      order: id === 'app' ? 30 : 20 + i,
      tier: id === 'app' ? 0 : 1,
      takes: ['email', 'customerId'],
    })),
    backups: [{ id: 'nightly', taskQueue: 'q.nightly', retention: 'P90D', covers: ['app'] }],
    approvals: [
      {
        id: 'organisation',
        by: 'organisation',
        remindAfterMs: [7 * DAY, 14 * DAY, 21 * DAY],
        escalateTo: ['admin', 'dpo', 'operator_dpo'],
      },
    ],
    guards: [],
    release: 'auto',
    askWithinMs: 30 * DAY,
    keepRequestMs: 30 * DAY,
    recipients: [{ name: 'Stripe', system: 'payments' }],
    ...extra,
  };
}

export function modelInput(right: Right, rules: RequestRules, attested = true): RequestInput {
  return {
    requestId: 'req_01JDB2XXXXXXXXXXXXXXXXXXXX',
    operator: 'infentre',
    right,
    channel: 'api',
    language: 'sv',
    policy: { version: '1', hash: 'sha256:pack' },
    rules,
    clock: modelClock(),
    receivedAt: new Date(T0).toISOString(),
    createdAt: new Date(T0).toISOString(),
    createdBy: { id: 'tok_requester', kind: 'machine', role: 'requests:write' },
    identifierTypes: ['email'],
    identity: attested ? { method: 'trusted_channel', level: 'substantial', proven: [0] } : null,
    scopeDatasets: null,
  };
}

export interface World {
  /** Answer of one task: a result, a failure, or null to leave it in flight for now. */
  answer(task: Task, run: Run, now: number): TaskResult | TaskFailure | null;
}

export class Model {
  readonly run: Run;
  now: number;
  readonly inFlight = new Map<string, Task>();
  /** Every task that was ever started, in order. */
  readonly started: Task[] = [];

  constructor(
    input: RequestInput,
    private readonly world: World,
    now = T0,
  ) {
    this.run = newRun(input, now);
    this.now = now;
    this.settle();
  }

  /** Runs to a standstill at the present instant. */
  settle(): void {
    for (let round = 0; round < 500; round += 1) {
      let changed = false;
      while (fireDue(this.run, this.now) || progress(this.run, this.now)) changed = true;
      for (const task of nextTasks(this.run, this.inFlight, this.now)) {
        this.inFlight.set(task.key, task);
        this.started.push(task);
        beginTask(this.run, task);
        changed = true;
      }
      for (const [key, task] of this.inFlight) {
        const answer = this.world.answer(task, this.run, this.now);
        if (answer === null) continue;
        this.inFlight.delete(key);
        if ('kind' in answer) settle(this.run, task, answer, this.now);
        else fail(this.run, task, answer, this.now);
        changed = true;
      }
      if (!changed) return;
      touch(this.run, this.now);
    }
    throw new Error('the model does not come to rest');
  }

  command(apply: (run: Run, now: number) => void): void {
    apply(this.run, this.now);
    this.settle();
  }

  /** Lets time pass, stopping at every due point on the way. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let i = 0; i < 2000; i += 1) {
      const due = nextDue(this.run, this.now);
      this.now = due === null ? end : Math.min(due, end);
      this.settle();
      if (this.now >= end) return;
    }
    throw new Error('due points without end');
  }
}

/** A world in which everything works at once; override single kinds. */
export function goodWorld(plan: () => Plan, override: Partial<Record<Task['kind'], World['answer']>> = {}): World {
  return {
    answer(task, run, now) {
      const special = override[task.kind];
      if (special !== undefined) {
        const answer = special(task, run, now);
        if (answer !== undefined) return answer;
      }
      return goodAnswer(task, now, plan);
    },
  };
}

export function goodAnswer(task: Task, now: number, plan: () => Plan): TaskResult {
  const stamp = stampAt(now);
  switch (task.kind) {
    case 'discover':
      return { kind: 'discover', stamp, newTypes: [], records: 1 };
    case 'plan':
      return { kind: 'plan', stamp, plan: plan() };
    case 'guard':
      return { kind: 'guard', stamp, guards: task.guards.map((g) => ({ id: g.id, state: 'clear', refs: [] })) };
    case 'apply':
      return {
        kind: 'apply',
        stamp,
        parts: task.parts.map(({ part }) => ({
          key: part.key,
          effect: 'applied',
          startedAt: stamp,
          records: part.records,
        })),
      };
    case 'verify':
    case 'sweep':
      return {
        kind: task.kind,
        stamp,
        parts: task.parts.map(({ part }) => ({
          key: part.key,
          verdict: part.action === 'collect' ? 'collected' : 'gone',
          remaining: 0,
          method: 'model',
        })),
      };
    case 'inventory':
      return now >= T0 + 90 * DAY
        ? { kind: 'inventory', stamp, state: 'gone', copies: 0, lastExpiresAt: null }
        : {
            kind: 'inventory',
            stamp,
            state: 'waiting',
            copies: 3,
            lastExpiresAt: new Date(T0 + 90 * DAY).toISOString(),
          };
    case 'announce':
      return { kind: 'announce', stamp, queued: task.events.map((e) => ({ id: e.id, endpoints: 1 })) };
    case 'evidence':
      return { kind: 'evidence', stamp, approvalId: task.approval.id, sha256: 'ef' };
    case 'claim':
      return { kind: 'claim', stamp, survivor: null, repeats: [] };
    case 'join':
    case 'answerJoin':
      return { kind: task.kind, stamp };
    case 'defer':
      return { kind: 'defer', stamp, rows: task.parts.length };
    case 'notice':
      return { kind: 'notice', stamp, way: 'mail', problem: null };
    case 'notify':
      return { kind: 'notify', stamp, accepted: true, problem: null };
    case 'push':
      return { kind: 'push', stamp, receipt: 'cd' };
    case 'dropPackage':
      return { kind: 'dropPackage', stamp };
    case 'bundle':
      return { kind: 'bundle', stamp, artefact: 'package', bytes: 10, sha256: 'ab', records: 2, redactions: 0 };
    case 'certify':
      return { kind: 'certify', stamp, id: `crt_${task.n}`, sha256: 'cd' };
    case 'clock':
      return { kind: 'clock', stamp, clock: modelClock() };
  }
}
