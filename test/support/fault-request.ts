/** Requests with scripted activities on a real Temporal, for tests that stop and start workers around them. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowUpdateFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  bundleWorkflowCode,
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { ulid } from 'ulid';
import type { RequestClock } from '../../domain/clock/types.js';
import type { ActCommand, DecideCommand, RequestInput, RequestRules } from '../../domain/lifecycle/commands.js';
import { modelClock, modelInput, modelPlan, modelRules, T0, type ModelPart } from './run-model.js';
import { stubActivities, stubStamp, type Stub, type StubOptions } from './stub-activities.js';

export const GATED: readonly ModelPart[] = [
  { system: 'app', dataset: 'users', organisation: 'acme', records: 1 },
  { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
  { system: 'mail', dataset: 'contacts', organisation: 'acme', records: 1 },
];
export const FREE: readonly ModelPart[] = GATED.map((p) => ({ ...p, organisation: null }));
export const OFFICER = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;

export function bundled(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)) });
}

/** The model's clock as of `from`; `due` moves the end of the period, in milliseconds from there. */
export function clockFrom(from: number, due: number | null = null): RequestClock {
  const clock = modelClock();
  const at = Object.fromEntries(
    Object.entries(clock.at).map(([name, value]) => [
      name,
      value === null ? null : new Date(Date.parse(value) + from - T0).toISOString(),
    ]),
  ) as unknown as RequestClock['at'];
  if (due === null) return { ...clock, at };
  const end = new Date(from + due).toISOString();
  return { ...clock, at: { ...at, due: end, legalDue: end, refusalDue: end, extendableUntil: end } };
}

export interface ScriptedOptions extends Partial<StubOptions> {
  readonly right?: RequestInput['right'];
  readonly rules?: Partial<RequestRules>;
  readonly attested?: boolean;
  readonly parts?: readonly ModelPart[];
  /** Due this many milliseconds after the start; default: 36 days, as the model's clock. */
  readonly due?: number;
  /** Instead of the model's clock. */
  readonly clock?: RequestClock;
  /** Case time at the start; default: the host's. */
  readonly now?: number;
  /** Version of the lifecycle that it begins with; default 1, the bare one. */
  readonly lifecycle?: number;
  /** Fixed where histories are compared. */
  readonly id?: string;
  readonly queue?: string;
}

export interface Step {
  readonly id: string;
  readonly system: string;
  readonly outcome: string;
  readonly error: string | null;
}

/** One request; its worker can be stopped and started. */
export class Scripted {
  readonly stub: Stub;
  readonly input: RequestInput;
  readonly queue: string;
  #worker: Worker | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly client: Client,
    readonly native: NativeConnection,
    readonly bundle: WorkflowBundleWithSourceMap,
    options: ScriptedOptions,
  ) {
    const right = options.right ?? 'erasure';
    this.queue = options.queue ?? `t${randomBytes(4).toString('hex')}`;
    const base = modelRules(['app', 'payments', 'mail'], options.rules);
    const rules: RequestRules = {
      ...base,
      systems: base.systems.map((s) => ({ ...s, taskQueue: this.queue })),
      backups: base.backups.map((b) => ({ ...b, taskQueue: this.queue })),
    };
    const now = options.now ?? Date.now();
    const clock = options.clock ?? clockFrom(now, options.due ?? null);
    this.stub = stubActivities({
      plan: () => modelPlan(right, options.parts ?? GATED),
      ...options,
      override: {
        clock: async (input) => ({
          kind: 'clock',
          stamp: stubStamp(),
          clock:
            input.extension === null
              ? clock
              : { ...clock, flags: ['extended'], at: { ...clock.at, due: clock.at.extendedDue ?? clock.at.due } },
        }),
        ...options.override,
      },
    });
    this.input = {
      ...modelInput(right, rules, options.attested ?? true),
      ...(options.lifecycle === undefined ? {} : { lifecycle: options.lifecycle }),
      requestId: options.id ?? `req_${ulid()}`,
      clock,
      receivedAt: new Date(now).toISOString(),
      createdAt: new Date(now).toISOString(),
    };
  }

  get handle(): WorkflowHandle {
    return this.client.workflow.getHandle(this.input.requestId);
  }

  async up(options: Partial<WorkerOptions> = {}): Promise<this> {
    this.#worker = await Worker.create({
      connection: this.native,
      taskQueue: this.queue,
      workflowBundle: this.bundle,
      activities: { ...this.stub.activities },
      stickyQueueScheduleToStartTimeout: '1s',
      ...options,
    });
    this.#running = this.#worker.run();
    this.#running.catch(() => undefined);
    return this;
  }

  /** Stops the worker; rejects as the worker's own end does. */
  async down(): Promise<void> {
    if (this.#worker?.getState() === 'RUNNING') this.#worker.shutdown();
    await this.#running;
  }

  async start(): Promise<this> {
    await this.client.workflow.start('request', {
      taskQueue: this.queue,
      workflowId: this.input.requestId,
      args: [this.input],
    });
    return this;
  }

  async end(): Promise<void> {
    await this.handle.terminate('test over').catch(() => undefined);
    await this.down().catch(() => undefined);
  }

  async view(): Promise<Record<string, unknown> & { state: string; steps: Step[]; outcome: string | null }> {
    return (await this.handle.query<{ view: never }>('view')).view;
  }

  async approvals(): Promise<{ id: string; planHash: string; state: string; expiresAt: string }[]> {
    return (await this.handle.query<{ approvals: [] }>('view')).approvals;
  }

  async until(state: string, fits: (steps: readonly Step[]) => boolean = () => true): Promise<void> {
    let seen = 'unknown';
    for (let i = 0; i < 600; i += 1) {
      const view = await this.view();
      seen = view.state;
      if (seen === state && fits(view.steps)) return;
      await new Promise((r) => setTimeout(r, 25));
    }
    throw new Error(`never reached ${state}; is ${seen}`);
  }

  async decision(over: Partial<DecideCommand> = {}): Promise<DecideCommand> {
    const approval = (await this.approvals()).find((a) => a.state === 'pending');
    return {
      by: { id: 'org_acme', kind: 'organisation', role: 'approver' },
      approvalId: approval?.id ?? 'apr_none',
      decision: 'approve',
      planHash: approval?.planHash ?? '',
      datasets: null,
      ground: null,
      reasonRef: null,
      decidedBy: { kind: 'rule', ref: 'r' },
      retain: [],
      answer: null,
      deliverTo: null,
      ...over,
    };
  }

  send(
    name: 'decide' | 'act' | 'event',
    command: unknown,
    updateId: string,
  ): Promise<{ revision: number; state: string }> {
    return this.handle.executeUpdate(name, { args: [command], updateId });
  }

  act(command: Record<string, unknown>, updateId: string): Promise<{ revision: number; state: string }> {
    return this.send('act', { by: OFFICER, ...command } as unknown as ActCommand, updateId);
  }
}

/** Code of a refused command; null when it was accepted. Anything but a refusal is thrown on. */
export async function refusal(work: Promise<unknown>): Promise<string | null | undefined> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return error.cause.type;
    throw error;
  }
}
