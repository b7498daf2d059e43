/**
 * The life of a package after it was built: release, what a reviewer opened or held back, the end of its time, and its way
 * to another controller (GDPR Art. 20(2)). Nothing goes there before the subject has confirmed the receiver.
 */
import type { Instant } from '../words.js';
import { DAY, HOUR, note, plus, type Run } from './run.js';
import type { PackageReviewRun } from './transfer.js';
import { since } from './version.js';

/** A receiver that cannot be reached is tried for so long at most, and a confirmation waited for. */
const TRANSFER_FOR = 20 * DAY;

/** Opens the package to its subject; its time begins. */
export function releasePackage(run: Run, now: number): void {
  if (run.package === null || run.package.released) return;
  run.package.released = true;
  const keepFor = run.input.rules.keepPackagesMs;
  if (!since(run, 2) || keepFor === undefined) return;
  run.package.releasedAt = plus(now, 0);
  run.package.expiresAt = plus(now, keepFor);
  if (run.transfer != null) run.transfer.endsAt = plus(now, Math.min(TRANSFER_FOR, keepFor));
}

/** A reviewer's word on single places means another package: it is built anew, and then released. */
export function reviewPackage(run: Run, review: PackageReviewRun): void {
  if (review.disclose.length === 0 && review.withhold.length === 0) return;
  run.review = review;
  run.package = null;
}

/** A person must look before the package leaves. */
export function mustReview(run: Run): boolean {
  if (run.package === null) return false;
  return (
    run.input.rules.release === 'officer' ||
    run.package.redactions > 0 ||
    (since(run, 2) && (run.package.undescribed ?? 0) > 0) ||
    run.parts.some((p) => p.part.review !== null)
  );
}

/** The subject, or an officer who has it from her, says that this is the receiver. */
export function confirmReceiver(run: Run, by: string, now: number): void {
  const { transfer } = run;
  if (transfer == null || transfer.state !== 'unconfirmed') return;
  transfer.state = 'ready';
  transfer.confirmedAt = plus(now, 0);
  transfer.confirmedBy = by;
  note(run, now, 'receiver.confirmed', null, { by });
}

export function confirmable(run: Run): boolean {
  return run.transfer?.state === 'unconfirmed' && run.finalAt === null;
}

/** The answer waits: whether the package went there is not known yet. */
export function transferOpen(run: Run): boolean {
  return run.transfer?.state === 'unconfirmed' || run.transfer?.state === 'ready';
}

/** Everything for it is there: a package that left the house's review, and the subject's word. */
export function wantsPush(run: Run): boolean {
  const { transfer } = run;
  return (
    run.phase === 'responding' &&
    run.package?.released === true &&
    run.package.expired !== true &&
    transfer?.state === 'ready' &&
    transfer.nextAttemptAt === null
  );
}

export function pushSent(run: Run, receipt: string, at: Instant, now: number): void {
  const { transfer } = run;
  if (transfer == null) return;
  transfer.state = 'sent';
  transfer.sentAt = at;
  transfer.receipt = receipt;
  transfer.error = null;
  note(run, now, 'package.transferred', null, { receipt, sha256: run.package?.sha256 ?? null });
}

export function pushFailed(
  run: Run,
  failure: { readonly code: string; readonly retryable: boolean },
  now: number,
): void {
  const { transfer } = run;
  if (transfer == null || transfer.state !== 'ready') return;
  transfer.error = failure.code;
  transfer.attempts += 1;
  if (failure.retryable) transfer.nextAttemptAt = plus(now, HOUR);
  else {
    transfer.state = 'failed';
    note(run, now, 'package.not_transferred', failure.code);
  }
}

/** The released package's own due points. */
export function packageDuePoints(run: Run): { at: Instant; what: string; fire: (now: number) => void }[] {
  const points: ReturnType<typeof packageDuePoints> = [];
  const { transfer, package: made } = run;
  if (run.phase === 'shredded') return points;
  if (transfer?.state === 'ready' && transfer.nextAttemptAt !== null)
    points.push({
      at: transfer.nextAttemptAt,
      what: 'next_push',
      fire: () => Object.assign(transfer, { nextAttemptAt: null }),
    });
  if (transfer != null && transferOpen(run) && transfer.endsAt !== null)
    points.push({
      at: transfer.endsAt,
      what: 'transfer_over',
      fire: (now) => {
        note(run, now, 'package.not_transferred', transfer.error ?? 'receiver_not_confirmed');
        transfer.state = 'given_up';
        transfer.nextAttemptAt = null;
      },
    });
  if (made?.expiresAt != null && made.expired !== true)
    points.push({
      at: made.expiresAt,
      what: 'package_expiry',
      fire: (now) => {
        made.expired = true;
        note(run, now, 'package.expired', null);
      },
    });
  return points;
}

/** The artefact of an expired package is still there. */
export function wantsDrop(run: Run): boolean {
  return run.package?.expired === true && run.package.dropped !== true && run.phase !== 'shredded';
}
