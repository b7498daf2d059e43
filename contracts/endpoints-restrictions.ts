/** Row of the endpoint table for readers who must know whether a record is restricted (GDPR Art. 18(2)). */
import * as z from 'zod';
import { instant, slug } from './common.js';
import type { Endpoint } from './endpoint.js';

export const restrictionCheckSchema = z
  .object({
    restricted: z.boolean(),
    since: instant.optional(),
    /** `art-18`, `art-18-1-a` (disputed value) or `art-18-1-d` (objection that is weighed). */
    reason: z.string().optional(),
  })
  .meta({ id: 'RestrictionCheck' });

export const RESTRICTION_ENDPOINTS = {
  checkRestriction: {
    method: 'GET',
    path: '/v1/restrictions/check',
    summary: 'Is this record restricted',
    who: { roles: [], scopes: ['data:read'] },
    idempotency: 'none',
    precondition: 'none',
    query: z.strictObject({
      operator: slug,
      dataset: z.string().min(1).max(100),
      /** The record's own id: as plain text, or as canonical Extended JSON. */
      ref: z.string().min(1).max(400),
    }),
    responses: { 200: { description: 'Restricted or not', schema: restrictionCheckSchema } },
    problems: ['operator_unknown', 'dataset_unknown'],
  },
} as const satisfies Record<string, Endpoint>;
