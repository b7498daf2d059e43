/**
 * Stops mailings of a purpose (GDPR Art. 7(3), 21(2)): the contact leaves the purpose's lists, the address stands in its
 * suppression group. Never a global unsubscribe, which would stop service mails too: those still reach her.
 */
import {
  ConnectorError,
  type ApplyInput,
  type ApplyResult,
  type PartTargets,
  type VerifyInput,
  type VerifyResult,
} from '../../domain/ports/connector.js';
import type { Orders } from '../../domain/ports/connector.js';
import { addressesOf, type SendgridContext } from './context.js';
import { deleteContacts } from './delete-contacts.js';
import type { Contact } from './endpoints.js';

/** Kind of a target that is an address without a contact: it is suppressed all the same. */
export const ADDRESS = 'address';

const MEMORY = 'left_lists';
/** Ids of lists look like this; anything else is the name that people gave the list. */
const LIST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Wanted {
  readonly lists: readonly string[];
  readonly groups: readonly number[];
  readonly erase: boolean;
  /** Fields of a contact cannot be unset by this vendor's API in a way that keeps the rest. */
  readonly fields: boolean;
}

/**
 * → `applied`; `manual` `action_not_offered_by_sendgrid` where a rule sets or removes fields. Safe to repeat.
 *
 * @throws ConnectorError `config` for a list or group that the account does not have (the vendor would take an unknown
 *   group for a global unsubscribe); `pending` while a deletion job runs
 */
export async function stopMailings(
  context: SendgridContext,
  input: ApplyInput,
  { part, refs }: PartTargets,
): Promise<ApplyResult> {
  const wanted = wantedOf(input.orders, part.key);
  if (wanted.fields) return { key: part.key, kind: 'manual', why: 'action_not_offered_by_sendgrid' };
  const contacts = refs.filter((ref) => ref.kind !== ADDRESS);
  const addresses = addressesOf(refs);
  let touched = await suppress(context, input, addresses, wanted.groups);
  const lists = await listIds(context, wanted.lists);
  for (const list of lists) {
    const members: string[] = [];
    for (const ref of contacts) {
      input.heartbeat();
      if (isMember(await context.api.contact(ref.id), list)) members.push(ref.id);
    }
    if (members.length === 0) continue;
    // Before the call: the read-back must know that the vendor is given time.
    await input.memory.save(MEMORY, context.tools.worldNow().getTime());
    await context.api.removeFromList(list, members);
    touched += members.length;
  }
  if (wanted.erase && contacts.length > 0) {
    const deletion = await deleteContacts(context, input, contacts);
    if (deletion.kind !== 'deleted') return { key: part.key, kind: deletion.kind, why: deletion.why };
    touched += deletion.touched;
  }
  return { key: part.key, kind: 'applied', touched };
}

/**
 * Reads every contact by id and every address' groups. `applied` with method `lists_and_groups_read`; within the settings'
 * lag after a removal a contact that is still listed is `pending`, afterwards `stillPresent`.
 *
 * @throws ConnectorError
 */
export async function verifyStopped(
  context: SendgridContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const wanted = wantedOf(input.orders, part.key);
  const lists = await listIds(context, wanted.lists);
  let left = 0;
  for (const ref of refs.filter((one) => one.kind !== ADDRESS)) {
    input.heartbeat();
    const contact = await context.api.contact(ref.id);
    if (contact !== null && (wanted.erase || lists.some((list) => isMember(contact, list)))) left++;
  }
  let heard = 0;
  for (const address of addressesOf(refs)) {
    input.heartbeat();
    const groups = await context.api.groups('', address);
    if (wanted.groups.some((id) => groups.get(id) !== true)) heard++;
  }
  if (left + heard === 0) return { key: part.key, verdict: 'applied', remaining: 0, method: 'lists_and_groups_read' };
  const since = await input.memory.get(MEMORY);
  const waited = context.tools.worldNow().getTime() - (typeof since === 'number' ? since : 0);
  const { searchLagMs } = context.api.settings;
  if (heard === 0 && !wanted.erase && waited < searchLagMs)
    throw new ConnectorError('pending', 'sendgrid may still show left lists', {
      afterMs: Math.min(searchLagMs - waited, 5000),
    });
  return {
    key: part.key,
    verdict: 'stillPresent',
    remaining: left + heard,
    method: heard > 0 ? 'not_in_group' : 'still_on_list',
  };
}

async function suppress(
  context: SendgridContext,
  input: ApplyInput,
  addresses: readonly string[],
  groups: readonly number[],
): Promise<number> {
  let added = 0;
  for (const address of groups.length === 0 ? [] : addresses) {
    input.heartbeat();
    const known = await context.api.groups('', address);
    for (const group of groups) {
      const suppressed = known.get(group);
      if (suppressed === undefined)
        throw new ConnectorError('config', 'the account has no suppression group of this number');
      if (suppressed) continue;
      await context.api.unsubscribe('', group, [address]);
      added++;
    }
  }
  return added;
}

async function listIds(context: SendgridContext, lists: readonly string[]): Promise<readonly string[]> {
  const named = lists.filter((list) => !LIST_ID.test(list));
  if (named.length === 0) return lists;
  const known = await context.api.lists();
  return lists.map((list) => {
    const id = LIST_ID.test(list) ? list : known.get(list);
    if (id === undefined) throw new ConnectorError('config', 'the account has no list of this name');
    return id;
  });
}

function isMember(contact: Contact | null, list: string): boolean {
  return contact?.list_ids?.includes(list) === true;
}

function wantedOf(orders: Orders | undefined, key: string): Wanted {
  const rules = orders?.stops[key] ?? [];
  return {
    lists: [...new Set(rules.flatMap((rule) => rule.lists))],
    groups: [...new Set(rules.flatMap((rule) => (rule.group === null ? [] : [rule.group])))],
    erase: rules.some((rule) => rule.erase),
    fields: rules.some((rule) => rule.unset.length > 0 || Object.keys(rule.set).length > 0),
  };
}
