/**
 * Notices to recipients (GDPR Art. 19, 17(2)): after an erasure, rectification or restriction took effect, each recipient of
 * the pack that holds such data and is no system of the pack is told once per request. Pure; changes the run in place.
 */
import { CommandError } from '../lifecycle/errors.js';
import type { Speaker } from '../lifecycle/commands.js';
import { DAY, HOUR, note, plus, type PartRun, type Run } from '../lifecycle/run.js';
import { since } from '../lifecycle/version.js';
import type { Instant, Right, Stamp } from '../words.js';

export type NoticeKind = 'erasure' | 'rectification' | 'restriction';

/** What a recipient answered, or an officer wrote down. `fetched`: the recipient read the notice with its own token. */
export const NOTICE_ANSWERS = ['acknowledged', 'done', 'held_nothing', 'refused', 'fetched'] as const;
export const NOTICE_BY_HAND = ['told', 'impossible', 'disproportionate'] as const;
export type NoticeResult = (typeof NOTICE_ANSWERS)[number] | (typeof NOTICE_BY_HAND)[number];

export interface NoticeRun {
  readonly id: string;
  /** Name of the recipient in the pack, and its id as a party. */
  readonly name: string;
  readonly party: string;
  readonly kind: NoticeKind;
  readonly by: 'webhook' | 'mail' | 'manual';
  readonly queuedAt: Instant;
  sentAt: Instant | null;
  /** How it went out by itself. */
  way: 'webhook' | 'mail' | null;
  result: NoticeResult | null;
  resultAt: Instant | null;
  reasonRef: string | null;
  error: string | null;
  nextAttemptAt: Instant | null;
  /** An officer must tell it, or say why not. */
  waits: boolean;
}

export interface NoticeCommand {
  readonly by: Speaker;
  readonly noticeId: string;
  readonly result: NoticeResult;
  readonly reasonRef: string | null;
}

export interface NoticeDone {
  readonly kind: 'notice';
  readonly stamp: Stamp;
  readonly way: 'webhook' | 'mail' | null;
  /** Why it could not go out by itself (`no_endpoint`, `no_contact`), else null. */
  readonly problem: string | null;
}

/** Which notice a right leads to; null = it changes nothing that a recipient would have to know. */
export function noticeKindOf(right: Right): NoticeKind | null {
  switch (right) {
    case 'rectification':
    case 'restriction':
      return right;
    case 'erasure':
    case 'objection':
    case 'consent_withdrawal':
    case 'opt_out':
      return 'erasure';
    default:
      return null;
  }
}

/** `ntc_<ULID of the request>_<place in the pack>`: the request can be told from it, the person cannot. */
export function noticeId(requestId: string, place: number): string {
  return `ntc_${requestId.slice(4)}_${place}`;
}

export function requestOfNotice(id: string): string | null {
  const ulid = /^ntc_([0-9A-HJKMNP-TV-Z]{26})_\d{1,3}$/.exec(id)?.[1];
  return ulid === undefined ? null : `req_${ulid}`;
}

const RESTING: ReadonlySet<PartRun['state']> = new Set(['settled', 'blocked', 'undecided']);
const WAITING: ReadonlySet<PartRun['outcome']> = new Set(['manual', 'review', 'failed', 'scheduled']);

/** Under way for a moment: a notice waits for it. One that waits for a person, a vendor or a decision holds up nobody. */
function underWay(part: PartRun): boolean {
  return !RESTING.has(part.state) && !WAITING.has(part.outcome) && !part.patient && !part.part.unsearched;
}

function tookEffect(part: PartRun): boolean {
  return part.outcome === 'done_by_hand' || (part.startedAt !== null && part.verifiedAt !== null);
}

/** Queues what the parts call for now; a recipient is told when nothing that it holds is just being worked on. */
export function queueNotices(run: Run, now: number): boolean {
  const kind = noticeKindOf(run.input.right);
  if (kind === null || !since(run, 2)) return false;
  let queued = false;
  run.input.rules.recipients.forEach((recipient, place) => {
    const { notify } = recipient;
    if (notify === undefined || notify === null || recipient.system !== null) return;
    const id = noticeId(run.input.requestId, place);
    if (run.notices?.some((n) => n.id === id) === true) return;
    const held = run.parts.filter((p) => notify.datasets.length === 0 || notify.datasets.includes(p.part.dataset));
    if (!held.some(tookEffect) || held.some(underWay)) return;
    (run.notices ??= []).push({
      id,
      name: recipient.name,
      party: notify.party,
      kind,
      by: notify.by,
      queuedAt: plus(now, 0),
      sentAt: null,
      way: null,
      result: null,
      resultAt: null,
      reasonRef: null,
      error: null,
      nextAttemptAt: null,
      waits: notify.by === 'manual',
    });
    note(run, now, 'notice.queued', notify.by, { notice: id, recipient: notify.party });
    queued = true;
  });
  return queued;
}

