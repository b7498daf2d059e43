/** What follows an intake's commit: the first ledger entry, then the workflow. Both may be repeated; reconciliation does. */
import type { RequestInput } from '../domain/lifecycle/commands.js';
import type { RequestDoc } from '../infra/store/documents.js';
import type { ApiDeps } from './deps.js';
import { receivedDraft } from './ledger-notes.js';

type Deps = Pick<ApiDeps, 'requests' | 'gateway' | 'ledger'>;

/** Throws when a part is away; the document then stays `start: pending`. */
export async function startRequest(deps: Deps, doc: RequestDoc, input: RequestInput): Promise<void> {
  await deps.ledger.append([receivedDraft(doc)]);
  await deps.gateway.start(input);
  await deps.requests.started(doc._id);
}

/** A request that is not started after this time is taken up by reconciliation. */
export const RECONCILE_AFTER_MS = 30_000;

/**
 * Starts requests that were committed but not started (a crash, an outage). Moves forward only: each is taken by
 * compare-and-set, never one that is being forgotten, and nothing is deleted. Returns how many were started.
 */
export async function reconcile(deps: Deps, now: Date): Promise<number> {
  let started = 0;
  for (const doc of await deps.requests.unstarted(now.getTime() - RECONCILE_AFTER_MS, 50)) {
    const input = await deps.requests.claimStart(doc, now.getTime());
    if (input === null) continue;
    try {
      await startRequest(deps, doc, input);
      started += 1;
    } catch {
      // Still away: the claim's time makes it due again after RECONCILE_AFTER_MS.
    }
  }
  return started;
}
