import type { Checked } from '../../../test/contract/sendgrid/check-call.js';
import { ERASE_SCOPE } from '../../../test/contract/sendgrid/facts.js';
import {
  emptyAccount,
  type FakeAccount,
  type FakeContact,
  type FakeJob,
  type FakeState,
  type StateFile,
} from './state.js';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Good = Extract<Checked, { ok: true }>;

const DEFAULT_JOB_MS = 200;

/** What the vendor does, for one call that passed the check against the facts. */
export function answerCall(file: StateFile, call: Good, onBehalfOf: string): Answer {
  runJobs(file);
  const { state } = file;
  const account = state.accounts[onBehalfOf];
  if (account === undefined) return error(403, 'access forbidden');
  const address = (call.path['email'] ?? '').toLowerCase();
  switch (call.fact.id) {
    case 'searchContactsByEmail':
      return search(file, call.body['emails'] as string[]);
    case 'getContact': {
      const contact = state.contacts.find((candidate) => candidate.id === call.path['id']);
      return one(contact && contactView(contact), 'contact not found');
    }
    case 'deleteContacts':
      return startDeletion(file, String(call.query['ids']).split(','));
    case 'upsertContacts':
      return startUpsert(file, call.body);
    case 'getImportJob':
      return one(jobView(state, String(call.path['id'])), 'job not found');
    case 'lists':
      return {
        status: 200,
        body: { result: state.lists.map((list) => ({ ...list, contact_count: membersOf(state, list.id).length })) },
      };
    case 'removeFromList':
      return leaveList(state, String(call.path['id']), String(call.query['contact_ids']).split(','));
    case 'eraseRecipients':
      return erase(state, account, onBehalfOf, call.body['email_addresses'] as string[]);
    case 'scopes':
      return { status: 200, body: { scopes: account.scopes } };
    case 'readGlobalUnsubscribe':
      return { status: 200, body: account.global.includes(address) ? { recipient_email: address } : {} };
    case 'readGroupUnsubscribes':
      return { status: 200, body: { suppressions: groupsOf(account, address) } };
    case 'readSpamReport':
      return { status: 200, body: account.spamReports.filter((entry) => entry.email === address) };
    case 'readBounce':
      return { status: 200, body: account.bounces.filter((entry) => entry.email === address) };
    case 'readBlock':
      return { status: 200, body: account.blocks.filter((entry) => entry.email === address) };
    case 'readInvalidEmail':
      return { status: 200, body: account.invalidEmails.filter((entry) => entry.email === address) };
    case 'addGlobalUnsubscribe':
      return unsubscribe(state, account, null, call.body['recipient_emails'] as string[]);
    case 'addGroupUnsubscribe':
      return unsubscribe(state, account, Number(call.path['group_id']), call.body['recipient_emails'] as string[]);
    default:
      return error(500, 'not built');
  }
}

/** Lower-cased; misses sit inside a 200; 404 when nobody was found; an invalid address spoils the call. */
function search(file: StateFile, emails: readonly string[]): Answer {
  const { state } = file;
  if (emails.some((email) => !/^[^\s@]+@[^\s@]+$/.test(email))) return error(400, 'email is invalid', 'emails');
  const visible = [
    ...state.contacts,
    ...state.lagging.filter((entry) => entry.until > file.now()).map((entry) => entry.contact),
  ];
  const result: Record<string, unknown> = {};
  let hits = 0;
  for (const email of emails.map((value) => value.toLowerCase())) {
    const contact = visible.find((one) => one.email === email || (one.alternate_emails ?? []).includes(email));
    if ((state.faults.searchErrors ?? []).includes(email)) {
      result[email] = { error: 'internal error' };
      hits++;
      continue;
    }
    if (contact !== undefined) hits++;
    result[email] = contact === undefined ? { error: 'contact not found' } : { contact: contactView(contact) };
  }
  return hits === 0 ? error(404, 'contacts not found') : { status: 200, body: { result } };
}

function contactView(contact: FakeContact): Record<string, unknown> {
  return { segment_ids: [], alternate_emails: [], ...contact };
}

function membersOf(state: FakeState, list: string): readonly FakeContact[] {
  return state.contacts.filter((contact) => contact.list_ids.includes(list));
}

