/** Takes what an activity reported, or how it failed, into the run. One function per kind of task. */
import { modeOf } from '../rights.js';
import { announced, judgeReach } from './forward.js';
import { goOnAlone, takeClaim } from './claim.js';
import { handOver, notReached } from './hand-over.js';
import { mergePlan } from './merge-plan.js';
import { liftSettled } from './restriction.js';
import { pushFailed, pushSent } from './package.js';
import type {
  ApplyDone,
  BundleDone,
  CertifyDone,
  ClockDone,
  DiscoverDone,
  GuardDone,
  InventoryDone,
  NotifyDone,
  PartEffect,
  PartVerdict,
  TaskFailure,
  TaskResult,
  VerifyDone,
} from './results.js';
import {
  DAY,
  HOUR,
  MINUTE,
  enterPart,
  findPart,
  note,
  plus,
  settlePart,
  type LetterRun,
  type PartRun,
  type Run,
} from './run.js';
import { noticeFailed, noticeSent } from '../notices/notices.js';
import type { Task } from './tasks.js';
import { since } from './version.js';

/** Late writers are looked for at these times after the read-back (design.md section 3.7). */
export const SWEEPS = [HOUR, DAY, 7 * DAY, 30 * DAY] as const;
/** A system whose patient attempt (20 days) ended is asked again every day. */
const DAILY = DAY;
/** Read-backs that keep failing wait longer each time, at most six hours. */
const STILL_PRESENT_WAIT = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR] as const;

export function settle(run: Run, task: Task, result: TaskResult, now: number): void {
  if (Date.parse(result.stamp.caseAt) - Date.parse(result.stamp.worldAt) > MINUTE) run.simulated = true;
  switch (result.kind) {
    case 'discover':
      return onDiscover(run, task, result);
    case 'plan':
      if (task.kind === 'plan') run.planDone = task.wanted;
      return mergePlan(run, result.plan, now);
    case 'guard':
      return onGuard(run, task, result, now);
    case 'apply':
      return onApply(run, task, result, now);
    case 'verify':
      return onVerify(run, task, result, now);
    case 'sweep':
      return onSweep(run, task, result, now);
    case 'inventory':
      return onInventory(run, task, result, now);
    case 'notify':
      return onNotify(run, task, result, now);
    case 'notice':
      if (task.kind === 'notice') noticeSent(run, task.notice.id, result, now);
      return;
    case 'announce':
      return announced(run, result.queued, now);
    case 'evidence': {
      const approval = run.approvals.find((a) => a.id === result.approvalId);
      if (approval !== undefined) approval.evidence = result.sha256;
      return;
    }
    case 'bundle':
      return onBundle(run, result);
    case 'claim':
      return takeClaim(run, result, now);
    case 'join':
      if (run.claim !== undefined) run.claim.sent = true;
      return;
    case 'answerJoin':
      return joinAnswered(run, task);
    case 'defer':
      return onDefer(run, task, now, result.rows);
    case 'push':
      return pushSent(run, result.receipt, result.stamp.caseAt, now);
    case 'dropPackage':
      if (run.package !== null) run.package.dropped = true;
      return;
    case 'certify':
      return onCertify(run, task, result);
    case 'clock':
      return onClock(run, task, result, now);
  }
}

export function fail(run: Run, task: Task, failure: TaskFailure, now: number): void {
  switch (task.kind) {
    case 'discover': {
      const discovery = run.discovery[task.system];
      if (discovery === undefined) return;
      discovery.attempts += 3;
      discovery.error = failure.code;
      if (!discovery.away) {
        discovery.away = true;
        run.planWanted += 1;
        note(run, now, 'system.away', failure.code, { system: task.system });
      }
      if (task.patient || !failure.retryable) discovery.nextAttemptAt = plus(now, DAILY);
      return;
    }
    case 'join':
      return goOnAlone(run, now, failure.code);
    case 'answerJoin':
      return joinAnswered(run, task);
    case 'apply':
    case 'verify':
    case 'sweep':
      for (const { part } of task.parts) {
        const found = findPart(run, part.key);
        if (found !== undefined) failPart(found, task, failure, now);
      }
      return;
    case 'notice':
      return noticeFailed(run, task.notice.id, failure.code, failure.retryable, now);
    case 'notify': {
      const letter = run.letters.find((l) => l.id === task.letter.id);
      if (letter === undefined) return;
      letter.error = failure.code;
      letter.nextAttemptAt = plus(now, failure.retryable ? HOUR : DAY);
      return;
    }
    case 'inventory': {
      const backup = run.backups.find((b) => b.system === task.system);
      if (backup === undefined) return;
      backup.state = 'unknown';
      backup.asked = 1;
      backup.nextCheckAt = plus(now, DAY);
      return;
    }
    case 'push':
      pushFailed(run, failure, now);
      return;
    default:
      // plan, guard, bundle, certify, clock run on our own store and retry without end; a fatal error here is a bug.
      note(run, now, 'task.failed', failure.code, { task: task.kind });
  }
}

