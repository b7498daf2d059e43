/** Tokens, operators, the embedded stack's clock, health. */
import * as z from 'zod';
import { freeText, instant, requestId, slug } from './common.js';
import { ROLES, SCOPES } from './words.js';

const TOKEN_ROLES = ROLES.filter((r) => r !== 'subject') as Exclude<(typeof ROLES)[number], 'subject'>[];

export const createTokenSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    role: z.enum(TOKEN_ROLES).optional(),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).optional(),
    operator: z.union([slug, z.literal('*')]),
    organisation: slug.nullish(),
    expiresAt: instant,
  })
  .superRefine((given, context) => {
    if ((given.role === undefined) === (given.scopes === undefined)) {
      context.addIssue({ code: 'custom', path: ['role'], message: 'give role or scopes, not both' });
    }
    if (given.role === 'approver' && (given.organisation ?? null) === null) {
      context.addIssue({ code: 'custom', path: ['organisation'], message: 'an approver speaks for one organisation' });
    }
    if ((given.organisation ?? null) !== null && given.operator === '*') {
      context.addIssue({ code: 'custom', path: ['operator'], message: 'an organisation belongs to one operator' });
    }
    if ((given.organisation ?? null) !== null && given.role !== undefined && given.role !== 'approver') {
      context.addIssue({
        code: 'custom',
        path: ['organisation'],
        message: 'only an approver or a machine is bound to an organisation',
      });
    }
  })
  .meta({ id: 'CreateToken' });
export type CreateToken = z.infer<typeof createTokenSchema>;

export const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.string().nullable(),
    scopes: z.array(z.string()).readonly(),
    operator: z.string(),
    organisation: z.string().nullable(),
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant.nullable(),
    revokedAt: instant.nullable(),
  })
  .meta({ id: 'Token' });
export type TokenView = z.infer<typeof tokenSchema>;

/** The secret is in this answer only; the store keeps its hash. */
export const newTokenSchema = tokenSchema.extend({ token: z.string() }).meta({ id: 'NewToken' });

export const operatorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    regime: z.string(),
    country: z.string(),
    timeZone: z.string(),
    language: z.string(),
    policy: z.object({ version: z.string(), hash: z.string() }),
  })
  .meta({ id: 'Operator' });

export const policyViewSchema = z
  .object({ operator: z.string(), version: z.string(), hash: z.string(), pack: z.record(z.string(), z.unknown()) })
  .meta({ id: 'Policy' });

export const keySetSchema = z
  .object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) })
  .meta({ id: 'KeySet' });

export const advanceSchema = z
  .strictObject({
    by: z
      .string()
      .regex(/^P(?:[1-9][0-9]{0,3}[DWMY]|T[1-9][0-9]{0,4}H)$/, 'a duration of one unit: PnD, PnW, PnM, PnY, PTnH')
      .optional(),
    to: instant.optional(),
  })
  .refine((given) => (given.by === undefined) !== (given.to === undefined), 'give by or to')
  .meta({ id: 'Advance' });

/** POST /v1/operators/{id}/stop and …/resume. */
export const brakeSchema = z.strictObject({ reason: freeText }).meta({ id: 'Brake' });
export const brakeStateSchema = z
  .object({ operator: z.string(), stopped: z.boolean(), since: instant })
  .meta({ id: 'BrakeState' });

export const advanceWorldSchema = z.strictObject({ to: instant }).meta({ id: 'AdvanceWorld' });
export const passSchema = z
  .object({
    asOf: instant,
    erased: z.int(),
    stillHeld: z.int(),
    failed: z.int(),
    retained: z.int(),
    waiting: z.int(),
    undated: z.int(),
    forbidden: z.int(),
  })
  .meta({ id: 'Pass' });

export const advancedSchema = z
  .object({ requestId, now: instant, simulatedTime: z.literal(true), state: z.string(), revision: z.int() })
  .meta({ id: 'Advanced' });

export const healthSchema = z
  .object({ ok: z.boolean(), checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })) })
  .meta({ id: 'Health' });
