/** One event on its way to one endpoint: a single activity whose own retry is the schedule of days (activities/deliver.ts). */
import { proxyActivities } from '@temporalio/workflow';
import type { DeliverInput, Delivered, DeliveryActivities } from '../activities/types.js';

const { deliver } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '5s',
  // The waits come from the activity; a worker that dies in between is noticed and counts as an attempt.
  retry: { initialInterval: '5s', backoffCoefficient: 4, maximumInterval: '24 hours', maximumAttempts: 10 },
});

export async function delivery(input: DeliverInput): Promise<Delivered> {
  return deliver(input);
}
