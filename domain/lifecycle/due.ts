/**
 * Everything in a request that time alone brings about, as one list of due points. The workflow keeps one timer for the
 * earliest; after every wake it fires all that are due. All instants are absolute case time; a point that was fired
 * removes itself by what it changes, so firing twice does nothing.
 */
import { lookAgain, settleBlocked } from './act.js';
import { goOnAlone, joinOverAt } from './claim.js';
import { decideUntil, forwardBy, reminderEvent } from './forward.js';
import { decisionHold, endOfHold, expireApproval } from './gates.js';
import { complaintPoints, openComplaint } from './complaints.js';
import { answerWaits } from './hand-over.js';
import { cannotIdentify } from './identity.js';
import { queueLetter } from './letters.js';
import { grantObjection, weighed } from './restriction.js';
import { packageDuePoints } from './package.js';
import { DAY, HOUR, enterPart, note, openQuestion, type Run } from './run.js';
import { since } from './version.js';

export interface DuePoint {
  readonly at: number;
  readonly what: string;
  readonly fire: (now: number) => void;
}

/** The interim answer goes out on the due day itself, at noon of it: late enough to be true, early enough to arrive. */
export const INTERIM_BEFORE_END = 12 * HOUR;

export function duePoints(run: Run): DuePoint[] {
  const points: DuePoint[] = [];
  const add = (at: string | number | null, what: string, fire: (now: number) => void): void => {
    if (at !== null) points.push({ at: typeof at === 'number' ? at : Date.parse(at), what, fire });
  };
  const open = run.phase !== 'closed' && run.phase !== 'shredded';
  // While the clock is being computed anew `due` may be about to move: nothing ends by the old one.
  const paused = run.clock.flags.includes('paused') || run.clockDone < run.clockWanted;
  const question = openQuestion(run);

  if (
    open &&
    run.answeredAt === null &&
    !paused &&
    !run.letters.some((l) => l.id === `interim-${run.rounds}` || (l.id === `final-${run.rounds}` && l.waits === true))
  ) {
    const promised = run.clock.at.promisedDue;
    const day = Math.min(
      Date.parse(run.clock.at.due),
      promised === null ? Number.POSITIVE_INFINITY : Date.parse(promised),
    );
    add(day - INTERIM_BEFORE_END, 'interim', (now) => {
      note(run, now, 'answer.interim_due', null);
      queueLetter(run, { id: `interim-${run.rounds}`, kind: 'interim', to: 'subject' });
    });
  }

  add(open ? joinOverAt(run) : null, 'join_over', (now) => goOnAlone(run, now, 'survivor_silent'));

  if (open && question !== undefined) {
    add(question.endsAt, 'question_over', (now) => {
      question.timedOut = true;
      run.clockWanted += 1;
      note(run, now, 'question.unanswered', question.kind);
      if (question.kind === 'identity' && (run.phase === 'identifying' || run.phase === 'received'))
        cannotIdentify(run, now);
    });
  }

  if (run.phase === 'identifying' && run.identity.state === 'open' && question === undefined && !paused) {
    add(Date.parse(run.clock.at.due) + 1000, 'not_identified', (now) => cannotIdentify(run, now));
  }

  for (const approval of run.approvals) {
    if (approval.state !== 'pending' || !open || paused) continue;
    const remind = approval.remindAt[approval.reminded];
    if (remind !== undefined && Date.parse(remind) < decideUntil(run, approval)) {
      add(remind, 'reminder', (now) => {
        approval.reminded += 1;
        approval.revision += 1;
        const rule = run.input.rules.approvals.find((r) => r.id === approval.rule);
        const contact = rule?.escalateTo[Math.min(approval.reminded - 1, rule.escalateTo.length - 1)] ?? 'admin';
        reminderEvent(run, approval, now);
        note(run, now, 'approval.reminded', contact, { approval: approval.id, n: approval.reminded });
        queueLetter(run, {
          id: `remind-${approval.id}-${approval.reminded}`,
          kind: 'approval_reminder',
          to: contact === 'operator_dpo' ? 'operator_dpo' : 'organisation',
          approvalId: approval.id,
          contact,
        });
      });
    }
    if (since(run, 2) && approval.kind === 'organisation' && (approval.forwardedAt ?? null) === null) {
      add(approval.forwardedLate === true ? null : forwardBy(run, approval), 'forward_late', (now) => {
        approval.forwardedLate = true;
        note(run, now, 'approval.not_forwarded', approval.error ?? 'pending', { approval: approval.id });
      });
    }
    add(decideUntil(run, approval) + 1000, 'approval_expiry', (now) => {
      note(run, now, 'approval.expired', 'no_instruction', { approval: approval.id, reminded: approval.reminded });
      expireApproval(run, approval, now);
    });
  }

  if (open && !paused)
    for (const { approval, grantAt } of weighed(run))
      add(grantAt, 'objection_granted', (now) => grantObjection(run, approval, now));

  for (const part of run.parts) {
    if (part.state === 'blocked' && part.blockedSince !== null) {
      const rule = run.input.rules.guards.find((g) => g.id === part.basis);
      add(Date.parse(part.blockedSince) + (rule?.blockedForMs ?? 90 * DAY), 'blocked_over', () =>
        settleBlocked(part, part.basis ?? 'guard'),
      );
    }
    if ((part.state === 'applying' || part.state === 'verifying') && part.nextAttemptAt !== null) {
      add(part.nextAttemptAt, 'next_attempt', () => {
        part.nextAttemptAt = null;
        if (part.outcome === 'scheduled') part.outcome = 'pending';
      });
    }
    if (open) {
      for (const sweep of part.sweeps) {
        if (!sweep.done && part.state === 'settled') {
          add(sweep.at, 'sweep', () => {
            // The sweep task takes every sweep of the system that is due; see tasks.ts.
          });
        }
      }
      if (
        part.state === 'settled' &&
        part.outcome === 'retained' &&
        // Also where only some records of the part are held.
        (since(run, 2) ? part.part.held > 0 : part.part.action === 'retain') &&
        part.part.heldUntil !== null &&
        // A system that is away cannot say that it ended: asked once it is back.
        (!since(run, 2) || run.discovery[part.part.system]?.away !== true)
      ) {
        // A hold that ends while the request is open: the part is searched and planned again on the day after.
        add(Date.parse(`${part.part.heldUntil}T23:59:59Z`) + DAY, 'hold_over', (now) => {
          note(run, now, 'hold.ended', part.part.hold?.law ?? null, { part: part.part.key });
          enterPart(part, 'planned');
          part.outcome = 'pending';
          if (since(run, 2)) lookAgain(run, part.part.system);
          else run.planWanted += 1;
        });
      }
    }
  }

  // A hold that the controller named with its decision ends while the request is open.
  for (const part of run.parts) {
    const hold = part.state === 'settled' && part.outcome === 'retained' ? decisionHold(run, part) : undefined;
    if (!open || hold === undefined || hold.until === null || part.part.action === 'retain') continue;
    add(endOfHold(hold.until), 'decision_hold_over', (now) => {
      note(run, now, 'hold.ended', hold.law, { part: part.part.key });
      enterPart(part, 'planned');
      part.outcome = 'pending';
      part.until = null;
      part.basis = null;
    });
  }

  for (const { at, fire } of complaintPoints(run)) add(at, 'complaint', fire);

  for (const discovery of Object.values(run.discovery)) {
    if (open && discovery.nextAttemptAt !== null) {
      add(discovery.nextAttemptAt, 'next_discovery', () => {
        discovery.nextAttemptAt = null;
      });
    }
  }
  for (const backup of run.backups) {
    if (open && backup.nextCheckAt !== null) {
      add(backup.nextCheckAt, 'backup_check', () => {
        backup.nextCheckAt = null;
        backup.asked -= 1;
      });
    }
  }
  for (const point of packageDuePoints(run)) add(point.at, point.what, point.fire);
  for (const notice of run.notices ?? []) {
    if (notice.sentAt === null && notice.result === null && notice.nextAttemptAt !== null)
      add(notice.nextAttemptAt, 'notice', () => {
        notice.nextAttemptAt = null;
      });
  }
  for (const letter of run.letters) {
    if (letter.sentAt === null && letter.nextAttemptAt !== null) {
      add(letter.nextAttemptAt, 'letter', () => {
        letter.nextAttemptAt = null;
      });
    }
  }
  return points;
}

