/**
 * One attempt to deliver one event. What it came to stands in the delivery log; the wait before the next attempt is this
 * activity's own retry, so a receiver that is away for days costs no history.
 */
import { ApplicationFailure } from '@temporalio/activity';
import { DELIVERY_SCHEDULE_MS } from '../domain/ports/webhooks.js';
import type { ActivityDeps } from './deps.js';
import type { DeliverInput, Delivered } from './types.js';

/** Throws a retryable failure with the code of the attempt and the schedule's next wait; gives up without one. */
export async function deliver(deps: ActivityDeps, input: DeliverInput): Promise<Delivered> {
  const attempt = deps.attempt();
  const wait = DELIVERY_SCHEDULE_MS[attempt - 1];
  const { result, code } = await deps.deliveries.attempt(input.deliveryId, wait === undefined);
  if (result !== 'retry' || wait === undefined) return { delivered: result === 'delivered', code };
  throw ApplicationFailure.create({ message: code, type: code, nextRetryDelay: wait });
}
