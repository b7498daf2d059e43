/** Smaller ports that activities are given: packs, mail, the person fence, keyed hashes, request documents. */
import type { RunFacts } from '../lifecycle/facts.js';
import type { FrozenPack } from '../policy/types.js';
import type { Anchor, AnchorKind, Facts, PlacedHold } from '../holds/placed.js';
import type { CivilDate, Instant, Language, Right } from '../words.js';
import type { BackupInventory, Connector } from './connector.js';

export interface Packs {
  /** A pack by hash, also one that is no longer current (open requests keep theirs). */
  byHash(hash: string): Promise<FrozenPack>;
}

export interface Mailer {
  /** Hands a mail to the server. `id` makes a repeat harmless (Message-ID); resolves with the server's acceptance. */
  send(mail: {
    readonly id: string;
    readonly to: string;
    readonly subject: string;
    readonly text: string;
    readonly language: string;
  }): Promise<{ readonly accepted: boolean }>;
}

/** Keyed hash of an identifier in normal form under the operator's hashing key; `k<version>:` + base64url. */
export interface IdentifierHasher {
  hash(operator: string, type: string, value: string): Promise<string>;
}

/**
 * One person, several requests (design.md section 8): rows per identifier hash, taken in sorted order.
 * Readers (access, portability) hold until collected; writers (erasure, rectification) wait for verified readers of the
 * same person, at most to their own safe date.
 */
export interface PersonFence {
  /** Registers this request for these hashes; idempotent, extends the set. */
  enter(input: {
    readonly operator: string;
    readonly requestId: string;
    readonly mode: 'read' | 'write';
    readonly hashes: readonly string[];
    readonly until: Instant;
  }): Promise<void>;
  /** Requests that this writer must wait for now (ids only). */
  waitingFor(input: {
    readonly operator: string;
    readonly requestId: string;
    readonly hashes: readonly string[];
  }): Promise<readonly string[]>;
  leave(requestId: string): Promise<void>;
  /** Who stands at these hashes (ids only): a transfer to somebody who is being erased, a hold on somebody's records. */
  holders(input: {
    readonly operator: string;
    readonly hashes: readonly string[];
  }): Promise<readonly { readonly requestId: string; readonly mode: 'read' | 'write' }[]>;
}

/** Equal requests of one person: one claim, whoever came first (interfaces.md section 4, duplicates). */
export interface Claims {
  /**
   * Takes the claim, or says which open request has it. A claim whose request is over passes on. Idempotent per request.
   */
  take(input: { readonly key: string; readonly requestId: string }): Promise<{ readonly survivor: string | null }>;
  /** Whether a request was filed with one of these identifiers (keyed hashes) and is verified. */
  samePerson(requestId: string, hashes: readonly string[]): Promise<boolean>;
  /** Answered requests of the same person (any of the hashes) and right since then; ids, oldest first. */
  earlier(input: {
    readonly operator: string;
    readonly right: Right;
    readonly hashes: readonly string[];
    readonly since: Instant;
    readonly not: string;
  }): Promise<readonly string[]>;
}

/**
 * Facts that integrated systems report about internal references: holds placed from outside, relations that ended,
 * contacts made. Read when a plan is made and again when a part is applied (design.md decision 5).
 */
export interface ReportedFacts {
  /** Facts about any of these references, and only those that count now. */
  about(operator: string, refs: readonly string[]): Promise<Facts>;
  /** Every fact of these kinds, for passes over whole datasets. */
  ofKinds(operator: string, kinds: readonly AnchorKind[]): Promise<readonly Anchor[]>;
  placeHold(hold: PlacedHold & { readonly operator: string }): Promise<void>;
  /** Ends every placed hold on the reference. */
  releaseHold(operator: string, ref: string, at: Instant): Promise<void>;
  putAnchor(anchor: Anchor & { readonly operator: string; readonly eventId: string }): Promise<void>;
}

/** Requests that go on about one person, and what a new key of hers changes in them. Ids and keyed hashes only. */
export interface PersonRequests {
  /** Open requests of the operator that one of these hashes finds, without `except`. */
  open(operator: string, hashes: readonly string[], except: string): Promise<readonly string[]>;
  /** From now on these hashes find the request, too. */
  addHashes(requestId: string, hashes: readonly string[]): Promise<void>;
  /** The running request searches again under what its vault holds now; one that is over is left alone. */
  searchAgain(requestId: string, eventId: string): Promise<void>;
}

