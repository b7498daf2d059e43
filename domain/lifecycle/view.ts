/**
 * The request as the outside sees it: pure functions of the run. Nothing here is stored by itself, so state, steps,
 * outcome and answer cannot disagree with the parts (design.md decision 2). Names no person.
 */
import { STEP_OUTCOMES, type Answer, type RequestOutcome, type RequestState, type StepOutcome } from '../words.js';
import { noticeFact } from '../notices/notices.js';
import { clockStatus } from '../clock/status.js';
import { allowedActions, unreachableOf } from './actions.js';
import { operationOf, stepId } from './act.js';
import { receivedAtOf } from './claim.js';
import { complaintViews } from './complaints.js';
import { decideUntil, forwardBy } from './forward.js';
import { countingParts } from './restriction.js';
import { openQuestion, plus, type ApprovalRun, type PartRun, type Run } from './run.js';
import type { TransferRun } from './transfer.js';
import { since } from './version.js';

/** `state` of interfaces.md section 4; while parts run it is computed from them. */
export function requestState(run: Run): RequestState {
  const live =
    run.phase !== 'closed' &&
    run.phase !== 'shredded' &&
    run.phase !== 'responding' &&
    run.phase !== 'awaiting_backup_expiry';
  if (live && openQuestion(run) !== undefined) return 'waiting_for_subject';
  if (run.phase !== 'parts_run') return run.phase;
  const has = (...states: PartRun['state'][]): boolean => run.parts.some((p) => states.includes(p.state));
  if (has('undecided')) return 'awaiting_approval';
  if (has('planned', 'ready', 'applying')) return 'executing';
  if (has('verifying')) return 'verifying';
  if (has('blocked')) return 'blocked';
  return 'executing';
}

const FULFILLED: ReadonlySet<StepOutcome> = new Set(['done', 'done_by_hand', 'not_found', 'referred']);
const DONE: ReadonlySet<StepOutcome> = new Set(['done', 'done_by_hand', 'referred']);

/** `outcome` on close (interfaces.md section 4); computed at any time, shown once the request is closed. */
export function computeOutcome(run: Run): RequestOutcome {
  if (run.verdict !== null) return run.verdict;
  const outcomes = countingParts(run).map((p) => p.outcome);
  const anyDone = outcomes.some((o) => DONE.has(o));
  if (run.withdrawnAt !== null && !anyDone) return 'withdrawn';
  if (run.refusal !== null && run.refusal.whole && !anyDone) return 'refused';
  if (outcomes.every((o) => o === 'not_found')) return 'nothing_found';
  if (outcomes.every((o) => FULFILLED.has(o))) return 'fulfilled';
  if (anyDone) return 'partially_fulfilled';
  const decided = outcomes.filter((o) => o !== 'not_found');
  if (decided.every((o) => o === 'rejected')) return 'rejected_by_controller';
  if (decided.every((o) => o === 'undecided' || o === 'rejected') && decided.includes('undecided'))
    return 'controller_silent';
  return 'refused';
}

/** What the subject was, or would now be, answered. */
export function computeAnswer(run: Run): Answer {
  if (run.verdict === 'cannot_identify' || run.verdict === 'superseded') return 'none';
  const outcome = computeOutcome(run);
  if (outcome === 'fulfilled' || outcome === 'nothing_found') return 'full';
  if (outcome === 'withdrawn') return 'none';
  const outcomes = countingParts(run).map((p) => p.outcome);
  if (outcomes.some((o) => DONE.has(o))) return 'partial';
  if (outcomes.length === 0 || outcomes.includes('pending')) return run.refusal !== null ? 'refused' : 'none';
  if (outcomes.includes('blocked')) return 'blocked';
  if (
    outcomes.includes('undecided') ||
    outcomes.includes('review') ||
    outcomes.includes('manual') ||
    outcomes.includes('failed')
  )
    return 'none';
  return 'refused';
}

/** Outcome of a whole system: the first present in the order of STEP_OUTCOMES. */
export function systemOutcomes(run: Run): Record<string, StepOutcome> {
  const systems: Record<string, StepOutcome> = {};
  for (const { part, outcome } of run.parts) {
    const before = systems[part.system];
    if (before === undefined || STEP_OUTCOMES.indexOf(outcome) < STEP_OUTCOMES.indexOf(before))
      systems[part.system] = outcome;
  }
  return systems;
}

