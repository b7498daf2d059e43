import type { Document } from 'mongodb';
import { CAST, withCast } from './cast.js';
import { inventPeople, mixedCase, type Person } from './people.js';
import { Random } from './random.js';
import type { OperatorSeed } from './operator-seed.js';

const DAY_MS = 86_400_000;

/** Of the cast, liv is a visitor of anne's site and no customer herself. */
const VISITOR = 2;

/**
 * IT PAYS' application, under the names that policies/operators/itpays.yaml reads: customers with running and ended
 * services, domains that are registered or not, and what visitors left on customers' sites.
 */
export function itpaysSeed(options: {
  readonly count: number;
  readonly now: Date;
  readonly seed: string;
}): OperatorSeed {
  const random = new Random(`${options.seed}/itpays/records`);
  const people = withCast(CAST.itpays, inventPeople('itpays', options.count, options.seed));
  const ago = (days: number): Date =>
    new Date(options.now.getTime() - days * DAY_MS - random.below(DAY_MS / 1000) * 1000);
  const buyers = people.filter((person) => person.n !== VISITOR);
  const customers = buyers.map((person) => customer(person, random, ago));
  const domains = customers.flatMap((one, n) => (n < 2 || random.chance(60) ? [domain(one, n, random, ago)] : []));
  const emails = new Map(customers.map((one) => [String(one['_id']), String(one['emailNorm'])]));
  return {
    collections: {
      customers,
      domains,
      ...papers(buyers, customers, random, ago),
      hosting_content: content(people, customers, random, ago),
      ...logs(customers, random, ago),
    },
    indexes: {
      customers: [
        'email',
        'emailNorm',
        'oldEmails',
        'oldEmailsNorm',
        'phone',
        'phoneNorm',
        'stripeCustomerId',
        'paypalPayerId',
      ],
      domains: ['customerId', 'contactHandle'],
      invoices: ['contactEmail', 'contactEmailNorm'],
      order_slips: ['customerId'],
      hosting_content: ['email', 'emailNorm', 'siteOwner'],
      web_logs: ['customerId'],
      mail_logs: ['customerId'],
      database_logs: ['customerId'],
    },
    ttl: Object.fromEntries(
      ['web_logs', 'mail_logs', 'database_logs'].map((name) => [name, { field: 'at', days: 90 }]),
    ),
    payers: buyers.filter((person) => person.n < 2 || person.n % 20 === 0),
    payerOf: (collection, document) => (collection === 'customers' ? emails.get(String(document['_id'])) : undefined),
    contacts: [],
    unsubscribed: [],
  };
}

export function itpaysCustomerId(n: number): string {
  return `cust_${String(n).padStart(5, '0')}`;
}

/** geir's services are all over; anne's run. */
function customer(person: Person, random: Random, ago: (days: number) => Date): Document {
  const createdAt = ago(1_500 + person.n);
  const running = person.n === 0 || (person.n > 1 && random.chance(70));
  const ended = person.n === 1 ? ago(200) : ago(30 + random.below(900));
  return {
    _id: itpaysCustomerId(person.n),
    email: person.n === 0 ? mixedCase(person.email) : person.emailAsTyped,
    emailNorm: person.email,
    oldEmails: [...person.oldEmails],
    oldEmailsNorm: [...person.oldEmails],
    name: person.name,
    phone: person.phone,
    phoneNorm: person.phone.replaceAll(/\D/g, ''),
    address: `Strandveien ${1 + random.below(120)}, 0252 Oslo`,
    ...(person.n === 0 || random.chance(10) ? { paypalPayerId: `PAYER${String(person.n).padStart(6, '0')}` } : {}),
    serviceRunning: running,
    // The day of the order for a kind that was never bought, nothing while it runs.
    hostingEndedOn: running ? null : ended,
    domainsEndedOn: running ? null : createdAt,
    createdAt,
  };
}

function domain(owner: Document, n: number, random: Random, ago: (days: number) => Date): Document {
  const registered = owner['serviceRunning'] === true;
  return {
    _id: `dom_${String(n).padStart(5, '0')}`,
    customerId: owner['_id'],
    name: `side-${n}.example.no`,
    contactHandle: `HANDLE${String(n).padStart(5, '0')}-EXAMPLE`,
    personId: `N.EX.${String(n).padStart(8, '0')}`,
    registrantName: owner['name'],
    registrantEmail: owner['email'],
    registered,
    expiresOn: registered ? ago(-200 - random.below(100)) : ago(100),
    createdAt: ago(1_400),
  };
}

function papers(
  buyers: readonly Person[],
  customers: readonly Document[],
  random: Random,
  ago: (days: number) => Date,
): Record<string, Document[]> {
  const invoices = buyers
    .filter((person) => person.n < 2 || random.chance(30))
    .map((person, n) => ({
      _id: `inv_${String(n).padStart(6, '0')}`,
      number: `6${String(n).padStart(6, '0')}`,
      contactName: person.name,
      contactEmail: person.email,
      contactEmailNorm: person.email,
      amount: 149 * (1 + random.below(12)),
      issuedAt: person.n > 1 && random.chance(15) ? ago(2_600 + random.below(400)) : ago(10 + random.below(700)),
    }));
  const order_slips = customers.map((one, n) => ({
    _id: `slip_${String(n).padStart(6, '0')}`,
    customerId: one['_id'],
    customerName: one['name'],
    items: ['hosting'],
    orderedAt: n > 1 && random.chance(20) ? ago(2_200 + random.below(300)) : ago(30 + random.below(600)),
  }));
  return { invoices, order_slips };
}

function content(
  people: readonly Person[],
  customers: readonly Document[],
  random: Random,
  ago: (days: number) => Date,
): Document[] {
  return people
    .filter((person) => person.n === VISITOR || (person.n > VISITOR && person.n % 4 === 0))
    .map((person, n) => ({
      _id: `cnt_${String(n).padStart(6, '0')}`,
      siteOwner: person.n === VISITOR ? itpaysCustomerId(0) : random.pick(customers)['_id'],
      email: person.emailAsTyped,
      emailNorm: person.email,
      name: person.name,
      text: 'Takk for sist!',
      createdAt: ago(1 + random.below(800)),
    }));
}

function logs(customers: readonly Document[], random: Random, ago: (days: number) => Date): Record<string, Document[]> {
  const entries = (prefix: string, extra: () => Document): Document[] =>
    customers
      .filter((_, n) => n < 3 || random.chance(40))
      .map((one, n) => ({
        _id: `${prefix}_${String(n).padStart(6, '0')}`,
        customerId: one['_id'],
        ip: `198.51.100.${1 + random.below(250)}`,
        ...extra(),
        at: ago(1 + random.below(60)),
      }));
  return {
    web_logs: entries('web', () => ({ path: '/' })),
    mail_logs: entries('mlg', () => ({ result: 'accepted' })),
    database_logs: entries('dbl', () => ({ statement: 'select' })),
  };
}
