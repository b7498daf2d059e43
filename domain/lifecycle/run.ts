/**
 * The whole state of one running request: plain JSON, so that it travels through continue-as-new, and free of personal
 * data. No status is stored that could disagree: state, outcome, answer and steps are computed in view.ts.
 * Functions of this folder change a Run in place; the workflow calls them synchronously between awaits.
 */
import type { RequestClock } from '../clock/types.js';
import type { NoticeRun } from '../notices/notices.js';
import type { Part } from '../plan/types.js';
import type {
  Answer,
  ApprovalKind,
  ApprovalState,
  CivilDate,
  IdentityLevel,
  Instant,
  RefusalGround,
  RequestOutcome,
  Stamp,
  StepOutcome,
} from '../words.js';
import type { OutgoingEvent } from '../ports/webhooks.js';
import type { DecideCommand, RequestInput, Speaker } from './commands.js';
import { newTransfer, type PackageReviewRun, type TransferRun } from './transfer.js';
import type { ClaimRun } from './claim.js';
import { assertPart, assertPhase, TABLES_VERSION, type PartState, type Phase } from './tables.js';

export interface Run {
  readonly tables: number;
  /** Replaced as a whole by `repin` only. */
  input: RequestInput;
  /** Rises with every visible change; the projection and ETags carry it. */
  revision: number;
  phase: Phase;
  updatedAt: Instant;
  /** Case time ran ahead of the host's: everything shown must say so. */
  simulated: boolean;
  clock: RequestClock;
  /** Raised when the clock must be computed anew; `clockDone` follows. */
  clockWanted: number;
  clockDone: number;
  identity: {
    state: 'open' | 'verified' | 'failed';
    level: IdentityLevel | null;
    method: string | null;
    proven: readonly number[];
  };
  questions: Question[];
  extension: { reasonRef: string; decidedAt: Instant | null; granted: boolean | null } | null;
  refusal: { ground: RefusalGround; reasonRef: string; at: Instant; late: boolean; whole: boolean } | null;
  withdrawnAt: Instant | null;
  /** Closing reason that does not come from parts. */
  verdict: Extract<RequestOutcome, 'cannot_identify' | 'not_controller' | 'out_of_scope' | 'superseded'> | null;
  discovery: Record<string, SystemDiscovery>;
  /** Rises with every new identifier of the person; systems that answered an older version and take its type are asked again. */
  identifiersVersion: number;
  /** Version at which each identifier type last grew. */
  identifierTypes: Record<string, number>;
  /** Discovery state of which the present plan was made (see `planWanted`). */
  planWanted: number;
  planDone: number;
  plan: { hash: string; dataMapRoot: string; caveats: readonly string[] } | null;
  parts: PartRun[];
  guards: GuardRun[];
  approvals: ApprovalRun[];
  letters: LetterRun[];
  backups: BackupRun[];
  package: PackageRun | null;
  certificates: CertificateRun[];
  /** The certificate that should exist now: 0 none, 1 interim, 2 final; plus a counter after reopening. */
  certificatesWanted: number;
  answeredAt: Instant | null;
  answer: Answer | null;
  /** Set when the final letter went out, so that phases may go on. */
  finalAt: Instant | null;
  closedAt: Instant | null;
  /** How often the request came back to its parts after an answer: part of letter ids. */
  rounds: number;
  /** Portability with a receiver: the way of the package to another controller. */
  transfer?: TransferRun | null;
  /** What a reviewer of the package opened or held back. */
  review?: PackageReviewRun | null;
  /** Receipt that counts, where it is not the one of the input: an equal request was earlier, or it was corrected. */
  receivedAt?: Instant;
  /** Claim on being the one request of its kind; absent in runs of lifecycle 1. */
  claim?: ClaimRun;
  /** Answers owed to equal requests. */
  joins?: { readonly to: string; readonly accepted: boolean; sent: boolean }[];
  /** Requests that this one is linked with. */
  related?: readonly string[];
  /** Earlier answered requests of the same person and right (Art. 12(5) is for a person to weigh). */
  repeats?: readonly string[];
  /** A later receipt that waits for a second person. */
  correction?: { readonly receivedAt: Instant; readonly by: string; readonly reasonRef: string } | null;
  /** Held parts whose dated rows are written: part key → hash of the part (absent in runs of lifecycle 1). */
  deferred?: Record<string, string>;
  /** Part keys that a person took out of the plan. */
  excluded: string[];
  /** Person-free notes for the ledger that the next projection writes. */
  notes: Note[];
  noteCount: number;
  /** Notices to recipients (Art. 19); absent in runs that began before there were any. */
  notices?: NoticeRun[];
  /** Complaints about this request, oldest first; absent in runs that began before there were any. */
  complaints?: ComplaintRun[];
  /** Principal ids of the people who handled the request: none of them reviews a complaint about it. */
  handlers?: string[];
  /** A refusal that waits for a second person (manifestly unfounded, excessive). */
  proposal?: RefusalProposal | null;
  /** An upheld complaint began a new period at this instant: the clock counts from here. */
  restartedAt?: Instant | null;
  /** Events on their way to organisations' endpoints, and how many there ever were (their ids). */
  outgoing?: OutgoingEvent[];
  outgoingCount?: number;
  /** State that each asked organisation was last told of its own parts. */
  told?: Record<string, string>;
  /** An officer has ordered that a restriction ends; it does once the person was told. */
  lift?: { readonly reasonRef: string; readonly at: Instant; readonly by: string } | null;
  /** A letter came back: the address is not written to again. */
  mailBounced?: boolean;
}

