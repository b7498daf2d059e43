/**
 * Turns what discovery found into the parts of a plan and the parties that must decide them. Pure: the same records,
 * pack and identifiers give the same hashes. Every dataset of every system stands in the plan, also where nothing was
 * found, so that a missing one shows.
 */
import type { ApprovalRule, DatasetPolicy, Pack, SystemPolicy } from '../policy/types.js';
import { portableFields } from '../packages/portable.js';
import { modeOf } from '../rights.js';
import type { Right, Role } from '../words.js';
import type { ChangeFacts } from './change-facts.js';
import { UNPROVEN_KEY } from './corrections.js';
import { normaliseIdentifier } from './normalise.js';
import type { Sha256 } from '../ledger/merkle.js';
import { merkleRootOfParts, partHash } from './hash.js';
import {
  isUnconditional,
  isWhileWeighed,
  WHILE_DISPUTED,
  OBJECTION,
  OBJECTION_ERASING,
  ON_GROUNDS,
  stopsOf,
  stopsOfPart,
  strandsOf,
  type Strand,
} from './stops.js';
import type { ApprovalGroup, Found, Part, PartAction, Plan, Ref } from './types.js';

export interface PlanFacts {
  readonly pack: Pack;
  readonly right: Right;
  /** Only these datasets (the request's scope); null = all. */
  readonly scopeDatasets: readonly string[] | null;
  readonly found: readonly Found[];
  /** How many proven identifiers of each type the search rests on. */
  readonly proven: Readonly<Record<string, number>>;
  /** Systems that have not answered. */
  readonly unsearched: readonly string[];
  readonly dataMapRoot: string;
  /** Started by this organisation: the operator's own records and those of others are no part of it. */
  readonly onlyOrganisation?: string | null;
  /** Objection, withdrawal: codes of the purposes; empty = all. */
  readonly purposes?: readonly string[];
  /** Rectification: the fields that the changes reach, and a salted commitment to the values of a part's dataset. */
  readonly changes?: ChangeFacts;
}

type UnhashedPart = Omit<Part, 'hash'>;

export function buildPlan(facts: PlanFacts, sha256: Sha256): Plan {
  const parts: Part[] = [];
  for (const system of facts.pack.systems) {
    for (const dataset of system.datasets) {
      if (!isConcerned(facts, system, dataset)) continue;
      for (const part of partsOfDataset(facts, system, dataset)) parts.push({ ...part, hash: partHash(part, sha256) });
    }
  }
  parts.sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    hash: merkleRootOfParts(parts, sha256),
    parts,
    approvals: approvalGroups(facts, parts, sha256),
    dataMapRoot: facts.dataMapRoot,
    caveats: [...new Set(facts.found.flatMap((f) => f.caveats.map((c) => `${f.system}:${c}`)))].sort(),
  };
}

/** Whether a right reaches a dataset at all. */
function isConcerned(facts: PlanFacts, system: SystemPolicy, dataset: DatasetPolicy): boolean {
  if (facts.scopeDatasets !== null && !facts.scopeDatasets.includes(dataset.id)) return false;
  if ((facts.onlyOrganisation ?? null) !== null && (dataset.role === 'controller' || dataset.organisation === null))
    return false;
  if (facts.right === 'portability') return portableFields(dataset).length > 0;
  switch (modeOf(facts.right)) {
    case 'change':
      return facts.changes?.fields.some((f) => f.system === system.id && f.dataset === dataset.id) === true;
    case 'stop':
      return stopsOf(facts.right, facts.purposes ?? [], dataset).length > 0;
    default:
      return true;
  }
}

/** Key of the part that a record belongs to, for one of its organisations; `strand` tells parts of one record apart. */
export function partKey(
  system: string,
  dataset: string,
  organisation: string | null,
  review: boolean,
  strand: Strand['suffix'] = '',
): string {
  return `${system}/${dataset}/${organisation ?? '-'}${strand}${review ? '/review' : ''}`;
}