/** Notices that should go out by themselves now. */
export function noticesToSend(run: Run, now: number): NoticeRun[] {
  return (run.notices ?? []).filter(
    (n) =>
      n.sentAt === null &&
      !n.waits &&
      n.result === null &&
      (n.nextAttemptAt === null || Date.parse(n.nextAttemptAt) <= now),
  );
}

/** One is still at its first attempt: the answer, which names who was told, waits for that long. */
export function noticesUntried(run: Run): boolean {
  return (run.notices ?? []).some((n) => n.sentAt === null && !n.waits && n.result === null && n.error === null);
}

export function noticeSent(run: Run, id: string, result: NoticeDone, now: number): void {
  const found = run.notices?.find((n) => n.id === id);
  if (found === undefined || found.sentAt !== null) return;
  found.error = result.problem;
  found.nextAttemptAt = null;
  if (result.problem !== null) found.waits = true;
  else Object.assign(found, { sentAt: result.stamp.caseAt, way: result.way });
  note(run, now, result.problem === null ? 'notice.sent' : 'notice.waits', result.problem ?? result.way, {
    notice: id,
    recipient: found.party,
  });
}

/** Mail away: again in an hour, or every day where only somebody can mend it. */
export function noticeFailed(run: Run, id: string, code: string, retryable: boolean, now: number): void {
  const found = run.notices?.find((n) => n.id === id);
  if (found !== undefined) Object.assign(found, { error: code, nextAttemptAt: plus(now, retryable ? HOUR : DAY) });
}

const BY_HAND: ReadonlySet<string> = new Set(NOTICE_BY_HAND);

/** Throws CommandError `not_found`, `action_not_allowed` (an officer can only settle what is not told yet), `reason_required`. */
export function checkNotice(run: Run, command: NoticeCommand): void {
  const found = run.notices?.find((n) => n.id === command.noticeId);
  if (found === undefined) throw new CommandError('not_found', 'no such notice');
  if (!BY_HAND.has(command.result)) return;
  if (wasTold(found)) throw new CommandError('action_not_allowed', 'this recipient was told', { allowedActions: [] });
  if (command.result !== 'told' && command.reasonRef === null)
    throw new CommandError('reason_required', 'not telling a recipient needs a reason');
}

export function applyNotice(run: Run, command: NoticeCommand, now: number): void {
  const found = run.notices?.find((n) => n.id === command.noticeId);
  if (found === undefined) return;
  // Reading it says less than an answer that is there already.
  if (command.result === 'fetched' && found.result !== null && !BY_HAND.has(found.result)) return;
  found.result = command.result;
  found.resultAt = plus(now, 0);
  found.reasonRef = command.reasonRef ?? found.reasonRef;
  found.waits = false;
  note(run, now, BY_HAND.has(command.result) ? 'notice.settled' : 'notice.answered', command.result, {
    notice: found.id,
    recipient: found.party,
    by: command.by.id,
  });
}

/** Handed over: a mail that was accepted, a word of the recipient itself, or an officer's. An event that only went out is not. */
export function wasTold(notice: NoticeRun): boolean {
  if (notice.result !== null) return notice.result !== 'impossible' && notice.result !== 'disproportionate';
  return notice.sentAt !== null && notice.way === 'mail';
}

/** The recipient as the request shows it. */
export function noticeFact(notice: NoticeRun): {
  readonly name: string;
  readonly told: boolean;
  readonly at: Instant | null;
  readonly result: string | null;
  readonly reasonNotTold: string | null;
  readonly noticeId: string;
} {
  const told = wasTold(notice);
  const { id, name, result } = notice;
  return {
    name,
    told,
    at: told ? (notice.sentAt ?? notice.resultAt) : null,
    result: result ?? (notice.sentAt === null ? null : 'sent'),
    reasonNotTold: told ? null : whyNot(notice),
    noticeId: id,
  };
}

function whyNot(notice: NoticeRun): string {
  if (notice.result !== null) return notice.result;
  if (notice.waits) return 'waits_for_officer';
  return notice.sentAt === null ? 'not_done_yet' : 'sent_unconfirmed';
}
