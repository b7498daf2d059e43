/**
 * Engine against hand-written workflow: the same erasure over the same stub connectors, on the same servers, in one run.
 * Rounds are interleaved (A B C, C B A, …), so that what the machine does meanwhile meets all alike.
 */
import type { Client } from '@temporalio/client';
import { ulid } from 'ulid';
import { taskQueueOf } from '../domain/lifecycle/start.js';
import type { HandInput } from './hand-written/activities.js';
import { historyFigures, type HistoryCount } from './history.js';
import { processFigures } from './machine.js';
import { Child, type Marks } from './processes/child.js';
import { wallMs } from './processes/channel.js';
import { fileErasure, type Stack } from './stack.js';
import { mean, percentile, ratioInterval, round, type Interval } from './stats.js';

export const ARMS = ['bare', 'handWritten', 'engine'] as const;
export type ArmName = (typeof ARMS)[number];

/** What each arm is, for the report. */
export const ARM_TEXT: Readonly<Record<ArmName, string>> = {
  bare: 'hand-written, nothing kept: one task queue, payloads in clear, no store',
  handWritten:
    "hand-written, same surroundings: the engine's codec and task queues, a note per erasure before and after, letter and signed certificate kept",
  engine: 'the product: API, workflow, activities, vault, ledgers, journal, fence, letters, certificate',
};

export interface Round {
  readonly requests: number;
  readonly workerCpuMs: number;
  readonly apiCpuMs: number;
  readonly temporalCpuMs: number | null;
  readonly mongoCpuMs: number | null;
  readonly perSecond: number;
  readonly latencyMs: readonly number[];
}

export interface ArmFigures {
  /** Per request. */
  readonly history: { readonly answer: HistoryCount; readonly whole: HistoryCount };
  readonly workerCpuMs: number;
  readonly apiCpuMs: number;
  readonly temporalCpuMs: number | null;
  readonly mongoCpuMs: number | null;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly requests: number;
  readonly rounds: readonly Omit<Round, 'latencyMs'>[];
}

export interface Ratios {
  readonly events: number;
  readonly workflowTasks: number;
  readonly eventsToRest: number;
  readonly workflowTasksToRest: number;
  readonly historyBytes: number;
  readonly workerCpu: number;
  readonly workerCpuInterval: Interval;
  readonly p50: number;
  readonly p95: number;
  readonly throughput: number;
}

export interface RatioResult {
  readonly concurrency: number;
  readonly arms: Readonly<Record<ArmName, ArmFigures>>;
  readonly toHandWritten: Ratios;
  readonly toBare: Ratios;
}

interface Arm {
  readonly name: ArmName;
  readonly worker: Child;
  readonly api: Child | null;
  /** Starts one request; resolves with its workflow id. */
  begin(): Promise<string>;
  over(marks: Marks): boolean;
}

const QUEUE = { bare: 'bench-bare', handWritten: 'bench-hand' } as const;
const LETTER = { bare: 'letter', handWritten: 'letter', engine: 'notify' } as const;
const CERTIFICATE = { bare: 'certificate', handWritten: 'certificate', engine: 'certify' } as const;

export interface RatioPlan {
  readonly concurrency: readonly number[];
  /** Rounds of each arm that count. */
  readonly rounds: number;
  readonly requests: (concurrency: number) => number;
  readonly say: (line: string) => void;
}

