import { ConnectorError, type PartTargets, type VerifyInput, type VerifyResult } from '../../domain/ports/connector.js';
import { isChange, verifyChange } from './change-customer.js';
import { datasetOf, kindOf, type StripeContext } from './context.js';

/**
 * Reads every target back by its id, never through the search (which is late). A deleted customer stays readable as a
 * tombstone: method `tombstone`; where a counterpart forgets it altogether, `absent` (or `tombstone_or_absent` for a mix).
 * Kept records are read back as well: `kept` with method `read_back`; one that is missing makes the part `unverifiable`
 * (`kept_record_missing`), because nobody asked for that.
 *
 * @throws ConnectorError; `wrong_mode` when a target is missing and was found under another mode or account
 */
export async function verify(context: StripeContext, input: VerifyInput): Promise<readonly VerifyResult[]> {
  const results: VerifyResult[] = [];
  for (const target of input.targets) {
    const { part } = target;
    const dataset = datasetOf(context, part.dataset);
    const kind = dataset === undefined ? null : kindOf(dataset);
    if (isChange(context, target)) results.push(await verifyChange(context, input, target));
    else if (kind === 'customers' && part.action === 'delete')
      results.push(await verifyDeleted(context, input, target));
    else if (kind !== null && (part.action === 'keep' || part.action === 'retain'))
      results.push(await verifyKept(context, input, target, kind));
    else
      results.push({
        key: part.key,
        verdict: 'unverifiable',
        remaining: target.refs.length,
        method: 'not_checked_by_machine',
      });
  }
  return results;
}

async function verifyDeleted(context: StripeContext, input: VerifyInput, target: PartTargets): Promise<VerifyResult> {
  const methods = new Set<string>();
  let remaining = 0;
  for (const ref of target.refs) {
    if (ref.hold !== null) continue;
    input.heartbeat();
    const now = await context.client.customer(ref.id);
    if (now === null) {
      if (!context.client.seenHere(ref.kind))
        throw new ConnectorError('wrong_mode', 'a customer is missing that was found under another mode or account');
      methods.add('absent');
    } else if (now.deleted === true) methods.add('tombstone');
    else remaining++;
  }
  const held = target.refs.filter((ref) => ref.hold !== null).length;
  if (remaining > 0) return { key: target.part.key, verdict: 'stillPresent', remaining, held, method: 'read_by_id' };
  const method = methods.size > 1 ? 'tombstone_or_absent' : ([...methods][0] ?? 'tombstone');
  return { key: target.part.key, verdict: 'gone', remaining: 0, held, method };
}

async function verifyKept(
  context: StripeContext,
  input: VerifyInput,
  target: PartTargets,
  kind: 'customers' | 'invoices',
): Promise<VerifyResult> {
  let kept = 0;
  for (const ref of target.refs) {
    input.heartbeat();
    if (kind === 'customers') {
      const customer = await context.client.customer(ref.id);
      if (customer !== null && customer.deleted !== true) kept++;
    } else if ((await context.client.find((sdk) => sdk.invoices.retrieve(ref.id))) !== null) kept++;
  }
  const all = kept === target.refs.length;
  return {
    key: target.part.key,
    verdict: all ? 'kept' : 'unverifiable',
    remaining: kept,
    method: all ? 'read_back' : 'kept_record_missing',
  };
}
