/**
 * Equal requests of one person (interfaces.md section 4, duplicates). Each POST is a request of its own; once identity is
 * verified, equal ones share one claim. The later one closes as superseded, but only after the survivor has taken over the
 * earlier receipt; where the survivor has begun or is over, it goes on by itself. The two workflows talk by signals.
 */
import type { Instant } from '../words.js';
import { notBegun, nothingDone } from './actions.js';
import { enterPhase, HOUR, note, plus, type Run } from './run.js';
import { since } from './version.js';

export const SIGNALS = { joined: 'joined', joinAnswered: 'joinAnswered' } as const;

/** To the survivor: an equal request of the same person, received then. */
export interface Joined {
  readonly from: string;
  readonly receivedAt: Instant;
}

/** Back to the other one. */
export interface JoinAnswered {
  readonly from: string;
  readonly accepted: boolean;
}

export interface ClaimRun {
  /** `open`: not asked yet. `own`: this request goes on. `joining`: asked the survivor. */
  state: 'open' | 'own' | 'joining' | 'superseded';
  survivor: string | null;
  sent: boolean;
  askedAt: Instant | null;
}

/** A survivor that does not answer within this time has its own troubles: the request goes on by itself. */
const JOIN_WAIT = HOUR;

/** True while a verified request may not go on yet. Requests of lifecycle 1, and those that need no proof, have no claim. */
export function claimOpen(run: Run): boolean {
  if (!since(run, 2) || run.claim === undefined || run.identity.state !== 'verified') return false;
  return run.claim.state === 'open' || run.claim.state === 'joining';
}

/** What the store said: nobody else (`survivor` null), or an equal request that was first. */
export function takeClaim(
  run: Run,
  result: { readonly survivor: string | null; readonly repeats: readonly string[] },
  now: number,
): void {
  if (run.claim === undefined) return;
  if (result.repeats.length > 0) {
    run.repeats = result.repeats;
    note(run, now, 'request.repeated', null, { earlier: result.repeats.length });
  }
  if (result.survivor === null) {
    run.claim.state = 'own';
    return;
  }
  run.claim = { state: 'joining', survivor: result.survivor, sent: false, askedAt: plus(now, 0) };
  relate(run, result.survivor);
}

/** When a request that asked goes on without an answer. */
export function joinOverAt(run: Run): number | null {
  const askedAt = run.claim?.state === 'joining' ? run.claim.askedAt : null;
  return askedAt === null ? null : Date.parse(askedAt) + JOIN_WAIT;
}

export function goOnAlone(run: Run, now: number, why: string): void {
  if (run.claim?.state !== 'joining') return;
  run.claim.state = 'own';
  note(run, now, 'request.not_joined', why, { survivor: run.claim.survivor });
}

/** On the survivor's side: takes over the earlier receipt, if nothing was written or answered yet. */
export function onJoined(run: Run, joined: Joined, now: number): void {
  const early = run.phase !== 'responding' && run.phase !== 'awaiting_backup_expiry' && run.phase !== 'closed';
  const accepted =
    early &&
    run.answeredAt === null &&
    run.withdrawnAt === null &&
    run.refusal === null &&
    // A system that held nothing of her is settled by now: that is no beginning.
    run.parts.every((p) => notBegun(p) || nothingDone(p));
  run.joins = [...(run.joins ?? []), { to: joined.from, accepted, sent: false }];
  relate(run, joined.from);
  note(run, now, accepted ? 'request.joined' : 'request.not_joined', null, { other: joined.from });
  if (accepted && joined.receivedAt < receivedAtOf(run)) {
    run.receivedAt = joined.receivedAt;
    run.clockWanted += 1;
  }
}

/** On the other side. */
export function onJoinAnswered(run: Run, answer: JoinAnswered, now: number): void {
  if (run.claim?.state !== 'joining' || run.claim.survivor !== answer.from) return;
  if (!answer.accepted) return goOnAlone(run, now, 'survivor_has_begun');
  run.claim.state = 'superseded';
  run.verdict = 'superseded';
  note(run, now, 'request.superseded', null, { survivor: answer.from });
  if (run.phase === 'identifying') {
    enterPhase(run, 'closed');
    run.closedAt = plus(now, 0);
    run.certificatesWanted += 1;
  }
}

/** Receipt that counts: the earliest known, or as corrected. */
export function receivedAtOf(run: Run): Instant {
  return run.receivedAt ?? run.input.receivedAt;
}

function relate(run: Run, other: string): void {
  if (!(run.related ?? []).includes(other)) run.related = [...(run.related ?? []), other];
}
