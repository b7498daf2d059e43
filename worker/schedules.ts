/** The daily schedule that every worker makes sure of; Temporal keeps one, whoever came first. */
import { Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { TASK_QUEUE } from '../domain/lifecycle/commands.js';

export const DAILY = 'habeas-daily';

/** 21:30 UTC: evening everywhere in Europe, so that what must be gone by the end of a day is gone by then. */
const HOUR = 21;
const MINUTE = 30;

/**
 * Makes the schedule unless it is there. A pass that was missed is made up for within three days; two never overlap.
 * Errors of the connection pass through.
 */
export async function ensureDailyPass(connection: NativeConnection, namespace: string): Promise<void> {
  const client = new Client({ connection: connection as unknown as Connection, namespace });
  try {
    await client.schedule.create({
      scheduleId: DAILY,
      spec: { calendars: [{ hour: HOUR, minute: MINUTE }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '3 days' },
      action: { type: 'startWorkflow', workflowType: 'due', taskQueue: TASK_QUEUE, args: [{ asOf: null }] },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
