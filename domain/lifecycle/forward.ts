/**
 * Passing a request on to the organisations that decide: events that go out, whether anybody was reached, and what an
 * organisation is told of its own parts. The operator as processor forwards without delay, at most two days after the
 * receipt (GDPR Art. 28(3)(e)); an organisation that nobody can reach is an officer's task at once.
 */
import type { OutgoingEvent, Queued } from '../ports/webhooks.js';
import { DAY, note, plus, type ApprovalRun, type Run } from './run.js';
import { since } from './version.js';

export const FORWARD_WITHIN = 2 * DAY;
/** Asked after the day `due` (a late decision was overtaken by a change): so long it may decide. */
export const ASKED_LATE = 30 * DAY;

export interface EventDraft {
  readonly type: string;
  readonly organisation: string;
  readonly approvalId: string | null;
  readonly data: OutgoingEvent['data'];
  /** Given where a repeat must be the same event. */
  readonly id?: string;
}

/** Queues an event to an organisation's endpoints; runs of lifecycle 1 send none. */
export function emit(run: Run, draft: EventDraft, now: number): void {
  if (!since(run, 2)) return;
  run.outgoingCount = (run.outgoingCount ?? 0) + 1;
  const ulid = run.input.requestId.slice(4);
  (run.outgoing ??= []).push({
    id: draft.id ?? `evt_${ulid}_${run.outgoingCount}`,
    type: draft.type,
    operator: run.input.operator,
    organisation: draft.organisation,
    at: plus(now, 0),
    requestId: run.input.requestId,
    approvalId: draft.approvalId,
    data: { requestId: run.input.requestId, ...draft.data },
  });
}

/** End of the time to decide: the end of the day `due`, and for whoever was asked after it thirty days. */
export function decideUntil(run: Run, approval: Pick<ApprovalRun, 'requestedAt' | 'kind'>): number {
  const due = Date.parse(run.clock.at.due);
  const asked = Date.parse(approval.requestedAt);
  return since(run, 2) && approval.kind !== 'release' && asked > due ? asked + ASKED_LATE : due;
}

export function askingEvent(run: Run, approval: ApprovalRun, now: number): void {
  if (approval.organisation === null) return;
  emit(
    run,
    {
      id: `evt_${approval.id.slice(4)}_asked`,
      type: 'approval.requested',
      organisation: approval.organisation,
      approvalId: approval.id,
      data: {
        approvalId: approval.id,
        right: run.input.right,
        planHash: approval.planHash,
        expiresAt: plus(decideUntil(run, approval), 0),
      },
    },
    now,
  );
}

export function reminderEvent(run: Run, approval: ApprovalRun, now: number): void {
  if (approval.organisation === null) return;
  emit(
    run,
    {
      type: 'approval.reminder',
      organisation: approval.organisation,
      approvalId: approval.id,
      data: {
        approvalId: approval.id,
        right: run.input.right,
        planHash: approval.planHash,
        reminder: approval.reminded,
        expiresAt: plus(decideUntil(run, approval), 0),
      },
    },
    now,
  );
}

/** The events are in the delivery log of every endpoint that takes them. */
export function announced(run: Run, queued: readonly Queued[], now: number): void {
  const sent = new Map(queued.map((q) => [q.id, q.endpoints]));
  for (const event of (run.outgoing ?? []).filter((e) => sent.has(e.id))) {
    const approval = run.approvals.find((a) => a.id === event.approvalId);
    if (approval !== undefined && (event.type === 'approval.requested' || event.type === 'approval.reminder')) {
      approval.endpoints = sent.get(event.id) ?? 0;
      judgeReach(run, approval, now);
    }
  }
  run.outgoing = (run.outgoing ?? []).filter((e) => !sent.has(e.id));
}

/** Was anybody reached? Called when the letter or the event to the organisation came to something. */
export function judgeReach(run: Run, approval: ApprovalRun, now: number): void {
  if (!since(run, 2) || approval.kind !== 'organisation') return;
  const letters = run.letters.filter((l) => l.approvalId === approval.id && l.to === 'organisation');
  const written = letters.some((l) => l.sentAt !== null);
  if (written || (approval.endpoints ?? 0) > 0) {
    if (approval.forwardedAt === undefined || approval.forwardedAt === null) {
      approval.forwardedAt = plus(now, 0);
      note(run, now, 'approval.forwarded', written ? 'mail' : 'webhook', { approval: approval.id });
    }
    if (approval.error !== undefined && approval.error !== null) {
      approval.error = null;
      approval.revision += 1;
    }
    return;
  }
  const nobody = approval.endpoints === 0 && letters.at(-1)?.error === 'no_contact';
  if (!nobody || approval.error === 'unreachable') return;
  approval.error = 'unreachable';
  approval.revision += 1;
  note(run, now, 'approval.unreachable', 'no_contact', { approval: approval.id, organisation: approval.organisation });
}

/** An officer mended the contact: everything to this organisation goes out again at once. */
export function forwardAgain(run: Run, approval: ApprovalRun, now: number): void {
  for (const letter of run.letters) {
    if (letter.approvalId !== approval.id || letter.sentAt !== null) continue;
    letter.error = null;
    letter.nextAttemptAt = null;
  }
  approval.error = null;
  askingEvent(run, approval, now);
}

/** When an organisation that nobody was reached at yet should have been asked at the latest. */
export function forwardBy(run: Run, approval: ApprovalRun): number {
  return Math.max(Date.parse(run.input.receivedAt) + FORWARD_WITHIN, Date.parse(approval.requestedAt) + 60_000);
}

/** The request as one organisation may know it: over its own parts only. */
export function stateFor(run: Run, organisation: string): string {
  if (run.phase === 'closed' || run.phase === 'shredded') return 'closed';
  const states = run.parts.filter((p) => p.part.organisation === organisation).map((p) => p.state);
  const asked = run.approvals.some((a) => a.organisation === organisation && a.state === 'pending');
  if (asked && states.includes('undecided')) return 'awaiting_approval';
  // What it decided already but shares with somebody waits for reasons that are none of its business.
  if (states.some((s) => s === 'undecided' || s === 'planned' || s === 'ready' || s === 'applying')) return 'executing';
  if (states.includes('verifying')) return 'verifying';
  if (states.includes('blocked')) return 'blocked';
  return 'responding';
}

/** Tells each organisation that was asked of what became of its own parts. */
export function tellStates(run: Run, now: number): void {
  if (!since(run, 2)) return;
  const asked = new Map<string, string>();
  for (const approval of run.approvals)
    if (approval.kind === 'organisation' && approval.organisation !== null)
      asked.set(approval.organisation, approval.id);
  for (const [organisation, approvalId] of asked) {
    const state = stateFor(run, organisation);
    const told = (run.told ??= {});
    if (told[organisation] === state) continue;
    const before = told[organisation] ?? null;
    told[organisation] = state;
    emit(run, { type: 'request.state_changed', organisation, approvalId, data: { approvalId, state, before } }, now);
  }
}
