/** What letters and certificates are told of a run: facts without personal data, passed to the activities that write them. */
import type { Answer, ApprovalKind, ApprovalState, Instant, RequestOutcome, Right, StepOutcome } from '../words.js';
import type { RequestClock } from '../clock/types.js';
import { receivedAtOf } from './claim.js';
import type { LetterRun, Run } from './run.js';
import type { TransferRun } from './transfer.js';
import { since } from './version.js';
import { computeAnswer, computeOutcome, recipientsOf, type RecipientFact } from './view.js';

export interface StepFact {
  readonly key: string;
  readonly system: string;
  readonly dataset: string;
  readonly organisation: string | null;
  readonly role: 'controller' | 'processor';
  readonly operation: string;
  /** Records in the plan as it was shown; `records` are those of the last apply. */
  readonly planned: number;
  readonly records: number;
  readonly held: number;
  readonly outcome: StepOutcome;
  readonly verifiedAt: Instant | null;
  readonly method: string | null;
  readonly until: string | null;
  readonly basis: string | null;
  readonly error: string | null;
  readonly hash: string;
}

export interface ApprovalFact {
  readonly id: string;
  readonly kind: ApprovalKind;
  readonly organisation: string | null;
  readonly state: ApprovalState;
  readonly requestedAt: Instant;
  readonly decidedAt: Instant | null;
  readonly planHash: string;
  readonly parts: readonly string[];
  readonly answer: string | null;
  readonly deliverTo: string | null;
  /** Vault entry with the reason that the party gave. */
  readonly reasonRef?: string | null;
}

export interface RunFacts {
  readonly requestId: string;
  readonly operator: string;
  readonly right: Right;
  readonly policy: { readonly version: string; readonly hash: string };
  readonly receivedAt: Instant;
  readonly closedAt: Instant | null;
  readonly simulated: boolean;
  readonly clock: RequestClock;
  readonly outcome: RequestOutcome;
  readonly answer: Answer;
  readonly dataMapRoot: string | null;
  /** Systems that answered discovery. */
  readonly searched: readonly string[];
  readonly scopeDatasets: readonly string[] | null;
  readonly steps: readonly StepFact[];
  readonly approvals: readonly ApprovalFact[];
  readonly backups: readonly {
    readonly system: string;
    readonly copies: number;
    readonly lastExpiresAt: Instant | null;
    readonly state: string;
  }[];
  readonly refusal: { readonly ground: string; readonly late: boolean; readonly reasonRef: string } | null;
  readonly guards: readonly { readonly id: string; readonly state: string; readonly unblock: readonly string[] }[];
  readonly question: { readonly kind: string } | null;
  readonly packageReady: boolean;
  readonly packageWaits: boolean;
  /** Portability to another controller: whether the package went there. */
  readonly transfer?: 'sent' | 'not_sent' | 'waiting';
  /** Places in the package that were blacked out for other people's sake. */
  readonly redactions?: number;
  readonly recipients?: readonly RecipientFact[];
  readonly complaints?: readonly ComplaintFact[];
  /** A letter came back from the person's mail address: another way is needed. */
  readonly mailBounced?: boolean;
}

export interface ComplaintFact {
  readonly n: number;
  readonly to: 'operator' | 'authority' | 'court';
  readonly receivedAt: Instant;
  readonly dueAt: Instant;
  readonly result: 'upheld' | 'changed' | 'answered' | null;
}

export function factsOf(run: Run): RunFacts {
  return {
    requestId: run.input.requestId,
    operator: run.input.operator,
    right: run.input.right,
    policy: run.input.policy,
    receivedAt: receivedAtOf(run),
    closedAt: run.closedAt,
    simulated: run.simulated,
    clock: run.clock,
    outcome: computeOutcome(run),
    answer: run.answer ?? computeAnswer(run),
    dataMapRoot: run.plan?.dataMapRoot ?? null,
    searched: run.input.rules.systems.filter((s) => (run.discovery[s.id]?.answered ?? -1) >= 0).map((s) => s.id),
    scopeDatasets: run.input.scopeDatasets,
    steps: run.parts.map((p) => ({
      key: p.part.key,
      system: p.part.system,
      dataset: p.part.dataset,
      organisation: p.part.organisation,
      role: p.part.role,
      operation: p.part.action,
      planned: p.part.records,
      records: p.touched ?? p.part.records,
      held: p.part.held,
      outcome: p.outcome,
      verifiedAt: p.verifiedAt,
      method: p.method,
      until: p.until,
      basis: p.basis,
      error: p.error,
      hash: p.part.hash,
    })),
    approvals: run.approvals
      .filter((a) => a.state !== 'superseded')
      .map((a) => ({
        id: a.id,
        kind: a.kind,
        organisation: a.organisation,
        state: a.state,
        requestedAt: a.requestedAt,
        decidedAt: a.decidedAt,
        planHash: a.planHash,
        parts: a.parts,
        answer: a.answer,
        deliverTo: a.deliverTo,
        reasonRef: a.reasonRef,
      })),
    backups: run.backups
      .filter((b) => b.asked > 0 || b.nextCheckAt !== null)
      .map((b) => ({ system: b.system, copies: b.copies, lastExpiresAt: b.lastExpiresAt, state: b.state })),
    refusal:
      run.refusal === null
        ? null
        : { ground: run.refusal.ground, late: run.refusal.late, reasonRef: run.refusal.reasonRef },
    guards: run.guards.map((g) => ({
      id: g.id,
      state: g.state,
      unblock: run.input.rules.guards.find((r) => r.id === g.id)?.unblock ?? [],
    })),
    question: run.questions.length === 0 ? null : { kind: run.questions.at(-1)?.kind ?? 'identity' },
    packageReady: run.package?.released === true && run.package.expired !== true,
    ...(run.transfer == null ? {} : { transfer: transferFact(run.transfer) }),
    packageWaits: run.package !== null && !run.package.released,
    redactions: run.package?.redactions ?? 0,
    ...(since(run, 2) ? { recipients: recipientsOf(run) } : {}),
    complaints: (run.complaints ?? []).map(({ n, to, receivedAt, dueAt, result }) => ({
      n,
      to,
      receivedAt,
      dueAt,
      result,
    })),
    mailBounced: run.mailBounced === true,
  };
}

function transferFact({ state }: TransferRun): NonNullable<RunFacts['transfer']> {
  if (state === 'sent') return 'sent';
  return state === 'failed' || state === 'given_up' ? 'not_sent' : 'waiting';
}

/** The letter together with the approval it is about, if any. */
export interface LetterOrder {
  readonly letter: LetterRun;
  readonly facts: RunFacts;
}
