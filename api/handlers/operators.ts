/** The brake of an operator, and the embedded stack's daily pass. */
import { mayActFor } from '../../contracts/index.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { draft, speakerOf } from '../ledger-notes.js';

/**
 * POST /v1/operators/{id}/stop and …/resume: every apply reads this before its first write; what has begun is finished.
 * The reason is free text and may name people, so that the ledger keeps only that there was one.
 */
export function setBrake(deps: ApiDeps, stopped: boolean): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const operator = call.params['id'] ?? '';
    if (!mayActFor(principal, operator) || (await deps.policies.current(operator)) === null)
      throw new HttpProblem('not_found');
    const at = call.now.toISOString();
    const changed = await deps.brake.set(operator, stopped, at);
    if (changed)
      await deps.ledger.append([
        draft({
          id: `brake/${operator}/${at}`,
          operator,
          at,
          actor: speakerOf(principal),
          action: stopped ? 'operator.stopped' : 'operator.resumed',
          requestId: null,
          after: { stopped, reasonGiven: true },
        }),
      ]);
    return { status: 200, body: { operator, stopped, since: at } };
  };
}

export function advanceWorld(deps: ApiDeps): Handler {
  return async (call) => {
    if (deps.dev === undefined) throw new HttpProblem('not_found');
    const { to } = call.body as { to: string };
    return { status: 200, body: await deps.dev.advanceWorld(new Date(to).toISOString()) };
  };
}
