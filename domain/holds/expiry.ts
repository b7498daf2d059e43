/** When a record's own time is over (retention schedules, clock.md section 5); the dates come from the record and from reports. */
import { evaluateRetention } from '../clock/retention.js';
import type { RetentionRule } from '../policy/types.js';
import type { CivilDate } from '../words.js';

export interface RecordDates {
  /** One per `after` field of the rule: a day, or null when the record has none (for `min`: still running). */
  readonly after: readonly (CivilDate | null)[];
  readonly settledOn: CivilDate | null;
}

export type Expiry =
  /** Kept, or nothing says that it must go yet. */
  | { readonly kind: 'alive'; readonly eraseBy: CivilDate | null }
  /** Must be gone by the end of this day. */
  | { readonly kind: 'expired'; readonly eraseBy: CivilDate }
  /** None of the dates is known: a person must look, no machine may guess. */
  | { readonly kind: 'undated' };

/**
 * Whether a record must be gone by the end of `today` (local day). `while` and `hold` end by events, never here.
 * Errors: InvalidCaseError for a rule or zone that the loader would have refused.
 */
export function expiryOf(rule: RetentionRule, dates: RecordDates, timeZone: string, today: CivilDate): Expiry {
  if (rule.kind === 'while' || rule.kind === 'hold') return { kind: 'alive', eraseBy: null };
  const known = dates.after.filter((d): d is CivilDate => d !== null);
  if (known.length === 0 && dates.settledOn === null)
    return rule.kind === 'min' ? { kind: 'alive', eraseBy: null } : { kind: 'undated' };
  const clocked =
    rule.kind === 'min'
      ? { type: 'min', for: rule.for, limit: rule.limit, after: dates.after }
      : { type: 'max', for: rule.for, after: known.length > 0 ? known : [dates.settledOn], settledOn: dates.settledOn };
  const { eraseBy } = evaluateRetention({ timeZone, now: `${today}T12:00:00Z`, rules: [clocked] });
  if (eraseBy === null || eraseBy > today) return { kind: 'alive', eraseBy };
  return { kind: 'expired', eraseBy };
}
