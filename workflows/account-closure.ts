/**
 * Closing a customer's account: one workflow over pages, not one per person (design.md section 8). The export is offered
 * first, then the live systems are erased, then the last backup is waited out. Continues as new every 20 pages.
 */
import { continueAsNew, proxyActivities, sleep } from '@temporalio/workflow';
import type { ClosureAbout, ClosureActivities } from '../activities/closure-types.js';
import { taskQueueOf } from '../domain/lifecycle/start.js';

export interface ClosureInput extends ClosureAbout {
  /** Backup systems that hold the live ones. */
  readonly backups: readonly string[];
}

interface Progress {
  readonly datasets: readonly { readonly system: string; readonly dataset: string; kept: number }[];
  /** Position in `datasets`. */
  at: number;
  pages: number;
  held: number;
  waiting: number;
  /** Times that everything was gone through. */
  rounds: number;
}

const PAGE = 200;
const PAGES_PER_RUN = 20;
const DAY = 86_400_000;

const core = proxyActivities<ClosureActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** A system that is down is waited out. */
function at(queue: string): ClosureActivities {
  return proxyActivities<ClosureActivities>({
    taskQueue: queue,
    startToCloseTimeout: '30 minutes',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 hour' },
  });
}

export async function accountClosure(input: ClosureInput, carried?: Progress): Promise<void> {
  const { backups: _backups, ...about } = input;
  let progress: Progress;
  if (carried !== undefined) progress = carried;
  else {
    const { datasets } = await core.closureBegin(about);
    if (input.exportUntil !== null) await sleep(Math.max(Date.parse(input.exportUntil) - Date.now(), 1));
    progress = {
      datasets: datasets.map((d) => ({ ...d, kept: 0 })),
      at: 0,
      pages: 0,
      held: 0,
      waiting: 0,
      rounds: 0,
    };
  }
  let pagesHere = 0;
  for (;;) {
    while (progress.at < progress.datasets.length) {
      const own = progress.datasets[progress.at];
      if (own === undefined) break;
      const done = await at(taskQueueOf(input.operator, own.system)).closurePage({
        ...about,
        system: own.system,
        dataset: own.dataset,
        skip: own.kept,
        limit: PAGE,
        page: progress.pages,
      });
      progress.pages += 1;
      progress.held += done.held;
      progress.waiting += done.waiting;
      own.kept += done.kept;
      if (done.read < PAGE) progress.at += 1;
      pagesHere += 1;
      if (pagesHere >= PAGES_PER_RUN) await continueAsNew<typeof accountClosure>(input, progress);
    }
    const { held, waiting } = progress;
    const queue = progress.datasets[0];
    const result = await (queue === undefined ? core : at(taskQueueOf(input.operator, queue.system))).closureErased({
      ...about,
      held,
      waiting,
      datasets: progress.datasets,
    });
    if (result.open === 0) {
      await waitForBackups(input, about, result.stamp.worldAt);
      await core.closureEnd(about);
      return;
    }
    // Late writers at once, people who wait for their copy from day to day.
    if (waiting > 0 || progress.rounds > 3) await sleep(DAY);
    const again: Progress['datasets'] = progress.datasets.map((d) => ({ ...d, kept: 0 }));
    progress = { ...progress, datasets: again, at: 0, held: 0, waiting: 0, rounds: progress.rounds + 1 };
  }
}

async function waitForBackups(input: ClosureInput, about: ClosureAbout, effectiveAt: string): Promise<void> {
  for (const system of input.backups) {
    for (;;) {
      const asked = at(taskQueueOf(input.operator, system));
      const { gone, lastExpiresAt } = await asked.closureBackups({ ...about, system, effectiveAt });
      if (gone) break;
      const next = lastExpiresAt === null ? Date.now() + DAY : Date.parse(lastExpiresAt) + 60_000;
      await sleep(Math.max(next - Date.now(), DAY));
    }
  }
}
