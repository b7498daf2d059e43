/** Notices to recipients (GDPR Art. 19) over HTTP (docs/notices.md). */
import * as z from 'zod';
import { freeText, instant } from './common.js';

export const noticeId = z
  .string()
  .regex(/^ntc_[0-9A-HJKMNP-TV-Z]{26}_\d{1,3}$/, 'not a notice id')
  .meta({ example: 'ntc_01JDB2C3D4E5F6G7H8J9K0M1N2_4' });

/** For the recipient alone: what to do, and its own reference of the person. */
export const noticeSchema = z
  .object({
    id: noticeId,
    kind: z.enum(['erasure', 'rectification', 'restriction']),
    reference: z.object({ type: z.string(), values: z.array(z.string()).readonly() }),
  })
  .meta({ id: 'Notice' });

export const noticeToldSchema = z
  .strictObject({ result: z.enum(['told', 'impossible', 'disproportionate']), reason: freeText.optional() })
  .refine((given) => given.result === 'told' || given.reason !== undefined, {
    path: ['reason'],
    message: 'not telling a recipient needs a reason',
  })
  .meta({ id: 'NoticeTold' });

export const noticeRecipientSchema = z
  .object({
    name: z.string(),
    told: z.boolean(),
    at: instant.nullable(),
    result: z.string().nullable(),
    reasonNotTold: z.string().nullable(),
    noticeId: z.string().optional(),
  })
  .meta({ id: 'NoticeRecipient' });
