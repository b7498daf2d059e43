/** Representation of a request (GET /v1/requests/{id}; docs/interfaces.md section 4). It names no person. */
import * as z from 'zod';
import { correctedValueSchema } from './approval.js';
import { approvalId, civilDate, instant, requestId } from './common.js';
import {
  ANSWERS,
  APPROVAL_KINDS,
  APPROVAL_STATES,
  CHANNELS,
  CLOCK_STATUSES,
  LANGUAGES,
  PROVEN_LEVELS,
  REQUEST_OUTCOMES,
  REQUEST_STATES,
  RIGHTS,
  STEP_OUTCOMES,
} from './words.js';

export const clockViewSchema = z
  .object({
    regime: z.string(),
    receivedOn: civilDate,
    safeDue: civilDate,
    legalDue: civilDate,
    due: civilDate,
    dueAt: instant,
    promisedDue: civilDate.nullable(),
    acknowledgeBy: civilDate.nullable(),
    refusalDue: civilDate,
    extendableUntil: civilDate.nullable(),
    extendSafelyUntil: civilDate.nullable(),
    extendedDue: civilDate.nullable(),
    pausedDays: z.int(),
    flags: z.array(z.string()).readonly(),
    trace: z
      .array(z.object({ rule: z.string(), source: z.string(), from: z.string(), to: z.string(), note: z.string() }))
      .readonly(),
    status: z.enum(CLOCK_STATUSES),
    extended: z.boolean(),
    paused: z.boolean(),
  })
  .meta({ id: 'Clock' });

const holdSchema = z.object({ id: z.string(), law: z.string() });

