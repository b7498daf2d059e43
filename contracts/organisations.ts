/** The directory of organisations (docs/organisations.md) and what is sent to them (docs/webhooks.md). */
import * as z from 'zod';
import { approvalId, instant, requestId, slug } from './common.js';
import { LANGUAGES } from './words.js';

export const DECISION_CHANNELS = ['webhook', 'api', 'mail_link', 'console'] as const;

/** Types that an endpoint can ask for (docs/interfaces.md section 6). */
export const OUTGOING_EVENTS = [
  'approval.requested',
  'approval.reminder',
  'request.state_changed',
  'erasure.recipient_notice',
  'rectification.recipient_notice',
  'restriction.recipient_notice',
  'restriction.set',
  'restriction.lifted',
  'restore.verified',
] as const;

export const MAX_ENDPOINTS = 10;
export const MAX_KEYS = 20;

export const organisationId = slug;
export const keyId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'not a key id');
export const endpointId = z.string().regex(/^whe_[0-9a-f]{24}$/, 'not an endpoint id');
export const deliveryId = z.string().regex(/^dlv_[0-9a-f]{32}$/, 'not a delivery id');

const address = z.email().max(320);
const domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'not a domain');

const settings = {
  name: z.string().trim().min(1).max(200),
  language: z.enum(LANGUAGES),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'not a country code')
    .nullable(),
  contacts: z.strictObject({ admin: address.nullable(), dpo: address.nullable(), escalation: address.nullable() }),
  channel: z.enum(DECISION_CHANNELS),
  agreement: z.string().trim().min(1).max(200).nullable(),
  answer: z.enum(['operator_answers', 'organisation_answers']),
  deliverTo: z.enum(['subject', 'organisation']),
  mailDomains: z.array(domain).max(50),
};

/** PUT replaces the whole entry; keys and endpoints have their own addresses. */
export const putOrganisationSchema = z.strictObject(settings).meta({ id: 'PutOrganisation' });
export type PutOrganisation = z.infer<typeof putOrganisationSchema>;

export const organisationSchema = z
  .object({
    ...settings,
    id: z.string(),
    operator: z.string(),
    language: z.string(),
    country: z.string().nullable(),
    contacts: z.object({ admin: z.string().nullable(), dpo: z.string().nullable(), escalation: z.string().nullable() }),
    mailDomains: z.array(z.string()).readonly(),
    /** Somebody can be told: a contact, or a live endpoint. */
    reachable: z.boolean(),
    keys: z.int(),
    endpoints: z.int(),
  })
  .meta({ id: 'Organisation' });
export type OrganisationView = z.infer<typeof organisationSchema>;

export const organisationKeySchema = z
  .object({
    id: z.string(),
    kind: z.enum(['v1', 'v1a']),
    createdAt: instant,
    /** Stops counting then; null = open. */
    notAfter: instant.nullable(),
    live: z.boolean(),
  })
  .meta({ id: 'OrganisationKey' });

export const createKeySchema = z
  .strictObject({
    /** `v1`: HMAC secret, made here. `v1a`: Ed25519; made here unless the public half is given. */
    kind: z.enum(['v1', 'v1a']).default('v1'),
    publicKey: z
      .string()
      .regex(/^whpk_[A-Za-z0-9+/]{43}=$/, 'whpk_ and 32 bytes in base64')
      .optional(),
    /** Keys that are there stop counting then (rotation with overlap); absent = they go on. */
    retireOthersAt: instant.optional(),
  })
  .refine((given) => given.publicKey === undefined || given.kind === 'v1a', 'only a v1a key has a public half')
  .meta({ id: 'CreateOrganisationKey' });

/** The secret is in this answer only. null: the other half is yours. */
export const newKeySchema = organisationKeySchema.extend({ secret: z.string().nullable() }).meta({ id: 'NewKey' });

export const putEndpointsSchema = z
  .strictObject({
    endpoints: z
      .array(
        z.strictObject({
          /** Given: one that is there. Absent: a new one. */
          id: endpointId.optional(),
          url: z.string().min(1).max(2000),
          events: z.array(z.enum(OUTGOING_EVENTS)).min(1).max(OUTGOING_EVENTS.length).nullable().default(null),
          enabled: z.boolean().default(true),
          /** A new secret; the old one signs too for a day. */
          rotate: z.boolean().default(false),
        }),
      )
      .max(MAX_ENDPOINTS),
  })
  .meta({ id: 'PutWebhookEndpoints' });
export type PutEndpoints = z.infer<typeof putEndpointsSchema>;

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()).readonly().nullable(),
    createdAt: instant,
    disabledAt: instant.nullable(),
    /** `gone`: it answered 410. `by_hand`. */
    disabledWhy: z.string().nullable(),
    /** Only in the answer to the call that made it. */
    secret: z.string().optional(),
  })
  .meta({ id: 'WebhookEndpoint' });

export const deliverySchema = z
  .object({
    id: z.string(),
    webhookId: z.string(),
    endpointId: z.string(),
    type: z.string(),
    requestId: requestId.nullable(),
    approvalId: approvalId.nullable(),
    createdAt: instant,
    state: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.array(z.object({ at: instant, code: z.string(), ms: z.int() })).readonly(),
    deliveredAt: instant.nullable(),
  })
  .meta({ id: 'Delivery' });

export const evidenceSchema = z
  .looseObject({
    version: z.literal(1),
    approvalId,
    requestId,
    operator: z.string(),
    organisation: z.string().nullable(),
    state: z.string(),
    askedAt: instant,
    answered: z.boolean(),
    statement: z.string(),
    /** Kept at the end of the time to decide; false: as it is now. */
    kept: z.boolean(),
    sha256: z.string().nullable(),
  })
  .meta({ id: 'Evidence' });
