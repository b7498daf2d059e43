/**
 * Complaints about a request (GDPR Art. 77 to 79, or to the operator itself): each has a clock of its own, is decided by
 * somebody who did not handle the request, and stops forgetting while it is open. An upheld one reopens the request.
 */
import type { Speaker } from './commands.js';
import { CommandError } from './errors.js';
import { reopen } from './identity.js';
import { queueLetter } from './letters.js';
import { DAY, enterPart, note, plus, type ComplaintRun, type PartRun, type Run } from './run.js';
import { modeOf } from '../rights.js';

/** Reminders, from the day on which the answer is due. */
const REMIND_AT = [-7 * DAY, 0, 7 * DAY, 14 * DAY] as const;
const DEFAULT_WITHIN = 30 * DAY;

export type ComplaintResult = NonNullable<ComplaintRun['result']>;

export function openComplaint(run: Run): ComplaintRun | undefined {
  return run.complaints?.find((c) => c.result === null);
}

export function complain(
  run: Run,
  command: { readonly by: Speaker; readonly to: ComplaintRun['to']; readonly textRef: string },
  now: number,
): void {
  const complaints = (run.complaints ??= []);
  const n = complaints.length + 1;
  complaints.push({
    n,
    to: command.to,
    textRef: command.textRef,
    recordedBy: command.by.id,
    receivedAt: plus(now, 0),
    dueAt: plus(now, run.input.rules.complaintWithinMs ?? DEFAULT_WITHIN),
    reminded: 0,
    result: null,
    decidedAt: null,
    decidedBy: null,
    reasonRef: null,
  });
  note(run, now, 'complaint.received', command.to, { complaint: n, by: command.by.id });
}

/** Throws CommandError `not_found`, `already_decided`, `four_eyes`, `action_not_allowed`. */
export function checkComplaintDecision(
  run: Run,
  command: { readonly by: Speaker; readonly n: number; readonly result: ComplaintResult },
): void {
  const complaint = run.complaints?.find((c) => c.n === command.n);
  if (complaint === undefined) throw new CommandError('not_found', 'no such complaint');
  if (complaint.result !== null) throw new CommandError('already_decided', 'this complaint is decided');
  const handled = run.handlers?.includes(command.by.id) === true || run.input.createdBy.id === command.by.id;
  if (handled) throw new CommandError('four_eyes', 'whoever handled the request does not review a complaint about it');
  if (command.result === 'upheld' && run.phase === 'responding')
    throw new CommandError('action_not_allowed', 'the answer is on its way; decide when it is out', {
      state: run.phase,
      allowedActions: [],
    });
}

export function decideComplaint(
  run: Run,
  command: {
    readonly by: Speaker;
    readonly n: number;
    readonly result: ComplaintResult;
    readonly reasonRef: string;
  },
  now: number,
): void {
  const complaint = run.complaints?.find((c) => c.n === command.n);
  if (complaint === undefined) return;
  complaint.result = command.result;
  complaint.decidedAt = plus(now, 0);
  complaint.decidedBy = command.by.id;
  complaint.reasonRef = command.reasonRef;
  note(run, now, 'complaint.decided', command.result, { complaint: complaint.n, by: command.by.id });
  queueLetter(run, {
    id: `complaint-${complaint.n}`,
    kind: 'complaint_answer',
    to: 'subject',
    textRef: command.reasonRef,
    complaint: complaint.n,
  });
  if (command.result === 'upheld') uphold(run, now);
}

/** What was refused, rejected, left undecided or blocked is taken up again. */
const AGAIN: ReadonlySet<PartRun['outcome']> = new Set(['skipped', 'rejected', 'undecided', 'blocked']);

function uphold(run: Run, now: number): void {
  const answered = run.phase === 'closed' || run.phase === 'awaiting_backup_expiry';
  if (run.phase === 'closed') reopen(run, now);
  if (run.phase === 'shredded') return;
  run.refusal = null;
  run.withdrawnAt = null;
  run.verdict = null;
  // Not identified before: an officer looks at the proof again.
  if (run.identity.state === 'failed') run.identity = { ...run.identity, state: 'open' };
  for (const part of run.parts) {
    if (part.state !== 'settled' || !AGAIN.has(part.outcome)) continue;
    enterPart(part, 'planned');
    part.outcome = 'pending';
    part.basis = null;
    part.blockedSince = null;
  }
  // Decisions that said no, or never came, are asked for again; what was approved stays approved.
  for (const approval of run.approvals) {
    if (approval.state === 'approved' || approval.state === 'superseded') continue;
    approval.state = 'superseded';
    approval.revision += 1;
  }
  run.planWanted += 1;
  if (!answered) return;
  run.answeredAt = null;
  run.answer = null;
  run.extension = null;
  if (modeOf(run.input.right) === 'read') run.package = null;
  // The time for the new answer counts from this decision; the day of the first answer stays in the ledger.
  run.restartedAt = plus(now, 0);
  run.clockWanted += 1;
}

export interface ComplaintPoint {
  readonly at: number;
  readonly fire: (now: number) => void;
}

/** Reminders to the operator's data protection officer, each once: a week before, on the day, and twice after. */
export function complaintPoints(run: Run): ComplaintPoint[] {
  return (run.complaints ?? []).flatMap((complaint) => {
    const offset = REMIND_AT[complaint.reminded];
    if (complaint.result !== null || offset === undefined) return [];
    return [
      {
        at: Date.parse(complaint.dueAt) + offset,
        fire: (now: number) => {
          complaint.reminded += 1;
          note(run, now, offset < 0 ? 'complaint.reminded' : 'complaint.overdue', complaint.to, {
            complaint: complaint.n,
            n: complaint.reminded,
          });
          queueLetter(run, {
            id: `complaint-${complaint.n}-remind-${complaint.reminded}`,
            kind: 'complaint_reminder',
            to: 'operator_dpo',
            complaint: complaint.n,
          });
        },
      },
    ];
  });
}

/** As the request shows them: no text, no name. */
export function complaintViews(run: Run, now: number): Record<string, unknown>[] {
  return (run.complaints ?? []).map((c) => ({
    n: c.n,
    to: c.to,
    receivedAt: c.receivedAt,
    dueAt: c.dueAt,
    overdue: c.result === null && now > Date.parse(c.dueAt),
    result: c.result,
    decidedAt: c.decidedAt,
  }));
}
