/**
 * What the workflow may ask activities to do: inputs and results without personal data. Each name is one file in this
 * folder. Connector activities run on the task queue of their system, the others on the engine's own.
 */
import type { LetterRun } from '../domain/lifecycle/run.js';
import type { Note } from '../domain/lifecycle/run.js';
import type { RunFacts } from '../domain/lifecycle/facts.js';
import type { ApprovalShown } from '../domain/evidence/build.js';
import type { OutgoingEvent } from '../domain/ports/webhooks.js';
import type {
  AnnounceDone,
  ApplyDone,
  BundleDone,
  CertifyDone,
  ClockDone,
  ClaimDone,
  DeferDone,
  DiscoverDone,
  DropPackageDone,
  EvidenceDone,
  GuardDone,
  InventoryDone,
  NotifyDone,
  PlanDone,
  PushDone,
  VerifyDone,
} from '../domain/lifecycle/results.js';
import type { Part } from '../domain/plan/types.js';
import type { PartTask } from '../domain/lifecycle/tasks.js';
import type { NoticeDone, NoticeRun } from '../domain/notices/notices.js';
import type { Instant, Right } from '../domain/words.js';

/** What every activity of a request is told. */
export interface About {
  readonly requestId: string;
  readonly operator: string;
  readonly right: Right;
  readonly policyHash: string;
  /** Purposes that an objection or withdrawal names. */
  readonly purposes?: readonly string[];
  /** Started by this organisation: part of every query. */
  readonly onlyOrganisation?: string | null;
}

export interface DiscoverInput extends About {
  readonly system: string;
  readonly version: number;
  readonly scopeDatasets: readonly string[] | null;
}

export interface PlanInput extends About {
  readonly unsearched: readonly string[];
  readonly scopeDatasets: readonly string[] | null;
  /** The person fence ends here at the latest. */
  readonly fenceUntil: Instant;
}

export interface GuardInput extends About {
  readonly system: string;
  readonly guards: readonly string[];
}

export interface PartsInput extends About {
  /** Request of the same person that must be answered first (copy, then delete). */
  readonly after?: string | null;
  readonly system: string;
  readonly parts: readonly PartTask[];
  readonly scopeDatasets: readonly string[] | null;
  readonly fenceUntil: Instant;
}

export interface InventoryInput extends About {
  readonly system: string;
  /** Latest read-back of an effect in a covered system (world time); null while one is only intended. */
  readonly effectiveAt: Instant | null;
}

export interface ClaimInput extends About {
  readonly receivedAt: Instant;
  readonly scopeDatasets: readonly string[] | null;
}

export interface DeferInput extends About {
  readonly parts: readonly Part[];
}

export interface BundleInput extends About {
  readonly parts: readonly {
    readonly key: string;
    readonly system: string;
    readonly dataset: string;
    readonly organisation: string | null;
  }[];
  readonly disclose: readonly string[];
  readonly withhold: readonly string[];
}

export interface PushInput extends About {
  /** SHA-256 of the released package, hex: no other one is sent. */
  readonly sha256: string;
  readonly bytes: number;
  readonly confirmedAt: Instant;
}

export interface DropPackageInput extends About {
  /** Keys of the collected parts. */
  readonly parts: readonly string[];
}

export interface NotifyInput extends About {
  readonly letter: LetterRun;
  readonly facts: RunFacts;
  /** The workflow itself notes a hand-over to the person; the activity notes only what failed. */
  readonly noted?: boolean;
}

export interface NoticeInput extends About {
  readonly notice: NoticeRun;
  readonly simulated: boolean;
}

export interface CertifyInput extends About {
  readonly n: number;
  readonly final: boolean;
  readonly facts: RunFacts;
}

export interface ClockInput extends About {
  readonly receivedAt: Instant;
  readonly pauses: readonly {
    readonly kind: 'identity' | 'clarification';
    readonly askedAt: Instant;
    readonly answeredAt: Instant | null;
  }[];
  readonly extension: { readonly decidedAt: Instant; readonly reason: string } | null;
}

export interface ProjectInput extends About {
  readonly revision: number;
  readonly document: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
}

export interface Activities {
  discover(input: DiscoverInput): Promise<DiscoverDone>;
  plan(input: PlanInput): Promise<PlanDone>;
  guard(input: GuardInput): Promise<GuardDone>;
  apply(input: PartsInput): Promise<ApplyDone>;
  verify(input: PartsInput): Promise<VerifyDone>;
  sweep(input: PartsInput): Promise<VerifyDone>;
  inventory(input: InventoryInput): Promise<InventoryDone>;
  bundle(input: BundleInput): Promise<BundleDone>;
  push(input: PushInput): Promise<PushDone>;
  dropPackage(input: DropPackageInput): Promise<DropPackageDone>;
  claim(input: ClaimInput): Promise<ClaimDone>;
  defer(input: DeferInput): Promise<DeferDone>;
  notify(input: NotifyInput): Promise<NotifyDone>;
  notice(input: NoticeInput): Promise<NoticeDone>;
  certify(input: CertifyInput): Promise<CertifyDone>;
  clock(input: ClockInput): Promise<ClockDone>;
  project(input: ProjectInput): Promise<void>;
  announce(input: AnnounceInput): Promise<AnnounceDone>;
  evidence(input: EvidenceInput): Promise<EvidenceDone>;
}

/** What a delivery may do (workflows/delivery.ts). */
export interface DeliveryActivities {
  deliver(input: DeliverInput): Promise<Delivered>;
}

export interface DeliverInput {
  readonly deliveryId: string;
  readonly operator: string;
}

export interface Delivered {
  readonly delivered: boolean;
  /** Of the last attempt. */
  readonly code: string;
}

export interface AnnounceInput extends About {
  readonly events: readonly OutgoingEvent[];
}

export interface EvidenceInput extends About {
  /** As it is shown at the end of its time. */
  readonly approval: ApprovalShown;
}

/** What the daily pass may do (workflows/due.ts). */
export interface PassActivities {
  dueList(input: DueListInput): Promise<DueList>;
  dueErase(input: DueEraseInput): Promise<DueErased>;
  retain(input: RetainInput): Promise<Retained>;
}

/** What the daily pass looks at; `asOf` is the instant whose local day counts for each operator. */
export interface DueListInput {
  readonly asOf: Instant;
  readonly limit: number;
}

export interface DueList {
  readonly rows: readonly { readonly id: string; readonly operator: string; readonly system: string }[];
  readonly datasets: readonly RetainInput[];
}

/** Rows of one system, done one after the other. */
export interface DueEraseInput {
  readonly ids: readonly string[];
  readonly system: string;
  readonly asOf: Instant;
}

export interface DueErased {
  readonly erased: number;
  /** Held on, stopped by the brake, or left to a request that is still open: looked at again. */
  readonly waiting: number;
  readonly failed: number;
}

export interface RetainInput {
  readonly operator: string;
  readonly policyHash: string;
  readonly system: string;
  readonly dataset: string;
  readonly asOf: Instant;
}

export interface Retained {
  readonly erased: number;
  /** Left for a later pass: an open request for a copy, a hold placed from outside. */
  readonly waiting: number;
  readonly undated: number;
  /** Records with a field that must not be there. */
  readonly forbidden: number;
  readonly more: boolean;
}
