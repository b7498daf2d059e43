import type { Document } from 'mongodb';
import { CAST, ORGANISATIONS, withCast } from './cast.js';
import { SHARED_MAILBOXES, inventPeople, mixedCase, type Person } from './people.js';
import { Random } from './random.js';
import type { OperatorSeed } from './operator-seed.js';

const DAY_MS = 86_400_000;
const EVENTS = ['Vinterkonferansen', 'Fjellmaraton', 'Skärgårdsloppet', 'Høstfesten', 'Kulturnatten', 'Teknikdagen'];
const PAGES = ['/events', '/tickets', '/profile', '/checkout', '/program'];

/**
 * Infentre's application, under the names that policies/operators/infentre.yaml reads. Field names and amounts are
 * those of a small ticketing system; nothing in it is about anybody.
 */
export function infentreSeed(options: {
  readonly count: number;
  readonly now: Date;
  readonly seed: string;
}): OperatorSeed {
  const random = new Random(`${options.seed}/infentre/records`);
  const people = withCast(CAST.infentre, inventPeople('infentre', options.count, options.seed));
  const ago = (days: number): Date =>
    new Date(options.now.getTime() - days * DAY_MS - random.below(DAY_MS / 1000) * 1000);
  // The administrator of the cast has no account of a member.
  const users: Document[] = people.filter((person) => person.n !== 5).flatMap((person) => usersOf(person, random, ago));
  const data = {
    users,
    admins: admins(people, ago),
    ...activity(users, random, ago),
    ...invoices(people, random, ago),
    profiles: profiles(users, random),
    ...mailings(users, random, ago),
  };
  const alone = people.filter((person) => !SHARED_MAILBOXES.some((shared) => shared === person.email));
  return {
    collections: data,
    indexes: {
      users: ['email', 'emailNorm', 'oldEmails', 'oldEmailsNorm', 'stripeCustomerId', 'organisationId'],
      admins: ['email', 'emailNorm', 'stripeCustomerId'],
      orders: ['userId', 'contacts.userId', 'contacts.email', 'contacts.emailNorm', 'organisationId'],
      usage: ['userId'],
      messages: ['userId'],
      invoices: ['contactEmail', 'contactEmailNorm'],
      mail_interactions: ['email', 'emailNorm', 'organisationId'],
      audiences: ['email', 'emailNorm', 'organisationId'],
      profiles: ['userId', 'alternateEmail'],
    },
    // Every 25th person pays with a card of her own; kari and the administrator too.
    payers: alone.filter((person) => person.n === 0 || person.n === 5 || person.n % 25 === 24),
    contacts: alone.filter((person) => person.n < 4 || person.n % 4 === 0),
    unsubscribed: people.filter((person) => person.n === 0 || person.n % 40 === 0).map((person) => person.email),
  };
}

/** Id of a user record; a person of two organisations has two. */
export function infentreUserId(person: Person, organisation: number): string {
  return `usr_${String(person.n).padStart(5, '0')}${organisation === 0 ? '' : 'b'}`;
}

function organisationsOf(person: Person, random: Random): readonly string[] {
  const member = CAST.infentre[person.n];
  const first = random.pick(ORGANISATIONS.infentre).id;
  const second = random.pick(ORGANISATIONS.infentre).id;
  if (member !== undefined) return member.organisations;
  return person.n % 30 === 0 && second !== first ? [first, second] : [first];
}

function usersOf(person: Person, random: Random, ago: (days: number) => Date): Document[] {
  // kari typed her address in mixed case once, and had another one before.
  const kari = person.n === 0;
  return organisationsOf(person, random).map((organisationId, i) => ({
    _id: infentreUserId(person, i),
    email: kari ? mixedCase(person.email) : person.emailAsTyped,
    emailNorm: person.email,
    oldEmails: kari ? ['kari.hansen@example.com'] : person.oldEmails,
    oldEmailsNorm: kari ? ['kari.hansen@example.com'] : person.oldEmails,
    name: person.name,
    phone: person.phone,
    organisationId,
    createdAt: ago(person.ageDays),
  }));
}

function admins(people: readonly Person[], ago: (days: number) => Date): Document[] {
  return people
    .filter((person) => person.n === 5 || person.n % 50 === 7)
    .map((person) => ({
      _id: `adm_${String(person.n).padStart(5, '0')}`,
      email: person.email,
      emailNorm: person.email,
      name: person.name,
      organisationId: person.n === 5 ? 'skargard' : (ORGANISATIONS.infentre[person.n % 4]?.id ?? 'acme'),
      createdAt: ago(person.ageDays),
    }));
}

