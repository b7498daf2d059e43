/**
 * The vocabulary of the product: the closed sets of words that every other folder speaks.
 * Each set is an array (so that contracts, docs and tests can enumerate it) and a type of the same name.
 * Source: docs/interfaces.md sections 1 and 4.
 */

export const RIGHTS = [
  'access',
  'rectification',
  'erasure',
  'portability',
  'restriction',
  'objection',
  'consent_withdrawal',
  'opt_out',
] as const;
export type Right = (typeof RIGHTS)[number];

/** Role of the operator for one dataset: GDPR Art. 4(7) and 4(8). */
export const ROLES = ['controller', 'processor'] as const;
export type Role = (typeof ROLES)[number];

/** How well we know who asks; `none` is only ever a *required* level, never a reached one. */
export const IDENTITY_LEVELS = ['none', 'low', 'substantial', 'high'] as const;
export type IdentityLevel = (typeof IDENTITY_LEVELS)[number];

export const CHANNELS = ['portal', 'api', 'email', 'phone', 'post', 'panel', 'organisation'] as const;
export type Channel = (typeof CHANNELS)[number];

export const REQUEST_STATES = [
  'received',
  'identifying',
  'waiting_for_subject',
  'discovering',
  'awaiting_approval',
  'executing',
  'verifying',
  'blocked',
  'responding',
  'awaiting_backup_expiry',
  'closed',
  'shredded',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export const REQUEST_OUTCOMES = [
  'fulfilled',
  'partially_fulfilled',
  'nothing_found',
  'refused',
  'rejected_by_controller',
  'controller_silent',
  'cannot_identify',
  'not_controller',
  'out_of_scope',
  'withdrawn',
  'superseded',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

export const ANSWERS = ['full', 'partial', 'blocked', 'refused', 'none'] as const;
export type Answer = (typeof ANSWERS)[number];

/**
 * Outcome of one step. The order is the order in which the outcome of a whole system is chosen:
 * the first one present wins (interfaces.md section 4).
 */
export const STEP_OUTCOMES = [
  'failed',
  'manual',
  'review',
  'pending',
  'blocked',
  'undecided',
  'rejected',
  'scheduled',
  'retained',
  'skipped',
  'referred',
  'done_by_hand',
  'done',
  'not_found',
] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

export const CLOCK_STATUSES = ['on_track', 'due_soon', 'overdue', 'paused', 'met', 'met_late'] as const;
export type ClockStatus = (typeof CLOCK_STATUSES)[number];

export const REFUSAL_GROUNDS = [
  'manifestly_unfounded',
  'excessive',
  'exemption',
  'rights_of_others',
  'not_controller',
  'out_of_scope',
  'no_ground',
] as const;
export type RefusalGround = (typeof REFUSAL_GROUNDS)[number];

export const APPROVAL_KINDS = ['organisation', 'privacy_officer', 'second_person', 'release'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

export const APPROVAL_STATES = ['pending', 'approved', 'partial', 'rejected', 'expired', 'superseded'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What a corrected value must be. */
export const FIELD_TYPES = ['text', 'email', 'phone', 'number', 'boolean', 'date'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Inbound events that end a hold without a date of its own. */
export const HOLD_ENDING_EVENTS = ['hold.released', 'service.ended', 'domain.expired', 'contact.settled'] as const;
export type HoldEndingEvent = (typeof HOLD_ENDING_EVENTS)[number];

/** What ends a relation that has no period: the record lives until then (`vendor_period`: the vendor's own deletion). */
export const RETENTION_EVENTS = [
  'account_closed',
  'contract_ended',
  'consent_withdrawn',
  'subject_request',
  'vendor_period',
] as const;
export type RetentionEvent = (typeof RETENTION_EVENTS)[number];

/** Languages in which Habeas can write to people. */
export const LANGUAGES = ['en', 'nb', 'sv'] as const;
export type Language = (typeof LANGUAGES)[number];

/** RFC 3339 instant in UTC with `Z`, for example `2026-11-20T09:12:00.000Z`. */
export type Instant = string;
/** Civil day `YYYY-MM-DD`; the zone is named where it matters. */
export type CivilDate = string;
/** ISO 8601 duration with one unit: `PnD`, `PnW`, `PnM`, `PnY` (and `PTnH` where named). */
export type Duration = string;

/**
 * When something happened, in both clocks (design.md section 8).
 * `caseAt`: the request's own (workflow) time, for everything legal. `worldAt`: host time, for physical facts.
 * Only the stamp function of the activity runtime makes one; nobody chooses a clock by hand.
 */
export interface Stamp {
  readonly caseAt: Instant;
  readonly worldAt: Instant;
}
