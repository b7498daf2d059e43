/** What activities report back to a run: counts, codes, hashes and stamps; never personal data. */
import type { RequestClock } from '../clock/types.js';
import type { NoticeDone } from '../notices/notices.js';
import type { Plan } from '../plan/types.js';
import type { Queued } from '../ports/webhooks.js';
import type { CivilDate, Instant, Stamp } from '../words.js';

export interface DiscoverDone {
  readonly kind: 'discover';
  readonly stamp: Stamp;
  /** Types for which this system yielded identifiers that nobody knew before. */
  readonly newTypes: readonly string[];
  readonly records: number;
}

export interface PlanDone {
  readonly kind: 'plan';
  readonly stamp: Stamp;
  readonly plan: Plan;
}

export interface GuardDone {
  readonly kind: 'guard';
  readonly stamp: Stamp;
  readonly guards: readonly {
    readonly id: string;
    readonly state: 'clear' | 'blocking';
    readonly refs: readonly string[];
  }[];
}

export type PartEffect =
  | { readonly key: string; readonly effect: 'applied'; readonly startedAt: Stamp; readonly records: number }
  | { readonly key: string; readonly effect: 'retained'; readonly basis: string; readonly until: CivilDate | null }
  | { readonly key: string; readonly effect: 'scheduled'; readonly at: Instant; readonly why: string }
  | { readonly key: string; readonly effect: 'manual' | 'review' | 'failed' | 'pending'; readonly why: string }
  | { readonly key: string; readonly effect: 'referred'; readonly to: string }
  /** The part is not what was approved any more: nothing was written. */
  | { readonly key: string; readonly effect: 'stale' }
  | { readonly key: string; readonly effect: 'blocked'; readonly guard: string; readonly refs: readonly string[] };

export interface ApplyDone {
  readonly kind: 'apply';
  readonly stamp: Stamp;
  readonly parts: readonly PartEffect[];
  /** The fresh look found more than the parts at hand: the plan is made anew. */
  readonly replan?: boolean;
}

export interface PartVerdict {
  readonly key: string;
  readonly verdict:
    | 'gone'
    | 'redacted'
    | 'kept'
    | 'collected'
    | 'applied'
    | 'stillPresent'
    | 'unverifiable'
    | 'reappeared';
  readonly remaining: number;
  readonly method: string;
}

export interface VerifyDone {
  readonly kind: 'verify' | 'sweep';
  readonly stamp: Stamp;
  readonly parts: readonly PartVerdict[];
}

export interface InventoryDone {
  readonly kind: 'inventory';
  readonly stamp: Stamp;
  readonly state: 'unknown' | 'waiting' | 'gone' | 'overdue';
  readonly copies: number;
  readonly lastExpiresAt: Instant | null;
}

export interface NotifyDone {
  readonly kind: 'notify';
  readonly stamp: Stamp;
  readonly accepted: boolean;
  /** Why it was not handed over (`no_contact`, `post_pending`), else null. */
  readonly problem: string | null;
  readonly way?: 'email' | 'portal' | null;
}

export interface DeferDone {
  readonly kind: 'defer';
  readonly stamp: Stamp;
  readonly rows: number;
}

export interface ClaimDone {
  readonly kind: 'claim';
  readonly stamp: Stamp;
  /** The equal request that was first and is still open; null = this one has the claim. */
  readonly survivor: string | null;
  /** Answered requests of the same person and right within the pack's `repeatedWithin`. */
  readonly repeats: readonly string[];
}

/** A signal was handed to another request. */
export interface JoinDone {
  readonly kind: 'join' | 'answerJoin';
  readonly stamp: Stamp;
}

export interface BundleDone {
  readonly kind: 'bundle';
  readonly stamp: Stamp;
  readonly artefact: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly records: number;
  readonly redactions: number;
  /** Absent in results recorded by lifecycle 1. */
  readonly undescribed?: number;
}

export interface PushDone {
  readonly kind: 'push';
  readonly stamp: Stamp;
  /** SHA-256 of the receiver's signed receipt, hex. */
  readonly receipt: string;
}

export interface DropPackageDone {
  readonly kind: 'dropPackage';
  readonly stamp: Stamp;
}

export interface CertifyDone {
  readonly kind: 'certify';
  readonly stamp: Stamp;
  readonly id: string;
  readonly sha256: string;
}

export interface ClockDone {
  readonly kind: 'clock';
  readonly stamp: Stamp;
  readonly clock: RequestClock;
}

export interface AnnounceDone {
  readonly kind: 'announce';
  readonly stamp: Stamp;
  readonly queued: readonly Queued[];
}

export interface EvidenceDone {
  readonly kind: 'evidence';
  readonly stamp: Stamp;
  readonly approvalId: string;
  readonly sha256: string;
}

export type TaskResult =
  | NoticeDone
  | AnnounceDone
  | EvidenceDone
  | DiscoverDone
  | PlanDone
  | GuardDone
  | ApplyDone
  | VerifyDone
  | InventoryDone
  | NotifyDone
  | BundleDone
  | ClaimDone
  | JoinDone
  | PushDone
  | DropPackageDone
  | DeferDone
  | CertifyDone
  | ClockDone;

/** How an activity failed, reduced to what a run may know. */
export interface TaskFailure {
  readonly code: string;
  /** Another attempt can help (vendor down, rate limit); false: somebody must mend something. */
  readonly retryable: boolean;
}
