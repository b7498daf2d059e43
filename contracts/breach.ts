/** Personal data breaches over HTTP (docs/breach.md). Representations name no person. */
import * as z from 'zod';
import { freeText, instant, slug } from './common.js';
import { LANGUAGES } from './words.js';

export const breachId = z
  .string()
  .regex(/^brc_[0-9A-HJKMNP-TV-Z]{26}$/, 'not a breach id')
  .meta({ example: 'brc_01JDB2C3D4E5F6G7H8J9K0M1N2' });

const fieldPath = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*$/, 'must be a field path: names joined by dots')
  .max(200);
const literal = z.union([z.string().min(1).max(500), z.number(), z.boolean(), z.null()]);

/** Which records of one dataset the breach reached. No filter and no window: all of them. */
const querySchema = z
  .strictObject({
    system: slug,
    dataset: slug,
    /** Field → value it must have. Values go to the vault: they may name somebody. */
    filter: z.record(fieldPath, literal).default({}),
    /** Field with the record's time; default: the dataset's `createdAt`. */
    on: fieldPath.optional(),
    from: instant.optional(),
    to: instant.optional(),
  })
  .refine((q) => q.from === undefined || q.to === undefined || Date.parse(q.from) < Date.parse(q.to), {
    path: ['to'],
    message: 'to must lie after from',
  });

/** What is known, in plain words; goes into the draft, to organisations and to people. */
const storySchema = z.strictObject({
  nature: freeText,
  consequences: freeText.nullish(),
  measures: freeText.nullish(),
  advice: freeText.nullish(),
});
export const breachFactsSchema = z
  .partialRecord(z.enum(LANGUAGES), storySchema)
  .refine((facts) => Object.keys(facts).length > 0, 'at least one language');

export const createBreachSchema = z
  .strictObject({
    operator: slug,
    awareAt: instant,
    query: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(querySchema).min(1).max(20)),
    systems: z.array(slug).max(50).optional(),
    facts: breachFactsSchema,
  })
  .meta({ id: 'CreateBreach' });
export type CreateBreach = z.infer<typeof createBreachSchema>;

export const breachDecisionSchema = z
  .strictObject({
    notifyPeople: z.boolean(),
    ground: z.enum(['34-3-a', '34-3-b', '34-3-c', '34-1']).optional(),
    reason: freeText.optional(),
    /** Ground 34-3-c: where the public communication stands. */
    publication: freeText.optional(),
  })
  .superRefine((given, context) => {
    const need = (path: 'ground' | 'reason' | 'publication', message: string): void => {
      if (given[path] === undefined) context.addIssue({ code: 'custom', path: [path], message });
    };
    if (given.notifyPeople) return;
    need('ground', 'not telling people needs a ground');
    need('reason', 'not telling people needs a reason');
    if (given.ground === '34-3-c') need('publication', 'Art. 34(3)(c) asks for a public communication');
  })
  .meta({ id: 'BreachDecision' });
export type BreachDecisionBody = z.infer<typeof breachDecisionSchema>;

export const BREACH_ACTION_BODIES = {
  authority_notified: z.strictObject({ at: instant, reference: freeText }),
  facts: z.strictObject({ facts: breachFactsSchema }),
  organisation_told: z.strictObject({ organisation: slug, reason: freeText }),
  people_by_hand: z.strictObject({ reason: freeText }),
  retry: z.strictObject({}),
} as const;
export type BreachActionName = keyof typeof BREACH_ACTION_BODIES;
export const breachActionName = z.enum(Object.keys(BREACH_ACTION_BODIES) as [BreachActionName, ...BreachActionName[]]);

const nullableInstant = instant.nullable();
export const breachViewSchema = z
  .object({
    id: breachId,
    operator: z.string(),
    state: z.enum(['searching', 'notifying', 'awaiting_decision', 'awaiting_authority', 'awaiting_officer', 'closed']),
    policy: z.object({ version: z.string(), hash: z.string() }),
    systems: z.array(z.string()).readonly(),
    awareAt: instant,
    createdAt: instant,
    updatedAt: instant,
    closedAt: nullableInstant,
    simulatedTime: z.boolean(),
    clock: z.object({
      within: z.string(),
      dueAt: instant,
      remindAt: instant,
      status: z.enum(['open', 'due_soon', 'overdue', 'met', 'met_late']),
    }),
    authority: z.object({
      draftedAt: nullableInstant,
      draftComplete: z.boolean(),
      notifiedAt: nullableInstant,
      late: z.boolean().nullable(),
    }),
    affected: z.object({
      people: z.int(),
      complete: z.boolean(),
      datasets: z
        .array(
          z.object({
            system: z.string(),
            dataset: z.string(),
            role: z.enum(['controller', 'processor']),
            searched: z.boolean(),
            records: z.int(),
            error: z.string().nullable(),
            nextAttemptAt: nullableInstant,
          }),
        )
        .readonly(),
      unattributed: z.int(),
    }),
    organisations: z
      .array(
        z.object({
          organisation: z.string(),
          people: z.int(),
          state: z.enum(['pending', 'told', 'no_contact', 'by_hand']),
          at: nullableInstant,
          error: z.string().nullable(),
        }),
      )
      .readonly(),
    people: z.object({
      notify: z.boolean().nullable(),
      immediately: z.boolean(),
      toTell: z.int(),
      told: z.int(),
      noContact: z.int(),
      undeliverable: z.int(),
      left: z.int(),
      error: z.string().nullable(),
      unreachedHandled: z.boolean(),
    }),
    decision: z.object({
      notifyPeople: z.boolean().nullable(),
      ground: z.string().nullable(),
      decidedAt: nullableInstant,
      decidedBy: z.string().nullable(),
      proposed: z.object({ ground: z.string(), by: z.string(), at: instant }).nullable(),
    }),
    reminders: z.array(z.object({ kind: z.string(), sentAt: nullableInstant })).readonly(),
    allowedActions: z.array(z.string()).readonly(),
    revision: z.int(),
  })
  .meta({ id: 'Breach' });
export type BreachViewBody = z.infer<typeof breachViewSchema>;

export const breachDraftSchema = z
  .object({
    subject: z.string(),
    text: z.string(),
    language: z.enum(LANGUAGES),
    madeAt: instant,
    complete: z.boolean(),
  })
  .meta({ id: 'BreachDraft' });
