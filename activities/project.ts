/** Writes the read model (only forward) and the workflow's own notes to the ledger (exactly once by their number). */
import { modeOf } from '../domain/rights.js';
import type { ActivityDeps } from './deps.js';
import type { ProjectInput } from './types.js';

export async function project(deps: ActivityDeps, input: ProjectInput): Promise<void> {
  if (input.notes.length > 0) {
    await deps.ledger.append(
      input.notes.map((note) => ({
        id: `${input.requestId}/note/${note.n}`,
        operator: input.operator,
        at: note.at,
        actor: { kind: 'system', role: 'engine', id: 'habeas' },
        action: note.action,
        requestId: input.requestId,
        code: note.code,
        purposeCode: null,
        before: note.before,
        after: note.after,
        policyHash: input.policyHash,
        commitment: null,
      })),
    );
  }
  await deps.projection.project(input.requestId, input.revision, input.document);
  const state = input.document['view'] as { readonly state?: unknown } | undefined;
  // An answered request for a copy no longer holds up the erasure of the same person.
  if (
    modeOf(input.right) === 'read' &&
    (state?.state === 'responding' || state?.state === 'closed' || state?.state === 'awaiting_backup_expiry')
  )
    await deps.fence.leave(input.requestId);
  if (state?.state === 'closed') await deps.fence.leave(input.requestId);
}