export async function ratioBench(stack: Stack, plan: RatioPlan): Promise<RatioResult[]> {
  const arms = await startArms(stack);
  try {
    plan.say('warm-up');
    for (const arm of arms) await runRound(stack, arm, 10, 40);
    const results: RatioResult[] = [];
    for (const concurrency of plan.concurrency) {
      const requests = plan.requests(concurrency);
      const rounds: Record<ArmName, Round[]> = { bare: [], handWritten: [], engine: [] };
      const histories: Record<ArmName, HistoryPair[]> = { bare: [], handWritten: [], engine: [] };
      for (let n = 0; n < plan.rounds; n += 1) {
        for (const arm of n % 2 === 0 ? arms : [...arms].reverse()) {
          const { round: made, ids } = await runRound(stack, arm, concurrency, requests);
          rounds[arm.name].push(made);
          for (const id of ids) {
            histories[arm.name].push(
              await historyFigures(clientOf(stack, arm.name), id, {
                letter: LETTER[arm.name],
                certificate: CERTIFICATE[arm.name],
              }),
            );
          }
          plan.say(
            `${concurrency} at once, round ${n + 1}: ${arm.name} ${round(made.workerCpuMs / requests)} ms worker CPU, p50 ${round(percentile(made.latencyMs, 50), 0)} ms, ${round(made.perSecond)}/s`,
          );
        }
      }
      results.push(resultOf(concurrency, rounds, histories));
    }
    return results;
  } finally {
    for (const arm of arms) {
      await arm.worker.stop();
      await arm.api?.stop();
    }
  }
}

interface HistoryPair {
  readonly answer: HistoryCount;
  readonly whole: HistoryCount;
}

function clientOf(stack: Stack, arm: ArmName): Client {
  return arm === 'bare' ? stack.plainClient : stack.client;
}

async function startArms(stack: Stack): Promise<Arm[]> {
  const shared = { mongodbUrl: stack.mongo.url, temporal: stack.temporal.address, keys: stack.keys };
  const queues = Object.fromEntries(['app', 'payments', 'mail', 'nightly'].map((s) => [s, taskQueueOf('hand', s)]));
  const bare = await Child.start('hand-written', {
    ...shared,
    taskQueue: QUEUE.bare,
    queues: [],
    codec: false,
    keep: false,
  });
  const hand = await Child.start('hand-written', {
    ...shared,
    taskQueue: QUEUE.handWritten,
    queues: Object.values(queues),
    codec: true,
    keep: true,
  });
  const worker = await Child.start('worker', {
    ...shared,
    connectors: 'stub',
    smtpUrl: 'smtp://127.0.0.1:9',
    operators: ['bench'],
  });
  const api = await Child.start('api', shared);
  return [
    handArm('bare', bare, stack.plainClient, null),
    handArm('handWritten', hand, stack.client, queues),
    {
      name: 'engine',
      worker,
      api,
      begin: () => fileErasure(stack, api.port ?? 0, 'bench', `${ulid().toLowerCase()}@example.com`),
      over: (marks) => marks.rested !== null && marks.answered !== null && marks.certified !== null,
    },
  ];
}

function handArm(name: 'bare' | 'handWritten', worker: Child, client: Client, queues: HandInput['queues']): Arm {
  return {
    name,
    worker,
    api: null,
    async begin() {
      const id = `hand_${ulid()}`;
      const email = `${ulid().toLowerCase()}@example.com`;
      const input: HandInput = {
        id,
        operator: 'bench',
        email,
        queues,
        identifiers: [{ type: 'email', value: email, trust: 'proven' }],
      };
      await client.workflow.start('handWritten', { workflowId: id, taskQueue: QUEUE[name], args: [input] });
      return id;
    },
    over: (marks) => marks.answered !== null && marks.certified !== null,
  };
}

/** Closed loop: as many requests under way as `concurrency`, the next begins when one has come to rest. */
async function runRound(
  stack: Stack,
  arm: Arm,
  concurrency: number,
  requests: number,
): Promise<{ round: Round; ids: string[] }> {
  const before = await figuresOf(stack, arm);
  const begun = wallMs();
  const latencyMs: number[] = [];
  const ids: string[] = [];
  let left = requests;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const at = wallMs();
      const id = await arm.begin();
      const marks = await arm.worker.until(id, (m) => arm.over(m), 120_000);
      latencyMs.push(Math.max(marks.answered ?? 0, marks.certified ?? 0) - at);
      ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const seconds = (wallMs() - begun) / 1000;
  const after = await figuresOf(stack, arm);
  const grown = (name: keyof Figures): number | null => {
    const [a, b] = [before[name], after[name]];
    return a === null || b === null ? null : b - a;
  };
  return {
    ids,
    round: {
      requests,
      workerCpuMs: grown('worker') ?? 0,
      apiCpuMs: grown('api') ?? 0,
      temporalCpuMs: grown('temporal'),
      mongoCpuMs: grown('mongo'),
      perSecond: requests / seconds,
      latencyMs,
    },
  };
}

