/** Computes the legal clock anew after a question, an answer or an extension; the workflow only compares its instants. */
import type { ClockDone } from '../domain/lifecycle/results.js';
import type { ActivityDeps } from './deps.js';
import type { ClockInput } from './types.js';

export async function clock(deps: ActivityDeps, input: ClockInput): Promise<ClockDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const stamp = deps.stamp();
  await deps.projection.clockedFrom(input.requestId, {
    receivedAt: input.receivedAt,
    pauses: input.pauses,
    extendedAt: input.extension?.decidedAt ?? null,
  });
  return { kind: 'clock', stamp, clock: deps.requestClock(pack, input.right, input, stamp.caseAt) };
}
