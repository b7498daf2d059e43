/** Tells a running request that it has a further identifier: the Update that an event makes, from a worker. */
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { UPDATES } from '../../domain/lifecycle/commands.js';
import type { PersonRequests } from '../../domain/ports/services.js';

/** One that is over, or refuses, needs nothing; an outage passes on. A repeat has the same update id and no effect. */
export function searchAgain(client: () => Client): PersonRequests['searchAgain'] {
  return async (requestId, eventId) => {
    try {
      await client()
        .workflow.getHandle(requestId)
        .executeUpdate(UPDATES.event, {
          updateId: `${eventId}/${requestId}`,
          args: [
            {
              by: { kind: 'system', role: 'engine', id: 'habeas' },
              type: 'identifier.added',
              eventId,
            },
          ],
        });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return;
      throw error;
    }
  };
}