export function approvalView(run: Run, approval: ApprovalRun): Record<string, unknown> {
  const datasets = [
    ...new Set(
      approval.parts.map((key) => run.parts.find((p) => p.part.key === key)?.part.dataset ?? key.split('/')[1] ?? key),
    ),
  ];
  return {
    id: approval.id,
    requestId: run.input.requestId,
    kind: approval.kind,
    operator: run.input.operator,
    organisation: approval.organisation,
    right: run.input.right,
    scope: { datasets: (approval.datasets ?? datasets).slice().sort(), records: approval.records },
    planHash: approval.planHash,
    policyRule: approval.rule,
    state: approval.state,
    requestedAt: approval.requestedAt,
    remindAt: approval.remindAt,
    expiresAt: new Date(decideUntil(run, approval)).toISOString(),
    decidedAt: approval.decidedAt,
    decidedBy: approval.decidedBy,
    reason: approval.ground,
    ...reachOf(run, approval),
    revision: approval.revision,
  };
}

/** Whether the party was reached, until when it should have been, and the evidence of its silence. */
function reachOf(run: Run, approval: ApprovalRun): Record<string, unknown> {
  if (!since(run, 2)) return {};
  return {
    forwardedAt: approval.forwardedAt ?? null,
    forwardBy: approval.kind === 'organisation' ? plus(forwardBy(run, approval), 0) : null,
    error: approval.error ?? null,
    retain: approval.retain ?? [],
    answer: approval.answer,
    deliverTo: approval.deliverTo,
    evidence: approval.evidence == null ? null : { sha256: approval.evidence },
  };
}

/** GET /v1/requests/{id}. */
export function requestView(run: Run, now: number): Record<string, unknown> {
  const closed = run.phase === 'closed' || run.phase === 'shredded';
  const latest = run.certificates.at(-1);
  const { at: _instants, ...clock } = run.clock;
  return {
    id: run.input.requestId,
    operator: run.input.operator,
    right: run.input.right,
    related: run.related ?? [],
    state: requestState(run),
    outcome: closed ? computeOutcome(run) : null,
    answer: run.answeredAt === null ? null : (run.answer ?? computeAnswer(run)),
    answeredAt: run.answeredAt,
    channel: run.input.channel,
    language: run.input.language,
    owner: null,
    policy: run.input.policy,
    receivedAt: receivedAtOf(run),
    createdAt: run.input.createdAt,
    updatedAt: run.updatedAt,
    closedAt: run.closedAt,
    simulatedTime: run.simulated,
    clock: {
      ...clock,
      status: clockStatus(run.clock, {
        answeredAt: run.answeredAt,
        paused: run.clock.flags.includes('paused'),
        now: new Date(now).toISOString(),
      }),
      extended: run.clock.flags.includes('extended'),
      paused: run.clock.flags.includes('paused'),
    },
    // An extension gives a refusal no time: a late one is a breach, whatever `clock.status` says.
    refusal: run.refusal === null ? null : { ground: run.refusal.ground, late: run.refusal.late },
    identity: { state: run.identity.state, level: run.identity.level },
    guards: run.guards.map((g) => ({
      id: g.id,
      state: g.state === 'blocking' ? 'blocking' : 'clear',
      datasets: rule(run, g.id)?.datasets ?? [],
      unblock: rule(run, g.id)?.unblock ?? [],
      refs: g.refs,
    })),
    plan:
      run.plan === null
        ? null
        : {
            hash: run.plan.hash,
            records: run.parts.reduce((sum, p) => sum + p.part.records, 0),
            datasets: run.parts.map(({ part }) => ({
              system: part.system,
              dataset: part.dataset,
              role: part.role,
              organisation: part.organisation,
              records: part.records,
              action: part.action,
              hold: part.hold,
            })),
          },
    approvals: run.approvals.map((a) => ({
      id: a.id,
      kind: a.kind,
      organisation: a.organisation,
      state: a.state,
      expiresAt: since(run, 2) ? plus(decideUntil(run, a), 0) : run.clock.at.due,
      ...reachOf(run, a),
    })),
    steps: run.parts.map((p) => ({
      id: stepId(p.part),
      system: p.part.system,
      dataset: p.part.dataset,
      organisation: p.part.organisation,
      operation: operationOf(p.part.action),
      outcome: p.outcome,
      records: p.touched ?? p.part.records,
      attempts: p.part.unsearched ? (run.discovery[p.part.system]?.attempts ?? 0) : p.attempts,
      error: p.part.unsearched
        ? (run.discovery[p.part.system]?.error ?? null)
        : (p.error ?? unreachableOf(run, p)[0]?.error ?? null),
      nextAttemptAt: p.part.unsearched ? (run.discovery[p.part.system]?.nextAttemptAt ?? null) : p.nextAttemptAt,
      verifiedAt: p.verifiedAt,
      until: p.until,
      basis: p.basis,
    })),
    backups: run.backups
      .filter((b) => b.asked > 0 || b.nextCheckAt !== null)
      .map((b) => ({ system: b.system, copies: b.copies, lastExpiresAt: b.lastExpiresAt, state: b.state })),
    // Letters as facts: what was written to whom, and why one is not handed over yet.
    letters: run.letters.map((l) => ({
      id: l.id,
      kind: l.kind,
      to: l.to,
      sentAt: l.sentAt,
      error: l.error,
      nextAttemptAt: l.nextAttemptAt,
      waits: l.waits === true,
      way: l.way ?? null,
      bouncedAt: l.bouncedAt ?? null,
    })),
    complaints: complaintViews(run, now),
    recipients: recipientsOf(run),
    // What a person should look at before anything else; codes only.
    attention: attentionOf(run),
    allowedActions: allowedActions(run, now),
    certificate:
      latest === undefined
        ? null
        : {
            id: latest.id,
            issuedAt: latest.issuedAt,
            final: latest.final,
            href: `/v1/requests/${run.input.requestId}/certificate`,
          },
    package:
      run.package === null
        ? null
        : {
            bytes: run.package.bytes,
            sha256: run.package.sha256,
            records: run.package.records,
            redactions: run.package.redactions,
            released: run.package.released,
            ...(run.package.undescribed === undefined ? {} : { undescribed: run.package.undescribed }),
            ...(run.package.expiresAt === undefined
              ? {}
              : {
                  releasedAt: run.package.releasedAt ?? null,
                  expiresAt: run.package.expiresAt,
                  expired: run.package.expired === true,
                }),
          },
    ...(run.transfer == null ? {} : { transfer: transferView(run.transfer) }),
    revision: run.revision,
  };
}

