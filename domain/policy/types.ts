/**
 * Shapes of a policy pack and of a regime after loading: plain data, frozen, no functions.
 * The YAML form, its defaults and its checks live in contracts/policy.ts; loading in infra/policies.
 * A request carries the hash of the pack it began with; everything here is therefore immutable by use.
 */
import type {
  CivilDate,
  Duration,
  FieldType,
  HoldEndingEvent,
  IdentityLevel,
  Language,
  RetentionEvent,
  Right,
  Role,
} from '../words.js';

export interface Pack {
  readonly operator: string;
  readonly version: string;
  readonly legal: {
    readonly name: string;
    readonly orgNo: string;
    readonly address: string;
    readonly dpo: string;
    /** Id of an entry in policies/authorities.yaml. */
    readonly authority: string;
  };
  readonly timeZone: string;
  readonly country: string;
  readonly language: Language;
  /** Id of the regime in policies/regimes. */
  readonly regime: string;
  readonly promises: readonly Promise_[];
  readonly clockSwitches: ClockSwitches;
  /** Least identity level for each right; a right that is absent here is not offered by this operator. */
  readonly identify: Readonly<Partial<Record<Right, IdentityLevel>>>;
  readonly approvals: readonly ApprovalRule[];
  readonly guards: readonly GuardRule[];
  /** `officer`: a package waits for a person's release even without redactions. */
  readonly release: 'auto' | 'officer';
  /** How long an unanswered question to the subject stays open. */
  readonly askWithin: Duration;
  readonly keep: { readonly request: Duration; readonly packages: Duration; readonly answers: Duration };
  /** Codes an officer may give as the purpose of looking at personal data. */
  readonly purposes: readonly string[];
  /** Where packages are built and kept: only a worker of this region may (`EEA`, `UK`, …); null = anywhere. */
  readonly region: string | null;
  /** How long an answer to a complaint may take; days or weeks. */
  readonly complaints: { readonly answerWithin: Duration };
  readonly breach: {
    /** Hours until the authority must be told, `PTnH` (GDPR Art. 33(1): 72; a parameter, because a change is proposed). */
    readonly authorityWithin: Duration;
    /** True: people are told at once, without waiting for an assessment of risk. */
    readonly peopleImmediately: boolean;
  };
  /** Automated decisions and profiling (GDPR Art. 15(1)(h)); empty = none. */
  readonly profiling: readonly { readonly what: string; readonly logic: string; readonly consequences: string }[];
  /** A further request of the same person and right within this time is shown as repeated (Art. 12(5)); never refused by itself. */
  readonly repeatedWithin: Duration;
  readonly closure: ClosurePolicy | null;
  readonly systems: readonly SystemPolicy[];
  readonly backups: readonly BackupPolicy[];
  readonly recipients: readonly RecipientPolicy[];
}

/** Cancelling an account erases all its content and people: every dataset that names its `account` field. */
export interface ClosurePolicy {
  /** The event that starts it; its `accountRef` is compared with each dataset's `account` field. */
  readonly event: 'account.cancelled';
  /** The customer may fetch an export for this long before anything is erased (Art. 28(3)(g)); null = at once. */
  readonly exportWithin: Duration | null;
}

/** A published promise of the operator. (`Promise` is taken by the language.) */
export interface Promise_ {
  readonly within: Duration;
  readonly rights?: readonly Right[];
}

export interface ClockSwitches {
  readonly nonDeadlineDays?: 'public' | 'statutory';
  readonly promptWithin?: Duration | null;
  readonly roll?: boolean;
}

export interface ApprovalRule {
  readonly id: string;
  /** All given conditions must hold for a part; absent = any. */
  readonly when: {
    readonly role?: Role;
    readonly rights?: readonly Right[];
    readonly systems?: readonly string[];
    readonly datasets?: readonly string[];
  };
  readonly by: 'organisation' | 'privacy_officer' | 'second_person';
  readonly remindAfter: readonly Duration[];
  /** Who is told, in this order, each time a reminder stays unanswered: contacts of the organisation, then the operator's DPO. */
  readonly escalateTo: readonly ('admin' | 'dpo' | 'operator_dpo')[];
  /** Names of principals that may decide in place of the role. */
  readonly deputies: readonly string[];
}

