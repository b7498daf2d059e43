/** Building blocks of the schemas: ids, instants, days, hashes, lists, with the limits that hold everywhere. */
import * as z from 'zod';

/** Crockford ULID behind a prefix. */
export const requestId = z
  .string()
  .regex(/^req_[0-9A-HJKMNP-TV-Z]{26}$/, 'not a request id')
  .meta({ example: 'req_01JDB2C3D4E5F6G7H8J9K0M1N2' });
/** Ids that others choose: operators, organisations, systems, datasets, steps. Printable, no control characters. */
export const slug = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'not an id');
export const approvalId = z.string().regex(/^apr_[A-Za-z0-9_.-]{1,120}$/, 'not an approval id');
export const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'not a code');
export const planHash = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a plan hash');
/** RFC 3339 instant; the offset must be given. */
export const instant = z.iso.datetime({ offset: true });
export const civilDate = z.iso.date();
/** Text that people write; always kept in the vault, never in a workflow or log. */
export const freeText = z.string().trim().min(1).max(10_000);
export const flag = z.enum(['true', 'false']).transform((v) => v === 'true');
export const limit = z.coerce.number().int().min(1).max(100).default(50);
export const cursor = z.string().min(1).max(600);

/** Lists are `{data, nextCursor}`; null = the end. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() });
}

/** Opaque reference inside the operator's own systems; never a name or an address. */
export const internalRef = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/, 'not a reference');

/** A hold on the records of one reference: what law, why it withstands a request, and its last day (null = open). */
export const placedHoldSchema = z
  .strictObject({
    ref: internalRef,
    law: z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'not a law id'),
    exemption: z.enum(['17-3-b', '17-3-e']).nullish(),
    noGround: z.enum(['contract_running']).nullish(),
    until: z.iso.date('not a date').nullish(),
  })
  .refine((given) => ((given.exemption ?? null) === null) !== ((given.noGround ?? null) === null), {
    message: 'says why it withstands a request: either exemption or noGround',
    path: ['exemption'],
  });
