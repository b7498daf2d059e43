/** Shapes of the clock (docs/clock.md section 2). `ClockResult` is what a request carries; computed outside workflows. */
import type { CivilDate, Instant } from '../words.js';

export interface TraceEntry {
  readonly rule: string;
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly note: string;
}

/** Result of kind `request`: every field of clock.md 2.2. Instants carry the offset of the case's zone. */
export interface ClockResult {
  readonly receivedOn: CivilDate;
  readonly safeDue: CivilDate;
  readonly legalDue: CivilDate;
  readonly due: CivilDate;
  readonly dueAt: Instant;
  readonly promisedDue: CivilDate | null;
  readonly acknowledgeBy: CivilDate | null;
  readonly refusalDue: CivilDate;
  readonly extendableUntil: CivilDate | null;
  readonly extendSafelyUntil: CivilDate | null;
  readonly extendedDue: CivilDate | null;
  readonly pausedDays: number;
  readonly flags: readonly string[];
  readonly trace: readonly TraceEntry[];
}

/**
 * A clock result with the absolute instants that a workflow compares (it never does calendar work itself):
 * each is the end of the local day in the controller's zone, UTC.
 */
export interface RequestClock extends ClockResult {
  readonly regime: string;
  readonly at: {
    readonly safeDue: Instant;
    readonly legalDue: Instant;
    readonly due: Instant;
    readonly promisedDue: Instant | null;
    readonly refusalDue: Instant;
    readonly extendableUntil: Instant | null;
    readonly extendedDue: Instant | null;
    /** Start of the local day on which the status turns to `due_soon`. */
    readonly dueSoonFrom: Instant;
  };
}
