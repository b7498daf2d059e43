/** Bodies of /identity, /actions/{action} and /search (docs/interfaces.md section 3). */
import * as z from 'zod';
import { attachmentId } from './correspondence.js';
import { code, freeText, instant, placedHoldSchema, slug } from './common.js';
import { identifierSchema, MAX_IDENTIFIERS } from './request-create.js';
import { PROVEN_LEVELS, REFUSAL_GROUNDS } from './words.js';

export const identityBodySchema = z
  .strictObject({
    method: code,
    level: z.enum(PROVEN_LEVELS),
    result: z.enum(['verified', 'failed', 'more_needed']),
    identifiers: z
      .array(
        z
          .int()
          .min(0)
          .max(MAX_IDENTIFIERS - 1),
      )
      .max(MAX_IDENTIFIERS)
      .optional(),
    reason: freeText.optional(),
    /** Required where somebody speaks for the person: an officer has seen the mandate. */
    mandate: z.literal('checked').optional(),
  })
  .meta({ id: 'IdentityDecision' });
export type IdentityBody = z.infer<typeof identityBodySchema>;

/** `<system>/<dataset>/<organisation or ->/<operation>`, as shown in `steps[].id`. */
const step = z
  .string()
  .min(1)
  .max(400)
  .regex(/^[A-Za-z0-9._/-]+$/, 'not a step id');
const place = z
  .string()
  .max(300)
  .regex(/^[^#\p{Cc}]+#(?:\d{1,9}|any)\/[^#\p{Cc}]+$/u, 'not a place of the package review');
const messageId = z.string().min(1).max(200);

/** One schema per action; the path names the action, the body holds only its own fields. */
export const ACTION_BODIES = {
  extend: z.strictObject({ reason: freeText }),
  refuse: z.strictObject({
    ground: z.enum(REFUSAL_GROUNDS),
    reason: freeText,
    /** Proof: needed for manifestly_unfounded and excessive, which another officer must also approve. */
    attachmentId: attachmentId.optional(),
  }),
  withdraw: z.strictObject({ reason: freeText, messageId: messageId.optional() }),
  ask: z.strictObject({ kind: z.enum(['identity', 'clarification']), text: freeText }),
  answer: z.strictObject({
    kind: z.enum(['identity', 'clarification']),
    at: instant.optional(),
    messageId: messageId.optional(),
  }),
  retry: z.strictObject({ step }),
  resolve: z.strictObject({
    step,
    outcome: z.enum(['done_by_hand', 'skipped', 'include', 'exclude']),
    reason: freeText,
    evidence: z.string().max(2000).optional(),
  }),
  release: z.strictObject({
    /** Places of the package review (`<part>#<record>/<field>` or `<part>#any/<field>`) to open, and ones to hold back. */
    disclose: z.array(place).max(200).optional(),
    withhold: z.array(place).max(200).optional(),
  }),
  confirmReceiver: z.strictObject({ method: code, reason: freeText }),
  recheck: z.strictObject({}),
  lift: z.strictObject({ reason: freeText }),
  hold: placedHoldSchema,
  correctReceipt: z.strictObject({ receivedAt: instant, reason: freeText }),
  repin: z.strictObject({
    policyHash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a policy hash'),
    reason: freeText,
  }),
  assign: z.strictObject({ to: slug.nullable() }),
} as const;
export type ActionName = keyof typeof ACTION_BODIES;

export const actionBodySchema = z
  .union([
    ACTION_BODIES.extend,
    ACTION_BODIES.refuse,
    ACTION_BODIES.withdraw,
    ACTION_BODIES.ask,
    ACTION_BODIES.answer,
    ACTION_BODIES.hold,
    ACTION_BODIES.correctReceipt,
    ACTION_BODIES.repin,
    ACTION_BODIES.retry,
    ACTION_BODIES.resolve,
    ACTION_BODIES.release,
    ACTION_BODIES.lift,
    ACTION_BODIES.confirmReceiver,
    ACTION_BODIES.assign,
  ])
  .meta({ id: 'ActionBody' });

export const searchBodySchema = z
  .strictObject({ identifier: identifierSchema, purpose: code, operator: slug.optional() })
  .meta({ id: 'RequestSearch' });
