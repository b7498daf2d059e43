/** Ledger entries and proofs (docs/interfaces.md section 8) and the queries for them. */
import * as z from 'zod';
import { cursor, flag, instant, limit, requestId, slug } from './common.js';
import { REQUEST_OUTCOMES, RIGHTS } from './words.js';

const facts = z.record(z.string(), z.unknown()).nullable();

export const ledgerEntrySchema = z
  .object({
    id: z.string(),
    operator: z.string(),
    seq: z.int(),
    at: instant,
    actor: z.object({ kind: z.string(), role: z.string(), id: z.string() }),
    action: z.string(),
    requestId: requestId.nullable(),
    code: z.string().nullable(),
    purposeCode: z.string().nullable(),
    before: facts,
    after: facts,
    policyHash: z.string().nullable(),
    commitment: z.string().nullable(),
    prevHash: z.string(),
    hash: z.string(),
    recordedAt: instant,
    sealedAt: instant,
  })
  .meta({ id: 'LedgerEntry' });

export const ledgerQuerySchema = z.strictObject({
  operator: slug.optional(),
  request: requestId.optional(),
  actor: z.string().max(120).optional(),
  type: z
    .string()
    .regex(/^[a-z_]+(\.[a-z_]+)*$/)
    .max(100)
    .optional(),
  right: z.enum(RIGHTS).optional(),
  outcome: z.enum(REQUEST_OUTCOMES).optional(),
  late: flag.optional(),
  approver: z.string().max(120).optional(),
  from: instant.optional(),
  to: instant.optional(),
  cursor: cursor.optional(),
  limit,
});

const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const proofQuerySchema = z
  .strictObject({
    operator: slug,
    seq: count.optional(),
    size: count.optional(),
    from: count.optional(),
    to: count.optional(),
  })
  .refine(
    (q) =>
      (q.seq !== undefined && q.size !== undefined && q.from === undefined && q.to === undefined) ||
      (q.from !== undefined && q.to !== undefined && q.seq === undefined && q.size === undefined),
    'give seq and size, or from and to',
  );

export const checkpointSchema = z
  .object({
    operator: z.string(),
    size: z.int(),
    root: z.string(),
    /** Signed note in the C2SP checkpoint format. */
    checkpoint: z.string(),
    keyId: z.string(),
  })
  .meta({ id: 'Checkpoint' });

export const proofSchema = z
  .object({
    operator: z.string(),
    kind: z.enum(['inclusion', 'consistency']),
    seq: z.int().optional(),
    size: z.int().optional(),
    from: z.int().optional(),
    to: z.int().optional(),
    leafHash: z.string().optional(),
    /** base64 hashes, RFC 6962 order. */
    proof: z.array(z.string()),
  })
  .meta({ id: 'LedgerProof' });
