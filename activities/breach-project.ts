/** Read model and ledger of a breach; and, at the end, forgetting who was affected. */
import { BREACH_VAULT } from './breach-context.js';
import type { AboutBreach, BreachActivities, BreachProjectInput } from './breach-types.js';
import type { ActivityDeps } from './deps.js';

/** Notes are written exactly once by their number, the view only over a lower revision. */
export async function breachProject(deps: ActivityDeps, input: BreachProjectInput): Promise<void> {
  if (input.notes.length > 0) {
    await deps.ledger.append(
      input.notes.map((note) => ({
        id: `${input.breachId}/note/${note.n}`,
        operator: input.operator,
        at: note.at,
        actor: { kind: 'system', role: 'engine', id: 'habeas' },
        action: note.action,
        requestId: null,
        code: note.code,
        purposeCode: null,
        before: null,
        after: { breach: input.breachId, ...note.after },
        policyHash: input.policyHash,
        commitment: null,
      })),
    );
  }
  await deps.breachViews.project(input.breachId, input.revision, input.view);
}

/** Removes the contacts of everybody; the rows, which name nobody, and the texts stay as the evidence of Art. 33(5). */
export async function breachForget(
  deps: ActivityDeps,
  input: AboutBreach,
): ReturnType<BreachActivities['breachForget']> {
  const pages = await deps.vault.list(input.breachId, BREACH_VAULT.people(''));
  for (let at = 0; at < pages.length; at += 100)
    await deps.vault.remove(
      input.breachId,
      pages.slice(at, at + 100).map((page) => page.name),
    );
  return { kind: 'forget', stamp: deps.stamp() };
}
