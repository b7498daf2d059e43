/**
 * What the parts of a request ask connectors to do beyond erasing and collecting: corrected values from the vault, the stop
 * rules of the pack. One place, so that plan, apply, verify and sweep mean the same.
 */
import { fieldsToChange, type ProposedChange } from '../domain/plan/corrections.js';
import { datasetOf, stopsOf, type PlanFacts } from '../domain/plan/build-plan.js';
import type { Part } from '../domain/plan/types.js';
import type { FieldValue, Orders } from '../domain/ports/connector.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack, StopRule } from '../domain/policy/types.js';
import { modeOf } from '../domain/rights.js';
import { canonicalBytes } from '../domain/ledger/canonical-json.js';
import { hashText } from '../domain/ledger/hash-text.js';
import type { ActivityDeps } from './deps.js';
import type { About } from './types.js';

/** Orders for these parts of one system. Reads the vault only for a rectification. */
export async function ordersOf(
  deps: ActivityDeps,
  input: About,
  pack: FrozenPack,
  parts: readonly Part[],
): Promise<Orders> {
  const mode = modeOf(input.right);
  const changes: Record<string, FieldValue[]> = {};
  const stops: Record<string, readonly StopRule[]> = {};
  const proposed = mode === 'change' ? await proposedChanges(deps, input.requestId) : [];
  const reached = fieldsToChange(pack.pack, proposed);
  for (const part of parts) {
    if (mode === 'change') {
      changes[part.key] = reached
        .filter((f) => f.system === part.system && f.dataset === part.dataset)
        .map((f) => ({ field: f.field, value: proposed[f.change]?.value ?? null }));
    }
    const dataset = datasetOf(pack.pack, part.system, part.dataset);
    if (mode === 'stop' && dataset !== undefined) stops[part.key] = stopsOf(input.right, input.purposes ?? [], dataset);
  }
  return { changes, stops, restrict: 'set' };
}

/** What a plan of this request needs beside the records: purposes, and for a rectification the fields with commitments. */
export async function planFacts(
  deps: ActivityDeps,
  input: About,
  pack: FrozenPack,
): Promise<Pick<PlanFacts, 'purposes' | 'changes'>> {
  if (modeOf(input.right) !== 'change') return { purposes: input.purposes ?? [] };
  const proposed = await proposedChanges(deps, input.requestId);
  const fields = fieldsToChange(pack.pack, proposed);
  const salt = await deps.salts.commitmentSalt(input.requestId);
  return {
    changes: {
      fields,
      // A party sees what it agrees to beside the plan; the hash binds it without saying it.
      commitment: (system, dataset) =>
        hashText(
          deps.sha256(
            canonicalBytes({
              salt,
              values: fields
                .filter((f) => f.system === system && f.dataset === dataset)
                .map((f) => ({ field: f.field, value: proposed[f.change]?.value ?? null })),
            }),
          ),
        ),
    },
  };
}

export async function proposedChanges(deps: ActivityDeps, requestId: string): Promise<readonly ProposedChange[]> {
  return (await deps.vault.get<readonly ProposedChange[]>(requestId, VAULT.changes)) ?? [];
}
