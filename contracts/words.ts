/**
 * The closed sets of words that appear on the wire. `contracts` imports nothing of ours, so the sets that `domain/words`
 * also knows are written down twice; words.test.ts compares them.
 * Source: docs/interfaces.md sections 1, 3 and 4.
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

export const CHANNELS = ['portal', 'api', 'email', 'phone', 'post', 'panel', 'organisation'] as const;
export const LANGUAGES = ['en', 'nb', 'sv'] as const;
export const PROVEN_LEVELS = ['low', 'substantial', 'high'] as const;

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

export const ANSWERS = ['full', 'partial', 'blocked', 'refused', 'none'] as const;

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

export const CLOCK_STATUSES = ['on_track', 'due_soon', 'overdue', 'paused', 'met', 'met_late'] as const;

export const REFUSAL_GROUNDS = [
  'manifestly_unfounded',
  'excessive',
  'exemption',
  'rights_of_others',
  'not_controller',
  'out_of_scope',
  'no_ground',
] as const;

export const APPROVAL_KINDS = ['organisation', 'privacy_officer', 'second_person', 'release'] as const;
export const APPROVAL_STATES = ['pending', 'approved', 'partial', 'rejected', 'expired', 'superseded'] as const;

/** What a corrected value must be. */
export const FIELD_TYPES = ['text', 'email', 'phone', 'number', 'boolean', 'date'] as const;

/** Inbound events that end a hold without a date of its own. */
export const HOLD_ENDING_EVENTS = ['hold.released', 'service.ended', 'domain.expired', 'contact.settled'] as const;

/** What ends a relation that has no period: the record lives until then (`vendor_period`: the vendor's own deletion). */
export const RETENTION_EVENTS = [
  'account_closed',
  'contract_ended',
  'consent_withdrawn',
  'subject_request',
  'vendor_period',
] as const;

/** Actions of an officer. The second list is known to the interface and answers 501 until its machinery is there. */
export const ACTIONS = [
  'extend',
  'refuse',
  'withdraw',
  'ask',
  'answer',
  'retry',
  'resolve',
  'release',
  'recheck',
  'lift',
  'confirmReceiver',
  'assign',
  'hold',
  'correctReceipt',
  'repin',
] as const;

export const ROLES = ['privacy_officer', 'approver', 'auditor', 'admin', 'subject'] as const;
export type RoleName = (typeof ROLES)[number];

export const SCOPES = [
  'requests:write',
  'requests:read',
  'requests:attest',
  'requests:instruct',
  'approvals:decide',
  'ledger:read',
  'restores:write',
  'data:read',
  'suppressions:check',
  'notices:read',
] as const;
export type Scope = (typeof SCOPES)[number];
