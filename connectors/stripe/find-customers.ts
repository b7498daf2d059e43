import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import type { Identifier, Trust } from '../../domain/plan/types.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { Heartbeat } from '../../domain/ports/connector.js';
import type { Customer } from './client.js';
import type { StripeContext } from './context.js';

export interface Match {
  readonly type: string;
  readonly value: string;
  readonly path: string;
  readonly trust: Trust;
}

export interface FoundCustomer {
  readonly id: string;
  /** Null for a customer that was deleted earlier: only its invoices can still be listed. */
  readonly customer: Customer | null;
  readonly matches: Match[];
}

/** How much a match is worth, best first. */
const STRENGTH: readonly Trust[] = ['proven', 'system', 'declared', 'unproven'];

/**
 * Finds the customers of a person: by id first, then by e-mail in every spelling (the list filter is exact and
 * case-sensitive), then by the case-insensitive search, which is late and not offered everywhere. The union counts;
 * the search alone never proves that somebody is absent.
 *
 * @param dataset the customers dataset of the pack, or null when the pack names invoices only
 * @returns every customer once, ordered by id, with all its matches; `caveats` says what could not be asked
 * @throws ConnectorError
 */
export async function findCustomers(
  context: StripeContext,
  dataset: DatasetPolicy | null,
  identifiers: readonly Identifier[],
  heartbeat: Heartbeat,
): Promise<{ readonly found: readonly FoundCustomer[]; readonly caveats: readonly string[] }> {
  const { client } = context;
  const found = new Map<string, FoundCustomer>();
  const caveats = new Set<string>();
  const asks = (type: string) => dataset === null || dataset.identifiers[type] !== undefined;
  const declared = (type: string, trust: Trust): Trust =>
    dataset?.declared.includes(type) === true && trust !== 'unproven' ? 'declared' : trust;
  const add = (id: string, customer: Customer | null, match: Match) => {
    const known = found.get(id);
    if (known === undefined) found.set(id, { id, customer, matches: [match] });
    else known.matches.push(match);
  };

  for (const { value, trust } of identifiers.filter((i) => i.type === 'customerId' && asks('customerId'))) {
    heartbeat();
    // An id that is no Stripe customer id belongs to another system.
    if (!/^cus_\w+$/.test(value)) continue;
    const answer = await client.customer(value);
    if (answer === null) continue;
    const match = { type: 'customerId', value, path: 'id', trust: declared('customerId', trust) };
    add(value, answer.deleted === true ? null : answer, match);
  }

  let searchOffered = true;
  for (const { value, trust } of identifiers.filter((i) => i.type === 'email' && asks('email'))) {
    const normal = normaliseIdentifier('email', value);
    if (normal === '') continue;
    const match = { type: 'email', value, path: 'email', trust: declared('email', trust) };
    const hits = new Map<string, Customer>();
    for (const spelling of spellings(value)) {
      const listed = await client.all((sdk, cursor) => sdk.customers.list({ email: spelling, ...cursor }), heartbeat);
      for (const customer of listed) hits.set(customer.id, customer);
    }
    if (searchOffered) {
      const searched = await search(context, value, heartbeat);
      if (searched === null) {
        searchOffered = false;
        caveats.add('search_unavailable');
      } else for (const customer of searched) hits.set(customer.id, customer);
    }
    for (const customer of hits.values()) {
      client.requireMode(customer.livemode);
      // The vendor's matching is not ours: what is not equal in normal form is somebody else.
      if (normaliseIdentifier('email', customer.email ?? '') === normal) add(customer.id, customer, match);
    }
  }
  const ordered = [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { found: ordered, caveats: [...caveats] };
}

/** The best trust under which a customer was reached, and the matches that give it. */
export function strongest(matches: readonly Match[]): { readonly trust: Trust; readonly matches: readonly Match[] } {
  const trust = STRENGTH.find((candidate) => matches.some((match) => match.trust === candidate)) ?? 'unproven';
  return { trust, matches: matches.filter((match) => match.trust === trust) };
}

/** The address as it is known, in lower case, and in normal form: the list filter knows no case folding. */
function spellings(value: string): readonly string[] {
  return [...new Set([value, value.trim(), value.toLowerCase(), normaliseIdentifier('email', value)])];
}

/** All pages of the search, or null where it is not offered. */
async function search(context: StripeContext, email: string, heartbeat: Heartbeat): Promise<Customer[] | null> {
  const quoted = email.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const found: Customer[] = [];
  let page: string | undefined;
  do {
    heartbeat();
    const token: string | undefined = page;
    const answer = await context.client.ifOffered((sdk) =>
      sdk.customers.search({ query: `email:"${quoted}"`, limit: 100, ...(token === undefined ? {} : { page: token }) }),
    );
    if (answer === null) return null;
    found.push(...answer.data);
    page = answer.has_more ? (answer.next_page ?? undefined) : undefined;
  } while (page !== undefined && found.length < 10_000);
  return found;
}
