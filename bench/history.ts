/** What a request left in Temporal: events, workflow tasks and bytes, up to its answer and up to its rest. */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

export interface HistoryCount {
  readonly events: number;
  readonly workflowTasks: number;
  readonly activities: number;
  /** Bytes of the events as the server keeps them (protobuf). */
  readonly bytes: number;
}

export interface HistoryFigures {
  /** Up to and with the completion of both the final letter and the first certificate. */
  readonly answer: HistoryCount;
  /** Everything that is there now. */
  readonly whole: HistoryCount;
}

type Event = proto.temporal.api.history.v1.IHistoryEvent;

/** @param names activity types that are the letter and the certificate */
export async function historyFigures(
  client: Client,
  workflowId: string,
  names: { readonly letter: string; readonly certificate: string },
): Promise<HistoryFigures> {
  const events = await fetchEvents(client, workflowId);
  const wanted = new Set<string>();
  let last = events.length;
  events.forEach((event, at) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const name = scheduled?.activityType?.name;
    if (name === names.letter || name === names.certificate) wanted.add(String(event.eventId));
    const completed = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (completed != null && wanted.has(String(completed))) last = at + 1;
  });
  return { answer: count(events.slice(0, last)), whole: count(events) };
}

async function fetchEvents(client: Client, workflowId: string): Promise<Event[]> {
  const events: Event[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId },
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    events.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return events;
}

function count(events: readonly Event[]): HistoryCount {
  const { HistoryEvent } = proto.temporal.api.history.v1;
  return {
    events: events.length,
    workflowTasks: events.filter((e) => e.workflowTaskCompletedEventAttributes != null).length,
    activities: events.filter((e) => e.activityTaskScheduledEventAttributes != null).length,
    bytes: events.reduce((sum, e) => sum + HistoryEvent.encode(e).finish().length, 0),
  };
}
