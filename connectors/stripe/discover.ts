import type { Found, Identifier, Ref } from '../../domain/plan/types.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { DiscoverInput } from '../../domain/ports/connector.js';
import { kindOf, MAX_CUSTOMERS, type StripeContext } from './context.js';
import type { Customer, Invoice } from './client.js';
import { findCustomers, strongest, type FoundCustomer } from './find-customers.js';

/** Charges made without a customer can only be named by a stored id; guest checkouts are not searched yet. */
const ALWAYS = ['guest_purchases_not_searched'] as const;
const ACTIVE = new Set(['active', 'trialing', 'past_due', 'unpaid', 'paused']);

/**
 * Customers of the person and, below them, their invoices. Sure hits are those by a proven identifier or an assigned id;
 * everything else carries a `review`: `declared_link`, `unproven_identifier`, `too_many_targets` (more than 25 sure
 * customers), `active_subscription` (with the setting `askOnActiveSubscription`, since deleting cancels at once).
 *
 * A request started by an organisation sees only datasets that inherit their organisation (`{from}`); a customer list has
 * no filter for a controller, and filtering afterwards is not allowed.
 *
 * @returns refs by dataset; customer ids of sure hits as `system` identifiers; declared links of the pack
 * @throws ConnectorError
 */
export async function discover(context: StripeContext, input: DiscoverInput): Promise<Found> {
  const wanted = context.system.datasets.filter((dataset) => input.datasets?.includes(dataset.id) ?? true);
  const manual = wanted
    .filter((dataset) => kindOf(dataset) === null || typeof dataset.organisation === 'string')
    .map((dataset) => ({
      dataset: dataset.id,
      reason: kindOf(dataset) === null ? 'unsupported_dataset' : 'organisation_field_unsupported',
    }));
  const searched = wanted.filter(
    (dataset) =>
      kindOf(dataset) !== null &&
      typeof dataset.organisation !== 'string' &&
      (input.onlyOrganisation === null || dataset.organisation !== null),
  );
  const nothing = { system: context.system.id, refs: [], identifiers: [], manual, caveats: [...ALWAYS] };
  if (searched.length === 0) return nothing;

  const policy = context.system.datasets.find((dataset) => kindOf(dataset) === 'customers') ?? null;
  const { found, caveats } = await findCustomers(context, policy, input.identifiers, input.heartbeat);
  const sure = found.filter((hit) => hit.customer !== null && isSure(hit));
  const tooMany = sure.length > MAX_CUSTOMERS;
  const notes = new Set<string>([...ALWAYS, ...caveats]);

  const refs: Ref[] = [];
  const reviews = new Map<string, string | null>();
  for (const hit of found) {
    let review = reviewOf(hit, tooMany);
    if (hit.customer !== null && (await hasActiveSubscription(context, hit.id, input))) {
      notes.add('active_subscriptions_end');
      if (context.client.settings.askOnActiveSubscription) review ??= 'active_subscription';
    }
    reviews.set(hit.id, review);
  }
  for (const dataset of searched) {
    for (const hit of found) {
      const review = reviews.get(hit.id) ?? null;
      if (kindOf(dataset) === 'customers') {
        if (hit.customer !== null) refs.push(customerRef(context, dataset, hit, hit.customer, review));
      } else
        for (const invoice of await invoicesOf(context, hit.id, input))
          refs.push(invoiceRef(context, dataset, hit, invoice, review));
    }
  }
  return { ...nothing, refs, identifiers: yielded(policy, sure, input.identifiers), caveats: [...notes] };
}

function isSure(hit: FoundCustomer): boolean {
  const { trust } = strongest(hit.matches);
  return trust === 'proven' || trust === 'system';
}

function reviewOf(hit: FoundCustomer, tooMany: boolean): string | null {
  if (!isSure(hit)) return strongest(hit.matches).trust === 'declared' ? 'declared_link' : 'unproven_identifier';
  return tooMany ? 'too_many_targets' : null;
}

async function hasActiveSubscription(context: StripeContext, customer: string, input: DiscoverInput): Promise<boolean> {
  input.heartbeat();
  const answer = await context.client.find((sdk) => sdk.subscriptions.list({ customer, status: 'all', limit: 100 }));
  return answer?.data.some((subscription) => ACTIVE.has(subscription.status)) ?? false;
}

function invoicesOf(context: StripeContext, customer: string, input: DiscoverInput): Promise<readonly Invoice[]> {
  return context.client.all((sdk, cursor) => sdk.invoices.list({ customer, ...cursor }), input.heartbeat);
}

function customerRef(
  context: StripeContext,
  dataset: DatasetPolicy,
  hit: FoundCustomer,
  customer: Customer,
  review: string | null,
): Ref {
  return {
    ...common(dataset, hit, review),
    id: customer.id,
    kind: `customer:${context.client.scope(customer.livemode)}`,
    createdAt: instant(customer.created),
    hold: holdOf(context, dataset, customer as unknown as Record<string, unknown>),
  };
}

function invoiceRef(
  context: StripeContext,
  dataset: DatasetPolicy,
  hit: FoundCustomer,
  invoice: Invoice,
  review: string | null,
): Ref {
  return {
    ...common(dataset, hit, review),
    id: String(invoice.id),
    kind: `invoice:${context.client.scope(invoice.livemode)}`,
    createdAt: instant(invoice.created),
    hold: holdOf(context, dataset, invoice as unknown as Record<string, unknown>),
  };
}

function common(dataset: DatasetPolicy, hit: FoundCustomer, review: string | null) {
  const { trust, matches } = strongest(hit.matches);
  const matchedBy = matches.map(({ type, value, path }) => ({ type, value, path }));
  return { dataset: dataset.id, organisation: null, matchedBy, trust, review };
}

function holdOf(context: StripeContext, dataset: DatasetPolicy, record: Record<string, unknown>): Ref['hold'] {
  const rule = dataset.hold;
  if (rule === null) return null;
  const date = rule.documentOn === null ? null : record[rule.documentOn];
  const documentOn = typeof date === 'number' ? instant(date) : typeof date === 'string' ? date : null;
  const flagged = rule.whileField !== null && Boolean(record[rule.whileField]);
  return context.tools.holdUntil(dataset, documentOn, flagged);
}

/** Customer ids are assigned by the vendor; any other field counts as the pack's link says, never better than the record. */
function yielded(
  policy: DatasetPolicy | null,
  sure: readonly FoundCustomer[],
  asked: readonly Identifier[],
): readonly Identifier[] {
  const known = new Set(asked.map((identifier) => `${identifier.type} ${identifier.value}`));
  const found: Identifier[] = [];
  const add = (identifier: Identifier) => {
    const name = `${identifier.type} ${identifier.value}`;
    if (!known.has(name)) found.push(identifier);
    known.add(name);
  };
  for (const { id, customer } of sure) {
    add({ type: 'customerId', value: id, trust: 'system' });
    for (const link of policy?.links ?? []) {
      const type = /^identifier:(.+)$/.exec(link.to)?.[1];
      const value = (customer as unknown as Record<string, unknown>)[link.from];
      if (type !== undefined && typeof value === 'string' && value !== '') add({ type, value, trust: link.trust });
    }
  }
  return found;
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
