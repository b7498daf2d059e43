/** Rectification at Stripe: fields of customers, nothing else (finalised invoices, charges and sessions are never rewritten). */
import type Stripe from 'stripe';
import type { Ref } from '../../domain/plan/types.js';
import {
  ConnectorError,
  type ApplyInput,
  type ApplyResult,
  type FieldValue,
  type PartTargets,
  type VerifyInput,
  type VerifyResult,
} from '../../domain/ports/connector.js';
import { datasetOf, kindOf, type StripeContext } from './context.js';
import type { Customer } from './client.js';
import { idempotencyKey } from './idempotency.js';

/** Texts of a customer that can be set and unset. Never `source`: updating it retries past-due invoices. */
const TEXTS: ReadonlySet<string> = new Set(['name', 'email', 'phone', 'description']);
const ADDRESS = ['line1', 'line2', 'city', 'postal_code', 'state', 'country'] as const;

export function isChange(context: StripeContext, { part }: PartTargets): boolean {
  const dataset = datasetOf(context, part.dataset);
  return part.action === 'change' && dataset !== undefined && kindOf(dataset) === 'customers';
}

/** Why these orders cannot be carried out here, or null. An address is several fields: it is removed whole, or set by `address.city` and so on. */
export function whyNot(orders: readonly FieldValue[]): string | null {
  for (const { field, value } of orders) {
    if (value !== null && typeof value !== 'string') return 'field_not_offered_by_stripe';
    if (TEXTS.has(field) || (field === 'address' && value === null) || addressPart(field) !== null) continue;
    return field === 'address' ? 'structured_field' : 'field_not_offered_by_stripe';
  }
  return null;
}

function addressPart(field: string): (typeof ADDRESS)[number] | null {
  return ADDRESS.find((name) => field === `address.${name}`) ?? null;
}

/**
 * Each customer is read first: one that is as ordered is left alone, one that is deleted needs nothing. The values before
 * are noted before the first write. Copies in payments and invoices stay as they were issued.
 *
 * @throws ConnectorError of connectors.md 1.7; `wrong_mode` when a customer is missing and was found under another mode
 */
export async function changeCustomers(
  context: StripeContext,
  input: ApplyInput,
  { part, refs }: PartTargets,
): Promise<ApplyResult> {
  const orders = input.orders?.changes[part.key] ?? [];
  if (part.review !== null) return { key: part.key, kind: 'review', why: part.review };
  const reason = whyNot(orders);
  if (reason !== null) return { key: part.key, kind: 'manual', why: reason };
  let touched = 0;
  for (const ref of refs.filter((r) => r.review === null)) {
    input.heartbeat();
    const customer = await readCustomer(context, ref);
    if (customer === null || orders.every((order) => isAsOrdered(customer, order))) continue;
    await noteBefore(input, part.key, ref.id, customer, orders);
    await update(context, input, ref, customer, orders);
    touched += 1;
  }
  return { key: part.key, kind: 'applied', touched };
}

/** Null for one that is deleted: nothing of it can be wrong any more. */
async function readCustomer(context: StripeContext, ref: Ref): Promise<Customer | null> {
  const found = await context.client.customer(ref.id);
  if (found !== null) return found.deleted === true ? null : found;
  if (context.client.seenHere(ref.kind)) return null;
  throw new ConnectorError('wrong_mode', 'a customer is missing that was found under another mode or account');
}

async function noteBefore(
  input: ApplyInput,
  part: string,
  id: string,
  customer: Customer,
  orders: readonly FieldValue[],
): Promise<void> {
  const name = `before/${part}`;
  const noted = ((await input.memory.get(name)) as { records?: Record<string, unknown> } | null | undefined)?.records;
  if (noted?.[id] !== undefined) return;
  const values = Object.fromEntries(orders.map((order) => [order.field, valueOf(customer, order.field)]));
  await input.memory.save(name, { records: { ...noted, [id]: values } });
}

async function update(
  context: StripeContext,
  input: ApplyInput,
  ref: Ref,
  customer: Customer,
  orders: readonly FieldValue[],
): Promise<void> {
  const turnName = `turn/${ref.id}`;
  const stored = await input.memory.get(turnName);
  const turn = typeof stored === 'number' ? stored : 0;
  const key = idempotencyKey({
    requestId: input.requestId,
    instance: context.system.id,
    operation: 'change_customer',
    target: ref.id,
    generation: input.generation,
    turn,
  });
  try {
    await context.client.call((sdk) =>
      sdk.customers.update(ref.id, paramsOf(customer, orders), { idempotencyKey: key }),
    );
  } catch (error) {
    // The stored answer of this key may be replayed for a day: the next try, after reading the state, uses another one.
    if (error instanceof ConnectorError && (error.status ?? 0) >= 500) await input.memory.save(turnName, turn + 1);
    throw error;
  }
}

/** Absent = unchanged, `''` = removed. An address is sent whole: its other lines as they are. */
function paramsOf(customer: Customer, orders: readonly FieldValue[]): Stripe.CustomerUpdateParams {
  const params: Record<string, unknown> = {};
  for (const { field, value } of orders) if (TEXTS.has(field) || field === 'address') params[field] = value ?? '';
  const lines = orders.filter((order) => addressPart(order.field) !== null);
  if (lines.length > 0 && params['address'] === undefined) {
    const address: Record<string, string> = {};
    for (const name of ADDRESS) {
      const line = lines.find((order) => order.field === `address.${name}`);
      const value = line === undefined ? customer.address?.[name] : line.value;
      if (line !== undefined || (value ?? '') !== '') address[name] = String(value ?? '');
    }
    params['address'] = address;
  }
  return params as Stripe.CustomerUpdateParams;
}

function valueOf(customer: Customer, field: string): unknown {
  const part = addressPart(field);
  if (part !== null) return customer.address?.[part] ?? null;
  return (customer as unknown as Record<string, unknown>)[field] ?? null;
}

function isAsOrdered(customer: Customer, { field, value }: FieldValue): boolean {
  const now = valueOf(customer, field);
  if (value !== null) return now === value;
  if (now === null || now === '') return true;
  return typeof now === 'object' && Object.values(now).every((line) => line === null || line === '');
}

/** By id, never through the search, which is late. */
export async function verifyChange(
  context: StripeContext,
  input: VerifyInput,
  { part, refs }: PartTargets,
): Promise<VerifyResult> {
  const orders = input.orders?.changes[part.key] ?? [];
  let wrong = 0;
  for (const ref of refs.filter((r) => r.review === null)) {
    input.heartbeat();
    const customer = await readCustomer(context, ref);
    if (customer !== null && !orders.every((order) => isAsOrdered(customer, order))) wrong += 1;
  }
  return {
    key: part.key,
    verdict: wrong > 0 ? 'stillPresent' : 'applied',
    remaining: wrong,
    method: 'values_by_id',
  };
}
