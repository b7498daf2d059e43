/**
 * What the parts of a request ask connectors to do beyond erasing and collecting: corrected values from the vault, the stop
 * rules of the pack. One place, so that plan, apply, verify and sweep mean the same.
 */
import { changeFacts, correctionsOf } from '../domain/plan/change-facts.js';
import { fieldsToChange, type ProposedChange } from '../domain/plan/corrections.js';
import type { IdentityEntry, SubjectEntry } from '../domain/plan/subject.js';
import { datasetOf, type PlanFacts } from '../domain/plan/build-plan.js';
import { stopsOfPart } from '../domain/plan/stops.js';
import type { Part } from '../domain/plan/types.js';
import type { FieldValue, Orders } from '../domain/ports/connector.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack, StopRule } from '../domain/policy/types.js';
import { modeOf } from '../domain/rights.js';
import type { ActivityDeps } from './deps.js';
import type { About } from './types.js';

/** Orders for these parts of one system. Reads the vault only for a rectification. */
export async function ordersOf(
  deps: ActivityDeps,
  input: About,
  pack: FrozenPack,
  parts: readonly Part[],
  restrict: Orders['restrict'] = 'set',
): Promise<Orders> {
  const mode = modeOf(input.right);
  const changes: Record<string, FieldValue[]> = {};
  const stops: Record<string, readonly StopRule[]> = {};
  const proposed = mode === 'change' ? await proposedChanges(deps, input.requestId) : [];
  const reached = fieldsToChange(pack.pack, proposed);
  for (const part of parts) {
    if (mode === 'change') {
      changes[part.key] = correctionsOf(proposed, reached, part.system, part.dataset);
    }
    const dataset = datasetOf(pack.pack, part.system, part.dataset);
    if (mode === 'stop' && dataset !== undefined)
      stops[part.key] = stopsOfPart(input.right, input.purposes ?? [], dataset, part);
  }
  return { changes, stops, restrict };
}

/** What a plan of this request needs beside the records: purposes, and for a rectification the fields with commitments. */
export async function planFacts(
  deps: ActivityDeps,
  input: About,
  pack: FrozenPack,
): Promise<Pick<PlanFacts, 'purposes' | 'changes'>> {
  if (modeOf(input.right) !== 'change') return { purposes: input.purposes ?? [] };
  const [proposed, subject, identity] = await Promise.all([
    proposedChanges(deps, input.requestId),
    deps.vault.get<SubjectEntry>(input.requestId, VAULT.subject),
    deps.vault.get<IdentityEntry>(input.requestId, VAULT.identity),
  ]);
  const proven = subject?.identifiers.filter((_, i) => identity?.proven.includes(i) === true) ?? [];
  const salt = await deps.salts.commitmentSalt(input.requestId);
  return { changes: changeFacts({ pack: pack.pack, proposed, salt, proven }, deps.sha256) };
}

export async function proposedChanges(deps: ActivityDeps, requestId: string): Promise<readonly ProposedChange[]> {
  return (await deps.vault.get<readonly ProposedChange[]>(requestId, VAULT.changes)) ?? [];
}
