/** Starts the workflow that closes a customer's account. Its id names the closure, never the account. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { TASK_QUEUE } from '../../domain/lifecycle/commands.js';
import type { Instant } from '../../domain/words.js';

export interface ClosureStart {
  readonly closureId: string;
  readonly operator: string;
  readonly policyHash: string;
  readonly account: string;
  readonly requestedAt: Instant;
  readonly exportUntil: Instant | null;
  readonly backups: readonly string[];
}

export type StartClosure = (order: ClosureStart) => Promise<void>;

/** An account that is being closed, or was, is left as it is; every other error passes. */
export function startClosure(
  client: () => Client,
  call: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(),
): StartClosure {
  return async (order) => {
    try {
      await call(() =>
        client().workflow.start('accountClosure', {
          workflowId: order.closureId,
          taskQueue: TASK_QUEUE,
          args: [order],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      throw error;
    }
  };
}
