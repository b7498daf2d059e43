/** What a plan of a rectification needs to know: fields, a salted commitment to their values, and which keys are unproven. */
import { canonicalBytes } from '../ledger/canonical-json.js';
import { hashText } from '../ledger/hash-text.js';
import type { Sha256 } from '../ledger/merkle.js';
import type { Pack } from '../policy/types.js';
import {
  fieldsToChange,
  newKeys,
  unprovenChanges,
  valueOf,
  type ChangeValue,
  type FieldToChange,
  type ProposedChange,
} from './corrections.js';

/** Free of values: may stand beside a plan. */
export interface ChangeFacts {
  readonly fields: readonly FieldToChange[];
  readonly commitment: (system: string, dataset: string) => string;
  /** Positions of changes whose new address or number nobody has proven. */
  readonly unproven: readonly number[];
}

export interface ChangeInput {
  readonly pack: Pick<Pack, 'systems'>;
  readonly proposed: readonly ProposedChange[];
  /** The request's own salt. */
  readonly salt: string;
  readonly proven: readonly { readonly type: string; readonly value: string }[];
}

export function changeFacts(input: ChangeInput, sha256: Sha256): ChangeFacts {
  const fields = fieldsToChange(input.pack, input.proposed);
  return {
    fields,
    // A party sees what it agrees to beside the plan; the hash binds it without saying it.
    commitment: (system, dataset) =>
      hashText(
        sha256(
          canonicalBytes({
            salt: input.salt,
            values: correctionsOf(input.proposed, fields, system, dataset).map(({ field, value }) => ({
              field,
              value,
            })),
          }),
        ),
      ),
    unproven: unprovenChanges(newKeys(input.pack, input.proposed), input.proven),
  };
}

/** What one dataset is corrected to: every reached field but those that stay as issued. Personal data. */
export function correctionsOf(
  proposed: readonly ProposedChange[],
  fields: readonly FieldToChange[],
  system: string,
  dataset: string,
): { readonly field: string; readonly value: ChangeValue; readonly named: boolean }[] {
  return fields
    .filter((f) => f.system === system && f.dataset === dataset && !f.asIssued)
    .map((f) => ({ field: f.field, value: valueOf(f, proposed), named: f.named }));
}
