import type { CollectInput } from '../../domain/ports/connector.js';
import type { StripeClient } from './client.js';
import { datasetOf, kindOf, type StripeContext } from './context.js';
import { strip } from './strip.js';

/** Lists below one customer (connectors.md 1.6); `{id}` is the customer. `status=all`: the default hides ended ones. */
const BELOW_CUSTOMER: Readonly<Record<string, string>> = {
  payment_methods: '/v1/customers/{id}/payment_methods',
  tax_ids: '/v1/customers/{id}/tax_ids',
  balance_transactions: '/v1/customers/{id}/balance_transactions',
  cash_balance_transactions: '/v1/customers/{id}/cash_balance_transactions',
  payment_intents: '/v1/payment_intents?customer={id}',
  setup_intents: '/v1/setup_intents?customer={id}',
  charges: '/v1/charges?customer={id}',
  invoiceitems: '/v1/invoiceitems?customer={id}',
  subscriptions: '/v1/subscriptions?customer={id}&status=all',
  checkout_sessions: '/v1/checkout/sessions?customer={id}',
  credit_notes: '/v1/credit_notes?customer={id}',
  quotes: '/v1/quotes?customer={id}',
  promotion_codes: '/v1/promotion_codes?customer={id}',
};
/** Lists that know no customer, only the charge. */
const BELOW_CHARGE: Readonly<Record<string, string>> = {
  refunds: '/v1/refunds?charge={id}',
  disputes: '/v1/disputes?charge={id}',
};
const MAX_PAGES = 100;

type Row = Record<string, unknown>;

/**
 * Streams what Stripe holds about the person: each customer with everything that hangs below it, and each invoice.
 * Lists that this account (or counterpart) does not offer are named in `unavailableLists` of the customer's record, so
 * that the package says what it does not hold. Secrets are stripped, see `strip`.
 *
 * @returns records given to the sink, by part key
 * @throws ConnectorError
 */
export async function collect(context: StripeContext, input: CollectInput): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { part, refs } of input.targets) {
    const dataset = datasetOf(context, part.dataset);
    const kind = dataset === undefined ? null : kindOf(dataset);
    let count = 0;
    for (const ref of refs) {
      input.heartbeat();
      const record =
        kind === 'customers'
          ? await customerBundle(context.client, ref.id, input)
          : await invoice(context.client, ref.id);
      if (record === null) continue;
      const data = strip(record) as Row;
      await input.sink.record({
        system: part.system,
        dataset: part.dataset,
        organisation: part.organisation,
        data,
        others: [],
      });
      count++;
    }
    counts[part.key] = count;
  }
  return counts;
}

async function invoice(client: StripeClient, id: string): Promise<Row | null> {
  const found = await client.find((sdk) => sdk.invoices.retrieve(id));
  return found as unknown as Row | null;
}

async function customerBundle(client: StripeClient, id: string, input: CollectInput): Promise<Row | null> {
  const customer = await client.customer(id);
  if (customer === null || customer.deleted === true) return null;
  const expanded = await client.ifOffered((sdk) => sdk.customers.retrieve(id, { expand: ['sources', 'cash_balance'] }));
  const bundle: Row = { ...(expanded ?? customer) };
  const unavailable: string[] = [];
  for (const [name, path] of Object.entries(BELOW_CUSTOMER)) {
    const rows = await list(client, path.replace('{id}', encodeURIComponent(id)), input);
    if (rows === null) unavailable.push(name);
    else bundle[name] = rows;
  }
  for (const [name, path] of Object.entries(BELOW_CHARGE)) {
    const all: Row[] = [];
    for (const charge of (bundle['charges'] as Row[] | undefined) ?? []) {
      const rows = await list(client, path.replace('{id}', encodeURIComponent(String(charge['id']))), input);
      if (rows === null) unavailable.push(name);
      else all.push(...rows);
      if (rows === null) break;
    }
    bundle[name] = all;
  }
  bundle['unavailableLists'] = unavailable.sort();
  return bundle;
}

/** All rows of a list, or null where the list is not offered. */
async function list(client: StripeClient, path: string, input: CollectInput): Promise<Row[] | null> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    input.heartbeat();
    const cursor: string = after === null ? '' : `&starting_after=${encodeURIComponent(after)}`;
    const answer: unknown = await client.ifOffered((sdk) =>
      sdk.rawRequest('GET', `${path}${path.includes('?') ? '&' : '?'}limit=100${cursor}`),
    );
    if (answer === null) return null;
    const { data, has_more } = answer as { data?: Row[]; has_more?: boolean };
    rows.push(...(data ?? []));
    const last = data?.at(-1)?.['id'];
    if (has_more !== true || typeof last !== 'string') return rows;
    after = last;
  }
  return rows;
}