/** The contacts stay; only their membership ends. Lists that nobody declared exist when a contact is on them. */
function leaveList(state: FakeState, list: string, ids: readonly string[]): Answer {
  if (!state.lists.some((one) => one.id === list) && !state.contacts.some((one) => one.list_ids.includes(list)))
    return error(404, 'list not found');
  if (state.faults.keepsOnLists !== true)
    state.contacts = state.contacts.map((contact) =>
      ids.includes(contact.id) ? { ...contact, list_ids: contact.list_ids.filter((id) => id !== list) } : contact,
    );
  return { status: 202, body: { job_id: newId(state, 'job') } };
}

function startDeletion(file: StateFile, ids: readonly string[]): Answer {
  const { state } = file;
  const now = file.now();
  const id = newId(state, 'job');
  const dueAt = now + (state.faults.jobMs ?? DEFAULT_JOB_MS);
  state.jobs.push({ id, ids, startedAt: now, dueAt, status: 'pending', deleted: 0, errored: 0, finishedAt: null });
  return { status: 202, body: { job_id: id } };
}

function startUpsert(file: StateFile, body: Good['body']): Answer {
  const { state } = file;
  const contacts = body['contacts'] as NonNullable<FakeJob['upsert']>['contacts'];
  if (contacts.some((contact) => !/^[^\s@]+@[^\s@]+$/.test(contact.email ?? '')))
    return error(400, 'at least one identifier is required', 'contacts');
  const now = file.now();
  const id = newId(state, 'job');
  const upsert = { contacts, lists: (body['list_ids'] as string[] | undefined) ?? [] };
  const dueAt = now + (state.faults.jobMs ?? DEFAULT_JOB_MS);
  state.jobs.push({
    id,
    ids: [],
    upsert,
    startedAt: now,
    dueAt,
    status: 'pending',
    deleted: 0,
    errored: 0,
    finishedAt: null,
  });
  return { status: 202, body: { job_id: id } };
}

/** Found by the lower-cased address; what is left out stays, lists are only added. */
function runUpsert(file: StateFile, { contacts, lists }: NonNullable<FakeJob['upsert']>): void {
  const { state } = file;
  if (state.faults.ignoresUpserts === true) return;
  const stamp = new Date(file.now()).toISOString();
  for (const { email: given, ...fields } of contacts) {
    const email = given.toLowerCase();
    const old = state.contacts.find((one) => one.email === email);
    const list_ids = [...new Set([...(old?.list_ids ?? []), ...lists])];
    const base = old ?? { id: newId(state, 'contact'), created_at: stamp };
    const contact: FakeContact = { ...base, ...fields, email, list_ids, updated_at: stamp };
    state.contacts = [...state.contacts.filter((one) => one.email !== email), contact];
  }
}

/** Jobs whose time has come, in order. Called before every answer, so nothing runs behind the caller's back. */
function runJobs(file: StateFile): void {
  const { state } = file;
  const now = file.now();
  for (const job of state.jobs) if (job.status === 'pending' && job.dueAt <= now) finish(file, job);
  state.lagging = state.lagging.filter((entry) => entry.until > now);
}

function finish(file: StateFile, job: FakeJob): void {
  const { state } = file;
  if (job.upsert !== undefined) {
    const failed = (state.faults.jobErrors ?? 0) > 0;
    if (!failed) runUpsert(file, job.upsert);
    job.errored = failed ? job.upsert.contacts.length : 0;
    job.status = failed ? 'errored' : 'completed';
    job.finishedAt = file.now();
    return;
  }
  const spared = new Set(job.ids.slice(0, state.faults.jobErrors ?? 0));
  for (const id of job.ids) {
    const contact = state.contacts.find((one) => one.id === id);
    if (contact === undefined || spared.has(id)) continue;
    job.deleted++;
    if (state.faults.keepsContacts === true) continue;
    state.contacts = state.contacts.filter((one) => one.id !== id);
    const lag = state.faults.searchLagMs ?? 0;
    if (lag > 0) state.lagging.push({ contact, until: file.now() + lag });
  }
  job.errored = spared.size;
  job.status = spared.size > 0 ? 'errored' : 'completed';
  job.finishedAt = file.now();
}

function jobView(state: FakeState, id: string): unknown {
  const job = state.jobs.find((one) => one.id === id);
  if (job === undefined) return undefined;
  return {
    id: job.id,
    status: job.status,
    job_type: job.upsert === undefined ? 'delete' : 'upsert',
    results: {
      requested_count: job.upsert?.contacts.length ?? job.ids.length,
      created_count: 0,
      updated_count: job.status === 'completed' ? (job.upsert?.contacts.length ?? 0) : 0,
      deleted_count: job.deleted,
      errored_count: job.errored,
      errors_url: '',
    },
    started_at: new Date(job.startedAt).toISOString(),
    finished_at: job.finishedAt === null ? '' : new Date(job.finishedAt).toISOString(),
  };
}