export const requestViewSchema = z
  .object({
    id: requestId,
    operator: z.string(),
    right: z.enum(RIGHTS),
    related: z.array(z.object({ id: requestId, relation: z.string() })).readonly(),
    state: z.enum(REQUEST_STATES),
    outcome: z.enum(REQUEST_OUTCOMES).nullable(),
    answer: z.enum(ANSWERS).nullable(),
    answeredAt: instant.nullable(),
    channel: z.enum(CHANNELS),
    language: z.enum(LANGUAGES),
    owner: z.string().nullable(),
    policy: z.object({ version: z.string(), hash: z.string() }),
    receivedAt: instant,
    createdAt: instant,
    updatedAt: instant,
    closedAt: instant.nullable(),
    /** The request's own time was moved forward (embedded stack only). */
    simulatedTime: z.boolean(),
    clock: clockViewSchema,
    /** `late`: refused after `clock.refusalDue`, which is a breach also where an extension moved `due`. */
    refusal: z.object({ ground: z.string(), late: z.boolean() }).nullable().optional(),
    identity: z.object({ state: z.enum(['open', 'verified', 'failed']), level: z.enum(PROVEN_LEVELS).nullable() }),
    guards: z
      .array(
        z.object({
          id: z.string(),
          state: z.enum(['clear', 'blocking']),
          datasets: z.array(z.string()).readonly(),
          unblock: z.array(z.string()).readonly(),
          refs: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
    plan: z
      .object({
        hash: z.string(),
        records: z.int(),
        datasets: z
          .array(
            z.object({
              system: z.string(),
              dataset: z.string(),
              role: z.enum(['controller', 'processor']),
              organisation: z.string().nullable(),
              records: z.int(),
              action: z.string(),
              hold: holdSchema.nullable(),
            }),
          )
          .readonly(),
      })
      .nullable(),
    approvals: z
      .array(
        z.object({
          id: approvalId,
          kind: z.enum(APPROVAL_KINDS),
          organisation: z.string().nullable(),
          state: z.enum(APPROVAL_STATES),
          expiresAt: instant,
          /** When somebody of the party was reached first; `unreachable`: an officer's task. */
          forwardedAt: instant.nullable().optional(),
          forwardBy: instant.nullable().optional(),
          error: z.string().nullable().optional(),
          evidence: z.object({ sha256: z.string() }).nullable().optional(),
        }),
      )
      .readonly(),
    steps: z
      .array(
        z.object({
          id: z.string(),
          system: z.string(),
          dataset: z.string(),
          organisation: z.string().nullable(),
          operation: z.string(),
          outcome: z.enum(STEP_OUTCOMES),
          records: z.int(),
          attempts: z.int(),
          error: z.string().nullable(),
          nextAttemptAt: instant.nullable(),
          verifiedAt: instant.nullable(),
          until: z.string().nullable(),
          basis: z.string().nullable(),
        }),
      )
      .readonly(),
    backups: z
      .array(
        z.object({
          system: z.string(),
          copies: z.int(),
          lastExpiresAt: instant.nullable(),
          state: z.enum(['waiting', 'gone', 'overdue', 'unknown']),
        }),
      )
      .readonly(),
    recipients: z
      .array(
        z.object({
          name: z.string(),
          told: z.boolean(),
          at: instant.nullable(),
          result: z.string().nullable(),
          reasonNotTold: z.string().nullable(),
          noticeId: z.string().optional(),
        }),
      )
      .readonly(),
    /** What was written to whom (never the text), and why a letter is not handed over yet. */
    letters: z
      .array(
        z.object({
          id: z.string(),
          kind: z.string(),
          to: z.enum(['subject', 'organisation', 'operator_dpo']),
          sentAt: instant.nullable(),
          error: z.string().nullable(),
          nextAttemptAt: instant.nullable(),
          /** An officer must act: nobody can be reached by mail or portal, it goes by post, or it came back. */
          waits: z.boolean().optional(),
          way: z.enum(['email', 'portal', 'post']).nullable().optional(),
          bouncedAt: instant.nullable().optional(),
        }),
      )
      .readonly()
      .optional(),
    /** Complaints about this request; their texts are in the vault. */
    complaints: z
      .array(
        z.object({
          n: z.int(),
          to: z.enum(['operator', 'authority', 'court']),
          receivedAt: instant,
          dueAt: instant,
          overdue: z.boolean(),
          result: z.enum(['upheld', 'changed', 'answered']).nullable(),
          decidedAt: instant.nullable(),
        }),
      )
      .readonly()
      .optional(),
    /** What a person should look at first: role_address, work_address, minor, agent, estate, repeated. */
    attention: z.array(z.string()).readonly().optional(),
    allowedActions: z.array(z.string()).readonly(),
    certificate: z.object({ id: z.string(), issuedAt: instant, final: z.boolean(), href: z.string() }).nullable(),
    /** Access and portability: facts of the package, never its content. */
    package: z
      .object({
        bytes: z.int(),
        sha256: z.string(),
        records: z.int(),
        redactions: z.int(),
        released: z.boolean(),
        /** Fields that the data map does not describe. */
        undescribed: z.int().optional(),
        releasedAt: instant.nullable().optional(),
        /** From then on it is 410 `package_expired`. */
        expiresAt: instant.optional(),
        expired: z.boolean().optional(),
      })
      .nullable()
      .optional(),
    /** Portability to another controller: where it stands, not who that is. */
    transfer: z
      .object({
        state: z.enum(['unconfirmed', 'ready', 'sent', 'failed', 'given_up']),
        confirmedAt: instant.nullable(),
        confirmedBy: z.string().nullable(),
        sentAt: instant.nullable(),
        receipt: z.string().nullable(),
        error: z.string().nullable(),
        attempts: z.int(),
        nextAttemptAt: instant.nullable(),
        endsAt: instant.nullable(),
      })
      .optional(),
    revision: z.int(),
  })
  .meta({ id: 'Request' });
export type RequestView = z.infer<typeof requestViewSchema>;

/** What `?reveal=subject` adds: the person as given at intake, for an officer with a purpose. */
export const revealedSubjectSchema = z
  .object({
    identifiers: z.array(z.object({ type: z.string(), value: z.string(), proven: z.boolean() })),
    contact: z.record(z.string(), z.unknown()),
    language: z.string(),
    country: z.string().nullable(),
    ageBand: z.string(),
    agent: z.record(z.string(), z.unknown()).nullable(),
    scopeText: z.string().nullable(),
    /** Rectification: what was proposed, and the values before it where it was carried out (by part and record). */
    changes: z
      .object({
        proposed: z.array(z.object({ dataset: z.string(), field: z.string(), value: correctedValueSchema })),
        before: z.record(z.string(), z.unknown()),
      })
      .optional(),
  })
  .meta({ id: 'RevealedSubject' });

export const requestWithSubjectSchema = requestViewSchema
  .extend({ subject: revealedSubjectSchema.optional() })
  .meta({ id: 'RequestWithSubject' });
