/** Reads a correction back: contacts by id and by search, objections address by address. */
import { ConnectorError, type PartTargets, type VerifyInput, type VerifyResult } from '../../domain/ports/connector.js';
import { isAsOrdered, newAddress, upsertName, type UpsertNote } from './change-contacts.js';
import { addressesOf, type SendgridContext } from './context.js';
import { searchAll } from './search-all.js';
import { uncarried } from './suppression-snapshot.js';

/**
 * `applied` when her contacts have the ordered values; after a change of the address: when a contact has the new one, none
 * has the old one, and every objection of the old one stands at the new one. Within the lag of the search a difference is
 * `pending`, afterwards `stillPresent`.
 *
 * @throws ConnectorError
 */
export async function verifyContacts(
  context: SendgridContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const orders = input.orders?.changes[part.key] ?? [];
  const meant = refs.filter((r) => r.review === null);
  const to = newAddress(orders);
  const old = addressesOf(meant).filter((address) => address !== to);
  let wrong = 0;
  let moved = false;
  let since = Infinity;
  for (const ref of meant) {
    input.heartbeat();
    const contact = await context.api.contact(ref.id);
    if (contact !== null && !orders.every((order) => isAsOrdered(contact, order))) wrong += 1;
    const note = (await input.memory.get(upsertName(ref))) as UpsertNote | null | undefined;
    if (note?.endedAt != null) {
      moved ||= contact === null;
      since = Math.min(since, context.tools.worldNow().getTime() - note.endedAt);
    }
  }
  if (to !== undefined) {
    const { found } = await searchAll(context.api, [...new Set([to, ...old])], input.heartbeat);
    const fresh = found.get(to);
    if (moved && (fresh === undefined || !orders.every((order) => isAsOrdered(fresh, order)))) wrong += 1;
    if (old.some((address) => found.get(address)?.email?.toLowerCase() === address)) wrong += 1;
    if (wrong === 0 && (await uncarried(context, input.memory, old, to)).length > 0)
      return { key: part.key, verdict: 'stillPresent', remaining: 1, method: 'objection_not_carried' };
  }
  if (wrong === 0) return { key: part.key, verdict: 'applied', remaining: 0, method: 'values_by_id_and_search' };
  const { searchLagMs } = context.api.settings;
  if (since < searchLagMs)
    throw new ConnectorError('pending', 'sendgrid may still answer old values', {
      afterMs: Math.min(searchLagMs - since, 5000),
    });
  return { key: part.key, verdict: 'stillPresent', remaining: wrong, method: 'values_by_id_and_search' };
}

/** Every objection of the old addresses stands at the new one. @throws ConnectorError */
export async function verifySuppressions(
  context: SendgridContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const to = newAddress(input.orders?.changes[part.key] ?? []);
  const old = addressesOf(refs.filter((r) => r.review === null)).filter((address) => address !== to);
  const missing = to === undefined ? [] : await uncarried(context, input.memory, old, to);
  return {
    key: part.key,
    verdict: missing.length === 0 ? 'applied' : 'stillPresent',
    remaining: missing.length,
    method: 'objections_at_new_address',
  };
}
