/**
 * The two clocks of an activity (design.md section 8). Case time is the request's own time, which may have been moved
 * forward; world time is the host's. Activities see host time only, but the instant at which this attempt was scheduled
 * is case time, also on retries.
 */
import { performance } from 'node:perf_hooks';
import { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Stamp } from '../../domain/words.js';

const began = new WeakMap<Context, number>();

/** Notes when an attempt began; part of every worker's settings (`workerDefaults`). */
export const stampInterceptor: ActivityInterceptorsFactory = (context) => {
  began.set(context, performance.now());
  return {};
};

/**
 * Now, in both clocks; only inside an activity.
 * `caseAt` = when this attempt was scheduled + how long it has been running (monotonic, so a host clock that is set
 * does not bend it). Time spent waiting in the queue is not counted: a stamp is never later than the truth.
 */
export function stamp(worldNow: () => number = Date.now): Stamp {
  const context = Context.current();
  const start = began.get(context);
  if (start === undefined) throw new Error('stamp: the worker lacks stampInterceptor');
  const caseMs = context.info.currentAttemptScheduledTimestampMs + Math.floor(performance.now() - start);
  return { caseAt: new Date(caseMs).toISOString(), worldAt: new Date(worldNow()).toISOString() };
}