/** The read model. `project` is `updateOne({_id, revision: {$lt: n}})`. */
export interface RequestProjection {
  project(requestId: string, revision: number, document: Readonly<Record<string, unknown>>): Promise<void>;
  /** Whether the request still runs its course; a closed or forgotten one does nothing by itself any more. */
  open(requestId: string): Promise<boolean>;
  /** Whether the request was answered; null = there is no such request here. */
  answered(requestId: string): Promise<boolean | null>;
  /** Keeps what the clock was last computed from, so that it can be computed under other rules (what-if). Repeatable. */
  clockedFrom(requestId: string, facts: ClockedFrom): Promise<void>;
}

/** Facts of a request's clock; no text of anybody. */
export interface ClockedFrom {
  readonly receivedAt: Instant;
  readonly pauses: readonly {
    readonly kind: 'identity' | 'clarification';
    readonly askedAt: Instant;
    readonly answeredAt: Instant | null;
  }[];
  /** When the person was told of an extension. */
  readonly extendedAt: Instant | null;
}

export interface Brake {
  /** True while the operator is stopped: no apply makes its first write. */
  stopped(operator: string): Promise<boolean>;
}

/** Contacts of the organisations that decide. */
export interface OrganisationContacts {
  /** `admin` falls back to `dpo` and the other way round; null when nobody can be reached. */
  contact(
    operator: string,
    organisation: string,
    kind: 'admin' | 'dpo',
  ): Promise<{ readonly email: string; readonly language: string } | null>;
  /** Its name, and the address that it gave for questions of the people concerned (its data protection officer's). */
  known(
    operator: string,
    organisation: string,
  ): Promise<{ readonly name: string; readonly contact: string | null } | null>;
}

/** Issues and keeps certificates; signing keys and ledger proofs are its business. */
export interface Certifier {
  issue(order: {
    readonly requestId: string;
    readonly operator: string;
    readonly n: number;
    readonly final: boolean;
    readonly facts: RunFacts;
    readonly pack: FrozenPack;
    /** Proven identifiers in normal form, sorted; committed to with the request's salt. */
    readonly identifiers: readonly string[];
    readonly issuedAt: Instant;
  }): Promise<{ readonly id: string; readonly sha256: string }>;
}

/** The request's own salt for commitments: derived from its data key, so it is destroyed with it. Base64url. */
export interface Salts {
  commitmentSalt(requestId: string): Promise<string>;
}

/** One dataset of a package. */
export interface PackagePart {
  readonly key: string;
  readonly system: string;
  readonly dataset: string;
  /** Controller of the records; null = the operator itself. */
  readonly organisation: string | null;
  /** How many of its records a law holds now, and until when the last (null = open). */
  readonly held: number;
  readonly heldUntil: CivilDate | null;
}

/** Builds access and portability packages from collected records and seals them in the vault. */
export interface PackageBuilder {
  build(order: {
    readonly requestId: string;
    readonly kind: 'access' | 'portability';
    readonly pack: FrozenPack;
    readonly parts: readonly PackagePart[];
    readonly language: Language;
    readonly createdAt: Instant;
    /** Places (domain/packages/review.ts) that a reviewer opened, and ones that she wants withheld as well. */
    readonly disclose: readonly string[];
    readonly withhold: readonly string[];
    readonly authority: { readonly name: string; readonly address?: string | null; readonly url: string };
    readonly heartbeat: () => void;
  }): Promise<{
    readonly artefact: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly records: number;
    /** Values that were replaced because they may name others. */
    readonly redactions: number;
    /** Fields that the data map does not describe. */
    readonly undescribed: number;
  }>;
}

/** Vault entry `package/review`: what a reviewer is shown before release. */
export interface PackageReview {
  readonly redactions: readonly {
    readonly id: string;
    readonly system: string;
    readonly dataset: string;
    readonly organisation: string | null;
    readonly record: number;
    readonly field: string;
    /** The value as text, at most 2,000 characters. */
    readonly value: string;
    readonly disclosed: boolean;
  }[];
  /** More places were redacted than are listed. */
  readonly truncated: boolean;
  readonly undescribed: readonly {
    readonly id: string;
    readonly system: string;
    readonly dataset: string;
    readonly organisation: string | null;
    readonly field: string;
    readonly records: number;
  }[];
}

/** Connectors of the systems that a worker serves. Throws ConnectorError `config` for one that it does not know. */
export interface Connectors {
  connector(pack: FrozenPack, system: string): Connector;
  inventory(pack: FrozenPack, backup: string): BackupInventory;
}
