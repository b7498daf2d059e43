/** Inbound events (docs/interfaces.md section 6): body, data per type, and which types have an effect today. */
import * as z from 'zod';
import { decisionSchema } from './approval.js';
import { approvalId, instant, internalRef as ref, placedHoldSchema, slug } from './common.js';

/** `data` of approval.decided = a decision plus the approval it decides. */
export const decidedDataSchema = z
  .looseObject({ approvalId })
  .transform(({ approvalId: id, ...decision }) => ({ approvalId: id, decision }))
  .pipe(z.object({ approvalId, decision: decisionSchema }));

export const EVENT_DATA = {
  'account.ownership_transferred': z.strictObject({ accountRef: ref, toRef: ref }),
  'account.cancelled': z.strictObject({ accountRef: ref }),
  'backup.created': z.strictObject({ system: slug, backupId: ref, takenAt: instant, expiresAt: instant.nullish() }),
  'backup.expired': z.strictObject({
    system: slug,
    backupId: ref,
    takenAt: instant.nullish(),
    expiresAt: instant.nullish(),
  }),
  'hold.placed': placedHoldSchema,
  'profile.changed': z.strictObject({
    ref,
    /** Names of the changed fields, never values. */
    fields: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, 'not a field name'))
      .max(100)
      .nullish(),
  }),
  'profile.deleted': z.strictObject({ ref }),
  'hold.released': z.strictObject({ ref, at: instant.nullish() }),
  'service.ended': z.strictObject({ ref, at: instant.nullish() }),
  'domain.expired': z.strictObject({ ref, at: instant.nullish() }),
  'contact.settled': z.strictObject({ ref, at: instant.nullish() }),
  'contact.made': z.strictObject({ ref, at: instant.nullish() }),
  'notice.acknowledged': z.strictObject({
    noticeId: z.string().regex(/^ntc_[0-9A-HJKMNP-TV-Z]{26}_\d{1,3}$/, 'not a notice id'),
    result: z.enum(['acknowledged', 'done', 'held_nothing', 'refused']),
  }),
} as const;

/** Known to the interface; their machinery comes later, so they answer 501 and change nothing. */
export const LATER_EVENTS = ['backup.restored'] as const;

export const inboundEventSchema = z
  .strictObject({
    type: z.string().regex(/^[a-z]+(\.[a-z_]+)+$/, 'not an event type'),
    timestamp: instant,
    operator: slug,
    organisation: slug.nullish(),
    system: slug.nullish(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'InboundEvent' });
export type InboundEvent = z.infer<typeof inboundEventSchema>;

/** Headers of Standard Webhooks 1.0. @public */
export const WEBHOOK_HEADERS = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const;
export const MAX_EVENT_BYTES = 64 * 1024;
export const MAX_SIGNATURES = 5;
export const EVENT_TOLERANCE_SECONDS = 300;
