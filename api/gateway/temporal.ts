/** The gateway over a Temporal client. Every call has a deadline; every update an id of ours, so that a repeat is harmless. */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isProblemCode } from '../../contracts/index.js';
import {
  QUERIES,
  TASK_QUEUE,
  UPDATES,
  WORKFLOW_TYPE,
  type CommandResult,
  type RequestInput,
} from '../../domain/lifecycle/commands.js';
import type { RunFacts } from '../../domain/lifecycle/facts.js';
import { GatewayError, Refusal, type Gateway, type LiveView } from './port.js';

/** What infra/temporal gives: a client and a way to call it under a deadline. */
export interface TemporalAccess {
  readonly client: Client;
  call<T>(work: () => Promise<T>, ms?: number): Promise<T>;
  ping(): Promise<void>;
}

export interface TemporalGatewayOptions {
  readonly temporal: TemporalAccess;
  /** Search attributes and the like, by the owner of the workflow. */
  readonly startOptions?: (
    input: RequestInput,
  ) => Partial<Omit<WorkflowStartOptions, 'args' | 'workflowId' | 'taskQueue'>>;
  readonly updateMs?: number;
  /** Default: the engine's own. */
  readonly taskQueue?: string;
  /** Host milliseconds, for the short memory of `reachable`. */
  readonly nowMs: () => number;
}

/** How long an answer of `reachable` is believed. */
const REACHABLE_MS = 1_000;

export function createTemporalGateway(options: TemporalGatewayOptions): Gateway {
  const { temporal } = options;
  const { workflow } = temporal.client;
  let seen: { readonly at: number; readonly ok: boolean } | null = null;

  return {
    async start(input) {
      try {
        await temporal.call(() =>
          workflow.start(WORKFLOW_TYPE, {
            ...options.startOptions?.(input),
            workflowId: input.requestId,
            taskQueue: options.taskQueue ?? TASK_QUEUE,
            args: [input],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
          }),
        );
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return;
        throw new GatewayError();
      }
    },
    async update(requestId, name, updateId, payload) {
      try {
        return await temporal.call(
          () =>
            workflow
              .getHandle(requestId)
              .executeUpdate<CommandResult, [typeof payload]>(UPDATES[name], { updateId, args: [payload] }),
          options.updateMs ?? 8_000,
        );
      } catch (error) {
        throw refusalOf(error);
      }
    },
    async view(requestId, deadlineMs) {
      try {
        return await temporal.call(() => workflow.getHandle(requestId).query<LiveView>(QUERIES.view), deadlineMs);
      } catch {
        return null;
      }
    },
    async facts(requestId, deadlineMs) {
      try {
        return await temporal.call(() => workflow.getHandle(requestId).query<RunFacts>(QUERIES.facts), deadlineMs);
      } catch {
        return null;
      }
    },
    async reachable() {
      const now = options.nowMs();
      if (seen !== null && now - seen.at < REACHABLE_MS) return seen.ok;
      let ok = true;
      try {
        await temporal.ping();
      } catch {
        ok = false;
      }
      seen = { at: now, ok };
      return ok;
    },
  };
}

/**
 * A failed update as the caller must hear it: the failure's type is a problem code, its first detail holds facts.
 * A workflow that is over was forgotten; everything else is an outage, since an update with our id may be repeated.
 */
export function refusalOf(error: unknown): Refusal | GatewayError {
  if (error instanceof WorkflowNotFoundError)
    return /completed/.test(error.message) ? new Refusal('forgotten') : new GatewayError();
  if (!(error instanceof WorkflowUpdateFailedError)) return new GatewayError();
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || !isProblemCode(cause.type)) return new Refusal('internal');
  const facts: unknown = cause.details?.[0];
  return new Refusal(cause.type, typeof facts === 'object' && facts !== null ? (facts as Record<string, unknown>) : {});
}