/** A complaint (GDPR Art. 77 to 79, or to the operator itself) with a clock of its own; its text is in the vault. */
export interface ComplaintRun {
  /** From 1. */
  readonly n: number;
  readonly to: 'operator' | 'authority' | 'court';
  readonly textRef: string;
  readonly recordedBy: string;
  readonly receivedAt: Instant;
  readonly dueAt: Instant;
  reminded: number;
  result: 'upheld' | 'changed' | 'answered' | null;
  decidedAt: Instant | null;
  decidedBy: string | null;
  reasonRef: string | null;
}

export interface RefusalProposal {
  readonly ground: RefusalGround;
  readonly reasonRef: string;
  /** Vault name of the attachment that proves it. */
  readonly evidenceRef: string;
  readonly by: string;
  readonly at: Instant;
  readonly approvalId: string;
}

/** What the workflow itself decided (a state change, an expiry), as it will stand in the ledger. */
export interface Note {
  readonly n: number;
  readonly at: Instant;
  readonly action: string;
  readonly code: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

export interface Question {
  readonly id: string;
  readonly kind: 'identity' | 'clarification';
  readonly askedAt: Instant;
  /** A question is over at this instant if nobody answers. */
  readonly endsAt: Instant;
  answeredAt: Instant | null;
  timedOut: boolean;
  /** Phase to go back to. */
  readonly from: Phase;
}

export interface SystemDiscovery {
  /** identifiersVersion with which it last answered; -1 = never. */
  answered: number;
  /** Three attempts failed: it holds nobody up; a patient attempt goes on in the background. */
  away: boolean;
  attempts: number;
  error: string | null;
  nextAttemptAt: Instant | null;
}

export interface PartRun {
  part: Part;
  state: PartState;
  outcome: StepOutcome;
  /** Attempts of the present operation so far. */
  attempts: number;
  error: string | null;
  nextAttemptAt: Instant | null;
  /** The first quick attempts are over, well or not: the next system in the order may go. */
  tried: boolean;
  /** Quick attempts failed: a patient attempt (hours apart, 20 days) is or should be running. */
  patient: boolean;
  /** Raised for every new apply after a read-back that failed. */
  generation: number;
  /** Records of the last apply; the plan's count stays beside it (records may be added in between). */
  touched: number | null;
  startedAt: Stamp | null;
  effectiveAt: Stamp | null;
  verifiedAt: Instant | null;
  method: string | null;
  until: CivilDate | Instant | null;
  basis: string | null;
  blockedSince: Instant | null;
  /** What a person decided about a part in review. */
  resolved: 'include' | 'exclude' | 'done_by_hand' | 'skipped' | null;
  sweeps: { readonly at: Instant; done: boolean }[];
  /** Settled in an earlier round and came back. */
  reappeared: boolean;
  /** A restriction that is being taken back, or was (restriction.ts); absent = in force, or none. */
  lifted?: 'wanted' | 'done';
}

export interface GuardRun {
  readonly id: string;
  state: 'unknown' | 'clear' | 'blocking';
  refs: readonly string[];
  /** Raised by events and rechecks; `done` follows. */
  wanted: number;
  done: number;
}

export interface ApprovalRun {
  readonly id: string;
  readonly kind: ApprovalKind;
  readonly organisation: string | null;
  readonly rule: string;
  parts: readonly string[];
  records: number;
  planHash: string;
  state: ApprovalState;
  readonly requestedAt: Instant;
  remindAt: readonly Instant[];
  reminded: number;
  decidedAt: Instant | null;
  decidedBy: string | null;
  decidedKind: 'rule' | 'person' | null;
  /** Datasets that a partial approval covers. */
  datasets: readonly string[] | null;
  ground: string | null;
  reasonRef: string | null;
  answer: string | null;
  deliverTo: string | null;
  revision: number;
  /** Endpoints that took the last event about it; absent = none was sent yet. */
  endpoints?: number;
  /** When somebody of the party was reached first. */
  forwardedAt?: Instant | null;
  /** `unreachable`: no contact and no endpoint, an officer's task. */
  error?: string | null;
  /** It was not forwarded in time, and that is noted. */
  forwardedLate?: boolean;
  /** Holds that the controller named with its decision. */
  retain?: DecideCommand['retain'];
  /** SHA-256 of the evidence file that was kept when its time was over. */
  evidence?: string | null;
}

export type LetterKind =
  | 'receipt'
  | 'question'
  | 'message'
  | 'extension'
  | 'approval_requested'
  | 'approval_reminder'
  | 'interim'
  | 'final'
  | 'restriction_lifted'
  | 'complaint_answer'
  | 'complaint_reminder';

export interface LetterRun {
  /** Deterministic: kind, round or approval, number. */
  readonly id: string;
  readonly kind: LetterKind;
  readonly to: 'subject' | 'organisation' | 'operator_dpo';
  readonly approvalId: string | null;
  /** Vault entry with text that goes into the letter (question, reason), or null. */
  readonly textRef: string | null;
  /** Contact of the organisation that is addressed: `admin`, `dpo`. */
  readonly contact: string | null;
  sentAt: Instant | null;
  accepted: boolean | null;
  error: string | null;
  nextAttemptAt: Instant | null;
  /** Number of the complaint that it is about. */
  readonly complaint?: number;
  /** An officer must act (post it, find a way): no attempt by itself any more. */
  waits?: boolean;
  /** How it was handed over. */
  way?: 'email' | 'portal' | 'post' | null;
  bouncedAt?: Instant | null;
}

export interface BackupRun {
  readonly system: string;
  state: 'unknown' | 'waiting' | 'gone' | 'overdue';
  copies: number;
  lastExpiresAt: Instant | null;
  /** When the inventory is asked again; null = not before something changes. */
  nextCheckAt: Instant | null;
  asked: number;
}

export interface PackageRun {
  artefact: string;
  bytes: number;
  sha256: string;
  records: number;
  redactions: number;
  released: boolean;
  /** Fields that the data map does not describe; absent in runs of lifecycle 1, like all below. */
  undescribed?: number;
  releasedAt?: Instant;
  /** From here on it is not handed out any more, and its artefact goes. */
  expiresAt?: Instant;
  expired?: boolean;
  dropped?: boolean;
}

export interface CertificateRun {
  readonly id: string;
  readonly issuedAt: Instant;
  readonly final: boolean;
  readonly sha256: string;
}

/** Adds milliseconds to an instant, UTC. */
export function plus(at: Instant | number, ms: number): Instant {
  return new Date((typeof at === 'number' ? at : Date.parse(at)) + ms).toISOString();
}

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** Moves the request to another phase; the table must allow it. */
export function enterPhase(run: Run, to: Phase): void {
  if (run.phase === to) return;
  assertPhase(run.phase, to);
  run.phase = to;
}

/** Moves a part to another state; the table must allow it. */
export function enterPart(part: PartRun, to: PartState): void {
  if (part.state === to) return;
  assertPart(part.state, to);
  part.state = to;
}

/** Settles a part with its outcome. */
export function settlePart(part: PartRun, outcome: StepOutcome, basis: string | null = null): void {
  enterPart(part, 'settled');
  part.outcome = outcome;
  part.error = null;
  part.nextAttemptAt = null;
  if (basis !== null) part.basis = basis;
}

/** Marks a visible change at `now` (case time). */
export function touch(run: Run, now: number): void {
  run.revision += 1;
  run.updatedAt = plus(now, 0);
}

/** Notes something for the ledger; written with the next projection. */
export function note(
  run: Run,
  now: number,
  action: string,
  code: string | null,
  after: Note['after'] = null,
  before: Note['before'] = null,
): void {
  run.noteCount += 1;
  run.notes.push({ n: run.noteCount, at: plus(now, 0), action, code, before, after });
}

export function findPart(run: Run, key: string): PartRun | undefined {
  return run.parts.find((p) => p.part.key === key);
}

/** The open question, if the request waits for the subject. */
export function openQuestion(run: Run): Question | undefined {
  return run.questions.find((q) => q.answeredAt === null && !q.timedOut);
}

/** A system that was not asked yet. */
export function newDiscovery(): SystemDiscovery {
  return { answered: -1, away: false, attempts: 0, error: null, nextAttemptAt: null };
}

/** A backup system that was not asked yet. */
export function newBackup(system: string): BackupRun {
  return { system, state: 'unknown', copies: 0, lastExpiresAt: null, nextCheckAt: null, asked: 0 };
}

/** A new run in phase `received`. Pure; `now` is case time. */
export function newRun(input: RequestInput, now: number): Run {
  const discovery: Run['discovery'] = {};
  for (const system of input.rules.systems) {
    discovery[system.id] = newDiscovery();
  }
  return {
    tables: TABLES_VERSION,
    input,
    revision: 1,
    phase: 'received',
    updatedAt: plus(now, 0),
    simulated: false,
    clock: input.clock,
    clockWanted: 0,
    clockDone: 0,
    identity: { state: 'open', level: null, method: null, proven: [] },
    questions: [],
    extension: null,
    refusal: null,
    withdrawnAt: null,
    verdict: null,
    discovery,
    identifiersVersion: 0,
    identifierTypes: Object.fromEntries(input.identifierTypes.map((t) => [t, 0])),
    planWanted: 0,
    planDone: 0,
    plan: null,
    parts: [],
    guards: input.rules.guards.map((g) => ({ id: g.id, state: 'unknown', refs: [], wanted: 1, done: 0 })),
    approvals: [],
    letters: [],
    backups: input.rules.backups.map((b) => newBackup(b.id)),
    package: null,
    certificates: [],
    certificatesWanted: 0,
    answeredAt: null,
    answer: null,
    finalAt: null,
    closedAt: null,
    rounds: 0,
    deferred: {},
    claim: { state: 'open', survivor: null, sent: false, askedAt: null },
    ...(input.hasReceiver === true ? { transfer: newTransfer() } : {}),
    excluded: [],
    notes: [],
    noteCount: 0,
  };
}

/** Who must not decide: the one who started the request, and under four eyes the one who approved before. */
export function isRequester(run: Run, by: Speaker): boolean {
  return run.input.createdBy.id === by.id;
}