interface Figures {
  readonly worker: number;
  readonly api: number | null;
  readonly temporal: number | null;
  readonly mongo: number | null;
}

async function figuresOf(stack: Stack, arm: Arm): Promise<Figures> {
  return {
    worker: (await arm.worker.usage()).cpuUs / 1000,
    api: arm.api === null ? null : (processFigures(arm.api.pid)?.cpuMs ?? null),
    temporal: stack.figures('temporal')?.cpuMs ?? null,
    mongo: stack.figures('mongo')?.cpuMs ?? null,
  };
}

function resultOf(
  concurrency: number,
  rounds: Readonly<Record<ArmName, Round[]>>,
  histories: Readonly<Record<ArmName, HistoryPair[]>>,
): RatioResult {
  const arms = Object.fromEntries(ARMS.map((name) => [name, armFigures(rounds[name], histories[name])])) as Record<
    ArmName,
    ArmFigures
  >;
  return {
    concurrency,
    arms,
    toHandWritten: ratios(arms.engine, arms.handWritten),
    toBare: ratios(arms.engine, arms.bare),
  };
}

function armFigures(rounds: readonly Round[], histories: readonly HistoryPair[]): ArmFigures {
  const requests = rounds.reduce((sum, r) => sum + r.requests, 0);
  const latency = rounds.flatMap((r) => r.latencyMs);
  const perRequest = (pick: (r: Round) => number | null): number | null => {
    const values = rounds.map(pick);
    return values.includes(null) ? null : round(values.reduce<number>((sum, v) => sum + (v ?? 0), 0) / requests, 2);
  };
  return {
    history: { answer: meanCount(histories.map((h) => h.answer)), whole: meanCount(histories.map((h) => h.whole)) },
    workerCpuMs: perRequest((r) => r.workerCpuMs) ?? 0,
    apiCpuMs: perRequest((r) => r.apiCpuMs) ?? 0,
    temporalCpuMs: perRequest((r) => r.temporalCpuMs),
    mongoCpuMs: perRequest((r) => r.mongoCpuMs),
    p50: round(percentile(latency, 50), 0),
    p95: round(percentile(latency, 95), 0),
    p99: round(percentile(latency, 99), 0),
    perSecond: round(mean(rounds.map((r) => r.perSecond)), 2),
    requests,
    rounds: rounds.map(({ latencyMs: _, ...rest }) => rest),
  };
}

function meanCount(counts: readonly HistoryCount[]): HistoryCount {
  const of = (name: keyof HistoryCount): number => round(mean(counts.map((c) => c[name])), 1);
  return { events: of('events'), workflowTasks: of('workflowTasks'), activities: of('activities'), bytes: of('bytes') };
}

function ratios(engine: ArmFigures, other: ArmFigures): Ratios {
  const { answer: a, whole: aw } = engine.history;
  const { answer: b, whole: bw } = other.history;
  const cpu = (arm: ArmFigures): number[] => arm.rounds.map((r) => r.workerCpuMs / r.requests);
  return {
    events: round(a.events / b.events, 2),
    workflowTasks: round(a.workflowTasks / b.workflowTasks, 2),
    eventsToRest: round(aw.events / bw.events, 2),
    workflowTasksToRest: round(aw.workflowTasks / bw.workflowTasks, 2),
    historyBytes: round(a.bytes / b.bytes, 2),
    workerCpu: round(engine.workerCpuMs / other.workerCpuMs, 2),
    workerCpuInterval: ratioInterval(cpu(engine), cpu(other)),
    p50: round(engine.p50 / other.p50, 2),
    p95: round(engine.p95 / other.p95, 2),
    throughput: round(engine.perSecond / other.perSecond, 2),
  };
}
