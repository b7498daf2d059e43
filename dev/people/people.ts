import { FIRST_NAMES, LAST_NAMES, asciiOf } from './names.js';
import { Random } from './random.js';

/** Somebody invented. */
export interface Person {
  /** Position, from 0. */
  readonly n: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly name: string;
  /** In normal form. */
  readonly email: string;
  /** As this person once typed it: about one in six is spelled in mixed case. */
  readonly emailAsTyped: string;
  readonly oldEmails: readonly string[];
  readonly phone: string;
  readonly country: 'no' | 'se';
  /** Account begun this many days before the seeding. */
  readonly ageDays: number;
}

/** An address that several people share; it proves no single one of them. */
export const SHARED_MAILBOXES = [
  'post@example.no',
  'kontakt@example.se',
  'info@example.org',
  'styret@example.no',
] as const;

const DOMAINS = {
  no: ['example.no', 'example.no', 'example.com', 'example.org'],
  se: ['example.se', 'example.se', 'example.com', 'example.org'],
} as const;

/**
 * Invents `count` people, always the same for the same operator and seed. Every address is unique but for those of the
 * shared mailboxes: every 60th person has one.
 */
export function inventPeople(operator: string, count: number, seed = 'habeas'): readonly Person[] {
  const random = new Random(`${seed}/${operator}`);
  return Array.from({ length: count }, (_, n) => invent(random, n));
}

function invent(random: Random, n: number): Person {
  const country = random.chance(50) ? 'no' : 'se';
  const firstName = random.pick(FIRST_NAMES[country]);
  const lastName = random.pick(LAST_NAMES[country]);
  const local = `${asciiOf(firstName)}.${asciiOf(lastName)}`;
  const own = `${local}${n}@${random.pick(DOMAINS[country])}`;
  const email = n % 60 === 59 ? random.pick(SHARED_MAILBOXES) : own;
  const oldEmails = random.chance(15)
    ? [`${asciiOf(firstName).slice(0, 1)}${asciiOf(lastName)}.${n}@${random.pick(DOMAINS[country])}`]
    : [];
  const digits = String(random.below(10_000_000)).padStart(7, '0');
  return {
    n,
    firstName,
    lastName,
    name: `${firstName} ${lastName}`,
    email,
    emailAsTyped: random.chance(16) ? mixedCase(email) : email,
    oldEmails,
    phone: country === 'no' ? `+47 4${digits}` : `+46 70 ${digits}`,
    country,
    ageDays: 40 + random.below(2_000),
  };
}

/** `kari.nordmann7@example.no` → `Kari.Nordmann7@Example.NO` */
export function mixedCase(email: string): string {
  return email
    .replaceAll(/(?<=^|[.@])[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/\.[A-Za-z]+$/, (ending) => ending.toUpperCase());
}
