/**
 * What can be said to a running request: names and payloads of the workflow's Updates and its query, and its start input.
 * Payloads carry ids, codes, counts and instants only; text and personal data go to the vault first and are named here.
 */
import type { RequestClock } from '../clock/types.js';
import type { Duration, IdentityLevel, Instant, RefusalGround, Right, Channel, Language } from '../words.js';

export const WORKFLOW_TYPE = 'request';
export const TASK_QUEUE = 'habeas';
export const UPDATES = {
  identity: 'identity',
  decide: 'decide',
  act: 'act',
  event: 'event',
  correspond: 'correspond',
  notice: 'notice',
} as const;
export const QUERIES = { view: 'view', facts: 'facts' } as const;

/** Who speaks, as an opaque principal id for ledger and four-eyes rules. */
export interface Speaker {
  readonly id: string;
  readonly kind: 'person' | 'machine' | 'organisation' | 'system' | 'subject';
  readonly role: string;
}

export const WEAK_REASONS = ['role_address', 'work_address', 'minor'] as const;
export type WeakReason = (typeof WEAK_REASONS)[number];
export const AGENT_CAPACITIES = ['mandate', 'guardian', 'lawyer', 'organisation', 'estate'] as const;
export type AgentCapacity = (typeof AGENT_CAPACITIES)[number];

export interface IdentityCommand {
  readonly by: Speaker;
  readonly method: string;
  readonly level: Exclude<IdentityLevel, 'none'>;
  readonly result: 'verified' | 'failed' | 'more_needed';
  /** Positions in `subject.identifiers` that this proves. */
  readonly proven: readonly number[];
  /** An officer has seen the mandate of whoever speaks for the person. */
  readonly mandate?: 'checked';
}

export interface DecideCommand {
  readonly by: Speaker;
  readonly approvalId: string;
  readonly decision: 'approve' | 'reject' | 'partial';
  readonly planHash: string;
  /** Datasets that a partial approval covers; null = all. */
  readonly datasets: readonly string[] | null;
  readonly ground: string | null;
  /** Vault entry with the reason's text. */
  readonly reasonRef: string | null;
  readonly decidedBy: { readonly kind: 'rule' | 'person'; readonly ref: string };
  readonly retain: readonly {
    readonly dataset: string;
    readonly law: string;
    readonly exemption: string | null;
    readonly noGround: string | null;
    readonly until: string | null;
  }[];
  readonly answer: 'operator_answers' | 'organisation_answers' | null;
  readonly deliverTo: 'subject' | 'organisation' | null;
}

export type ActCommand = { readonly by: Speaker } & (
  | { readonly action: 'extend'; readonly reasonRef: string }
  | {
      readonly action: 'refuse';
      readonly ground: RefusalGround;
      readonly reasonRef: string;
      /** Vault name of the proof, for grounds that need one and a second person. */
      readonly evidenceRef?: string | null;
    }
  | { readonly action: 'withdraw'; readonly reasonRef: string | null }
  | { readonly action: 'ask'; readonly kind: 'identity' | 'clarification'; readonly textRef: string }
  | { readonly action: 'answer'; readonly kind: 'identity' | 'clarification'; readonly at: Instant | null }
  | { readonly action: 'retry'; readonly step: string }
  | {
      readonly action: 'resolve';
      readonly step: string;
      readonly outcome: 'done_by_hand' | 'skipped' | 'include' | 'exclude';
      readonly reasonRef: string;
    }
  | {
      readonly action: 'release';
      /** Places of the package that a reviewer opens or holds back; it is built anew. */
      readonly disclose?: readonly string[];
      readonly withhold?: readonly string[];
    }
  | { readonly action: 'confirmReceiver'; readonly method: string; readonly reasonRef: string }
  | { readonly action: 'lift'; readonly reasonRef: string }
  | { readonly action: 'recheck' }
  | { readonly action: 'correctReceipt'; readonly receivedAt: Instant; readonly reasonRef: string }
  | {
      readonly action: 'repin';
      readonly policy: { readonly version: string; readonly hash: string };
      readonly rules: RequestRules;
      readonly reasonRef: string;
    }
);

/** An inbound event that concerns this request (a guard's way out, …). */
export interface EventCommand {
  readonly by: Speaker;
  readonly type: string;
  readonly eventId: string;
}

