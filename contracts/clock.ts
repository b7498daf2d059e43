/** The calculator (GET /v1/clock): the case fields of docs/clock.md as query parameters, and what it answers. */
import * as z from 'zod';
import { clockViewSchema } from './request-view.js';

const text = z.string().max(8_000);
/** Fields whose value is an object, a list or null: JSON text in a query parameter. */
export const CLOCK_JSON_FIELDS = ['promises', 'pauses', 'extension', 'switches', 'rules', 'snapshots'] as const;

/**
 * What a case is, is checked by the clock itself, so that command and endpoint blame the same field. Here only: known
 * names, each once.
 */
export const clockQuerySchema = z
  .strictObject({
    id: text.describe('echoed; required'),
    kind: text.describe('request (default), breach, retention, backup'),
    regime: text,
    country: text,
    timeZone: text.describe('IANA name'),
    receivedAt: text.describe('instant; a `+` of its offset is written %2B in a query'),
    right: text,
    now: text.describe('instant of evaluation; the calculator reads no clock'),
    promises: text.describe('JSON'),
    pauses: text.describe('JSON'),
    extension: text.describe('JSON'),
    switches: text.describe('JSON'),
    awareAt: text,
    within: text,
    rules: text.describe('JSON'),
    verifiedAt: text,
    copiesGoneWithin: text,
    snapshots: text.describe('JSON'),
  })
  .partial();

const trace = clockViewSchema.shape.trace;
const flags = clockViewSchema.shape.flags;
const { regime: _regime, status: _status, extended: _extended, paused: _paused, ...dates } = clockViewSchema.shape;

export const clockResultSchema = z
  .discriminatedUnion('kind', [
    z.object({ id: z.string(), kind: z.literal('request'), ...dates }),
    z.object({ id: z.string(), kind: z.literal('breach'), dueAt: z.string(), flags, trace }),
    z.object({
      id: z.string(),
      kind: z.literal('retention'),
      keepThrough: z.string().nullable(),
      erasableFrom: z.string().nullable(),
      eraseBy: z.string().nullable(),
      eraseByAt: z.string().nullable(),
      state: z.enum(['must_keep', 'may_erase', 'must_erase', 'overdue']),
      flags,
      trace,
    }),
    z.object({
      id: z.string(),
      kind: z.literal('backup'),
      goneBy: z.string(),
      finalAt: z.string(),
      alarms: z.array(z.string()).readonly(),
      state: z.enum(['fully_erased', 'live_erased']),
      trace,
    }),
  ])
  .meta({ id: 'ClockResult' });