function failPart(part: PartRun, task: Task, failure: TaskFailure, now: number): void {
  part.attempts += 3;
  part.error = failure.code;
  part.tried = true;
  if (task.kind === 'sweep') {
    const open = part.sweeps.find((s) => !s.done);
    if (open !== undefined)
      part.sweeps = [...part.sweeps.filter((s) => s !== open), { at: plus(now, DAY), done: false }];
    return;
  }
  if (!failure.retryable) {
    // The effect is not lost, only not made: the part stays applying until somebody mends it and says retry.
    if (part.state === 'verifying') enterPart(part, 'applying');
    part.outcome = 'failed';
    return;
  }
  const patient = task.kind === 'apply' || task.kind === 'verify' ? task.patient : false;
  if (patient) part.nextAttemptAt = plus(now, DAILY);
  part.patient = true;
}

function onDiscover(run: Run, task: Task, result: DiscoverDone): void {
  if (task.kind !== 'discover') return;
  const discovery = run.discovery[task.system];
  if (discovery === undefined) return;
  discovery.answered = task.version;
  discovery.away = false;
  discovery.error = null;
  discovery.nextAttemptAt = null;
  discovery.attempts = 0;
  run.planWanted += 1;
  if (result.newTypes.length > 0) {
    run.identifiersVersion += 1;
    for (const type of result.newTypes) run.identifierTypes[type] = run.identifiersVersion;
    // The system that yielded them knows them already: its own search went to a fixpoint.
    if (task.version === run.identifiersVersion - 1) discovery.answered = run.identifiersVersion;
  }
}

function onGuard(run: Run, task: Task, result: GuardDone, now: number): void {
  if (task.kind !== 'guard') return;
  for (const seen of result.guards) {
    const guard = run.guards.find((g) => g.id === seen.id);
    if (guard === undefined) continue;
    const asked = task.guards.find((g) => g.id === seen.id)?.wanted ?? guard.wanted;
    guard.done = asked;
    if (guard.state !== seen.state) note(run, now, `guard.${seen.state}`, seen.id);
    guard.state = seen.state;
    guard.refs = seen.refs;
    if (seen.state === 'blocking') continue;
    for (const part of run.parts) {
      if (part.state === 'blocked' && part.basis === guard.id) {
        enterPart(part, 'planned');
        part.outcome = 'pending';
        part.basis = null;
        part.blockedSince = null;
      }
    }
  }
}

function onApply(run: Run, task: Task, result: ApplyDone, now: number): void {
  if (task.kind !== 'apply') return;
  if (result.replan === true) run.planWanted += 1;
  for (const effect of result.parts) {
    const part = findPart(run, effect.key);
    if (part === undefined || part.state !== 'applying') continue;
    part.tried = true;
    part.attempts += 1;
    part.error = null;
    takeEffect(run, part, effect, now);
  }
}