/** About the correspondence of a request; texts are in the vault and named here. */
export type CorrespondCommand = { readonly by: Speaker } & (
  | { readonly action: 'message'; readonly textRef: string }
  | { readonly action: 'bounced'; readonly letter: string; readonly at: Instant | null }
  | { readonly action: 'dispatched'; readonly letter: string; readonly way: 'post' | 'portal'; readonly at: Instant }
  | { readonly action: 'complain'; readonly to: 'operator' | 'authority' | 'court'; readonly textRef: string }
  | {
      readonly action: 'decideComplaint';
      readonly n: number;
      readonly result: 'upheld' | 'changed' | 'answered';
      readonly reasonRef: string;
    }
);

/** Answer of every Update. */
export interface CommandResult {
  readonly revision: number;
  readonly state: string;
}

/** The policy values that the workflow itself needs, frozen at intake (design.md decision 5). Durations are in milliseconds. */
export interface RequestRules {
  readonly requiredLevel: IdentityLevel;
  readonly systems: readonly {
    readonly id: string;
    readonly connector: string;
    readonly taskQueue: string;
    readonly order: number;
    /** 0: asked first (live stores, which yield identifiers); 1: asked with what they yielded. */
    readonly tier: 0 | 1;
    readonly takes: readonly string[];
  }[];
  readonly backups: readonly {
    readonly id: string;
    readonly taskQueue: string;
    readonly retention: Duration;
    readonly covers: readonly string[];
  }[];
  readonly approvals: readonly {
    readonly id: string;
    readonly by: 'organisation' | 'privacy_officer' | 'second_person';
    readonly remindAfterMs: readonly number[];
    readonly escalateTo: readonly string[];
  }[];
  readonly guards: readonly {
    readonly id: string;
    readonly system: string;
    readonly datasets: readonly string[];
    readonly unblock: readonly string[];
    readonly blockedForMs: number;
  }[];
  readonly release: 'auto' | 'officer';
  readonly askWithinMs: number;
  readonly keepRequestMs: number;
  /** How long an answer to a complaint may take; absent in requests that began before there were any. */
  readonly complaintWithinMs?: number;
  /** How long a released package can be fetched; absent in requests that began before packages expired. */
  readonly keepPackagesMs?: number;
  readonly recipients: readonly {
    readonly name: string;
    readonly system: string | null;
    /** Absent in requests that began before there were notices; null = not told by notices. */
    readonly notify?: {
      readonly by: 'webhook' | 'mail' | 'manual';
      readonly party: string;
      /** Empty = all. */
      readonly datasets: readonly string[];
    } | null;
  }[];
}

/**
 * What an organisation decided before there was anything to ask it (its own instruction, or an approval that came too
 * late for the request it answered): a decision without the approval's id.
 */
export interface Instruction extends Omit<DecideCommand, 'approvalId' | 'planHash'> {
  readonly organisation: string;
  /** Only for this plan of its parts; null = for whatever its own records hold. */
  readonly planHash: string | null;
}

/** Start input of the workflow. */
export interface RequestInput {
  readonly requestId: string;
  readonly operator: string;
  readonly right: Right;
  readonly channel: Channel;
  readonly language: Language;
  readonly policy: { readonly version: string; readonly hash: string };
  readonly rules: RequestRules;
  readonly clock: RequestClock;
  readonly receivedAt: Instant;
  readonly createdAt: Instant;
  readonly createdBy: Speaker;
  /**
   * Identifiers that a code alone does not prove to be this person's, by position: a role address, a work address under an
   * organisation's domain, anything of a minor. They need a second match or an officer's check.
   */
  readonly weak?: readonly { readonly position: number; readonly why: WeakReason }[];
  /** Somebody speaks for the person, in this capacity; their mandate must be seen by an officer. */
  readonly agent?: AgentCapacity | null;
  /** Request of the same person that must be answered first. */
  readonly after?: string | null;
  /** Which lifecycle it began with (version.ts); absent = 1. */
  readonly lifecycle?: number;
  /** Codes of the purposes that an objection or withdrawal names; empty = all that can be stopped. */
  readonly purposes?: readonly string[];
  /** The decision of `onlyOrganisation`, given with the request. */
  readonly instruction?: Instruction | null;
  /** Started by this organisation: only its records are looked for, and for them it has decided. */
  readonly onlyOrganisation?: string | null;
  /** Portability: the package goes to another controller, once the subject has confirmed the receiver. */
  readonly hasReceiver?: boolean;
  /** Types of the given identifiers by position, never values. */
  readonly identifierTypes: readonly string[];
  /** Attested at intake (scope requests:attest), else null. */
  readonly identity: Omit<IdentityCommand, 'by' | 'result'> | null;
  readonly scopeDatasets: readonly string[] | null;
}