/**
 * The records of one part, as apply and verify need them. Records that several organisations share stand in each of
 * their parts.
 */
export function refsOfPart(
  pack: Pack,
  found: readonly Found[],
  part: Pick<Part, 'key' | 'system' | 'dataset' | 'organisation'> & Partial<Pick<Part, 'action' | 'basis'>>,
): Ref[] {
  const own = found.find((f) => f.system === part.system);
  const dataset = datasetOf(pack, part.system, part.dataset);
  if (own === undefined || dataset === undefined) return [];
  const review = part.key.endsWith('/review');
  return own.refs.filter((ref) => {
    if (ref.dataset !== part.dataset || isIdle(ref, found)) return false;
    const owner = controllersOf(pack, dataset, ref, found);
    return needsReview(ref, owner, part) === review && owner.organisations.includes(part.organisation);
  });
}

export function datasetOf(pack: Pack, system: string, dataset: string): DatasetPolicy | undefined {
  return pack.systems.find((s) => s.id === system)?.datasets.find((d) => d.id === dataset);
}

/** A person must look first: the connector says so, the trust is weak, or nobody is named who could decide. */
function needsReview(ref: Ref, owner: Controllers, part: Partial<Pick<Part, 'action' | 'basis'>>): boolean {
  if (ref.review !== null || ref.trust === 'declared' || ref.trust === 'unproven') return true;
  // What nobody has a say in needs nobody who could decide.
  return owner.role === 'processor' && owner.organisations[0] === null && !isUnconditional(part);
}

function partsOfDataset(facts: PlanFacts, system: SystemPolicy, dataset: DatasetPolicy): UnhashedPart[] {
  if (modeOf(facts.right) === 'change') return partsOfChange(facts, system, dataset);
  if (modeOf(facts.right) !== 'stop') return partsOfStrand(facts, system, dataset, null);
  return strandsOf(facts.right, facts.purposes ?? [], dataset).flatMap((strand) =>
    partsOfStrand(facts, system, dataset, strand),
  );
}

/**
 * A correction that waits for somebody (a party's decision, the proof of a new address) is of a disputed value: where the
 * dataset has a flag, her records are restricted meanwhile (Art. 18(1)(a)), which needs nobody's decision.
 */
function partsOfChange(facts: PlanFacts, system: SystemPolicy, dataset: DatasetPolicy): UnhashedPart[] {
  const change = partsOfStrand(facts, system, dataset, null);
  const waits = change.some(
    (part) =>
      part.action === 'change' &&
      part.records > 0 &&
      (part.review === UNPROVEN_KEY || facts.pack.approvals.some((rule) => applies(rule, part, facts.right))),
  );
  if (dataset.restrict === null || !waits) return change;
  const interim = partsOfStrand(facts, system, dataset, {
    suffix: '/interim',
    action: 'restrict',
    basis: WHILE_DISPUTED,
    fields: [dataset.restrict.flag],
  });
  return [...interim.filter((part) => part.records > 0 && part.review === null), ...change];
}

function partsOfStrand(
  facts: PlanFacts,
  system: SystemPolicy,
  dataset: DatasetPolicy,
  strand: Strand | null,
): UnhashedPart[] {
  const empty = emptyPart(facts, system, dataset, false, strand);
  // Without records there is nothing to do by hand either.
  const nothing: UnhashedPart = empty.basis === NO_FLAG ? { ...empty, action: 'restrict', basis: null } : empty;
  if (facts.unsearched.includes(system.id)) return [{ ...nothing, unsearched: true }];
  const found = facts.found.find((f) => f.system === system.id);
  const manual = found?.manual.find((m) => m.dataset === dataset.id);
  if (manual !== undefined) return [{ ...empty, action: 'manual', basis: manual.reason }];
  const groups = new Map<string, Group>();
  for (const ref of found?.refs.filter((r) => r.dataset === dataset.id && !isIdle(r, facts.found)) ?? []) {
    const owner = controllersOf(facts.pack, dataset, ref, facts.found);
    const review = needsReview(ref, owner, empty);
    for (const organisation of owner.organisations) {
      if ((facts.onlyOrganisation ?? null) !== null && organisation !== facts.onlyOrganisation) continue;
      const key = partKey(system.id, dataset.id, organisation, review, strand?.suffix);
      const group = groups.get(key) ?? { organisation, role: owner.role, review, refs: [], shared: false };
      group.refs.push(ref);
      group.shared ||= owner.organisations.length > 1;
      groups.set(key, group);
    }
  }
  if (groups.size === 0) return [nothing];
  return [...groups.entries()].map(([key, group]) => partOfGroup(facts, system, dataset, key, group, empty));
}

