/** People of one test each in the systems of Itefy, IT PAYS and Faktry, and what tests ask of running requests. */
import { Client, Connection } from '@temporalio/client';
import { ObjectId, type Document } from 'mongodb';
import type { RequestView } from '../../contracts/index.js';
import { REQUEST_STATES } from '../../domain/words.js';
import { tag } from './e2e-people.js';
import type { E2e, Operator } from './e2e-stack.js';

const DAY_MS = 86_400_000;
export const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);

export const email = (value: string) => ({ type: 'email', value });

/** Waits for anything in the view, whatever the state. */
export function seen(e2e: E2e, id: string, accept: (view: RequestView) => boolean): Promise<RequestView> {
  return e2e.calls.until(id, REQUEST_STATES, accept);
}

export function outcomeOf(view: RequestView, dataset: string): string | undefined {
  return view.steps.find((s) => s.dataset === dataset && s.records > 0)?.outcome;
}

export interface Someone {
  readonly mark: string;
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

function someone(prefix: string): Someone {
  const mark = tag();
  return { mark, id: `${prefix}_${mark}`, email: `eva.${mark}@example.no`, name: `Eva ${mark}` };
}

/** A number of her own: an operator finds people by it. */
function phoneOf(mark: string): string {
  const digits = [...mark].map((letter) => String(letter.charCodeAt(0) % 10)).join('');
  return `+47 9${digits.slice(0, 7)}`;
}

async function put(e2e: E2e, operator: Operator, collection: string, ...documents: Document[]): Promise<void> {
  if (documents.length > 0) await e2e.db(operator).collection(collection).insertMany(documents);
}

/** Whether a record with this text id is there. */
export async function has(e2e: E2e, operator: Operator, collection: string, id: string): Promise<boolean> {
  const found = await e2e
    .db(operator)
    .collection(collection)
    .findOne({ _id: id as never });
  return found !== null;
}

export function read(e2e: E2e, operator: Operator, collection: string, id: string): Promise<Document | null> {
  return e2e
    .db(operator)
    .collection(collection)
    .findOne({ _id: id as never });
}

export async function change(
  e2e: E2e,
  operator: Operator,
  collection: string,
  id: string,
  set: Document,
): Promise<void> {
  const done = await e2e
    .db(operator)
    .collection(collection)
    .updateOne({ _id: id as never }, { $set: set });
  if (done.matchedCount !== 1) throw new Error(`no ${collection}/${id}`);
}

export interface Owner extends Someone {
  readonly accounts: readonly string[];
}

/** Somebody who signs in at Itefy, reads its newsletter, and owns accounts in the given states. */
export async function addOwner(e2e: E2e, states: readonly string[]): Promise<Owner> {
  const who = someone('itu');
  const accounts = states.map((_, n) => `acc_${who.mark}_${n}`);
  await put(e2e, 'itefy', 'users', {
    _id: who.id,
    email: who.email,
    emailNorm: who.email,
    oldEmails: [],
    oldEmailsNorm: [],
    name: who.name,
    phone: '+47 40000998',
    accountId: accounts[0] ?? 'acc_00000',
    createdAt: ago(400),
  });
  for (const [n, status] of states.entries()) await addAccount(e2e, who, accounts[n] ?? '', status);
  await put(e2e, 'itefy', 'preferences', {
    _id: `prf_${who.mark}`,
    userId: who.id,
    usageConsent: true,
    marketingOptOut: false,
  });
  await put(e2e, 'itefy', 'signin_telemetry', {
    _id: `tel_${who.mark}`,
    userId: who.id,
    ip: '192.0.2.7',
    device: 'Pixel 9',
    at: ago(2),
  });
  await put(e2e, 'itefy', 'analytics', { _id: `ana_${who.mark}`, userId: who.id, page: '/reports', at: ago(3) });
  await put(e2e, 'itefy', 'newsletter', {
    _id: `nws_${who.mark}`,
    email: who.email,
    emailNorm: who.email,
    name: who.name,
    subscribedAt: ago(90),
  });
  return { ...who, accounts };
}

export function addAccount(e2e: E2e, owner: Someone, id: string, status: string): Promise<void> {
  return put(e2e, 'itefy', 'accounts', {
    _id: id,
    name: `Verksted ${owner.mark}`,
    ownerId: owner.id,
    ownerName: owner.name,
    plan: status === 'trial' || status === 'expired' ? 'trial' : 'small',
    status,
    createdAt: ago(400),
  });
}

export interface Customer extends Someone {
  readonly domain: string | null;
  readonly invoice: string | null;
}

/** A customer of IT PAYS whose services are over, with a registered domain or an invoice if wanted. */
export async function addCustomer(
  e2e: E2e,
  options: { readonly domain?: boolean; readonly invoicedAt?: Date; readonly running?: boolean } = {},
): Promise<Customer> {
  const who = someone('cust');
  const domain = options.domain === true ? `dom_${who.mark}` : null;
  const invoice = options.invoicedAt === undefined ? null : `inv_${who.mark}`;
  const running = options.running === true;
  await put(e2e, 'itpays', 'customers', {
    _id: who.id,
    email: who.email,
    emailNorm: who.email,
    oldEmails: [],
    oldEmailsNorm: [],
    name: who.name,
    phone: phoneOf(who.mark),
    phoneNorm: phoneOf(who.mark).replaceAll(/\D/g, ''),
    address: 'Strandveien 7, 0252 Oslo',
    serviceRunning: running,
    hostingEndedOn: running ? null : ago(30),
    domainsEndedOn: running ? null : ago(30),
    createdAt: ago(900),
  });
  if (domain !== null)
    await put(e2e, 'itpays', 'domains', {
      _id: domain,
      customerId: who.id,
      name: `${who.mark}.example.no`,
      contactHandle: `HANDLE-${who.mark}`,
      personId: `N.EX.${who.mark}`,
      registrantName: who.name,
      registrantEmail: who.email,
      registered: true,
      expiresOn: ago(-200),
      createdAt: ago(800),
    });
  if (invoice !== null)
    await put(e2e, 'itpays', 'invoices', {
      _id: invoice,
      number: `9${who.mark}`,
      contactName: who.name,
      contactEmail: who.email,
      contactEmailNorm: who.email,
      amount: 149,
      issuedAt: options.invoicedAt,
    });
  return { ...who, domain, invoice };
}

/** Somebody who wrote something on the site of a customer of IT PAYS: its owner decides. */
export async function addVisitor(e2e: E2e, siteOwner = 'cust_00000'): Promise<Someone> {
  const who = someone('cnt');
  await put(e2e, 'itpays', 'hosting_content', {
    _id: who.id,
    siteOwner,
    email: who.email,
    emailNorm: who.email,
    name: who.name,
    text: 'Takk for sist!',
    createdAt: ago(50),
  });
  return who;
}

/** A contact of Faktry, last in touch on that day. */
export async function addFaktryContact(e2e: E2e, lastContactAt: Date): Promise<Someone> {
  const who = someone('con');
  await put(e2e, 'faktry', 'contacts', {
    _id: who.id,
    email: who.email,
    emailNorm: who.email,
    oldEmails: [],
    oldEmailsNorm: [],
    name: who.name,
    phone: phoneOf(who.mark),
    phoneNorm: phoneOf(who.mark).replaceAll(/\D/g, ''),
    origin: 'website',
    newsletter: true,
    marketing: true,
    lastContactAt,
    createdAt: ago(1_300),
  });
  return who;
}

/** A device of Defigo that nobody signed in on: its own id is all that is known. */
export async function addDevice(e2e: E2e): Promise<{ readonly record: ObjectId; readonly deviceId: string }> {
  const record = new ObjectId();
  const deviceId = `dev-${tag()}`;
  await put(e2e, 'defigo', 'devices', {
    _id: record,
    deviceId,
    model: 'Pixel 9',
    pushToken: 'aa',
    createdAt: ago(100),
  });
  return { record, deviceId };
}

/** The brake of an operator is on while `body` runs. */
export async function whileStopped<T>(e2e: E2e, operator: Operator, body: () => Promise<T>): Promise<T> {
  const say = (what: 'stop' | 'resume') =>
    e2e.calls.must('POST', `/v1/operators/${operator}/${what}`, {
      token: e2e.calls.info.tokens.admin,
      body: { reason: 'A test.' },
    });
  await say('stop');
  try {
    return await body();
  } finally {
    await say('resume');
  }
}

/** Waits until an activity of the request stands on this code, as the server that tries it again sees it. */
export async function standsOn(e2e: E2e, id: string, code: string): Promise<void> {
  const connection = await Connection.connect({ address: e2e.stack.info.temporal });
  try {
    const handle = new Client({ connection }).workflow.getHandle(id);
    for (let look = 0; look < 600; look += 1) {
      const { raw } = await handle.describe();
      if ((raw.pendingActivities ?? []).some((a) => a.lastFailure?.applicationFailureInfo?.type === code)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no activity of ${id} stands on ${code}`);
  } finally {
    await connection.close();
  }
}

/** An event from the operator's own application. Throws unless it was taken. */
export async function tell(
  e2e: E2e,
  operator: Operator,
  type: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const answer = await e2e.calls.event({ type, operator, system: 'app', data });
  if (answer.status !== 202) throw new Error(`${type} answered ${answer.status} ${answer.text}`);
}

export interface Pass {
  readonly erased: number;
  readonly retained: number;
  readonly failed: number;
  readonly waiting: number;
}

/** The daily pass as it would run then. */
export function dailyPass(e2e: E2e, to: Date): Promise<Pass> {
  return e2e.calls.must<Pass>('POST', '/v1/dev/advance-world', {
    token: e2e.calls.info.tokens.admin,
    body: { to: to.toISOString() },
  });
}

/** Entries of an operator's ledger of one kind, newest first, as an auditor reads them. */
export async function ledgerOfType(
  e2e: E2e,
  operator: Operator,
  type: string,
): Promise<readonly { readonly requestId: string | null; readonly code: string | null }[]> {
  const page = await e2e.calls.must<{ data: { requestId: string | null; code: string | null }[] }>(
    'GET',
    `/v1/ledger?operator=${operator}&type=${type}&limit=100`,
    { token: e2e.calls.info.tokens.auditor },
  );
  return page.data;
}