function erase(state: FakeState, account: FakeAccount, name: string, addresses: readonly string[]): Answer {
  if (!account.scopes.includes(ERASE_SCOPE)) return error(403, 'access forbidden');
  const bad = addresses.find(
    (address) => !/^[^\s@]+@[^\s@]+$/.test(address) || (state.faults.invalidAddresses ?? []).includes(address),
  );
  if (bad !== undefined)
    return {
      status: 400,
      body: { errors: [{ message: `Email_address ${bad} is not valid`, field: 'email_addresses', error_id: '' }] },
    };
  const known = new Set(addresses.map((address) => address.toLowerCase()));
  for (const address of known) delete account.activity[address];
  if (state.faults.dropsSuppressions === true) {
    account.global = account.global.filter((email) => !known.has(email));
    for (const group of account.groups) group.suppressed = group.suppressed.filter((email) => !known.has(email));
    account.spamReports = account.spamReports.filter((entry) => !known.has(entry.email));
  }
  const id = newId(state, 'erase');
  state.eraseJobs.push({ id, account: name, addresses: [...addresses] });
  return { status: 202, body: { job_id: id } };
}

function groupsOf(account: FakeAccount, address: string): unknown[] {
  return account.groups.map((group) => ({
    id: group.id,
    name: group.name,
    description: group.name,
    is_default: false,
    suppressed: group.suppressed.includes(address),
  }));
}

function unsubscribe(
  state: FakeState,
  account: FakeAccount,
  groupId: number | null,
  emails: readonly string[],
): Answer {
  if (state.faults.forgetsUnsubscribes === true) return { status: 201, body: { recipient_emails: emails } };
  const group = groupId === null ? undefined : account.groups.find((one) => one.id === groupId);
  // An unknown group lands in the global list, as at the vendor.
  const list = group === undefined ? account.global : group.suppressed;
  for (const email of emails.map((value) => value.toLowerCase())) if (!list.includes(email)) list.push(email);
  return { status: 201, body: { recipient_emails: emails } };
}

/** Adds what a test or the demo wants to be there; lists are appended, addresses lower-cased as the vendor stores them. */
export function seed(state: FakeState, given: Seed): void {
  const stamp = new Date().toISOString();
  for (const contact of given.contacts ?? []) {
    const { id = newId(state, 'contact'), list_ids = [], created_at = stamp, ...rest } = contact;
    const alternate_emails = (rest.alternate_emails ?? []).map((email) => email.toLowerCase());
    state.contacts.push({
      ...rest,
      id,
      list_ids,
      created_at,
      updated_at: stamp,
      email: rest.email.toLowerCase(),
      alternate_emails,
    });
  }
  if (given.keys !== undefined) state.keys = [...given.keys];
  for (const list of given.lists ?? []) if (!state.lists.some((one) => one.id === list.id)) state.lists.push(list);
  for (const [name, part] of Object.entries(given.accounts ?? {})) {
    const account = (state.accounts[name] ??= emptyAccount());
    account.global.push(...(part.global ?? []).map((email) => email.toLowerCase()));
    for (const group of part.groups ?? [])
      account.groups.push({ ...group, suppressed: group.suppressed.map((email) => email.toLowerCase()) });
    account.spamReports.push(...(part.spamReports ?? []));
    account.bounces.push(...(part.bounces ?? []));
    account.blocks.push(...(part.blocks ?? []));
    account.invalidEmails.push(...(part.invalidEmails ?? []));
    if (part.scopes !== undefined) account.scopes = [...part.scopes];
    Object.assign(account.activity, part.activity ?? {});
  }
}

export interface Seed {
  readonly lists?: readonly { readonly id: string; readonly name: string }[];
  readonly keys?: readonly string[];
  readonly contacts?: readonly (Partial<FakeContact> & { readonly email: string })[];
  /** `''` is the main account, every other name a subuser. */
  readonly accounts?: Readonly<Record<string, Partial<FakeAccount>>>;
}

function newId(state: FakeState, kind: string): string {
  return `${kind}-${String(state.nextId++).padStart(8, '0')}`;
}

function one(value: unknown, message: string): Answer {
  return value === undefined ? error(404, message) : { status: 200, body: value };
}

function error(status: number, message: string, field: string | null = null): Answer {
  return { status, body: { errors: [{ message, field }] } };
}