function attentionOf(run: Run): string[] {
  const codes = new Set<string>((run.input.weak ?? []).map((w) => w.why));
  if ((run.input.agent ?? null) !== null) codes.add(run.input.agent === 'estate' ? 'estate' : 'agent');
  if ((run.repeats ?? []).length > 0) codes.add('repeated');
  return [...codes].sort();
}

function rule(run: Run, guard: string): { datasets: readonly string[]; unblock: readonly string[] } | undefined {
  return run.input.rules.guards.find((g) => g.id === guard);
}

/** Whether and when a recipient was told, and why not (GDPR Art. 19). */
export interface RecipientFact {
  readonly name: string;
  readonly told: boolean;
  readonly at: string | null;
  readonly result: string | null;
  readonly reasonNotTold: string | null;
  /** The notice that told it (Art. 19), where one was made. */
  readonly noticeId?: string;
}

export function recipientsOf(run: Run): readonly RecipientFact[] {
  return run.input.rules.recipients.map((r) => recipientView(run, r));
}

/** A recipient that is a system of the pack counts as told by that system's read-back (Art. 19); others are not told yet. */
function recipientView(run: Run, recipient: Run['input']['rules']['recipients'][number]): RecipientFact {
  const notice = run.notices?.find((n) => n.name === recipient.name);
  if (notice !== undefined) return noticeFact(notice);
  const parts = recipient.system === null ? [] : run.parts.filter((p) => p.part.system === recipient.system);
  const told = parts.filter((p) => p.outcome === 'done' && p.verifiedAt !== null);
  const last =
    told
      .map((p) => p.verifiedAt ?? '')
      .sort()
      .at(-1) ?? null;
  if (told.length > 0)
    return { name: recipient.name, told: true, at: last, result: 'acknowledged', reasonNotTold: null };
  const none = parts.length > 0 && parts.every((p) => p.outcome === 'not_found');
  const noticed = since(run, 2) && (recipient.notify ?? null) !== null;
  return {
    name: recipient.name,
    told: false,
    at: null,
    result: null,
    reasonNotTold: none ? 'held_nothing' : recipient.system === null && !noticed ? 'no_notice_channel' : 'not_done_yet',
  };
}

/** The way to another controller, without saying who that is. */
function transferView(transfer: TransferRun): Record<string, unknown> {
  const { state, confirmedAt, confirmedBy, sentAt, receipt, error, attempts, nextAttemptAt, endsAt } = transfer;
  return { state, confirmedAt, confirmedBy, sentAt, receipt, error, attempts, nextAttemptAt, endsAt };
}

/** What the projection stores: view and full approvals. */
export function projection(
  run: Run,
  now: number,
): { view: Record<string, unknown>; approvals: Record<string, unknown>[] } {
  return { view: requestView(run, now), approvals: run.approvals.map((a) => approvalView(run, a)) };
}