export interface GuardRule {
  readonly id: string;
  readonly rights: readonly Right[];
  /** The datasets that the guard protects; every other part goes ahead. */
  readonly datasets: readonly string[];
  readonly system: string;
  readonly collection: string;
  /** Equality filter; values `$userId`, `$email`, … are replaced by the person's proven or trusted identifiers of that type. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Field whose value is shown as the blocking reference (an account id, never a person). */
  readonly ref: string;
  readonly unblock: readonly string[];
  readonly blockedFor: Duration;
}

export interface SystemPolicy {
  readonly id: string;
  readonly connector: 'mongodb' | 'stripe' | 'sendgrid' | 'http' | 'manual';
  /** Connector settings; string values may hold `${NAME}` from the environment, resolved when a worker starts, never stored. */
  readonly settings: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Order of first attempts among parts that are ready together: lower first (design.md decision 7). */
  readonly order: number;
  readonly rate: { readonly perSecond: number } | null;
  readonly datasets: readonly DatasetPolicy[];
}

export interface DatasetPolicy {
  readonly id: string;
  /** Role of the *operator* for this dataset. */
  readonly role: Role;
  /** Field naming the controller of each record, or the dataset whose records led here; null = the operator itself. */
  readonly organisation: string | { readonly from: string } | null;
  /** What the connector reads: a MongoDB collection, a kind of vendor object. Default: the dataset's id. */
  readonly collection: string;
  readonly database: string | null;
  /** Identifier type → field paths (dots; arrays are walked) that hold it. */
  readonly identifiers: Readonly<Record<string, readonly string[]>>;
  /** Identifier types whose value in this dataset the person can edit herself; a hit through one is `review`. */
  readonly declared: readonly string[];
  readonly links: readonly LinkPolicy[];
  readonly createdAt: string | null;
  /** A record here lets somebody sign in; a second one for the same person is always `review`. */
  readonly signIn: boolean;
  /** No sign-up can create records here, so a sweep may erase new ones under old identifiers. */
  readonly derived: boolean;
  readonly fields: Readonly<Record<string, FieldPolicy>>;
  readonly erase: EraseRule;
  readonly hold: HoldRule | null;
  /** Field that names the customer account a record belongs to; account closure erases by it. */
  readonly account: string | null;
  /** How long records live without any request. */
  readonly retention: RetentionRule;
  /** Boolean field that readers honour as "restricted" (GDPR Art. 18); null = the system knows no such flag. */
  readonly restrict: { readonly flag: string } | null;
  /** What ends processing for a purpose: objection (Art. 21) and withdrawn consent (Art. 7(3)). */
  readonly stop: readonly StopRule[];
  /** Fields that must never be stored here; a check reports records that have one. */
  readonly forbidden: readonly string[];
}

/**
 * `max`: erased `for` after the latest of the `after` fields, or on `settledOn` if that is earlier.
 * `min`: kept at least `for`, erased `limit` after the latest of the `after` fields (one that is empty = still running).
 * `ttl`: the store itself removes records `for` after `after`. `while`: lives until the named event of the relation.
 * `hold`: the dataset's hold decides; erased when it ends. Every kind has an end: GDPR Art. 5(1)(e).
 */
export type RetentionRule =
  | {
      readonly kind: 'max';
      readonly for: Duration;
      readonly after: readonly string[];
      readonly settledOn: string | null;
    }
  | { readonly kind: 'min'; readonly for: Duration; readonly limit: Duration; readonly after: readonly string[] }
  | { readonly kind: 'ttl'; readonly for: Duration; readonly after: string }
  | { readonly kind: 'while'; readonly until: RetentionEvent }
  | { readonly kind: 'hold' };

/** One way to stop a purpose in one dataset. */
export interface StopRule {
  /** `direct_marketing`, or a purpose of the dataset's fields. */
  readonly purpose: string;
  /** Erases the record by the dataset's own `erase` rule. */
  readonly erase: boolean;
  /** Removes these paths. */
  readonly unset: readonly string[];
  /** Sets these paths, for example `newsletter: false`. */
  readonly set: Readonly<Record<string, string | number | boolean>>;
  /** Mail vendor: leave these lists, and stand in the suppression group of this number. */
  readonly lists: readonly string[];
  readonly group: number | null;
}

