/** `account.cancelled` where the pack closes accounts: export first, then everything of the account is erased. */
import { closureDatasets } from '../../domain/closure/index.js';
import { fixedMs } from '../../domain/lifecycle/start.js';
import type { PartyRef } from '../../infra/store/parties.js';
import type { ApiDeps } from '../deps.js';
import { HttpProblem } from '../http/problem.js';

/**
 * What starts the closure, or null where the pack closes nothing. Only a system that holds people says that an account was
 * cancelled, or the organisation whose account it is: anybody else gets 403 `foreign_key`.
 */
export async function closureOf(
  deps: Pick<ApiDeps, 'policies' | 'hasher' | 'startClosure'>,
  party: PartyRef,
  accountRef: string,
): Promise<((now: Date) => Promise<void>) | null> {
  const frozen = await deps.policies.current(party.operator);
  const closure = frozen?.pack.closure ?? null;
  if (frozen === null || closure === null || closureDatasets(frozen.pack).length === 0) return null;
  const mine =
    'organisation' in party
      ? party.organisation === accountRef
      : frozen.pack.systems.some((system) => system.id === party.system);
  if (!mine) throw new HttpProblem('foreign_key');
  const hash = await deps.hasher.hash(party.operator, 'account', accountRef);
  return (now) =>
    deps.startClosure({
      closureId: `cls_${hash.replace(/[^A-Za-z0-9]/g, '').slice(-32)}`,
      operator: party.operator,
      policyHash: frozen.hash,
      account: accountRef,
      requestedAt: now.toISOString(),
      exportUntil:
        closure.exportWithin === null ? null : new Date(now.getTime() + fixedMs(closure.exportWithin)).toISOString(),
      backups: frozen.pack.backups.filter((b) => b.covers.length > 0).map((b) => b.id),
    });
}
