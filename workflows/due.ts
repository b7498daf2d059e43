/**
 * The daily pass (design.md section 8): erasures whose holds ended after their requests were over, and rolling retention.
 * One short workflow a day; what a system cannot do now is looked at again by the next pass, nothing waits in here.
 */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { PassActivities } from '../activities/types.js';
import { taskQueueOf } from '../domain/lifecycle/start.js';

export interface DueInput {
  /** Null: the workflow's own time. The embedded stack names another instant. */
  readonly asOf: string | null;
}

export interface DueSummary {
  readonly asOf: string;
  readonly erased: number;
  readonly stillHeld: number;
  readonly failed: number;
  readonly retained: number;
  readonly waiting: number;
  readonly undated: number;
  readonly forbidden: number;
}

const PAGE = 200;
const PAGES = 50;

const core = proxyActivities<PassActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 10 },
});

function at(queue: string): PassActivities {
  return proxyActivities<PassActivities>({
    taskQueue: queue,
    startToCloseTimeout: '30 minutes',
    scheduleToStartTimeout: '1 hour',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '1s', backoffCoefficient: 4, maximumAttempts: 4 },
  });
}

export async function due(input: DueInput): Promise<DueSummary> {
  const asOf = input.asOf ?? workflowInfo().startTime.toISOString();
  const sum = { erased: 0, stillHeld: 0, failed: 0, retained: 0, waiting: 0, undated: 0, forbidden: 0 };
  const seen = new Set<string>();
  for (let page = 0; page < PAGES; page += 1) {
    const { rows } = await core.dueList({ asOf, limit: PAGE });
    const fresh = rows.filter((row) => !seen.has(row.id));
    if (fresh.length === 0) break;
    for (const [queue, own] of byQueue(fresh)) {
      const ids = own.map((row) => row.id);
      for (const id of ids) seen.add(id);
      try {
        const done = await at(queue).dueErase({ ids, system: own[0]?.system ?? '', asOf });
        sum.erased += done.erased;
        sum.stillHeld += done.waiting;
        sum.failed += done.failed;
      } catch {
        sum.failed += ids.length;
      }
    }
  }
  const { datasets } = await core.dueList({ asOf, limit: 1 });
  for (const dataset of datasets) {
    try {
      for (let page = 0; page < PAGES; page += 1) {
        const done = await at(taskQueueOf(dataset.operator, dataset.system)).retain(dataset);
        sum.retained += done.erased;
        sum.waiting += page === 0 ? done.waiting : 0;
        sum.undated += page === 0 ? done.undated : 0;
        sum.forbidden += page === 0 ? done.forbidden : 0;
        if (!done.more) break;
      }
    } catch {
      sum.failed += 1;
    }
  }
  return { asOf, ...sum };
}

/** Rows by the queue of their system, in the order in which the systems first appear. */
function byQueue<R extends { readonly operator: string; readonly system: string }>(
  rows: readonly R[],
): Map<string, R[]> {
  const queues = new Map<string, R[]>();
  for (const row of rows) {
    const queue = taskQueueOf(row.operator, row.system);
    queues.set(queue, [...(queues.get(queue) ?? []), row]);
  }
  return queues;
}
