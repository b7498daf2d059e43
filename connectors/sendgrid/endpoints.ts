import { ConnectorError } from '../../domain/ports/connector.js';
import { request, type CallOptions, type Reply } from './http.js';
import type { SendgridSettings } from './settings.js';

export interface Contact {
  readonly id: string;
  readonly email?: string | null;
  readonly alternate_emails?: readonly string[] | null;
  readonly list_ids?: readonly string[];
  readonly custom_fields?: Readonly<Record<string, unknown>> | null;
  readonly created_at?: string;
  /** Names, address lines, other identifiers. */
  readonly [field: string]: unknown;
}

/** Suppression lists that this connector reads. The first three are objections of the person. */
export const LISTS = [
  'global_unsubscribe',
  'group_unsubscribe',
  'spam_report',
  'bounce',
  'block',
  'invalid_email',
] as const;
export type ListName = (typeof LISTS)[number];

/** One entry of a suppression list; `group` only for group unsubscribes. */
export interface Suppression {
  readonly list: ListName;
  readonly group: number | null;
  readonly entry: Readonly<Record<string, unknown>>;
}

const MAX_SEARCH = 100;
const ID = /^[\w-]+$/;

/**
 * The calls of the SendGrid API that this project makes, and the only place where their paths are built. Addresses and
 * ids are percent-encoded; there is no way to ask for everything: contacts are deleted by a non-empty list of ids, and
 * the parameter that would empty an account is not known here.
 */
export class SendgridApi {
  readonly settings: SendgridSettings;
  readonly #worldNow: () => Date;

  constructor(settings: SendgridSettings, worldNow: () => Date) {
    this.settings = settings;
    this.#worldNow = worldNow;
  }

  /** `''` for the account of the key, then every subuser. */
  get accounts(): readonly string[] {
    return ['', ...this.settings.subusers];
  }

  /** Marketing contacts exist on the global host only. */
  get hasContacts(): boolean {
    return this.settings.region === 'global';
  }

