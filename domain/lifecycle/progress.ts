/**
 * What follows by itself: moves the request from phase to phase as far as its facts allow. Called after every change;
 * runs to a standstill. The workflow has no other logic.
 */
import { touchesBackups } from '../rights.js';
import { noticesUntried, queueNotices } from '../notices/notices.js';
import { IDENTITY_LEVELS } from '../words.js';
import { openApproval } from './approvals.js';
import { applyIdentity, provenWeakly } from './identity.js';
import { tellStates } from './forward.js';
import { claimOpen } from './claim.js';
import { openGates } from './gates.js';
import { queueLetter } from './letters.js';
import { restrictionOpen, startLift } from './restriction.js';
import { mustReview, releasePackage, transferOpen } from './package.js';
import { settleCorrection } from './receipt.js';
import { enterPart, enterPhase, note, openQuestion, plus, settlePart, type Run } from './run.js';
import { discoveryRests, hasEffects, heldOpen, needsDiscovery, wantsPackage, type Task } from './tasks.js';
import { since } from './version.js';
import { computeAnswer, requestState } from './view.js';

/** Returns whether anything changed. `now` is case time. */
export function progress(run: Run, now: number): boolean {
  let changed = false;
  const before = requestState(run);
  for (let round = 0; round < 50; round += 1) {
    if (!step(run, now)) break;
    changed = true;
  }
  tellStates(run, now);
  const after = requestState(run);
  if (before !== after) note(run, now, 'request.state_changed', after, { state: after }, { state: before });
  return changed;
}

function step(run: Run, now: number): boolean {
  if (settleCorrection(run, now)) return true;
  switch (run.phase) {
    case 'received':
      return receive(run, now);
    case 'identifying':
      return identify(run, now);
    case 'discovering':
      return discover(run);
    case 'parts_run':
      return runParts(run, now);
    case 'responding':
      return respond(run, now);
    case 'awaiting_backup_expiry':
      return awaitBackups(run, now);
    default:
      return false;
  }
}

function receive(run: Run, now: number): boolean {
  enterPhase(run, 'identifying');
  // The person is told that it came, unless an organisation asks: then she did not.
  if (since(run, 2) && run.input.channel !== 'organisation')
    queueLetter(run, { id: 'receipt', kind: 'receipt', to: 'subject' });
  const attested = run.input.identity;
  if (
    attested !== null &&
    (run.input.agent ?? null) === null &&
    !provenWeakly(run.input, attested) &&
    IDENTITY_LEVELS.indexOf(attested.level) >= IDENTITY_LEVELS.indexOf(run.input.rules.requiredLevel)
  ) {
    applyIdentity(run, { ...attested, by: run.input.createdBy, result: 'verified' }, now);
  }
  return true;
}

function identify(run: Run, _now: number): boolean {
  const verified = run.identity.state === 'verified' || run.input.rules.requiredLevel === 'none';
  if (claimOpen(run)) return false;
  if (!verified || (openQuestion(run)?.kind === 'identity' && run.identity.state !== 'verified')) return false;
  enterPhase(run, 'discovering');
  run.planWanted = Math.max(run.planWanted, run.planDone + 1);
  return true;
}

function discover(run: Run): boolean {
  if (openQuestion(run)?.kind === 'clarification' && run.parts.length === 0) return false;
  if (!discoveryRests(run) || run.planDone < run.planWanted) return false;
  const nothing =
    everySystemAnswered(run) &&
    run.parts.every((p) => p.part.records === 0 && p.part.action !== 'manual' && p.state === 'planned');
  if (nothing) for (const part of run.parts) settlePart(part, 'not_found');
  enterPhase(run, nothing ? 'responding' : 'parts_run');
  return true;
}

function everySystemAnswered(run: Run): boolean {
  return run.input.rules.systems.every((s) => run.discovery[s.id]?.answered !== -1);
}

