import type { Ref } from '../../domain/plan/types.js';
import { ConnectorError, type ApplyInput, type ApplyResult, type PartTargets } from '../../domain/ports/connector.js';
import { changeCustomers, isChange } from './change-customer.js';
import { datasetOf, kindOf, MAX_CUSTOMERS, type StripeContext } from './context.js';
import { idempotencyKey } from './idempotency.js';

/**
 * Deletes or corrects the customers of the given parts and leaves everything else where it is. Each customer is read first, so that
 * a repeat of a half-done step deletes nothing twice and a crash between call and record does no harm. One failing
 * customer does not stop the others; its error is thrown at the end and only it is tried again.
 *
 * Parts: `delete` on customers → `applied`; `change` on customers: change-customer.ts, on anything else → `retained`
 * `as_issued`; `keep` and `retain` → `retained`; `redact` → `manual`
 * `redaction_not_offered` (the seam for redaction jobs); anything else →
 * `manual`, because Stripe cannot do it (finalised invoices are not rewritten or deleted).
 *
 * Deleting ends active subscriptions at once; how many is kept in the step's memory under `subscriptions/<id>`.
 *
 * @throws ConnectorError of connectors.md 1.7; `too_many_targets` when more than 25 customers came here that nobody
 *   looked at; `wrong_mode` when a customer is missing and was found under another mode or account
 */
export async function apply(context: StripeContext, input: ApplyInput): Promise<readonly ApplyResult[]> {
  const unseen = input.targets.flatMap((target) => (isDeletion(context, target) ? target.refs : []));
  if (unseen.filter((ref) => ref.review === null && ref.hold === null).length > MAX_CUSTOMERS)
    throw new ConnectorError('too_many_targets', `more than ${MAX_CUSTOMERS} customers for one person`);

  const results: ApplyResult[] = [];
  let failure: ConnectorError | null = null;
  for (const target of input.targets) {
    const { part } = target;
    if (isChange(context, target)) {
      results.push(await changeCustomers(context, input, target));
      continue;
    }
    if (!isDeletion(context, target)) {
      results.push(withoutEffect(target));
      continue;
    }
    let touched = 0;
    for (const ref of target.refs) {
      if (ref.hold !== null) continue;
      input.heartbeat();
      try {
        if (await deleteCustomer(context, input, ref)) touched++;
      } catch (error) {
        if (!(error instanceof ConnectorError) || stopsEverything(error)) throw error;
        failure ??= error;
      }
    }
    results.push({ key: part.key, kind: 'applied', touched });
  }
  if (failure !== null) throw failure;
  return results;
}

function isDeletion(context: StripeContext, { part }: PartTargets): boolean {
  const dataset = datasetOf(context, part.dataset);
  return part.action === 'delete' && dataset !== undefined && kindOf(dataset) === 'customers';
}

function withoutEffect({ part }: PartTargets): ApplyResult {
  if (part.action === 'keep' || part.action === 'retain')
    return { key: part.key, kind: 'retained', basis: part.basis ?? part.hold?.law ?? 'kept_by_policy' };
  // Finalised documents say what was issued: a credit note and a new one correct them, a business act.
  if (part.action === 'change') return { key: part.key, kind: 'retained', basis: 'as_issued' };
  if (part.action === 'redact') return { key: part.key, kind: 'manual', why: 'redaction_not_offered' };
  return { key: part.key, kind: 'manual', why: 'action_not_offered_by_stripe' };
}

/** A key that does not work, or a limit that is reached, is the same for every other customer. */
function stopsEverything(error: ConnectorError): boolean {
  return ['auth', 'scope', 'config', 'wrong_mode', 'rate_limited'].includes(error.code);
}

/** @returns true when this call deleted it, false when it was gone before */
async function deleteCustomer(context: StripeContext, input: ApplyInput, ref: Ref): Promise<boolean> {
  const { client } = context;
  const before = await client.customer(ref.id);
  if (before === null) return gone(context, ref);
  if (before.deleted === true) return false;

  const active = await client.find((sdk) => sdk.subscriptions.list({ customer: ref.id, limit: 100 }));
  const ending = active?.data.length ?? 0;
  if (ending > 0) await input.memory.save(`subscriptions/${ref.id}`, { ended: ending });

  const turnName = `turn/${ref.id}`;
  const stored = await input.memory.get(turnName);
  const turn = typeof stored === 'number' ? stored : 0;
  const key = idempotencyKey({
    requestId: input.requestId,
    instance: context.system.id,
    operation: 'delete_customer',
    target: ref.id,
    generation: input.generation,
    turn,
  });
  try {
    // Stripe ignores the key on DELETE (it is idempotent by nature); it makes our retries recognisable in the vendor's log.
    const answer = await client.find((sdk) => sdk.customers.del(ref.id, undefined, { idempotencyKey: key }));
    return answer === null ? gone(context, ref) : true;
  } catch (error) {
    // The stored answer of this key may be replayed for a day: the next try, after reading the state, uses another one.
    if (error instanceof ConnectorError && (error.status ?? 0) >= 500) await input.memory.save(turnName, turn + 1);
    throw error;
  }
}

/** "Missing" is "gone" only where the customer was seen with the mode and account that the key has now. */
function gone(context: StripeContext, ref: Ref): false {
  if (context.client.seenHere(ref.kind)) return false;
  throw new ConnectorError('wrong_mode', 'a customer is missing that was found under another mode or account');
}
