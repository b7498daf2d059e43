/**
 * Facts about the SendGrid v3 API: the calls that this project makes, their fields and limits. The counterpart in
 * dev/counterparts/sendgrid checks every call against this table and refuses what is not in it; a test compares the
 * table with the vendor's own description where that is at hand.
 */

export interface FieldFact {
  readonly type: 'string[]' | 'string' | 'object[]';
  readonly required: boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly itemMaxLength?: number;
  /** Fields of each object, with the longest text where there is one; others are refused. */
  readonly fields?: Readonly<Record<string, { readonly type: 'string' | 'string[]'; readonly maxLength?: number }>>;
}

export interface CallFact {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for one path segment, percent-encoded on the wire. */
  readonly path: string;
  /** Vendor file and path template where they differ from ours. */
  readonly spec: { readonly file: string; readonly path?: string };
  /** `global`: not offered on the host of the EU region. */
  readonly hosts: 'both' | 'global';
  readonly onBehalfOf: boolean;
  readonly query: Readonly<Record<string, { readonly required: boolean; readonly pattern: RegExp }>>;
  readonly body: Readonly<Record<string, FieldFact>> | null;
  readonly maxBodyBytes?: number;
  readonly success: number;
}

const CONTACTS = 'tsg_mc_contacts_v3.json';
const LISTS = 'tsg_mc_lists_v3.json';
const SUPPRESSIONS = 'tsg_suppressions_v3.json';
const RECIPIENTS: FieldFact = { type: 'string[]', required: true, minItems: 1 };

export const CALLS: readonly CallFact[] = [
  {
    id: 'searchContactsByEmail',
    method: 'POST',
    path: '/v3/marketing/contacts/search/emails',
    spec: { file: CONTACTS },
    hosts: 'global',
    onBehalfOf: false,
    query: {},
    body: { emails: { type: 'string[]', required: true, minItems: 1, maxItems: 100, itemMaxLength: 100 } },
    success: 200,
  },
  {
    id: 'getContact',
    method: 'GET',
    path: '/v3/marketing/contacts/{id}',
    spec: { file: CONTACTS },
    hosts: 'global',
    onBehalfOf: false,
    query: {},
    body: null,
    success: 200,
  },
  {
    // The same route with `delete_all_contacts` would empty the account: it is not in this table, and never will be.
    id: 'deleteContacts',
    method: 'DELETE',
    path: '/v3/marketing/contacts',
    spec: { file: CONTACTS },
    hosts: 'global',
    onBehalfOf: false,
    query: { ids: { required: true, pattern: /^[\w-]+(,[\w-]+)*$/ } },
    body: null,
    success: 202,
  },
  {
    id: 'upsertContacts',
    method: 'PUT',
    path: '/v3/marketing/contacts',
    spec: { file: CONTACTS },
    hosts: 'global',
    onBehalfOf: false,
    query: {},
    body: {
      list_ids: { type: 'string[]', required: false },
      contacts: {
        type: 'object[]',
        required: true,
        minItems: 1,
        maxItems: 30_000,
        fields: {
          email: { type: 'string', maxLength: 254 },
          alternate_emails: { type: 'string[]' },
          phone_number_id: { type: 'string' },
          external_id: { type: 'string', maxLength: 254 },
          anonymous_id: { type: 'string', maxLength: 254 },
          first_name: { type: 'string', maxLength: 50 },
          last_name: { type: 'string', maxLength: 50 },
          address_line_1: { type: 'string', maxLength: 100 },
          address_line_2: { type: 'string', maxLength: 100 },
          city: { type: 'string', maxLength: 60 },
          state_province_region: { type: 'string', maxLength: 50 },
          postal_code: { type: 'string' },
          country: { type: 'string', maxLength: 50 },
        },
      },
    },
    maxBodyBytes: 6 * 1024 * 1024,
    success: 202,
  },
  {
    id: 'getImportJob',
    method: 'GET',
    path: '/v3/marketing/contacts/imports/{id}',
    spec: { file: CONTACTS },
    hosts: 'global',
    onBehalfOf: false,
    query: {},
    body: null,
    success: 200,
  },
  {
    id: 'lists',
    method: 'GET',
    path: '/v3/marketing/lists',
    spec: { file: LISTS },
    hosts: 'global',
    onBehalfOf: false,
    query: { page_size: { required: false, pattern: /^[1-9]\d{0,3}$/ } },
    body: null,
    success: 200,
  },
  {
    id: 'removeFromList',
    method: 'DELETE',
    path: '/v3/marketing/lists/{id}/contacts',
    spec: { file: LISTS },
    hosts: 'global',
    onBehalfOf: false,
    query: { contact_ids: { required: true, pattern: /^[\w-]+(,[\w-]+)*$/ } },
    body: null,
    success: 202,
  },
  {
    id: 'eraseRecipients',
    method: 'POST',
    path: '/v3/recipients/erasejob',
    spec: { file: 'tsg_recipients_data_erasure_v3.json' },
    hosts: 'both',
    onBehalfOf: true,
    query: {},
    body: { email_addresses: { type: 'string[]', required: true, minItems: 1, maxItems: 5000 } },
    maxBodyBytes: 256 * 1024,
    success: 202,
  },
  {
    id: 'scopes',
    method: 'GET',
    path: '/v3/scopes',
    spec: { file: 'tsg_scopes_v3.json' },
    hosts: 'both',
    onBehalfOf: true,
    query: {},
    body: null,
    success: 200,
  },
  ...(
    [
      ['readGlobalUnsubscribe', '/v3/asm/suppressions/global/{email}'],
      ['readGroupUnsubscribes', '/v3/asm/suppressions/{email}'],
      ['readSpamReport', '/v3/suppression/spam_reports/{email}'],
      ['readBounce', '/v3/suppression/bounces/{email}'],
      ['readBlock', '/v3/suppression/blocks/{email}'],
      ['readInvalidEmail', '/v3/suppression/invalid_emails/{email}'],
    ] as const
  ).map(
    ([id, path]): CallFact => ({
      id,
      method: 'GET',
      path,
      spec: { file: SUPPRESSIONS },
      hosts: 'both',
      onBehalfOf: true,
      query: {},
      body: null,
      success: 200,
    }),
  ),
  {
    id: 'addGlobalUnsubscribe',
    method: 'POST',
    path: '/v3/asm/suppressions/global',
    spec: { file: SUPPRESSIONS },
    hosts: 'both',
    onBehalfOf: true,
    query: {},
    body: { recipient_emails: RECIPIENTS },
    success: 201,
  },
  {
    id: 'addGroupUnsubscribe',
    method: 'POST',
    path: '/v3/asm/groups/{group_id}/suppressions',
    spec: { file: SUPPRESSIONS },
    hosts: 'both',
    onBehalfOf: true,
    query: {},
    body: { recipient_emails: RECIPIENTS },
    success: 201,
  },
];

/** Scope that older accounts lack. */
export const ERASE_SCOPE = 'recipients.erasejob.create';
