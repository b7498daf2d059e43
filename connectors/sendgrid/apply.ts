import { ConnectorError, type ApplyInput, type ApplyResult, type PartTargets } from '../../domain/ports/connector.js';
import { changeContacts, changeSuppressions } from './change-contacts.js';
import { addressesOf, kindById, MAX_CONTACTS, type SendgridContext } from './context.js';
import { deleteContacts } from './delete-contacts.js';
import { eraseActivity } from './erase-activity.js';
import { stopMailings } from './stop-mailings.js';
import { reassert, takeSnapshot } from './suppression-snapshot.js';

/**
 * Erases in the one order that keeps objections alive: read the suppressions, delete contacts (a job, waited for), ask
 * for erasure of mail records, then write back suppressions that went with them.
 *
 * Parts: contacts `delete` → `applied`, or `manual`/`review` (see `deleteContacts`); activity `delete` → `applied`, or
 * `manual` `erasejob_scope_missing` / `address_refused_by_vendor`; `change`: change-contacts.ts; `stop`: stop-mailings.ts; `keep`, `retain` → `retained`; anything else →
 * `manual` `action_not_offered_by_sendgrid`.
 *
 * @throws ConnectorError `pending` while a deletion job runs; `too_many_targets` when more than 25 contacts came here
 *   that nobody looked at
 */
export async function apply(context: SendgridContext, input: ApplyInput): Promise<readonly ApplyResult[]> {
  const of = (kind: string) =>
    input.targets.filter(({ part }) => part.action === 'delete' && kindById(context, part.dataset) === kind);
  const contacts = of('contacts');
  const activity = of('activity');
  const unseen = contacts.flatMap((target) => target.refs).filter((ref) => ref.review === null && ref.hold === null);
  if (unseen.length > MAX_CONTACTS)
    throw new ConnectorError('too_many_targets', `more than ${MAX_CONTACTS} contacts for one person`);

  const results = new Map<string, ApplyResult>();
  for (const target of input.targets)
    if (!contacts.includes(target) && !activity.includes(target))
      results.set(target.part.key, withoutEffect(context, target));

  for (const target of input.targets) {
    const kind = kindById(context, target.part.dataset);
    if (target.part.action === 'stop' && kind === 'contacts')
      results.set(target.part.key, await stopMailings(context, input, target));
    if (target.part.action !== 'change' || kind === null) continue;
    if (kind === 'contacts') results.set(target.part.key, await changeContacts(context, input, target));
    if (kind === 'suppressions') results.set(target.part.key, await changeSuppressions(context, input, target));
  }

  const touched = addressesOf([...contacts, ...activity].flatMap((target) => target.refs));
  if (touched.length > 0) {
    await takeSnapshot(context, input, touched);
    for (const target of contacts) results.set(target.part.key, await applyContacts(context, input, target));
    for (const target of activity) results.set(target.part.key, await applyActivity(context, input, target));
    await reassert(context, input, touched);
  }
  return input.targets.flatMap(({ part }) => results.get(part.key) ?? []);
}

async function applyContacts(
  context: SendgridContext,
  input: ApplyInput,
  { part, refs }: PartTargets,
): Promise<ApplyResult> {
  const meant = refs.filter((ref) => ref.hold === null);
  if (meant.length === 0) return { key: part.key, kind: 'applied', touched: 0 };
  const deletion = await deleteContacts(context, input, meant);
  if (deletion.kind === 'deleted') return { key: part.key, kind: 'applied', touched: deletion.touched };
  return { key: part.key, kind: deletion.kind, why: deletion.why };
}

async function applyActivity(
  context: SendgridContext,
  input: ApplyInput,
  { part, refs }: PartTargets,
): Promise<ApplyResult> {
  const addresses = addressesOf(refs.filter((ref) => ref.hold === null));
  const { refused, scopeMissing } = await eraseActivity(context, input, addresses);
  if (scopeMissing) return { key: part.key, kind: 'manual', why: 'erasejob_scope_missing' };
  if (refused.length > 0) return { key: part.key, kind: 'manual', why: 'address_refused_by_vendor' };
  return { key: part.key, kind: 'applied', touched: addresses.length };
}

function withoutEffect(context: SendgridContext, { part }: PartTargets): ApplyResult {
  if (part.action === 'keep' || part.action === 'retain')
    return { key: part.key, kind: 'retained', basis: part.basis ?? 'kept_by_policy' };
  const kind = kindById(context, part.dataset);
  return {
    key: part.key,
    kind: 'manual',
    why: kind === null ? 'unsupported_dataset' : 'action_not_offered_by_sendgrid',
  };
}