function partOfGroup(
  facts: PlanFacts,
  system: SystemPolicy,
  dataset: DatasetPolicy,
  key: string,
  group: Group,
  empty: UnhashedPart,
): UnhashedPart {
  const erasing = modeOf(facts.right) === 'erase';
  const heldRefs = erasing ? group.refs.filter((r) => r.hold !== null) : [];
  const hold = heldRefs.reduce<Ref['hold']>((latest, ref) => laterHold(latest, ref.hold), null);
  const allHeld = heldRefs.length === group.refs.length && heldRefs.length > 0;
  const action: PartAction = erasing && allHeld ? 'retain' : empty.action;
  return {
    ...empty,
    key,
    organisation: group.organisation,
    role: group.role,
    action,
    fields: action === empty.action ? empty.fields : Object.keys(dataset.fields).sort(),
    hold: hold === null ? null : { id: hold.id, law: hold.law },
    records: group.refs.length,
    held: heldRefs.length,
    heldUntil: hold?.until ?? null,
    basis: hold !== null ? basisOf(hold) : empty.basis,
    review: group.review ? reviewReason(group) : empty.review,
    // Stopping for one of several controllers takes nothing from the others.
    together: group.shared && !isUnconditional(empty) ? `${system.id}/${dataset.id}` : null,
  };
}

function emptyPart(
  facts: PlanFacts,
  system: SystemPolicy,
  dataset: DatasetPolicy,
  unsearched: boolean,
  strand: Strand | null,
): UnhashedPart {
  const reached = facts.changes?.fields.filter((f) => f.system === system.id && f.dataset === dataset.id) ?? [];
  const asIssued = reached.length > 0 && reached.every((f) => f.asIssued);
  const action = asIssued ? 'retain' : (strand?.action ?? actionOf(facts.right, dataset));
  const changes = facts.changes?.commitment(system.id, dataset.id);
  const unproven =
    !asIssued && strand === null && reached.some((f) => facts.changes?.unproven.includes(f.change) === true);
  return {
    key: partKey(system.id, dataset.id, null, false, strand?.suffix),
    system: system.id,
    dataset: dataset.id,
    organisation: null,
    role: dataset.role,
    action,
    fields: strand?.fields ?? fieldsOf(facts, system, dataset, action),
    hold: null,
    identifiers: facts.proven,
    records: 0,
    held: 0,
    heldUntil: null,
    basis: asIssued ? asIssuedBasis(dataset) : (strand?.basis ?? basisWithoutHold(dataset, action, facts.right)),
    review: unproven ? UNPROVEN_KEY : null,
    together: null,
    unsearched,
    ...(changes === undefined ? {} : { changes }),
  };
}

/** What a right does to the records of a dataset. A system without a flag cannot restrict by itself: a person must. */
function actionOf(right: Right, dataset: DatasetPolicy): PartAction {
  switch (modeOf(right)) {
    case 'read':
      return 'collect';
    case 'erase':
      return dataset.erase.kind;
    case 'change':
      return 'change';
    case 'restrict':
      return dataset.restrict === null ? 'manual' : 'restrict';
    case 'stop':
      return 'stop';
  }
}

/** The system knows no flag: a person restricts by hand. */
const NO_FLAG = 'no_restriction_flag';

