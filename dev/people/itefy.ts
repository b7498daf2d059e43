import type { Document } from 'mongodb';
import { CAST, withCast } from './cast.js';
import { inventPeople, mixedCase, type Person } from './people.js';
import { Random } from './random.js';
import type { OperatorSeed } from './operator-seed.js';

const DAY_MS = 86_400_000;
const COMPANIES = ['Nordverk', 'Fjordbygg', 'Lysne Utleie', 'Vestkran', 'Skogdrift', 'Havneservice'];
const TOOLS = ['Borhammer', 'Stige', 'Kompressor', 'Lift', 'Laser', 'Aggregat'];
const PAGES = ['/equipment', '/bookings', '/people', '/reports'];

/** Members of the cast who have no sign-in: one reads the newsletter, one was registered by a customer. */
const WITHOUT_SIGN_IN: ReadonlySet<number> = new Set([2, 4]);
/** Accounts of the cast: lars owns the first three, jon one whose trial is over. */
const CAST_OWNERS: readonly number[] = [0, 0, 0, 3];

/**
 * Itefy's application, under the names that policies/operators/itefy.yaml reads: customers' accounts with their owners,
 * what they keep there, and what Itefy itself keeps of whoever signs in or signs up.
 */
export function itefySeed(options: {
  readonly count: number;
  readonly now: Date;
  readonly seed: string;
}): OperatorSeed {
  const random = new Random(`${options.seed}/itefy/records`);
  const people = withCast(CAST.itefy, inventPeople('itefy', options.count, options.seed));
  const ago = (days: number): Date =>
    new Date(options.now.getTime() - days * DAY_MS - random.below(DAY_MS / 1000) * 1000);
  const signedUp = people.filter((person) => !WITHOUT_SIGN_IN.has(person.n));
  const accounts = accountsOf(signedUp, random, ago);
  const users = signedUp.map((person) => ({
    _id: itefyUserId(person.n),
    email: person.n === 1 ? mixedCase(person.email) : person.emailAsTyped,
    emailNorm: person.email,
    oldEmails: [...person.oldEmails],
    oldEmailsNorm: [...person.oldEmails],
    name: person.name,
    phone: person.phone,
    accountId: person.n === 1 ? 'acc_00000' : homeOf(person, accounts, random),
    createdAt: ago(person.ageDays),
  }));
  const owners = new Map(users.map((user) => [user._id, user.emailNorm]));
  return {
    collections: {
      users,
      accounts,
      ...content(users, people, accounts, random, ago),
      ...traces(users, people, random, ago),
    },
    indexes: {
      users: ['email', 'emailNorm', 'oldEmails', 'oldEmailsNorm', 'accountId'],
      accounts: ['ownerId', 'stripeCustomerId'],
      preferences: ['userId'],
      documents: ['authorId', 'accountId'],
      account_people: ['email', 'emailNorm', 'accountId'],
      logs: ['userId'],
      signin_telemetry: ['userId'],
      newsletter: ['email', 'emailNorm'],
      trials: ['email', 'emailNorm'],
      invoice_copies: ['email', 'emailNorm'],
      analytics: ['userId'],
      invoices: ['contactEmail', 'contactEmailNorm'],
    },
    ttl: { signin_telemetry: { field: 'at', days: 30 } },
    payers: signedUp.filter((person) => accounts.some((account) => account['ownerId'] === itefyUserId(person.n))),
    payerOf: (collection, document) =>
      collection === 'accounts' ? owners.get(String(document['ownerId'])) : undefined,
    contacts: [],
    unsubscribed: [],
  };
}

export function itefyUserId(n: number): string {
  return `itu_${String(n).padStart(5, '0')}`;
}

function accountsOf(people: readonly Person[], random: Random, ago: (days: number) => Date): Document[] {
  const crowd = people.filter((person) => person.n > 4 && person.n % 8 === 0).map((person) => person.n);
  return [...CAST_OWNERS, ...crowd].map((owner, n) => ({
    _id: `acc_${String(n).padStart(5, '0')}`,
    name: `${COMPANIES[n % COMPANIES.length] ?? ''} ${n + 1}`,
    ownerId: itefyUserId(owner),
    ownerName: people.find((person) => person.n === owner)?.name ?? '',
    plan: owner === 3 ? 'trial' : random.pick(['small', 'large']),
    status: owner === 3 ? 'expired' : n < 3 || random.chance(85) ? 'active' : random.pick(['cancelled', 'expired']),
    createdAt: ago(900),
  }));
}

function homeOf(person: Person, accounts: readonly Document[], random: Random): string {
  const own = accounts.find((account) => account['ownerId'] === itefyUserId(person.n));
  // With very few people there are no accounts but those of the cast.
  const others = accounts.slice(CAST_OWNERS.length);
  return String((own ?? (others.length > 0 ? random.pick(others) : accounts[0]))?.['_id']);
}

