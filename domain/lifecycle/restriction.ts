/**
 * Restriction of processing (GDPR Art. 18). A request for it stays open while the restriction is in force. Lifting it has
 * an order: the person is told first (Art. 18(3)), only then the flags are taken back and read back. An objection that is
 * weighed restricts the data meanwhile (Art. 18(1)(d)); its answer tells that this ends.
 */
import { isUnconditional, isWhileWeighed, OBJECTION, ON_GROUNDS } from '../plan/stops.js';
import { modeOf } from '../rights.js';
import { emit } from './forward.js';
import { queueLetter } from './letters.js';
import { DAY, enterPart, note, plus, type ApprovalRun, type PartRun, type Run } from './run.js';

/** An objection that nobody has answered with compelling grounds is granted this long before the answer is due. */
export const GRANT_BEFORE = 7 * DAY;

const LETTER = 'restriction-lifted';

/** Parts whose records are restricted now. */
export function inForce(run: Run): PartRun[] {
  return run.parts.filter(
    (p) =>
      p.part.action === 'restrict' &&
      p.lifted !== 'done' &&
      (p.lifted === 'wanted' || p.outcome === 'done' || p.outcome === 'done_by_hand'),
  );
}

/** A restriction that was restricted by hand is lifted by hand: its plan says `manual`. */
function byHand(run: Run): PartRun[] {
  return run.parts.filter(
    (p) =>
      modeOf(run.input.right) === 'restrict' &&
      p.part.action === 'manual' &&
      p.lifted !== 'done' &&
      (p.lifted === 'wanted' || p.outcome === 'done_by_hand'),
  );
}

/** Whether a restriction keeps the request open. */
export function restrictionOpen(run: Run): boolean {
  return inForce(run).length > 0 || byHand(run).length > 0;
}

/** An officer may lift what a request for restriction has set, once it is answered. */
export function liftable(run: Run): boolean {
  return (
    run.input.right === 'restriction' &&
    run.phase === 'awaiting_backup_expiry' &&
    (run.lift ?? null) === null &&
    restrictionOpen(run)
  );
}

/** The notice goes out first; nothing is lifted before it was handed over. */
export function orderLift(run: Run, reasonRef: string, by: string, now: number): void {
  run.lift = { reasonRef, at: plus(now, 0), by };
  queueLetter(run, { id: LETTER, kind: 'restriction_lifted', to: 'subject', textRef: reasonRef });
}

/** Takes restrictions back that may end now. Returns whether anything began. */
export function startLift(run: Run): boolean {
  if (!mayLift(run)) return false;
  let begun = false;
  for (const part of [...inForce(run), ...byHand(run)]) {
    if (part.lifted === 'wanted' || part.state !== 'settled') continue;
    part.lifted = 'wanted';
    part.generation += 1;
    part.verifiedAt = null;
    part.patient = false;
    part.nextAttemptAt = null;
    enterPart(part, 'applying');
    part.outcome = part.part.action === 'manual' ? 'manual' : 'pending';
    part.error = part.part.action === 'manual' ? 'lift_by_hand' : null;
    begun = true;
  }
  return begun;
}

/** A part is settled: restricted (read back, or by hand), or no longer. */
export function liftSettled(run: Run, part: PartRun, now: number): void {
  const { key, basis } = part.part;
  if (part.lifted === 'wanted') {
    part.lifted = 'done';
    part.until = plus(now, 0);
    if (part.outcome !== 'skipped') part.basis = 'restriction_lifted';
    note(run, now, part.outcome === 'skipped' ? 'restriction.left_set' : 'restriction.lifted', basis, { part: key });
    if (part.outcome !== 'skipped') tellReaders(run, part, 'restriction.lifted', now);
  } else if (part.part.action === 'restrict' && part.outcome === 'done') {
    note(run, now, 'restriction.set', basis, { part: key, records: part.touched });
    tellReaders(run, part, 'restriction.set', now);
  }
}

/** Whoever else reads this dataset hears of it by event: its organisation, and recipients with endpoints. Ids only. */
function tellReaders(run: Run, part: PartRun, type: 'restriction.set' | 'restriction.lifted', now: number): void {
  const { system, dataset, organisation } = part.part;
  const recipients = run.input.rules.recipients.flatMap(({ notify }) =>
    notify?.by === 'webhook' && (notify.datasets.length === 0 || notify.datasets.includes(dataset))
      ? [notify.party]
      : [],
  );
  for (const party of [...(organisation === null ? [] : [organisation]), ...recipients])
    emit(run, { type, organisation: party, approvalId: null, data: { system, dataset } }, now);
}

function mayLift(run: Run): boolean {
  if (run.input.right === 'restriction') {
    if ((run.lift ?? null) === null) return false;
    const letter = run.letters.find((l) => l.id === LETTER);
    return letter !== undefined && letter.sentAt !== null;
  }
  // The answer to an objection or a correction says how it was decided and that the restriction ends with it.
  return (
    run.finalAt !== null &&
    run.parts.every((p) => p.part.action !== 'change' || p.state === 'settled') &&
    run.parts.every((p) => p.part.basis !== ON_GROUNDS || p.part.action !== 'stop' || p.state === 'settled')
  );
}

/** Parts that count for outcome and answer: a restriction while an objection is weighed is only a way there. */
export function countingParts(run: Run): PartRun[] {
  return run.parts.filter((p) => !isWhileWeighed(p.part));
}

/** What an officer may refuse of an objection or withdrawal: only what may be weighed (Art. 21(1), not 21(3) or 7(3)). */
export function mayBeRefused(part: PartRun): boolean {
  return !isUnconditional(part.part) && !isWhileWeighed(part.part);
}

/** Objections that wait for an officer, and when the burden of proof (Art. 21(1), second sentence) decides for her. */
export function weighed(run: Run): readonly { readonly approval: ApprovalRun; readonly grantAt: number }[] {
  return run.approvals
    .filter((a) => a.state === 'pending' && a.rule === OBJECTION)
    .map((approval) => ({ approval, grantAt: Date.parse(run.clock.at.due) - GRANT_BEFORE }));
}

/** Nobody has shown compelling grounds in time: the processing stops. A rule may grant what the person asked for. */
export function grantObjection(run: Run, approval: ApprovalRun, now: number): void {
  approval.state = 'approved';
  approval.decidedAt = plus(now, 0);
  approval.decidedBy = null;
  approval.decidedKind = 'rule';
  approval.revision += 1;
  note(run, now, 'objection.granted', 'no_grounds_shown', { approval: approval.id });
}
