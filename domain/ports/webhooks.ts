/**
 * Events that Habeas sends out (docs/interfaces.md section 6): thin, ids and codes only, signed per endpoint. Sending is
 * physical, so its times are world time; what an event tells of a request carries case time.
 */
import type { ApprovalShown } from '../evidence/build.js';
import type { Instant } from '../words.js';

export interface OutgoingEvent {
  /** Becomes `webhook-id`: the same for every endpoint, every attempt and every resend. Letters, digits, `_` and `-`. */
  readonly id: string;
  /** `approval.requested`, `request.state_changed`, … */
  readonly type: string;
  readonly operator: string;
  /** Whose endpoints get it. */
  readonly organisation: string;
  /** When it happened, in the request's own time. */
  readonly at: Instant;
  readonly requestId: string | null;
  readonly approvalId: string | null;
  /** Ids, codes, counts and instants; never personal data. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

/** How many live endpoints take the event; none is a fact that somebody must see where nobody else can be reached. */
export interface Queued {
  readonly id: string;
  readonly endpoints: number;
}

export interface OutgoingEvents {
  /**
   * Writes one delivery per event and live endpoint, then starts them. Idempotent by event id and endpoint, so a repeat
   * after a crash sends nothing twice. Errors: StoreError, and `temporal_unavailable` (retryable).
   */
  send(events: readonly OutgoingEvent[]): Promise<readonly Queued[]>;
}

/** What one attempt came to. `retry`: later; `over`: nobody will try again by itself. */
export interface Attempted {
  readonly result: 'delivered' | 'retry' | 'over';
  /** `ok`, `http_<status>`, `timeout`, `address_refused`, `unreachable`, `redirect_refused`, `gone`, … */
  readonly code: string;
}

export interface DeliveryAttempts {
  /** Sends one delivery once and writes down what came of it. `last`: the schedule ends with this attempt. */
  attempt(deliveryId: string, last: boolean): Promise<Attempted>;
}

/** Keeps what a silent party was asked, when and how, as it was at the end of its time. The first file stays. */
export interface EvidenceKeeper {
  keep(operator: string, approval: ApprovalShown): Promise<{ readonly sha256: string }>;
}

/**
 * Waits before attempts 2, 3, … in milliseconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Deliverability".
 */
export const DELIVERY_SCHEDULE_MS: readonly number[] = [
  5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
];
