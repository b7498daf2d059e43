/** Running breaches, as the API knows them: start, say something, look. Errors: Refusal by the breach, else GatewayError. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  BREACH_QUERIES,
  BREACH_UPDATES,
  BREACH_WORKFLOW_TYPE,
  type BreachAct,
  type BreachDecision,
} from '../../domain/breach/commands.js';
import type { BreachInput } from '../../domain/breach/run.js';
import { TASK_QUEUE } from '../../domain/lifecycle/commands.js';
import { GatewayError } from './port.js';
import { refusalOf, type TemporalAccess } from './temporal.js';

export interface BreachGateway {
  /** One that runs already is fine. */
  start(input: BreachInput): Promise<void>;
  /** The same `updateId` gives the first result again. */
  decide(breachId: string, updateId: string, command: BreachDecision): Promise<void>;
  act(breachId: string, updateId: string, command: BreachAct): Promise<void>;
  /** Null when nobody answers within the deadline. */
  view(breachId: string, deadlineMs: number): Promise<Readonly<Record<string, unknown>> | null>;
}

export function createBreachGateway(options: {
  readonly temporal: TemporalAccess;
  readonly taskQueue?: string;
  readonly updateMs?: number;
}): BreachGateway {
  const { temporal } = options;
  const { workflow } = temporal.client;
  const update = async (breachId: string, name: string, updateId: string, command: unknown): Promise<void> => {
    try {
      await temporal.call(
        () => workflow.getHandle(breachId).executeUpdate(name, { updateId, args: [command] }),
        options.updateMs ?? 8_000,
      );
    } catch (error) {
      throw refusalOf(error);
    }
  };
  return {
    async start(input) {
      try {
        await temporal.call(() =>
          workflow.start(BREACH_WORKFLOW_TYPE, {
            workflowId: input.breachId,
            taskQueue: options.taskQueue ?? TASK_QUEUE,
            args: [input],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw new GatewayError();
      }
    },
    decide: (breachId, updateId, command) => update(breachId, BREACH_UPDATES.decide, updateId, command),
    act: (breachId, updateId, command) => update(breachId, BREACH_UPDATES.act, updateId, command),
    async view(breachId, deadlineMs) {
      try {
        return await temporal.call(
          () => workflow.getHandle(breachId).query<Record<string, unknown>>(BREACH_QUERIES.view),
          deadlineMs,
        );
      } catch {
        return null;
      }
    },
  };
}