  /**
   * Contacts by address, at most 100 addresses. Keys of the answer are lower-cased addresses; an address that nobody has
   * is absent. Null = the vendor refused the call because an address is invalid.
   *
   * @throws ConnectorError; `unavailable` when a single result is an error other than "not found"
   */
  async searchContacts(addresses: readonly string[]): Promise<ReadonlyMap<string, Contact> | null> {
    if (addresses.length === 0 || addresses.length > MAX_SEARCH)
      throw new ConnectorError('bug', 'search takes 1 to 100 addresses');
    const emails = [...new Set(addresses.map((address) => address.toLowerCase()))];
    const answer = await this.#call('POST', '/v3/marketing/contacts/search/emails', {
      body: { emails },
      accept: [400, 404],
    });
    const found = new Map<string, Contact>();
    if (answer.status === 400) return null;
    if (answer.status === 404) return found;
    const result = (answer.body as { result?: Record<string, { contact?: Contact; error?: string }> } | null)?.result;
    if (result === undefined) throw new ConnectorError('unavailable', 'sendgrid answered a search without a result');
    for (const [address, { contact, error }] of Object.entries(result)) {
      if (contact !== undefined) found.set(address.toLowerCase(), contact);
      else if (error !== undefined && !/not found/i.test(error))
        throw new ConnectorError('unavailable', 'sendgrid could not search an address');
    }
    return found;
  }

  /** One contact by id, null when there is none. */
  async contact(id: string): Promise<Contact | null> {
    const answer = await this.#call('GET', `/v3/marketing/contacts/${segment(id)}`, { accept: [404] });
    return answer.status === 404 ? null : (answer.body as Contact);
  }

  /**
   * Starts the deletion of exactly these contacts.
   *
   * @returns the vendor's job id
   * @throws ConnectorError `bug` for an empty list or an id with characters that no id has
   */
  async deleteContacts(ids: readonly string[]): Promise<string> {
    if (ids.length === 0 || !ids.every((id) => ID.test(id)))
      throw new ConnectorError('bug', 'contacts are deleted by a list of ids only');
    const answer = await this.#call('DELETE', `/v3/marketing/contacts?ids=${ids.map(encodeURIComponent).join(',')}`);
    return jobId(answer);
  }

  /**
   * Starts the creation or update of one contact, found by its identifiers (a contact's id cannot address it). Fields
   * that are left out stay as they are; lists are only ever added.
   *
   * @returns the vendor's job id, or null when the vendor refuses a value
   */
  async upsertContact(
    contact: Readonly<Record<string, unknown>> & { readonly email: string },
    lists: readonly string[],
  ): Promise<string | null> {
    if (!contact.email.includes('@')) throw new ConnectorError('bug', 'a contact is written by its address');
    const answer = await this.#call('PUT', '/v3/marketing/contacts', {
      body: { contacts: [contact], ...(lists.length === 0 ? {} : { list_ids: lists }) },
      accept: [400],
    });
    return answer.status === 400 ? null : jobId(answer);
  }

  /** State of a deletion or upsert job, null when the vendor no longer knows it. Unknown states count as pending. */
  async job(
    id: string,
  ): Promise<{ readonly state: 'pending' | 'completed' | 'errored'; readonly errored: number } | null> {
    const answer = await this.#call('GET', `/v3/marketing/contacts/imports/${segment(id)}`, { accept: [404] });
    if (answer.status === 404) return null;
    const { status, results } = answer.body as { status?: string; results?: { errored_count?: number } };
    const errored = results?.errored_count ?? 0;
    if (status === 'completed') return { state: errored > 0 ? 'errored' : 'completed', errored };
    return { state: status === 'errored' || status === 'failed' ? 'errored' : 'pending', errored };
  }

  /**
   * Asks the vendor to erase the mail records of these recipients in one account. 202 proves acceptance, there is no
   * call that tells completion.
   *
   * @returns the job id, or null when the vendor refused the call because an address is invalid
   */
  async eraseRecipients(account: string, addresses: readonly string[]): Promise<string | null> {
    if (addresses.length === 0) throw new ConnectorError('bug', 'an erase job needs addresses');
    const answer = await this.#call('POST', '/v3/recipients/erasejob', {
      account,
      body: { email_addresses: addresses },
      accept: [400],
    });
    return answer.status === 400 ? null : jobId(answer);
  }

  async scopes(account: string): Promise<{ readonly scopes: readonly string[]; readonly date: string | null }> {
    const answer = await this.#call('GET', '/v3/scopes', { account });
    const { scopes } = answer.body as { scopes?: readonly string[] };
    return { scopes: scopes ?? [], date: answer.headers.get('date') };
  }

  /** Every suppression of one address in one account. Read one by one: the list filters match prefixes. */
  async suppressions(account: string, address: string): Promise<readonly Suppression[]> {
    const email = segment(address.toLowerCase());
    const get = async (path: string) => (await this.#call('GET', path, { account })).body;
    const global = (await get(`/v3/asm/suppressions/global/${email}`)) as { recipient_email?: string } | null;
    const groups = (await get(`/v3/asm/suppressions/${email}`)) as {
      suppressions?: { id: number; name: string; suppressed: boolean }[];
    };
    const found: Suppression[] = [];
    // Not suppressed is `{}`, not 404.
    if (global?.recipient_email !== undefined)
      found.push({ list: 'global_unsubscribe', group: null, entry: { email: global.recipient_email } });
    for (const { id, name, suppressed } of groups.suppressions ?? [])
      if (suppressed)
        found.push({
          list: 'group_unsubscribe',
          group: id,
          entry: { group: name, group_id: id, email: address.toLowerCase() },
        });
    const rest = {
      spam_report: 'spam_reports',
      bounce: 'bounces',
      block: 'blocks',
      invalid_email: 'invalid_emails',
    } as const;
    for (const [list, folder] of Object.entries(rest) as [keyof typeof rest, string][])
      for (const entry of ((await get(`/v3/suppression/${folder}/${email}`)) as Record<string, unknown>[] | null) ?? [])
        found.push({ list, group: null, entry });
    return found;
  }

  /** Suppression groups of an account by number, and whether this address stands in each. */
  async groups(account: string, address: string): Promise<ReadonlyMap<number, boolean>> {
    const answer = await this.#call('GET', `/v3/asm/suppressions/${segment(address.toLowerCase())}`, { account });
    const { suppressions } = answer.body as { suppressions?: { id: number; suppressed: boolean }[] };
    return new Map((suppressions ?? []).map(({ id, suppressed }) => [id, suppressed]));
  }

  /** Ids of contact lists by name; of two lists with one name the first counts. */
  async lists(): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#call('GET', '/v3/marketing/lists?page_size=1000');
    const { result } = answer.body as { result?: { id: string; name: string }[] };
    return new Map((result ?? []).toReversed().map(({ id, name }) => [name, id]));
  }

  /**
   * Takes exactly these contacts off a list; they stay contacts. Asynchronous: read the contacts back.
   *
   * @throws ConnectorError `config` for a list that is not there; `bug` for an empty list or an id with characters that no
   *   id has
   */
  async removeFromList(list: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0 || !ids.every((id) => ID.test(id)))
      throw new ConnectorError('bug', 'contacts leave a list by a list of ids only');
    const path = `/v3/marketing/lists/${segment(list)}/contacts?contact_ids=${ids.map(encodeURIComponent).join(',')}`;
    const answer = await this.#call('DELETE', path, { accept: [404] });
    if (answer.status === 404) throw new ConnectorError('config', 'the account has no list of this id');
  }

  async unsubscribe(account: string, group: number | null, addresses: readonly string[]): Promise<void> {
    const path =
      group === null ? '/v3/asm/suppressions/global' : `/v3/asm/groups/${segment(String(group))}/suppressions`;
    await this.#call('POST', path, { account, body: { recipient_emails: addresses } });
  }

  #call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, options: CallOptions = {}): Promise<Reply> {
    return request(this.settings, this.#worldNow, method, path, options);
  }
}

/** One path segment. `.` and `..` would be resolved away by the URL parser and hit another route. */
function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') throw new ConnectorError('bug', 'a path segment is empty');
  return encodeURIComponent(value);
}

function jobId(answer: Reply): string {
  const { job_id } = (answer.body ?? {}) as { job_id?: unknown };
  if (typeof job_id !== 'string' || job_id === '')
    throw new ConnectorError('unavailable', 'sendgrid accepted a job without naming it');
  return job_id;
}