function activity(
  users: readonly Document[],
  random: Random,
  ago: (days: number) => Date,
): { orders: Document[]; usage: Document[]; messages: Document[] } {
  const [orders, usage, messages]: [Document[], Document[], Document[]] = [[], [], []];
  const byOrganisation = new Map<string, Document[]>();
  for (const user of users) {
    const list = byOrganisation.get(user['organisationId']);
    if (list === undefined) byOrganisation.set(user['organisationId'], [user]);
    else list.push(user);
  }
  const kari = users[0];
  let naming = 0;
  users.forEach((user, n) => {
    const others = byOrganisation.get(user['organisationId']) ?? [];
    for (let i = 0; i < 1 + random.below(2); i += 1) {
      const guests = Array.from({ length: random.below(4) }, () => random.pick(others));
      // Ten orders of other members of her organisation name kari among the guests.
      if (kari !== undefined && n > 0 && i === 0 && user['organisationId'] === 'acme' && naming < 10) {
        guests.push(kari);
        naming += 1;
      }
      const contacts = [...new Set(guests)]
        .filter((guest) => guest !== user)
        .map((guest) => ({
          userId: guest['_id'],
          name: guest['name'],
          email: guest['email'],
          emailNorm: guest['emailNorm'],
        }));
      orders.push({
        _id: `ord_${String(orders.length).padStart(6, '0')}`,
        organisationId: user['organisationId'],
        userId: user['_id'],
        buyerName: user['name'],
        buyerEmail: user['email'],
        items: [{ event: random.pick(EVENTS), tickets: 1 + contacts.length }],
        contacts,
        createdAt: ago(1 + random.below(700)),
      });
    }
    for (let i = 0; i < 2 + random.below(4); i += 1) {
      usage.push({
        _id: `use_${String(usage.length).padStart(6, '0')}`,
        organisationId: user['organisationId'],
        userId: user['_id'],
        page: random.pick(PAGES),
        at: ago(1 + random.below(300)),
      });
    }
    if (n === 2 || random.chance(60)) {
      const other = random.pick(others);
      messages.push({
        _id: `msg_${String(messages.length).padStart(6, '0')}`,
        organisationId: user['organisationId'],
        userId: user['_id'],
        text: `Kan ${String(other['name'])} få min billett?`,
        sentAt: ago(1 + random.below(500)),
      });
    }
  });
  return { orders, usage, messages };
}

/** Young ones are under a hold of the bookkeeping act, old ones (over nine years) no more. */
function invoices(people: readonly Person[], random: Random, ago: (days: number) => Date): { invoices: Document[] } {
  const list: Document[] = [];
  for (const person of people) {
    if (person.n !== 0 && person.n !== 1 && !random.chance(20)) continue;
    const old = person.n > 5 && random.chance(15);
    list.push({
      _id: `inv_${String(list.length).padStart(6, '0')}`,
      number: `2${String(list.length).padStart(6, '0')}`,
      contactName: person.name,
      contactEmail: person.emailAsTyped,
      contactEmailNorm: person.email,
      amount: 250 * (1 + random.below(20)),
      issuedAt: old ? ago(3_400 + random.below(400)) : ago(10 + random.below(700)),
    });
  }
  return { invoices: list };
}

/** Who opened which mail, and who is in an audience of her organisation. */
function mailings(
  users: readonly Document[],
  random: Random,
  ago: (days: number) => Date,
): { mail_interactions: Document[]; audiences: Document[] } {
  const of = (user: Document): Document => ({
    organisationId: user['organisationId'],
    email: user['email'],
    emailNorm: user['emailNorm'],
  });
  return {
    mail_interactions: users
      .filter((_, n) => n < 3 || random.chance(40))
      .map((user, n) => ({
        _id: `mli_${String(n).padStart(6, '0')}`,
        ...of(user),
        event: random.pick(['opened', 'clicked']),
        at: ago(1 + random.below(300)),
      })),
    audiences: users
      .filter((_, n) => n === 0 || random.chance(10))
      .map((user, n) => ({
        _id: `aud_${String(n).padStart(6, '0')}`,
        ...of(user),
        platform: random.pick(['Google', 'Facebook']),
        syncedAt: ago(1 + random.below(200)),
      })),
  };
}

function profiles(users: readonly Document[], random: Random): Document[] {
  return users
    .filter((_, n) => n < 6 || random.chance(50))
    .map((user, n) => {
      // bjorn, and now and then somebody of the crowd, names an address that is somebody else's.
      const declared =
        user['name'] === 'Bjørn Haugen' && user['_id'] === 'usr_00003'
          ? 'kari.nordmann@example.no'
          : random.chance(4)
            ? random.pick(users)['emailNorm']
            : null;
      return {
        _id: `pro_${String(n).padStart(5, '0')}`,
        organisationId: user['organisationId'],
        userId: user['_id'],
        displayName: String(user['name']).split(' ')[0],
        ...(declared === null ? {} : { alternateEmail: declared }),
        bio: 'Liker ski og lange turer.',
        createdAt: user['createdAt'],
      };
    });
}
