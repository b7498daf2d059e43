/** Starts the workflow that delivers one event to one endpoint. Its id names the delivery and the run, never a receiver. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { TASK_QUEUE } from '../../domain/lifecycle/commands.js';

export type StartDelivery = (delivery: {
  readonly id: string;
  readonly operator: string;
  readonly run: number;
}) => Promise<void>;

/** A delivery that was started already is left as it is; every other error passes. */
export function startDelivery(
  client: () => Client,
  call: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(),
): StartDelivery {
  return async ({ id, operator, run }) => {
    try {
      await call(() =>
        client().workflow.start('delivery', {
          workflowId: `delivery_${id.slice(4)}_${run}`,
          taskQueue: TASK_QUEUE,
          args: [{ deliveryId: id, operator }],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      throw error;
    }
  };
}