/** What customers keep: documents of their users, and people without a sign-in. */
function content(
  users: readonly Document[],
  people: readonly Person[],
  accounts: readonly Document[],
  random: Random,
  ago: (days: number) => Date,
): Record<string, Document[]> {
  const documents = users.flatMap((user, n) =>
    Array.from({ length: n < 2 ? 3 : random.below(3) }, () => ({
      accountId: user['accountId'],
      authorId: user['_id'],
      authorName: user['name'],
      title: `${random.pick(TOOLS)} ${1 + random.below(90)}`,
      text: `Lånt ut til ${random.pick(people).name}.`,
      createdAt: ago(1 + random.below(700)),
    })),
  );
  const borrowers = people
    .filter((person) => person.n === 4 || person.n % 3 === 0)
    .map((person) => ({
      accountId: person.n === 4 ? 'acc_00000' : random.pick(accounts)['_id'],
      email: person.emailAsTyped,
      emailNorm: person.email,
      name: person.name,
      phone: person.phone,
      note: 'Låner verktøy.',
      createdAt: ago(person.ageDays),
    }));
  return { documents: numbered('doc', documents), account_people: numbered('per', borrowers) };
}

/** What Itefy keeps itself. */
function traces(
  users: readonly Document[],
  people: readonly Person[],
  random: Random,
  ago: (days: number) => Date,
): Record<string, Document[]> {
  const ip = (): string => `192.0.2.${1 + random.below(250)}`;
  const times = <T>(limit: number, make: () => T): T[] => Array.from({ length: 1 + random.below(limit) }, make);
  const of = (n: number, percent: number): boolean => n < 5 || random.chance(percent);
  const signUps = (chosen: readonly Person[], when: string): Document[] =>
    chosen.map((person) => ({
      email: person.emailAsTyped,
      emailNorm: person.email,
      name: person.name,
      [when]: ago(30 + random.below(250)),
    }));
  return {
    preferences: numbered(
      'prf',
      users.map((user) => ({
        userId: user['_id'],
        usageConsent: random.chance(60),
        marketingOptOut: random.chance(20),
      })),
    ),
    logs: numbered(
      'log',
      users.flatMap((user) =>
        times(3, () => ({
          accountId: user['accountId'],
          userId: user['_id'],
          userEmail: user['email'],
          ip: ip(),
          action: random.pick(['signed_in', 'equipment_added', 'booking_made']),
          at: ago(1 + random.below(300)),
        })),
      ),
    ),
    signin_telemetry: numbered(
      'tel',
      users.flatMap((user) =>
        times(2, () => ({
          userId: user['_id'],
          ip: ip(),
          device: random.pick(['iPhone 15', 'Pixel 9', 'Firefox on Linux']),
          at: ago(1 + random.below(20)),
        })),
      ),
    ),
    newsletter: numbered(
      'nws',
      signUps(
        people.filter((person) => of(person.n, 20)),
        'subscribedAt',
      ),
    ),
    trials: numbered(
      'tri',
      signUps(
        people.filter((person) => person.n === 3 || (person.n > 4 && random.chance(8))),
        'startedAt',
      ).map((trial) => ({ ...trial, company: random.pick(COMPANIES) })),
    ),
    invoice_copies: numbered(
      'cpy',
      people
        .filter((person) => person.n === 1 || (person.n > 4 && random.chance(6)))
        .map((person) => ({
          accountId: 'acc_00000',
          email: person.emailAsTyped,
          emailNorm: person.email,
          createdAt: ago(200),
        })),
    ),
    analytics: numbered(
      'ana',
      users.flatMap((user) =>
        times(3, () => ({ userId: user['_id'], page: random.pick(PAGES), at: ago(1 + random.below(300)) })),
      ),
    ),
    invoices: numbered(
      'inv',
      people
        .filter((person) => person.n === 0 || person.n === 3 || (person.n > 4 && random.chance(12)))
        .map((person, n) => ({
          accountId: 'acc_00000',
          number: `5${String(n).padStart(6, '0')}`,
          contactName: person.name,
          contactEmail: person.email,
          contactEmailNorm: person.email,
          amount: 490 * (1 + random.below(9)),
          issuedAt: person.n > 4 && random.chance(15) ? ago(2_600 + random.below(400)) : ago(10 + random.below(700)),
        })),
    ),
  };
}

function numbered(prefix: string, documents: readonly Document[]): Document[] {
  return documents.map((document, n) => ({ _id: `${prefix}_${String(n).padStart(6, '0')}`, ...document }));
}
