/** POST /v1/simulations: what-if over one operator's open requests (docs/simulation.md). */
import * as z from 'zod';
import { civilDate, instant, requestId, slug } from './common.js';
import { REQUEST_STATES, RIGHTS } from './words.js';

const role = z.enum(['privacy_officer', 'second_person', 'organisation', 'dpo', 'approver']);
const perDay = z.int().min(1).max(999_999);

export const simulationSchema = z
  .strictObject({
    operator: slug,
    /** A changed pack as its YAML text. */
    policy: z.string().min(1).max(500_000).optional(),
    away: z
      .array(z.strictObject({ role, who: slug.nullish(), from: civilDate, to: civilDate }))
      .max(200)
      .default([]),
    perDay: z
      .strictObject({ privacy_officer: perDay, second_person: perDay, organisation: perDay })
      .partial()
      .default({}),
    /** Default: when the call came in. */
    asOf: instant.optional(),
  })
  .meta({ id: 'SimulationOrder' });
export type SimulationOrder = z.infer<typeof simulationSchema>;

const forecastSchema = z
  .object({
    safeDue: civilDate,
    legalDue: civilDate,
    due: civilDate,
    promisedDue: civilDate.nullable(),
    answeredOn: civilDate.nullable(),
    lateFrom: civilDate.nullable(),
    lateDays: z.int().nullable(),
    promiseBroken: z.boolean(),
    waitsFor: z.string().nullable(),
  })
  .meta({ id: 'Forecast' });
const pair = z.object({ present: z.int(), changed: z.int() });

export const simulationResultSchema = z
  .object({
    asOf: instant,
    totals: z.object({
      open: z.int(),
      notYetReceived: z.int(),
      late: pair,
      promisesBroken: pair,
      changes: z.record(z.string(), z.int()),
      lateByRole: z.record(z.string(), z.int()),
      firstLateOn: civilDate.nullable(),
    }),
    requests: z
      .array(
        z.object({
          id: requestId,
          operator: z.string(),
          right: z.enum(RIGHTS),
          state: z.enum(REQUEST_STATES),
          owner: z.string().nullable(),
          present: forecastSchema,
          changed: forecastSchema.nullable(),
          change: z.string(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'SimulationResult' });
