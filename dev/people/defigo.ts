import { ObjectId, type Document } from 'mongodb';
import { CAST, withCast } from './cast.js';
import { inventPeople, mixedCase, type Person } from './people.js';
import { Random } from './random.js';
import type { OperatorSeed } from './operator-seed.js';

const DAY_MS = 86_400_000;
const DOORS = ['Hovedinngang', 'Garasje', 'Sykkelrom', 'Bakgård', 'Heis'];
const STREETS = ['Storgata', 'Kirkegata', 'Parkveien', 'Elvebakken', 'Sandgata'];

/**
 * Defigo's application, under the names that policies/operators/defigo.yaml reads. Its ids are ObjectIds, as the driver
 * makes them by default, where Infentre's are text.
 */
export function defigoSeed(options: {
  readonly count: number;
  readonly now: Date;
  readonly seed: string;
}): OperatorSeed {
  const random = new Random(`${options.seed}/defigo/records`);
  const people = withCast(CAST.defigo, inventPeople('defigo', options.count, options.seed));
  const ago = (days: number): Date =>
    new Date(options.now.getTime() - days * DAY_MS - random.below(DAY_MS / 1000) * 1000);
  const id = (): ObjectId => new ObjectId(random.hex(24));
  const users: (Document & { _id: ObjectId })[] = people.map((person) => ({
    _id: id(),
    email: person.n === 2 ? mixedCase(person.email) : person.emailAsTyped,
    emailNorm: person.email,
    phone: person.phone,
    phoneNorm: person.phone.replaceAll(/\D/g, ''),
    name: person.name,
    createdAt: ago(person.ageDays),
  }));
  return {
    collections: {
      users,
      access_events: users.flatMap((user, n) =>
        Array.from({ length: n < 3 ? 40 : 1 + random.below(5) }, () => ({
          _id: id(),
          userId: user._id,
          door: random.pick(DOORS),
          at: ago(1 + random.below(400)),
        })),
      ),
      apartments: apartments(users, random, id, ago),
      devices: users
        .filter((_, n) => n < 3 || random.chance(60))
        .map((user, n) => ({
          _id: id(),
          deviceId: `dev_${String(n).padStart(6, '0')}`,
          userId: user._id,
          model: random.pick(['iPhone 15', 'Pixel 9', 'Galaxy S24']),
          pushToken: random.hex(32),
          createdAt: user['createdAt'],
        })),
      invoices: invoices(people, random, id, ago),
      // Aggregated: nobody stands in them.
      operation_logs: DOORS.map((door) => ({ _id: id(), door, event: 'opened', count: 100, at: ago(3) })),
    },
    indexes: {
      users: ['email', 'emailNorm', 'phone', 'phoneNorm'],
      access_events: ['userId'],
      apartments: ['residents.userId', 'residents.email', 'residents.emailNorm'],
      devices: ['userId', 'deviceId'],
      operation_logs: ['phone', 'email', 'userId'],
      invoices: ['contactEmail', 'contactEmailNorm'],
    },
    payers: [],
    contacts: [],
    unsubscribed: [],
  };
}

/** One to four residents each; the first holds ola and sara together. */
function apartments(
  users: readonly (Document & { _id: ObjectId })[],
  random: Random,
  id: () => ObjectId,
  ago: (days: number) => Date,
): Document[] {
  const list: Document[] = [];
  for (let at = 0; at < users.length; ) {
    const size = at === 0 ? 2 : 1 + random.below(4);
    const residents = users
      .slice(at, at + size)
      .map((user) => ({ userId: user._id, name: user['name'], email: user['email'], emailNorm: user['emailNorm'] }));
    list.push({
      _id: id(),
      address: `${random.pick(STREETS)} ${1 + random.below(90)}`,
      unit: `H0${1 + random.below(6)}0${1 + random.below(4)}`,
      residents,
      createdAt: ago(2_100),
    });
    at += size;
  }
  return list;
}

function invoices(
  people: readonly Person[],
  random: Random,
  id: () => ObjectId,
  ago: (days: number) => Date,
): Document[] {
  return people
    .filter((person) => person.n === 0 || random.chance(20))
    .map((person, n) => ({
      _id: id(),
      number: `7${String(n).padStart(6, '0')}`,
      contactName: person.name,
      contactEmail: person.email,
      contactEmailNorm: person.email,
      amount: 99 * (1 + random.below(12)),
      issuedAt: person.n > 2 && random.chance(15) ? ago(2_600 + random.below(400)) : ago(10 + random.below(700)),
    }));
}
