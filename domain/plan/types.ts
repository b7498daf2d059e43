/**
 * What discovery finds and what a plan is made of.
 * `Identifier` and `Ref` are personal data: they live in the vault and in memory, never in a workflow payload.
 * `Part` and `Plan` are free of personal data: kinds, counts, hashes.
 */
import type { CivilDate, Instant, Role } from '../words.js';

/** How an identifier or a record came to be counted as this person's. */
export type Trust =
  /** given in the request and proven by the identity check */
  | 'proven'
  /** reached from a proven one over links declared `trust: system` only */
  | 'system'
  /** reached over a field that the person can edit; only ever leads to `review` */
  | 'declared'
  /** given in the request, not proven; only ever leads to `review` (or to list removal where the right needs no proof) */
  | 'unproven';

export interface Identifier {
  /** `email`, `phone`, `userId`, `customerId`, or another type that the pack declares. */
  readonly type: string;
  readonly value: string;
  readonly trust: Trust;
}

export interface HoldOnRecord {
  readonly id: string;
  readonly law: string;
  readonly exemption: string | null;
  readonly noGround: string | null;
  /** Kept through the end of this day; null = open. */
  readonly until: CivilDate | null;
}

/** One record that was found. Opaque to everybody but its connector. */
export interface Ref {
  readonly dataset: string;
  /** The record's own id in canonical text form (MongoDB: canonical Extended JSON of `_id`; Stripe: the object id). */
  readonly id: string;
  /** Connector's own kind where a dataset mixes several, else the dataset's id. */
  readonly kind: string;
  /** The controller named by the record itself; null = the operator, or inherited (`organisation: {from}`). */
  readonly organisation: string | null;
  /** Identifiers (type and value) through which it was found; the weakest trust decides. */
  readonly matchedBy: readonly { readonly type: string; readonly value: string; readonly path: string }[];
  readonly trust: Trust;
  /** Why a person must look at it before anything happens (`declared_link`, `second_sign_in`, `shared_address`, …); null = sure. */
  readonly review: string | null;
  readonly createdAt: Instant | null;
  readonly hold: HoldOnRecord | null;
  /** The hold was reported from outside: the record itself does not show it, so its system must take our word. */
  readonly placed?: boolean;
  /** The system cannot search here: the target is presumed from an identifier, and counts only beside a record that was seen. */
  readonly presumed?: boolean;
}

/** What one system answered; stored in the vault under `found/<system>`. */
export interface Found {
  readonly system: string;
  readonly refs: readonly Ref[];
  /** Identifiers that the records yielded (not the ones that were asked with). */
  readonly identifiers: readonly Identifier[];
  /** Datasets that cannot be searched or erased by machine here, with the reason code (`capped_collection`, …). */
  readonly manual: readonly { readonly dataset: string; readonly reason: string }[];
  /** Known limits of this search, as codes with a sentence in the docs (`guest_charges_by_id_only`, …). */
  readonly caveats: readonly string[];
}

export const PART_ACTIONS = [
  'delete',
  'mask',
  'unset',
  'pull',
  'redact',
  'keep',
  'collect',
  'retain',
  'manual',
  'change',
  'restrict',
  'stop',
] as const;
export type PartAction = (typeof PART_ACTIONS)[number];

/** What a request does to one (system, dataset, organisation). */
export interface Part {
  /** `<system>/<dataset>/<organisation or ->`, with `/review` behind it for the records a person must look at; unique in a plan. */
  readonly key: string;
  readonly system: string;
  readonly dataset: string;
  readonly organisation: string | null;
  readonly role: Role;
  readonly action: PartAction;
  /** Sorted field paths that the action touches (all declared fields for `delete` and `collect`). */
  readonly fields: readonly string[];
  readonly hold: { readonly id: string; readonly law: string } | null;
  /** How many proven identifiers of each type the plan rests on. */
  readonly identifiers: Readonly<Record<string, number>>;
  /** Records of this part (held ones included), and how many of them are held. */
  readonly records: number;
  readonly held: number;
  readonly heldUntil: CivilDate | null;
  readonly basis: string | null;
  /** Set when a person must decide first; the code says why. */
  readonly review: string | null;
  /** Parts of one record that belongs to several organisations: applied together once all have approved, else kept. */
  readonly together: string | null;
  /** The system has not answered yet: what it holds is unknown, nothing can be decided. */
  readonly unsearched: boolean;
  /** Rectification: salted commitment to the proposed values of this part. */
  readonly changes?: string;
  /** `sha256:` + hex (interfaces.md section 1, planHash). */
  readonly hash: string;
}

/** The parts that one party decides, and the root that its decision is bound to. */
export interface ApprovalGroup {
  readonly kind: 'organisation' | 'privacy_officer' | 'second_person';
  readonly organisation: string | null;
  readonly rule: string;
  readonly parts: readonly string[];
  readonly records: number;
  readonly planHash: string;
}

export interface Plan {
  /** RFC 6962 Merkle root over all parts' hashes, `sha256:` + hex. */
  readonly hash: string;
  readonly parts: readonly Part[];
  readonly approvals: readonly ApprovalGroup[];
  /** Commitment to the declared data map at plan time (certificate, interfaces.md section 7). */
  readonly dataMapRoot: string;
  readonly caveats: readonly string[];
}