/** Fires everything due at `now`; several rounds, since one point may bring another. Returns whether anything fired. */
export function fireDue(run: Run, now: number): boolean {
  let fired = false;
  for (let round = 0; round < 20; round += 1) {
    const due = duePoints(run).filter((p) => p.at <= now && p.what !== 'sweep');
    if (due.length === 0) return fired;
    for (const point of due.sort((a, b) => a.at - b.at)) point.fire(now);
    fired = true;
  }
  return fired;
}

/** Earliest due point after `now`, in case time; null when nothing is left to wait for. */
export function nextDue(run: Run, now: number): number | null {
  let next: number | null = null;
  for (const point of duePoints(run)) {
    if (point.at <= now) continue;
    if (next === null || point.at < next) next = point.at;
  }
  const forget = forgetAt(run);
  if (forget !== null && forget > now && (next === null || forget < next)) next = forget;
  return next;
}

/** When a closed request has been kept long enough (pack's keep.request after closing). */
export function forgetAt(run: Run): number | null {
  if (run.phase !== 'closed' || run.closedAt === null) return null;
  // An open complaint stops every stage, and so does an answer that nobody has got yet.
  if (openComplaint(run) !== undefined || answerWaits(run)) return null;
  const decided = (run.complaints ?? []).map((c) => Date.parse(c.decidedAt ?? run.input.createdAt));
  return Math.max(Date.parse(run.closedAt), ...decided) + run.input.rules.keepRequestMs;
}
