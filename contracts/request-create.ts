/** Body of POST /v1/requests (docs/interfaces.md section 4). Strict: unknown keys are refused at every depth. */
import * as z from 'zod';
import { freeText, instant, requestId, slug } from './common.js';
import { CHANNELS, PROVEN_LEVELS, RIGHTS } from './words.js';

/** At most this many identifiers in one request, each value at most this long (an e-mail address has at most 320 characters). */
export const MAX_IDENTIFIERS = 20;
export const MAX_IDENTIFIER_LENGTH = 320;

/** No control characters: they have no place in an identifier and make log and query tricks. */
const printable = /^[^\p{Cc}\p{Cs}]*$/u;

export const identifierSchema = z
  .strictObject({
    type: z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, 'not an identifier type'),
    value: z.string().trim().min(1).max(MAX_IDENTIFIER_LENGTH).regex(printable, 'control characters are not allowed'),
  })
  .superRefine((given, context) => {
    if (given.type === 'email' && !/^[^\s@<>()"]+@[^\s@<>()"]+\.[^\s@<>()".]+$/u.test(given.value)) {
      context.addIssue({ code: 'custom', path: ['value'], message: 'not an e-mail address' });
    }
    if (given.type === 'phone' && !/^\+?[0-9][0-9 ().-]{3,30}$/.test(given.value)) {
      context.addIssue({ code: 'custom', path: ['value'], message: 'not a phone number' });
    }
  })
  .meta({ id: 'Identifier' });

const positions = z
  .array(
    z
      .int()
      .min(0)
      .max(MAX_IDENTIFIERS - 1),
  )
  .max(MAX_IDENTIFIERS);

export const subjectSchema = z.strictObject({
  identifiers: z.array(identifierSchema).min(1).max(MAX_IDENTIFIERS),
  contact: z
    .strictObject({
      email: z.email().max(MAX_IDENTIFIER_LENGTH).optional(),
      postal: z.string().trim().min(1).max(1000).optional(),
      portal: z.boolean().optional(),
    })
    .optional(),
  /** BCP 47; one that we do not write gives letters in the operator's language and in English. */
  language: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'not a language tag')
    .optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'not a country code')
    .nullish(),
  ageBand: z.enum(['adult', 'minor', 'unknown']).optional(),
});

export const createRequestSchema = z
  .strictObject({
    operator: slug,
    right: z.enum(RIGHTS),
    subject: subjectSchema,
    channel: z.enum(CHANNELS).default('api'),
    receivedAt: instant.optional(),
    scope: z
      .strictObject({
        datasets: z.array(slug).min(1).max(200).nullish(),
        from: instant.nullish(),
        to: instant.nullish(),
        text: freeText.nullish(),
      })
      .nullish(),
    ground: z.string().trim().min(1).max(100).nullish(),
    purposes: z.array(z.string().trim().min(1).max(100)).max(50).optional(),
    situation: freeText.nullish(),
    after: requestId.nullish(),
    identity: z
      .strictObject({
        method: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'not a method code'),
        level: z.enum(PROVEN_LEVELS),
        identifiers: positions.optional(),
      })
      .nullish(),
    /** Channel organisation: whose instruction it is, where the caller is bound to none. */
    organisation: slug.nullish(),
    instructionRef: z.string().trim().min(1).max(200).nullish(),
    changes: z
      .array(
        z.strictObject({
          dataset: slug,
          field: z.string().min(1).max(200),
          value: z.union([z.string().max(5000), z.number(), z.boolean(), z.null()]),
        }),
      )
      .max(100)
      .nullish(),
    receiver: z.strictObject({ url: z.url().max(2000), key: z.string().max(5000) }).nullish(),
    agent: z
      .strictObject({
        name: z.string().trim().min(1).max(200),
        capacity: z.enum(['mandate', 'guardian', 'lawyer', 'organisation', 'estate']),
        attachmentId: z.string().max(200).nullish(),
        contact: z
          .strictObject({
            email: z.email().max(MAX_IDENTIFIER_LENGTH).optional(),
            postal: z.string().max(1000).optional(),
            phone: z.string().max(40).optional(),
          })
          .optional(),
        answerTo: z.enum(['subject', 'agent']).default('subject'),
      })
      .nullish(),
  })
  .superRefine((given, context) => {
    for (const [index, position] of (given.identity?.identifiers ?? []).entries()) {
      if (position >= given.subject.identifiers.length) {
        context.addIssue({
          code: 'custom',
          path: ['identity', 'identifiers', index],
          message: 'names no identifier of the subject',
        });
      }
    }
  })
  .meta({ id: 'CreateRequest' });
export type CreateRequest = z.infer<typeof createRequestSchema>;
