/** An approval, the person as its organisation may see her, and a decision (docs/interfaces.md section 5). */
import * as z from 'zod';
import { approvalId, civilDate, instant, planHash, requestId, slug } from './common.js';
import { APPROVAL_KINDS, APPROVAL_STATES, RIGHTS } from './words.js';

export const approvalSchema = z
  .object({
    id: approvalId,
    requestId,
    kind: z.enum(APPROVAL_KINDS),
    operator: z.string(),
    organisation: z.string().nullable(),
    right: z.enum(RIGHTS),
    scope: z.object({ datasets: z.array(z.string()).readonly(), records: z.int() }),
    planHash: z.string(),
    policyRule: z.string(),
    state: z.enum(APPROVAL_STATES),
    requestedAt: instant,
    remindAt: z.array(instant).readonly(),
    expiresAt: instant,
    decidedAt: instant.nullable(),
    decidedBy: z.string().nullable(),
    reason: z.string().nullable(),
    revision: z.int(),
    /** When somebody of the party was reached first; until when that should have been. */
    forwardedAt: instant.nullable().optional(),
    forwardBy: instant.nullable().optional(),
    /** `unreachable`: no contact and no endpoint. */
    error: z.string().nullable().optional(),
    /** Holds that the controller named. */
    retain: z
      .array(
        z.object({
          dataset: z.string(),
          law: z.string(),
          exemption: z.string().nullable(),
          noGround: z.string().nullable(),
          until: z.string().nullable(),
        }),
      )
      .readonly()
      .optional(),
    answer: z.string().nullable().optional(),
    deliverTo: z.string().nullable().optional(),
    evidence: z.object({ sha256: z.string() }).nullable().optional(),
  })
  .meta({ id: 'Approval' });
export type ApprovalView = z.infer<typeof approvalSchema>;

export const correctedValueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const reason = z.string().trim().min(1).max(5000);

export const decisionSchema = z
  .strictObject({
    decision: z.enum(['approve', 'reject', 'partial']),
    planHash,
    scope: z.strictObject({ datasets: z.array(slug).min(1).max(200) }).optional(),
    decidedBy: z.strictObject({
      kind: z.enum(['rule', 'person']),
      ref: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'an opaque reference, no name or address'),
    }),
    ground: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._()-]{0,99}$/, 'not a ground')
      .optional(),
    reason: reason.optional(),
    retain: z
      .array(
        z
          .strictObject({
            dataset: slug,
            law: z.string().min(1).max(100),
            exemption: z.string().min(1).max(50).optional(),
            noGround: z.string().min(1).max(50).optional(),
            until: civilDate.nullish(),
          })
          .refine(
            (r) => (r.exemption === undefined) !== (r.noGround === undefined),
            'give exemption or noGround, not both',
          ),
      )
      .max(200)
      .optional(),
    instructionRef: z.string().min(1).max(200).optional(),
    answer: z.enum(['operator_answers', 'organisation_answers']).optional(),
    deliverTo: z.enum(['subject', 'organisation']).optional(),
  })
  .superRefine((given, context) => {
    if (given.decision === 'partial' && given.scope === undefined) {
      context.addIssue({ code: 'custom', path: ['scope'], message: 'a partial approval names its datasets' });
    }
    if (given.decision !== 'partial' && given.scope !== undefined) {
      context.addIssue({ code: 'custom', path: ['scope'], message: 'only a partial approval has a scope' });
    }
    if ((given.retain ?? []).length > 0 && given.decision === 'approve' && given.decidedBy.kind !== 'person')
      context.addIssue({
        code: 'custom',
        path: ['decidedBy', 'kind'],
        message: 'only a person may keep data back; a rule alone may only grant',
      });
    if (given.decision !== 'approve') {
      if (given.ground === undefined)
        context.addIssue({ code: 'custom', path: ['ground'], message: 'needed unless everything is approved' });
      if (given.reason === undefined)
        context.addIssue({ code: 'custom', path: ['reason'], message: 'needed unless everything is approved' });
      if (given.decidedBy.kind !== 'person') {
        context.addIssue({
          code: 'custom',
          path: ['decidedBy', 'kind'],
          message: 'only a person may reject; a rule alone may only grant',
        });
      }
    }
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof decisionSchema>;

export const approvalSubjectSchema = z
  .object({
    approvalId,
    requestId,
    operator: z.string(),
    organisation: z.string(),
    right: z.enum(RIGHTS),
    ground: z.string().nullable(),
    receivedAt: instant,
    due: civilDate,
    identity: z.object({ method: z.string(), level: z.string() }),
    agent: z.object({ name: z.string(), capacity: z.string() }).nullable(),
    identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
    records: z.array(z.object({ system: z.string(), dataset: z.string(), id: z.string() })),
    planHash: z.string(),
    expiresAt: instant,
  })
  .meta({ id: 'ApprovalSubject' });

/** What a decision answers: the approval after it, as the party sees it. */
export const planPartSchema = z.object({
  system: z.string(),
  dataset: z.string(),
  organisation: z.string().nullable(),
  role: z.enum(['controller', 'processor']),
  action: z.string(),
  fields: z.array(z.string()),
  identifiers: z.record(z.string(), z.int()),
  records: z.int(),
  held: z.int(),
  heldUntil: z.string().nullable(),
  hold: z.object({ id: z.string(), law: z.string() }).nullable(),
  basis: z.string().nullable(),
  review: z.string().nullable(),
  unsearched: z.boolean(),
  hash: z.string(),
});

export const planSchema = z
  .object({
    requestId,
    hash: z.string(),
    dataMapRoot: z.string(),
    caveats: z.array(z.string()),
    /** Whose parts are shown: null = all of them. */
    organisation: z.string().nullable(),
    datasets: z.array(planPartSchema),
  })
  .meta({ id: 'Plan' });
