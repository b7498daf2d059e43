/**
 * The evidence of an approval: when the party was asked, on which way, reminded, what was handed over or accepted, and
 * whether anything came back. Made of ledger entries and the delivery log; free of personal data. Pure.
 */
import type { LedgerEntry } from '../ports/ledgers.js';
import type { ApprovalKind, ApprovalState, Instant } from '../words.js';

/** An approval as it is shown; more members do not matter. */
export interface ApprovalShown {
  readonly id: string;
  readonly requestId: string;
  readonly kind: ApprovalKind;
  readonly operator: string;
  readonly organisation: string | null;
  readonly right: string;
  readonly planHash: string;
  readonly policyRule: string;
  readonly state: ApprovalState;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  readonly decidedAt: Instant | null;
  readonly decidedBy: string | null;
}

export interface DeliveryShown {
  readonly id: string;
  readonly webhookId: string;
  readonly type: string;
  readonly createdAt: Instant;
  readonly state: string;
  readonly deliveredAt: Instant | null;
  readonly attempts: readonly { readonly at: Instant; readonly code: string }[];
}

const ASKED = new Set(['approval.requested']);
const REMINDED = new Set(['approval.reminded']);
const HANDED = new Set(['letter.handed_over', 'letter.nobody_reached']);
const ANSWERED = new Set(['approval.decided', 'approval.decision_refused', 'approval.late_decision']);

/** `entries`: those of the request, sealed. */
export function buildEvidence(
  approval: ApprovalShown,
  entries: readonly LedgerEntry[],
  deliveries: readonly DeliveryShown[],
): Record<string, unknown> {
  const own = entries.filter((e) => e.after?.['approval'] === approval.id);
  const lines = (kinds: ReadonlySet<string>): Record<string, unknown>[] =>
    own.filter((e) => kinds.has(e.action)).map(lineOf);
  const answers = lines(ANSWERED);
  return {
    version: 1,
    approvalId: approval.id,
    requestId: approval.requestId,
    operator: approval.operator,
    organisation: approval.organisation,
    kind: approval.kind,
    right: approval.right,
    planHash: approval.planHash,
    policyRule: approval.policyRule,
    state: approval.state,
    askedAt: approval.requestedAt,
    timeToDecideEnded: approval.expiresAt,
    decidedAt: approval.decidedAt,
    answered: approval.decidedAt !== null,
    asked: lines(ASKED),
    reminded: lines(REMINDED),
    letters: lines(HANDED),
    events: deliveries.map((d) => ({
      delivery: d.id,
      webhookId: d.webhookId,
      type: d.type,
      queuedAt: d.createdAt,
      state: d.state,
      acceptedAt: d.deliveredAt,
      attempts: d.attempts.map((a) => ({ at: a.at, code: a.code })),
    })),
    answers,
    statement:
      approval.decidedAt !== null
        ? 'The party decided.'
        : answers.length > 0
          ? 'No valid decision was received before the time ended; what was attempted is listed under answers.'
          : 'Nothing was received from the party before the time ended.',
  };
}

function lineOf(entry: LedgerEntry): Record<string, unknown> {
  return {
    entry: entry.id,
    seq: entry.seq,
    hash: entry.hash,
    at: entry.at,
    action: entry.action,
    code: entry.code,
    facts: entry.after,
  };
}