function basisWithoutHold(dataset: DatasetPolicy, action: PartAction, right: Right): string | null {
  if (action === 'keep' && dataset.erase.kind === 'keep') return dataset.erase.basis;
  return modeOf(right) === 'restrict' && dataset.restrict === null ? NO_FLAG : null;
}

function fieldsOf(facts: PlanFacts, system: SystemPolicy, dataset: DatasetPolicy, action: PartAction): string[] {
  if (action === 'change') {
    const mine = facts.changes?.fields.filter((f) => f.system === system.id && f.dataset === dataset.id) ?? [];
    return mine
      .filter((f) => !f.asIssued)
      .map((f) => f.field)
      .sort();
  }
  if (action === 'restrict') return dataset.restrict === null ? [] : [dataset.restrict.flag];
  if (action === 'collect' && facts.right === 'portability') return portableFields(dataset);
  if (action === 'mask' && dataset.erase.kind === 'mask') return [...dataset.erase.paths].sort();
  if (action === 'unset' && dataset.erase.kind === 'unset') return [...dataset.erase.paths].sort();
  if (action === 'pull' && dataset.erase.kind === 'pull') return [dataset.erase.path];
  return Object.keys(dataset.fields).sort();
}

/** A voucher is true when it says what was issued: it is corrected by a new one, never rewritten. */
function asIssuedBasis(dataset: DatasetPolicy): string {
  return dataset.hold === null ? 'as_issued' : `as_issued:${dataset.hold.law}`;
}

/** `art-17-3-b:<law>`, or `no-ground-contract_running:<law>` where the ground of Art. 17(1) is not met. */
function basisOf(hold: NonNullable<Ref['hold']>): string {
  return hold.exemption !== null
    ? `art-${hold.exemption}:${hold.law}`
    : `no-ground-${hold.noGround ?? 'unnamed'}:${hold.law}`;
}

function laterHold(a: Ref['hold'], b: Ref['hold']): Ref['hold'] {
  if (a === null) return b;
  if (b === null) return a;
  if (a.until === null) return a;
  if (b.until === null) return b;
  return a.until >= b.until ? a : b;
}

function reviewReason(group: Group): string {
  const named = group.refs.find((r) => r.review !== null)?.review;
  if (named !== undefined && named !== null) return named;
  const weakest = group.refs.find((r) => r.trust === 'declared' || r.trust === 'unproven');
  if (weakest !== undefined) return weakest.trust === 'declared' ? 'declared_link' : 'unproven_identifier';
  return group.role === 'processor' && group.organisation === null ? 'no_organisation' : 'unclear';
}

/** Who controls one record: the operator itself (`controller`, null), or organisations that must decide. */
export interface Controllers {
  readonly role: Role;
  readonly organisations: readonly (string | null)[];
}

/**
 * Controllers of one record. A processor record that names none inherits those of the records that led to it: records
 * of the named dataset that were found by one of the same identifiers, else all of that dataset. Where only records that
 * the operator itself controls led to it (an administrator's address on the mail list), the operator controls it too.
 */
export function controllersOf(pack: Pack, dataset: DatasetPolicy, ref: Ref, found: readonly Found[]): Controllers {
  if (dataset.role === 'controller') return { role: 'controller', organisations: [null] };
  if (ref.organisation !== null) return { role: 'processor', organisations: [ref.organisation] };
  if (dataset.organisation === null || typeof dataset.organisation === 'string')
    return { role: 'processor', organisations: [null] };
  const { from } = dataset.organisation;
  const all = found.flatMap((f) => f.refs.map((r) => ({ system: f.system, ref: r })));
  const sources = all.map((a) => a.ref).filter((r) => r.dataset === from && r.organisation !== null);
  const same = sources.filter((s) => sharesIdentifier(s, ref));
  const organisations = new Set((same.length > 0 ? same : sources).map((s) => s.organisation));
  if (organisations.size > 0) return { role: 'processor', organisations: [...organisations].sort() };
  const own = all.some(
    (a) =>
      a.ref !== ref && sharesIdentifier(a.ref, ref) && datasetOf(pack, a.system, a.ref.dataset)?.role === 'controller',
  );
  return { role: own ? 'controller' : 'processor', organisations: [null] };
}

