/** Puts a request's events into the delivery log of every endpoint that takes them; sending is the delivery workflow's. */
import type { AnnounceDone } from '../domain/lifecycle/results.js';
import type { ActivityDeps } from './deps.js';
import type { AnnounceInput } from './types.js';

export async function announce(deps: ActivityDeps, input: AnnounceInput): Promise<AnnounceDone> {
  const queued = await deps.outgoing.send(input.events);
  return { kind: 'announce', stamp: deps.stamp(), queued };
}
