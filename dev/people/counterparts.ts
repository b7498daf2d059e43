/** Puts people into the vendors' counterparts over their own HTTP interfaces; running it again adds nobody twice. */
import type { Person } from './people.js';

export interface Counterpart {
  readonly url: string;
  readonly key: string;
}

/** How many calls are in flight at once. */
const WIDTH = 8;

/**
 * Makes a customer for each payer; returns the customer id per e-mail address. A customer is recognised by the number in
 * its metadata. No invoices: the counterpart makes them from subscriptions only.
 */
export async function seedStripe(
  stripe: Counterpart,
  operator: string,
  payers: readonly Person[],
): Promise<ReadonlyMap<string, string>> {
  const known = await existingCustomers(stripe, operator);
  const ids = new Map<string, string>();
  const queue = [...payers];
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      for (let person = queue.shift(); person !== undefined; person = queue.shift()) {
        const id = known.get(String(person.n)) ?? (await newCustomer(stripe, operator, person));
        ids.set(person.email, id);
      }
    }),
  );
  return ids;
}

async function existingCustomers(stripe: Counterpart, operator: string): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  for (let after = ''; ; ) {
    const page = (await call(stripe, 'GET', `/v1/customers?limit=100${after}`)) as {
      data: { id: string; metadata?: Record<string, string> }[];
      has_more: boolean;
    };
    for (const { id, metadata } of page.data)
      if (metadata?.['operator'] === operator && metadata['person'] !== undefined) known.set(metadata['person'], id);
    const last = page.data.at(-1);
    if (!page.has_more || last === undefined) return known;
    after = `&starting_after=${last.id}`;
  }
}

async function newCustomer(stripe: Counterpart, operator: string, person: Person): Promise<string> {
  const customer = (await call(stripe, 'POST', '/v1/customers', {
    name: person.name,
    email: person.email,
    phone: person.phone,
    'metadata[operator]': operator,
    'metadata[person]': String(person.n),
  })) as { id: string };
  return customer.id;
}

async function call(
  stripe: Counterpart,
  method: string,
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(new URL(path, stripe.url), {
    method,
    headers: { authorization: `Bearer ${stripe.key}` },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  if (!response.ok) throw new Error(`seeding Stripe: ${method} ${path.split('?')[0]} answered ${response.status}`);
  return response.json();
}

/** Contacts, an opt-out for some, and a delivery record for each, through the counterpart's own seeding route. */
export async function seedSendgrid(
  sendgrid: Counterpart,
  contacts: readonly Person[],
  unsubscribed: readonly string[],
): Promise<void> {
  const read = await fetch(new URL('/_state', sendgrid.url));
  if (!read.ok) throw new Error(`seeding SendGrid: GET /_state answered ${read.status}`);
  const state = (await read.json()) as {
    contacts: { email: string }[];
    accounts: Record<string, { global: string[] } | undefined>;
  };
  const known = new Set(state.contacts.map((contact) => contact.email));
  const optedOut = new Set(state.accounts['']?.global ?? []);
  const unique = [...new Map(contacts.map((person) => [person.email, person])).values()].filter(
    (person) => !known.has(person.email),
  );
  const body = {
    contacts: unique.map((person) => ({
      email: person.email,
      first_name: person.firstName,
      last_name: person.lastName,
    })),
    accounts: {
      '': {
        global: [...new Set(unsubscribed)].filter((email) => !optedOut.has(email)),
        activity: Object.fromEntries(unique.map((person) => [person.email, 3])),
      },
    },
  };
  const response = await fetch(new URL('/_seed', sendgrid.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`seeding SendGrid: POST /_seed answered ${response.status}`);
}