function runParts(run: Run, now: number): boolean {
  // A new identifier, a system that came back, or a stale part: the plan is made anew first.
  const newIdentifier = run.input.rules.systems.some(
    (s) => needsDiscovery(run, s.id) && run.discovery[s.id]?.away !== true,
  );
  if (newIdentifier || run.planDone < run.planWanted) {
    enterPhase(run, 'discovering');
    return true;
  }
  if (openGates(run, now)) return true;
  if (queueNotices(run, now)) return true;
  const resting = run.parts.every((p) => p.state === 'settled' || p.state === 'blocked');
  if (!resting) return false;
  enterPhase(run, 'responding');
  return true;
}

function respond(run: Run, now: number): boolean {
  if (run.finalAt === null) {
    if (queueNotices(run, now)) return true;
    if (!backupsAsked(run) || heldOpen(run).length > 0 || noticesUntried(run)) return false;
    if (wantsPackage(run) && (!packageReady(run, now) || transferOpen(run))) return false;
    const id = `final-${run.rounds}`;
    if (!run.letters.some((l) => l.id === id)) {
      run.answer = computeAnswer(run);
      queueLetter(run, { id, kind: 'final', to: 'subject', textRef: run.refusal?.reasonRef ?? null });
      run.certificatesWanted += 1;
      return true;
    }
    return false;
  }
  if (run.certificates.length < run.certificatesWanted) return false;
  enterPhase(run, openAfterAnswer(run) ? 'awaiting_backup_expiry' : 'closed');
  if (run.phase === 'closed') close(run, now);
  return true;
}

function packageReady(run: Run, now: number): boolean {
  if (run.package === null) return false;
  if (run.package.released) return true;
  const reviewed = run.approvals.some((a) => a.kind === 'release' && a.state === 'approved');
  if (reviewed || !mustReview(run)) {
    releasePackage(run, now);
    return true;
  }
  if (!run.approvals.some((a) => a.kind === 'release')) {
    openApproval(
      run,
      {
        kind: 'release',
        organisation: null,
        rule: 'release',
        parts: run.parts.map((p) => p.part.key),
        records: run.package.records,
        planHash: run.plan?.hash ?? '',
      },
      now,
    );
    note(run, now, 'approval.requested', 'release', { records: run.package.records });
  }
  return false;
}

function backupsAsked(run: Run): boolean {
  if (!touchesBackups(run.input.right) || !hasEffects(run)) return true;
  return run.backups.every((b) => b.asked > 0 || b.nextCheckAt !== null);
}

function openAfterAnswer(run: Run): boolean {
  return (
    restrictionOpen(run) ||
    run.parts.some((p) => p.state === 'blocked' || p.sweeps.some((s) => !s.done)) ||
    (hasEffects(run) && touchesBackups(run.input.right) && run.backups.some((b) => b.state !== 'gone'))
  );
}

function awaitBackups(run: Run, now: number): boolean {
  if (startLift(run)) return true;
  if (
    run.planDone < run.planWanted ||
    run.parts.some(
      (p) =>
        p.lifted !== 'wanted' &&
        (p.state === 'applying' || p.state === 'planned' || p.state === 'verifying' || p.state === 'ready'),
    )
  ) {
    run.rounds += 1;
    run.finalAt = null;
    enterPhase(run, 'parts_run');
    return true;
  }
  // An answer that came back is open again: the request does not end before it has reached the person.
  if (openAfterAnswer(run) || run.finalAt === null) return false;
  enterPhase(run, 'closed');
  close(run, now);
  return true;
}

function close(run: Run, now: number): void {
  run.closedAt = plus(now, 0);
  run.certificatesWanted += 1;
}

/** A part whose apply task begins now. */
export function beginTask(run: Run, task: Task): void {
  if (task.kind !== 'apply') return;
  for (const { part } of task.parts) {
    const found = run.parts.find((p) => p.part.key === part.key);
    if (found !== undefined && found.state === 'ready') enterPart(found, 'applying');
  }
}