function takeEffect(run: Run, part: PartRun, effect: PartEffect, now: number): void {
  switch (effect.effect) {
    case 'applied':
      part.startedAt ??= effect.startedAt;
      part.touched = Math.max(part.touched ?? 0, effect.records);
      part.outcome = 'pending';
      enterPart(part, 'verifying');
      for (const backup of run.backups) if (backup.asked > 0) Object.assign(backup, { asked: 0, nextCheckAt: null });
      return;
    case 'retained':
      part.until = effect.until;
      part.basis = effect.basis;
      enterPart(part, 'verifying');
      settlePart(part, 'retained', effect.basis);
      return;
    case 'scheduled':
      part.until = effect.at;
      part.basis = effect.why;
      part.outcome = 'scheduled';
      part.nextAttemptAt = effect.at;
      return;
    case 'referred':
      enterPart(part, 'verifying');
      settlePart(part, 'referred', effect.to);
      return;
    case 'stale':
      enterPart(part, 'planned');
      part.outcome = 'pending';
      part.tried = false;
      run.planWanted += 1;
      note(run, now, 'step.stale', null, { part: part.part.key });
      return;
    case 'blocked': {
      const guard = run.guards.find((g) => g.id === effect.guard);
      if (guard !== undefined) Object.assign(guard, { state: 'blocking', refs: effect.refs });
      enterPart(part, 'blocked');
      part.outcome = 'blocked';
      part.basis = effect.guard;
      part.blockedSince = plus(now, 0);
      return;
    }
    case 'pending':
      part.error = effect.why;
      part.patient = true;
      return;
    default:
      part.outcome = effect.effect;
      part.basis = effect.why;
      part.error = effect.why;
      note(run, now, `step.${effect.effect}`, effect.why, { part: part.part.key });
  }
}

function onVerify(run: Run, task: Task, result: VerifyDone, now: number): void {
  if (task.kind !== 'verify') return;
  for (const verdict of result.parts) {
    const part = findPart(run, verdict.key);
    if (part === undefined || part.state !== 'verifying') continue;
    readBack(run, part, verdict, result, now);
  }
}

function readBack(run: Run, part: PartRun, verdict: PartVerdict, result: VerifyDone, now: number): void {
  part.method = verdict.method;
  if (verdict.verdict === 'stillPresent' || verdict.verdict === 'reappeared') {
    const wait = STILL_PRESENT_WAIT[Math.min(part.generation, STILL_PRESENT_WAIT.length - 1)] ?? HOUR;
    part.generation += 1;
    part.error = 'still_present';
    enterPart(part, 'applying');
    part.outcome = 'pending';
    part.nextAttemptAt = plus(now, wait);
    note(run, now, 'step.still_present', verdict.method, { part: part.part.key, remaining: verdict.remaining });
    return;
  }
  if (verdict.verdict === 'unverifiable') {
    enterPart(part, 'applying');
    part.outcome = 'manual';
    part.error = 'unverifiable';
    note(run, now, 'step.unverifiable', verdict.method, { part: part.part.key });
    return;
  }
  part.error = null;
  part.patient = false;
  part.verifiedAt = result.stamp.caseAt;
  part.effectiveAt = result.stamp;
  if (verdict.verdict === 'kept') {
    part.until = part.part.heldUntil;
    settlePart(part, 'retained', part.part.basis);
    return;
  }
  if (part.part.held > 0) {
    part.until = part.part.heldUntil;
    settlePart(part, 'retained', part.part.basis);
  } else {
    settlePart(part, 'done');
    liftSettled(run, part, now);
  }
  // Late writers bring erased records back; a value that the person changes again herself is none of our business.
  if (modeOf(run.input.right) === 'erase') {
    part.sweeps = SWEEPS.map((ms) => ({ at: plus(now, ms), done: false }));
  }
}

function onSweep(run: Run, task: Task, result: VerifyDone, now: number): void {
  if (task.kind !== 'sweep') return;
  for (const verdict of result.parts) {
    const part = findPart(run, verdict.key);
    if (part === undefined || part.state !== 'settled') continue;
    for (const sweep of part.sweeps) if (Date.parse(sweep.at) <= now) sweep.done = true;
    if (verdict.verdict === 'stillPresent' || verdict.verdict === 'reappeared') {
      part.generation += 1;
      part.reappeared = true;
      part.verifiedAt = null;
      enterPart(part, 'applying');
      // New records under an old identifier may be the person who came back: a person must look (design.md 3.7).
      part.outcome = verdict.verdict === 'reappeared' ? 'review' : 'pending';
      part.error = verdict.verdict === 'reappeared' ? 'new_record' : null;
      part.basis = verdict.verdict === 'reappeared' ? 'new_record' : null;
      part.nextAttemptAt = null;
      note(run, now, 'step.reappeared', verdict.verdict, { part: part.part.key, remaining: verdict.remaining });
    }
  }
}

