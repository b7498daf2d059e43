import { ConnectorError, type PartTargets, type VerifyInput, type VerifyResult } from '../../domain/ports/connector.js';
import { verifyContacts, verifySuppressions } from './verify-change.js';
import { addressesOf, kindById, opaqueId, type SendgridContext } from './context.js';
import { noteName, type DeletionNote } from './delete-contacts.js';
import { erasureAccepted } from './erase-activity.js';
import { searchAll } from './search-all.js';
import { verifyStopped } from './stop-mailings.js';
import { lostObjections, reassert } from './suppression-snapshot.js';

/**
 * Reads back what `apply` did.
 *
 * - contacts: search by address and read by id. Both say no → `gone` (`search_not_found`; `absent_by_id` when the address
 *   belongs to a newer contact). The search is late after a job: within the settings' lag that is `pending`, afterwards
 *   `stillPresent`.
 * - activity: no call tells whether an erase job has ended, and records cannot be searched. `gone` with method
 *   `accepted_202_and_contact_absent` says exactly what was seen: every job was accepted, and no contact has the address
 *   (`accepted_202` where there is no contact to look for). Not accepted, or a contact that this request deletes is
 *   still there → `stillPresent` (`not_accepted`, `contact_present`), so that the part is applied again.
 *   The vendor's job runs at a time that nobody is told, so objections that went with the records since are written back
 *   here too: the one thing that this read-back writes, and it only ever adds an opt-out. Where that does not hold:
 *   `stillPresent` (`suppression_lost`).
 * - suppressions: every entry is there → `kept`; one that is missing → `unverifiable` (`suppression_lost`).
 *
 * @throws ConnectorError; `pending` while the search may be late
 */
export async function verify(context: SendgridContext, input: VerifyInput): Promise<readonly VerifyResult[]> {
  const results: VerifyResult[] = [];
  for (const target of input.targets) {
    const kind = kindById(context, target.part.dataset);
    const { action } = target.part;
    if (kind === 'contacts' && action === 'stop') results.push(await verifyStopped(context, input, target));
    else if (kind === 'contacts' && action === 'change') results.push(await verifyContacts(context, input, target));
    else if (kind === 'suppressions' && action === 'change')
      results.push(await verifySuppressions(context, input, target));
    else if (kind === 'contacts' && action === 'delete') results.push(await contacts(context, input, target));
    else if (kind === 'activity' && action === 'delete') results.push(await activity(context, input, target));
    else if (kind === 'suppressions' && (action === 'keep' || action === 'retain'))
      results.push(await suppressions(context, input, target));
    else
      results.push({
        key: target.part.key,
        verdict: 'unverifiable',
        remaining: target.refs.length,
        method: 'not_checked_by_machine',
      });
  }
  return results;
}

async function contacts(
  context: SendgridContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const meant = refs.filter((ref) => ref.hold === null);
  const { found } = await searchAll(context.api, addressesOf(meant), input.heartbeat);
  const ids = new Set([...found.values()].map((contact) => contact.id));
  let byId = 0;
  let searched = 0;
  for (const ref of meant) {
    input.heartbeat();
    if ((await context.api.contact(ref.id)) !== null) byId++;
    else if (ids.has(ref.id)) searched++;
  }
  if (byId + searched === 0)
    return {
      key: part.key,
      verdict: 'gone',
      remaining: 0,
      method: ids.size === 0 ? 'search_not_found' : 'absent_by_id',
    };
  const note = (await input.memory.get(noteName(meant))) as DeletionNote | null | undefined;
  const since = note?.endedAt == null || note.errored ? Infinity : context.tools.worldNow().getTime() - note.endedAt;
  const { searchLagMs } = context.api.settings;
  if (since < searchLagMs)
    throw new ConnectorError('pending', 'sendgrid may still answer deleted contacts', {
      afterMs: Math.min(searchLagMs - since, 5000),
    });
  return {
    key: part.key,
    verdict: 'stillPresent',
    remaining: byId + searched,
    method: byId > 0 ? 'read_by_id' : 'search',
  };
}

async function activity(
  context: SendgridContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const addresses = addressesOf(refs.filter((ref) => ref.hold === null));
  const open = (method: string, remaining = addresses.length): VerifyResult => ({
    key: part.key,
    verdict: 'stillPresent',
    remaining,
    method,
  });
  const gone = (method: string): VerifyResult => ({ key: part.key, verdict: 'gone', remaining: 0, method });
  if (!(await erasureAccepted(input.memory, addresses))) return open('not_accepted');
  const restored = await reassert(context, input, addresses);
  const lost = restored === 0 ? [] : await lostObjections(context, input.memory, addresses);
  if (lost.length > 0) return open('suppression_lost', lost.length);
  if (!context.api.hasContacts) return gone('accepted_202');
  const { found } = await searchAll(context.api, addresses, input.heartbeat);
  const own = addresses.filter((address) => found.get(address)?.email?.toLowerCase() === address);
  if (own.length === 0) return gone('accepted_202_and_contact_absent');
  // A contact that this request does not delete (kept, undecided, newly made) says nothing about the mail records.
  return deletesContactOf(context, input, own) ? open('contact_present', own.length) : gone('accepted_202');
}

function deletesContactOf(context: SendgridContext, input: VerifyInput, addresses: readonly string[]): boolean {
  const deleted = input.targets.filter(
    ({ part }) => part.action === 'delete' && kindById(context, part.dataset) === 'contacts',
  );
  const theirs = addressesOf(deleted.flatMap((target) => target.refs));
  return addresses.some((address) => theirs.includes(address));
}

async function suppressions(
  context: SendgridContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const present = new Set<string>();
  for (const account of context.api.accounts)
    for (const address of addressesOf(refs)) {
      input.heartbeat();
      for (const { list, group } of await context.api.suppressions(account, address)) {
        present.add(opaqueId(context, account, list, String(group ?? ''), address));
        // A lost spam report is made good by a global unsubscribe.
        if (list === 'global_unsubscribe') present.add(opaqueId(context, account, 'spam_report', '', address));
      }
    }
  const kept = refs.filter((ref) => present.has(ref.id)).length;
  const all = kept === refs.length;
  return {
    key: part.key,
    verdict: all ? 'kept' : 'unverifiable',
    remaining: kept,
    method: all ? 'suppressions_intact' : 'suppression_lost',
  };
}
