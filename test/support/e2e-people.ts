/** People of one test each, written into the operators' own systems, and exact comparisons of what happened there. */
import { randomBytes } from 'node:crypto';
import { BSON, ObjectId, type Db, type Document } from 'mongodb';
import type { E2e } from './e2e-stack.js';

const DAY_MS = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);

/** Lower-case letters, so that it can stand in a name and in an address. */
export function tag(): string {
  return [...randomBytes(8)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
}

export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly organisation: string;
  /** `users/…` and so on: every record of hers, and the one of somebody else that names her. */
  readonly records: Readonly<Record<string, readonly string[]>>;
}

export interface MemberOptions {
  readonly organisation: string;
  readonly tag?: string;
  readonly email?: string;
  readonly name?: string;
  readonly phone?: string;
  readonly messageText?: string;
  /** Datasets to leave out. */
  readonly without?: readonly ('usage' | 'messages' | 'invoices' | 'profiles' | 'orders' | 'order_contacts' | 'mail')[];
}

/** A member of an organisation of Infentre, in every dataset: account, order, another's order, usage, message, profile, invoice, mail list. */
export async function addMember(e2e: E2e, options: MemberOptions): Promise<Member> {
  const mark = options.tag ?? tag();
  const db = e2e.db('infentre');
  const { organisation: organisationId, without = [] } = options;
  const userId = `usr_${mark}_${organisationId}`;
  const email = options.email ?? `eva.${mark}@example.no`;
  const name = options.name ?? `Eva ${mark}`;
  const records: Record<string, string[]> = {};
  const insert = async (collection: string, document: Document): Promise<void> => {
    await db.collection(collection).insertOne(document);
    (records[collection] ??= []).push(String(document['_id']));
  };
  await insert('users', {
    _id: userId as never,
    email: `${email.slice(0, 1).toUpperCase()}${email.slice(1)}`,
    emailNorm: email,
    oldEmails: [],
    name,
    phone: options.phone ?? '+47 40000999',
    organisationId,
    createdAt: ago(400),
  });
  const item = (kind: string, n = 0): never => `${kind}_${mark}_${organisationId}_${n}` as never;
  if (!without.includes('orders'))
    await insert('orders', {
      _id: item('ord'),
      organisationId,
      userId,
      buyerName: name,
      buyerEmail: email,
      items: [{ event: 'Fjellmaraton', tickets: 1 }],
      contacts: [],
      createdAt: ago(90),
    });
  if (!without.includes('order_contacts'))
    await insert('orders', {
      _id: item('ord', 1),
      organisationId,
      userId: `usr_other_${organisationId}`,
      buyerName: 'Anne Annen',
      buyerEmail: 'anne.annen@example.org',
      items: [{ event: 'Høstfesten', tickets: 3 }],
      contacts: [
        { userId: 'usr_third', name: 'Tor Tredje', email: 'tor.tredje@example.org' },
        { userId, name, email },
      ],
      createdAt: ago(60),
    });
  if (!without.includes('usage'))
    for (const n of [0, 1])
      await insert('usage', { _id: item('use', n), organisationId, userId, page: '/tickets', at: ago(10 + n) });
  if (!without.includes('messages'))
    await insert('messages', {
      _id: item('msg'),
      organisationId,
      userId,
      text: options.messageText ?? 'Kan Tor Tredje få min billett?',
      sentAt: ago(20),
    });
  if (!without.includes('profiles'))
    await insert('profiles', {
      _id: item('pro'),
      organisationId,
      userId,
      displayName: name.split(' ')[0],
      bio: 'Liker ski.',
      createdAt: ago(400),
    });
  if (!without.includes('invoices'))
    await insert('invoices', {
      _id: item('inv'),
      number: `9${mark}`,
      contactName: name,
      contactEmail: email,
      amount: 500,
      issuedAt: ago(120),
    });
  if (!without.includes('mail')) await addContact(e2e, email, name);
  return { userId, email, name, organisation: organisationId, records };
}