function onInventory(run: Run, task: Task, result: InventoryDone, now: number): void {
  if (task.kind !== 'inventory') return;
  const backup = run.backups.find((b) => b.system === task.system);
  if (backup === undefined) return;
  if (backup.state !== result.state)
    note(run, now, `backup.${result.state}`, backup.system, {
      copies: result.copies,
      lastExpiresAt: result.lastExpiresAt,
    });
  backup.state = result.state;
  backup.copies = result.copies;
  backup.lastExpiresAt = result.lastExpiresAt;
  backup.asked = 1;
  // Sleep to the last expiry, then ask again; a copy that outlives its date is asked for daily.
  if (result.state === 'gone') backup.nextCheckAt = null;
  else if (result.lastExpiresAt !== null && Date.parse(result.lastExpiresAt) > now)
    backup.nextCheckAt = plus(result.lastExpiresAt, MINUTE);
  else backup.nextCheckAt = plus(now, DAY);
}

/** A letter to an organisation came to something: was anybody reached? */
function reachOf(run: Run, letter: LetterRun, now: number): void {
  const approval = run.approvals.find((a) => a.id === letter.approvalId);
  if (approval !== undefined) judgeReach(run, approval, now);
}

function onNotify(run: Run, task: Task, result: NotifyDone, now: number): void {
  if (task.kind !== 'notify') return;
  const letter = run.letters.find((l) => l.id === task.letter.id);
  if (letter === undefined) return;
  if (result.problem !== null) {
    notReached(run, letter, result.problem, now);
    reachOf(run, letter, now);
    return;
  }
  handOver(run, letter, result.stamp.caseAt, result.accepted, result.way ?? null);
  // Written with the next projection: a letter to the person costs no ledger write of its own.
  if (since(run, 2) && letter.to === 'subject')
    note(run, now, 'letter.handed_over', letter.kind, {
      letter: letter.id,
      to: letter.to,
      contact: letter.contact,
      approval: letter.approvalId,
      accepted: letter.accepted,
      way: letter.way ?? null,
    });
  reachOf(run, letter, now);
}

function onBundle(run: Run, result: BundleDone): void {
  run.package = {
    artefact: result.artefact,
    bytes: result.bytes,
    sha256: result.sha256,
    records: result.records,
    redactions: result.redactions,
    ...(result.undescribed === undefined ? {} : { undescribed: result.undescribed }),
    released: false,
  };
}

/** Told, or nobody is there to be told any more. */
function joinAnswered(run: Run, task: Task): void {
  if (task.kind !== 'answerJoin') return;
  for (const join of run.joins ?? []) if (join.to === task.to) join.sent = true;
}

function onDefer(run: Run, task: Task, now: number, rows: number): void {
  if (task.kind !== 'defer') return;
  run.deferred ??= {};
  for (const part of task.parts) run.deferred[part.key] = part.hash;
  note(run, now, 'hold.dated', null, { parts: task.parts.length, rows });
}

function onCertify(run: Run, task: Task, result: CertifyDone): void {
  if (task.kind !== 'certify') return;
  run.certificates.push({ id: result.id, issuedAt: result.stamp.worldAt, final: task.final, sha256: result.sha256 });
}

function onClock(run: Run, task: Task, result: ClockDone, now: number): void {
  if (task.kind !== 'clock') return;
  run.clockDone = task.wanted;
  const before = run.clock.due;
  run.clock = result.clock;
  if (run.extension !== null && run.extension.decidedAt !== null && run.extension.granted === null) {
    run.extension.granted = result.clock.flags.includes('extended');
    note(
      run,
      now,
      run.extension.granted ? 'clock.extended' : 'clock.extension_refused',
      null,
      { due: result.clock.due },
      { due: before },
    );
  } else if (before !== result.clock.due) {
    note(run, now, 'clock.moved', null, { due: result.clock.due }, { due: before });
  }
}