export interface LinkPolicy {
  /** Field of this dataset. */
  readonly from: string;
  /** `dataset.field` (same system) or `identifier:<type>`: the value becomes a new identifier of that type. */
  readonly to: string;
  /** `system`: assigned by the application or verified by it; `declared`: the person can edit it. */
  readonly trust: 'system' | 'declared';
}

export interface FieldPolicy {
  readonly category: string;
  readonly purpose: string;
  readonly basis:
    | 'consent'
    | 'contract'
    | 'legal_obligation'
    | 'legitimate_interest'
    | 'vital_interest'
    | 'public_task';
  readonly source: 'subject' | 'observed' | 'organisation' | 'third_party';
  /** The value may name somebody else: shown to a reviewer before an access package is released. */
  readonly others?: boolean;
  /** What a corrected value must be; default `text`. */
  readonly type?: FieldType;
  /** Name of the datum that this field is one copy of; a correction reaches all copies. `<name>.first`, `<name>.last`: part of it. */
  readonly datum?: string;
  /** May be corrected or removed on request; default: whatever the subject gave. `false` on a copy: it stays as issued. */
  readonly rectify?: boolean;
}

/**
 * What an erasure does to a record.
 * `delete`: the whole record. `mask` / `unset`: the named paths only (under an array that the match came through, only
 * in the matching elements). `pull`: the matching element of the named array. `keep`: stays, because forgetting it
 * would harm the person (suppression lists, Art. 21(3)). `redact`: the vendor's own redaction.
 */
export type EraseRule =
  | { readonly kind: 'delete' }
  | { readonly kind: 'redact' }
  | { readonly kind: 'keep'; readonly basis: string }
  | { readonly kind: 'mask'; readonly paths: readonly string[] }
  | { readonly kind: 'unset'; readonly paths: readonly string[] }
  | { readonly kind: 'pull'; readonly path: string };

/** Why a record withstands a request (design.md section 4): an exemption of Art. 17(3), or a ground that is not met. */
export interface HoldRule {
  readonly id: string;
  /** Retention law of clock.md section 5, or a free name where `whileField` decides. */
  readonly law: string;
  readonly exemption: '17-3-b' | '17-3-e' | null;
  readonly noGround: 'contract_running' | null;
  /** Field with the document's date, for a law with a period. */
  readonly documentOn: string | null;
  readonly financialYearEndMonth: number;
  /** Held for as long as this boolean (or non-null) field is set: a legal-hold flag, a running service. */
  readonly whileField: string | null;
  /** Inbound event that ends it (`domain.expired`, `service.ended`, `hold.released`); null = its date or field does. */
  readonly endsOn: HoldEndingEvent | null;
}

export interface BackupPolicy {
  readonly id: string;
  readonly connector: 'backups';
  readonly kind: 'mongodump-dir';
  readonly location: string;
  readonly retention: Duration;
  readonly mode: readonly ('expire' | 'replay' | 'rewrite')[];
  /** Systems whose data these backups hold. */
  readonly covers: readonly string[];
}

export interface RecipientPolicy {
  readonly name: string;
  readonly role: Role;
  readonly region: string;
  readonly purpose: string;
  /** System of this pack that *is* this recipient, so that its verified step counts as having told it (Art. 19). */
  readonly system: string | null;
  /** Tool that makes a transfer lawful (`adequacy`, `scc`, `none_needed`, …). */
  readonly transfer: string;
  /** How a recipient that is no system of this pack is told; null = not told, and the answer says so. */
  readonly notify: {
    readonly by: 'webhook' | 'mail' | 'manual';
    /** Address of the webhook or mailbox, `${NAME}` from the environment allowed; null for `manual`. */
    readonly to: string | null;
    /** Datasets whose data this recipient holds; empty = all. */
    readonly datasets: readonly string[];
    /** Identifier type by which the recipient knows the person; shown to it alone. */
    readonly reference: string;
  } | null;
}

/** A pack with its identity: `hash` is `sha256:` + hex over the canonical JSON of the loaded pack. */
export interface FrozenPack {
  readonly hash: string;
  readonly pack: Pack;
}

export interface Authority {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  /** Postal address, one line; null = not known here. */
  readonly address: string | null;
  readonly url: string;
  /** When somebody last opened the address; null = never yet. */
  readonly checkedOn: CivilDate | null;
}