/** A presumed target of a person of whom no system holds any record: there is nothing to erase and nobody to ask. */
function isIdle(ref: Ref, found: readonly Found[]): boolean {
  if (ref.presumed !== true) return false;
  return !found.some((f) => f.refs.some((r) => r.presumed !== true && sharesIdentifier(r, ref)));
}

function sharesIdentifier(a: Ref, b: Ref): boolean {
  return a.matchedBy.some((m) =>
    b.matchedBy.some(
      (own) => own.type === m.type && normaliseIdentifier(own.type, own.value) === normaliseIdentifier(m.type, m.value),
    ),
  );
}

interface Group {
  readonly organisation: string | null;
  readonly role: Role;
  readonly review: boolean;
  readonly refs: Ref[];
  shared: boolean;
}

function approvalGroups(facts: PlanFacts, parts: readonly Part[], sha256: Sha256): ApprovalGroup[] {
  const groups = new Map<string, { rule: ApprovalRule; organisation: string | null; parts: Part[] }>();
  for (const part of parts) {
    if (part.records === 0 || part.action === 'retain' || part.unsearched || needsNobody(part)) continue;
    for (const rule of facts.pack.approvals) {
      if (!applies(rule, part, facts.right)) continue;
      const organisation = rule.by === 'organisation' ? part.organisation : null;
      if (rule.by === 'organisation' && organisation === null) continue;
      const key = `${rule.id}/${organisation ?? '-'}`;
      const group = groups.get(key) ?? { rule, organisation, parts: [] };
      group.parts.push(part);
      groups.set(key, group);
    }
    if (part.basis === ON_GROUNDS && part.role === 'controller' && !decidedByRule(facts, part)) {
      const rule = objectionRule(facts, part);
      const group = groups.get(rule.id) ?? { rule, organisation: null, parts: [] };
      group.parts.push(part);
      groups.set(rule.id, group);
    }
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({
      kind: group.rule.by,
      organisation: group.organisation,
      rule: group.rule.id,
      parts: group.parts.map((p) => p.key),
      records: group.parts.reduce((sum, p) => sum + p.records, 0),
      planHash: merkleRootOfParts(group.parts, sha256),
    }));
}

/** Ended because the person says so, or restricted until she has an answer: nobody is asked. */
function needsNobody(part: UnhashedPart): boolean {
  return isUnconditional(part) || isWhileWeighed(part);
}

function decidedByRule(facts: PlanFacts, part: Part): boolean {
  return facts.pack.approvals.some((rule) => rule.by !== 'organisation' && applies(rule, part, facts.right));
}

/** Who weighs an objection on grounds of her situation (Art. 21(1)) where the operator itself is the controller. */
function objectionRule(facts: PlanFacts, part: Part): ApprovalRule {
  const dataset = datasetOf(facts.pack, part.system, part.dataset);
  const rules = dataset === undefined ? [] : stopsOfPart(facts.right, facts.purposes ?? [], dataset, part);
  const id = rules.some((rule) => rule.erase) ? OBJECTION_ERASING : OBJECTION;
  return { id, when: {}, by: 'privacy_officer', remindAfter: [], escalateTo: [], deputies: [] };
}

function applies(rule: ApprovalRule, part: Pick<Part, 'role' | 'system' | 'dataset'>, right: Right): boolean {
  const { when } = rule;
  return (
    (when.role === undefined || when.role === part.role) &&
    (when.rights === undefined || when.rights.includes(right)) &&
    (when.systems === undefined || when.systems.includes(part.system)) &&
    (when.datasets === undefined || when.datasets.includes(part.dataset))
  );
}