/** A contact of the mail provider, opted out, with three delivery records. */
export async function addContact(e2e: E2e, email: string, name: string): Promise<void> {
  const [first_name, last_name] = name.split(' ');
  const answer = await fetch(`${e2e.stack.environment['INFENTRE_SENDGRID_URL']}/_seed`, {
    method: 'POST',
    body: JSON.stringify({
      contacts: [{ email, first_name, last_name }],
      accounts: { '': { global: [email], activity: { [email]: 3 } } },
    }),
  });
  if (!answer.ok) throw new Error(`seeding a contact: ${answer.status}`);
}

export interface MailSeen {
  readonly contact: boolean;
  readonly unsubscribed: boolean;
  readonly activity: number;
}

/** What the mail provider itself holds of an address. */
export async function mailSeen(e2e: E2e, email: string): Promise<MailSeen> {
  const state = (await (await fetch(`${e2e.stack.environment['INFENTRE_SENDGRID_URL']}/_state`)).json()) as {
    contacts: { email: string }[];
    accounts: Record<string, { global: string[]; activity: Record<string, number> }>;
  };
  return {
    contact: state.contacts.some((contact) => contact.email.toLowerCase() === email.toLowerCase()),
    unsubscribed: state.accounts['']?.global.includes(email) === true,
    activity: state.accounts['']?.activity[email] ?? 0,
  };
}

export interface Resident {
  readonly userId: ObjectId;
  readonly email: string;
  readonly name: string;
}

/** Somebody of Defigo (no gate): account, door events, a device, a flat shared with a neighbour. */
export async function addResident(
  e2e: E2e,
  options: { tag?: string; email?: string; name?: string } = {},
): Promise<Resident> {
  const mark = options.tag ?? tag();
  const db = e2e.db('defigo');
  const userId = new ObjectId();
  const email = options.email ?? `ida.${mark}@example.no`;
  const name = options.name ?? `Ida ${mark}`;
  await db.collection('users').insertOne({
    _id: userId,
    email,
    emailNorm: email,
    phone: `+47 41${String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0')}`,
    name,
    createdAt: ago(300),
  });
  await db
    .collection('access_events')
    .insertMany([1, 2, 3].map((n) => ({ _id: new ObjectId(), userId, door: 'Garasje', at: ago(n) })));
  await db
    .collection('devices')
    .insertOne({ _id: new ObjectId(), userId, model: 'Pixel 9', pushToken: 'aa', createdAt: ago(300) });
  await db.collection('apartments').insertOne({
    _id: new ObjectId(),
    address: 'Storgata 9',
    unit: 'H0101',
    residents: [
      { userId, name, email },
      { userId: new ObjectId(), name: 'Nabo Naboson', email: 'nabo.naboson@example.org' },
    ],
    createdAt: ago(900),
  });
  return { userId, email, name };
}

export type Snapshot = ReadonlyMap<string, string>;

/** Every record of a database as canonical Extended JSON, by `collection/_id`. */
export async function snapshot(db: Db): Promise<Snapshot> {
  const all = new Map<string, string>();
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    for await (const document of db.collection(name).find({}))
      all.set(`${name}/${String(document['_id'])}`, BSON.EJSON.stringify(document, { relaxed: false }));
  return all;
}

/** What changed, sorted: `-collection/id` gone, `+collection/id` new, `~collection/id path,path` with the changed paths. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  const list: string[] = [];
  for (const [key, old] of before) {
    const now = after.get(key);
    if (now === undefined) list.push(`-${key}`);
    else if (now !== old) list.push(`~${key} ${paths(JSON.parse(old), JSON.parse(now)).join(',')}`);
  }
  for (const key of after.keys()) if (!before.has(key)) list.push(`+${key}`);
  return list.sort();
}

function paths(a: unknown, b: unknown, at = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return [at];
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .sort()
    .flatMap((key) => paths(left[key], right[key], at === '' ? key : `${at}.${key}`));
}
