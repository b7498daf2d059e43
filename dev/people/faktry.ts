import type { Document } from 'mongodb';
import { CAST, withCast } from './cast.js';
import { inventPeople, mixedCase } from './people.js';
import { Random } from './random.js';
import type { OperatorSeed } from './operator-seed.js';

const DAY_MS = 86_400_000;
const COMPANIES = ['Lindheim', 'Varden', 'Kystlinjen', 'Sollia', 'Brattvik'];
const GROUPS = ['production', 'logistics', 'maintenance'];

/**
 * Faktry's contacts, under the names that policies/operators/faktry.yaml reads. Young ones have been in touch lately; some
 * are past the three years after which the schedule takes them, some have settled.
 */
export function faktrySeed(options: {
  readonly count: number;
  readonly now: Date;
  readonly seed: string;
}): OperatorSeed {
  const random = new Random(`${options.seed}/faktry/records`);
  const people = withCast(CAST.faktry, inventPeople('faktry', options.count, options.seed));
  const ago = (days: number): Date =>
    new Date(options.now.getTime() - days * DAY_MS - random.below(DAY_MS / 1000) * 1000);
  const contacts = people.map((person) => {
    const old = person.n > 2 && random.chance(5);
    return {
      _id: `con_${String(person.n).padStart(5, '0')}`,
      email: person.n === 0 ? mixedCase(person.email) : person.emailAsTyped,
      emailNorm: person.email,
      oldEmails: [...person.oldEmails],
      oldEmailsNorm: [...person.oldEmails],
      name: person.name,
      phone: person.phone,
      phoneNorm: person.phone.replaceAll(/\D/g, ''),
      company: random.pick(COMPANIES),
      title: random.pick(['Driftsleder', 'Innkjøper', 'Daglig leder']),
      origin: person.n === 2 || random.chance(20) ? 'public_register' : 'website',
      newsletter: random.chance(70),
      marketing: true,
      lastContactAt: old ? ago(1_150 + random.below(200)) : ago(5 + random.below(900)),
      ...(person.n === 1 || (person.n > 2 && random.chance(5)) ? { settledOn: ago(2) } : {}),
      createdAt: ago(1_400 + person.n),
    };
  });
  const numbered = (prefix: string, documents: readonly Document[]): Document[] =>
    documents.map((document, n) => ({ _id: `${prefix}_${String(n).padStart(6, '0')}`, ...document }));
  return {
    collections: {
      contacts,
      enquiries: numbered(
        'enq',
        contacts
          .filter((_, n) => n < 3 || random.chance(40))
          .map((contact, n) => ({
            contactId: contact._id,
            email: contact.email,
            emailNorm: contact.emailNorm,
            text: 'Kan dere ringe meg om et tilbud?',
            status: n === 0 || random.chance(30) ? 'open' : 'closed',
            openedAt: ago(3 + random.below(600)),
          })),
      ),
      consents: numbered(
        'cns',
        contacts.map((contact) => ({ contactId: contact._id, purpose: 'marketing', givenAt: contact.createdAt })),
      ),
      interests: numbered(
        'int',
        contacts
          .filter((_, n) => n < 3 || random.chance(50))
          .map((contact) => ({
            contactId: contact._id,
            group: random.pick(GROUPS),
            reason: 'opened_mails',
            at: ago(1 + random.below(300)),
          })),
      ),
      invoices: numbered(
        'inv',
        people
          .filter((person) => person.n === 0 || (person.n > 2 && random.chance(15)))
          .map((person, n) => ({
            number: `3${String(n).padStart(6, '0')}`,
            contactName: person.name,
            contactEmail: person.email,
            contactEmailNorm: person.email,
            amount: 1_500 * (1 + random.below(8)),
            issuedAt: person.n > 2 && random.chance(15) ? ago(2_600 + random.below(400)) : ago(10 + random.below(700)),
          })),
      ),
    },
    indexes: {
      contacts: ['email', 'emailNorm', 'oldEmails', 'oldEmailsNorm', 'phone', 'phoneNorm'],
      enquiries: ['contactId', 'email', 'emailNorm'],
      consents: ['contactId'],
      interests: ['contactId'],
      invoices: ['contactEmail', 'contactEmailNorm'],
    },
    payers: [],
    contacts: [],
    unsubscribed: [],
  };
}
