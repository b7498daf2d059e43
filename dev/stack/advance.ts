/**
 * Moves one request's own time forward on the real server (embedded stack only). First the stack's dump rotation removes
 * every dump of its operator whose expiry lies before the new time, as a nightly job would have; then timers, retries and activities run
 * in order; the answer comes when the request rests.
 */
import type { Client } from '@temporalio/client';
import type { DevPort } from '../../api/deps.js';
import { parseDuration, addDuration } from '../../domain/clock/index.js';
import { QUERIES, TASK_QUEUE } from '../../domain/lifecycle/commands.js';
import { advance, caseNow } from '../../infra/temporal/index.js';
import { removeExpired } from '../backups.js';

export class AdvanceRequestError extends Error {
  constructor(readonly code: 'invalid_move') {
    super(code);
    this.name = 'AdvanceRequestError';
  }
}

export interface Rotation {
  readonly operator: string;
  readonly location: string;
  readonly retention: string;
}

const REST_LIMIT_MS = 60_000;

export function createAdvance(client: Client, rotations: readonly Rotation[]): DevPort {
  return {
    async advanceWorld(to) {
      // The daily pass as it would run then; a second call for the same instant waits for the first.
      const handle = await client.workflow.start('due', {
        workflowId: `due_${to}`,
        taskQueue: TASK_QUEUE,
        args: [{ asOf: to }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
      return (await handle.result()) as Readonly<Record<string, unknown>>;
    },
    async advance(requestId, move) {
      const now = await caseNow(client, requestId);
      const target = 'to' in move ? new Date(move.to) : add(now, move.by);
      const seconds = Math.ceil((target.getTime() - now.getTime()) / 1000);
      if (!Number.isFinite(seconds) || seconds < 1) throw new AdvanceRequestError('invalid_move');
      const { view } = await client.workflow.getHandle(requestId).query<{ view: { operator: string } }>(QUERIES.view);
      for (const { operator, location, retention } of rotations) {
        if (operator === view.operator) await removeExpired({ location, retention, before: target });
      }
      const { ended } = await advance(client, requestId, { seconds });
      if (!ended) await rest(client, requestId);
      return { now: (ended ? target : await caseNow(client, requestId)).toISOString() };
    },
  };
}

function add(now: Date, by: string): Date {
  const hours = /^PT(\d+)H$/.exec(by);
  if (hours !== null) return new Date(now.getTime() + Number(hours[1]) * 3_600_000);
  const duration = parseDuration(by);
  if (duration === null) throw new AdvanceRequestError('invalid_move');
  const day = Math.floor(now.getTime() / 86_400_000);
  return new Date(now.getTime() + (addDuration(day, duration) - day) * 86_400_000);
}

/** Asks until no quick work is under way and the read model has caught up. */
async function rest(client: Client, requestId: string): Promise<void> {
  const handle = client.workflow.getHandle(requestId);
  const end = Date.now() + REST_LIMIT_MS;
  for (let quiet = 0; quiet < 2 && Date.now() < end; ) {
    const { busy } = await handle.query<{ busy: boolean }>(QUERIES.view);
    quiet = busy ? 0 : quiet + 1;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}
