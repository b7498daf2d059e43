/** Bodies and representations of a request's correspondence: messages, attachments, letters, complaints (docs/correspondence.md). */
import * as z from 'zod';
import { freeText, instant } from './common.js';

export const COMPLAINT_TO = ['operator', 'authority', 'court'] as const;
export const COMPLAINT_RESULTS = ['upheld', 'changed', 'answered'] as const;
export const ATTACHMENT_KINDS = ['mandate', 'identity', 'message', 'evidence'] as const;

/** Bytes of one attachment, decoded. */
export const MAX_ATTACHMENT_BYTES = 5 * 1024 * 1024;
/** The same in base64 inside JSON, with room for the other fields. */
export const MAX_ATTACHMENT_BODY = Math.ceil(MAX_ATTACHMENT_BYTES / 3) * 4 + 4_096;

export const messageId = z.string().regex(/^msg_[A-Za-z0-9_-]{10,60}$/, 'not a message id');
export const attachmentId = z.string().regex(/^att_[A-Za-z0-9_-]{10,60}$/, 'not an attachment id');
export const letterId = z.string().regex(/^[A-Za-z0-9._-]{1,160}$/, 'not a letter id');

export const messageBodySchema = z
  .strictObject({
    /** `in`: the person wrote, and an officer or her mail system records it. `out`: it is mailed to her as a letter. */
    direction: z.enum(['in', 'out']),
    text: freeText,
    /** When the person wrote; default now. */
    at: instant.optional(),
    channel: z.enum(['portal', 'email', 'phone', 'post', 'panel']).optional(),
    attachments: z.array(attachmentId).max(20).optional(),
  })
  .refine((m) => m.direction === 'in' || (m.at === undefined && m.channel === undefined), {
    path: ['at'],
    message: 'at and channel belong to messages of the person',
  })
  .meta({ id: 'MessageBody' });
export type MessageBody = z.infer<typeof messageBodySchema>;

export const messageSchema = z
  .object({
    id: messageId,
    direction: z.enum(['in', 'out']),
    text: z.string(),
    at: instant,
    channel: z.string().nullable(),
    attachments: z.array(z.string()),
    /** Principal who recorded or wrote it. */
    by: z.string(),
  })
  .meta({ id: 'Message' });
export type MessageView = z.infer<typeof messageSchema>;
/** Answer to a POST: the stored answer of an Idempotency-Key must not hold the text. */
export const keptMessageSchema = messageSchema.omit({ text: true }).meta({ id: 'KeptMessage' });

export const attachmentBodySchema = z
  .strictObject({
    kind: z.enum(ATTACHMENT_KINDS),
    name: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^[^\p{Cc}/\\]+$/u, 'not a file name'),
    mediaType: z
      .string()
      .max(100)
      .regex(/^[a-z]+\/[a-z0-9.+-]+$/, 'not a media type'),
    /** Base64 (RFC 4648 section 4, padded). */
    content: z.base64().min(4).max(MAX_ATTACHMENT_BODY),
  })
  .meta({ id: 'AttachmentBody' });
export type AttachmentBody = z.infer<typeof attachmentBodySchema>;

/** Never the content. */
export const attachmentSchema = z
  .object({
    id: attachmentId,
    kind: z.enum(ATTACHMENT_KINDS),
    name: z.string(),
    mediaType: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    at: instant,
    by: z.string(),
  })
  .meta({ id: 'Attachment' });
export type AttachmentView = z.infer<typeof attachmentSchema>;
/** Answer to a POST, without the name: that may say who somebody is. */
export const keptAttachmentSchema = attachmentSchema.omit({ name: true }).meta({ id: 'KeptAttachment' });

export const letterSchema = z
  .object({
    id: letterId,
    kind: z.string(),
    to: z.enum(['subject', 'organisation', 'operator_dpo']),
    sentAt: instant.nullable(),
    error: z.string().nullable(),
    waits: z.boolean(),
    way: z.string().nullable(),
    bouncedAt: instant.nullable(),
    /** null until it was written. */
    subject: z.string().nullable(),
    body: z.string().nullable(),
    language: z.string().nullable(),
  })
  .meta({ id: 'Letter' });

export const previewBodySchema = z
  .strictObject({
    /** Text that the letter would carry (a question, a reason); default: the stored one. */
    text: freeText.optional(),
    language: z.string().max(35).optional(),
  })
  .meta({ id: 'LetterPreview' });
export const previewSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    subject: z.string(),
    body: z.string(),
    languages: z.array(z.string()),
    /** Blocks of the content contract that would be missing; empty = complete. */
    missing: z.array(z.string()),
  })
  .meta({ id: 'LetterPreviewed' });

export const bounceBodySchema = z.strictObject({ at: instant.optional() }).meta({ id: 'LetterBounce' });
export const dispatchedBodySchema = z
  .strictObject({ at: instant, by: z.enum(['post', 'portal']) })
  .meta({ id: 'LetterDispatched' });

export const complaintBodySchema = z
  .strictObject({
    to: z.enum(COMPLAINT_TO),
    /** The authority's or court's own reference; kept in the vault. */
    caseRef: z.string().trim().min(1).max(200).optional(),
    text: freeText,
  })
  .meta({ id: 'ComplaintBody' });
export type ComplaintBody = z.infer<typeof complaintBodySchema>;

export const complaintDecisionSchema = z
  .strictObject({ result: z.enum(COMPLAINT_RESULTS), reasonText: freeText })
  .meta({ id: 'ComplaintDecision' });
export type ComplaintDecisionBody = z.infer<typeof complaintDecisionSchema>;

export const complaintNumber = z.string().regex(/^[1-9][0-9]{0,3}$/, 'not a complaint number');
