/** Lists the copies of one backup system and answers which may still hold the person. A listing, never configuration. */
import type { InventoryDone } from '../domain/lifecycle/results.js';
import { backupQuestion } from '../domain/plan/backup-question.js';
import { ConnectorError } from '../domain/ports/connector.js';
import type { ActivityDeps } from './deps.js';
import type { InventoryInput } from './types.js';

export async function inventory(deps: ActivityDeps, input: InventoryInput): Promise<InventoryDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const policy = pack.pack.backups.find((b) => b.id === input.system);
  if (policy === undefined) throw new ConnectorError('config', 'the pack has no such backup system');
  const copies = await deps.connectors.inventory(pack, input.system).list();
  const stamp = deps.stamp();
  // Expiry is asked for the request's own time; when the effect happened is a physical fact (world time).
  const answer = backupQuestion(copies, {
    effectiveAt: input.effectiveAt,
    retention: policy.retention,
    now: stamp.caseAt,
  });
  return { kind: 'inventory', stamp, state: answer.state, copies: answer.copies, lastExpiresAt: answer.lastExpiresAt };
}
