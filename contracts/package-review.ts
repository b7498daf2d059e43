/** What a reviewer is shown before a package is released. It holds personal data: officers with a purpose only. */
import * as z from 'zod';

const where = {
  /** Names the place in `release {disclose, withhold}`. */
  id: z.string(),
  system: z.string(),
  dataset: z.string(),
  organisation: z.string().nullable(),
  field: z.string(),
};

export const packageReviewSchema = z
  .object({
    redactions: z.array(
      z.object({
        ...where,
        /** Number of the record in its file, from 1. */
        record: z.int(),
        value: z.string(),
        disclosed: z.boolean(),
      }),
    ),
    /** More places were redacted than are listed. */
    truncated: z.boolean(),
    undescribed: z.array(z.object({ ...where, records: z.int() })),
  })
  .meta({ id: 'PackageReview' });
