/**
 * Facts from outside about single records: a hold that a controller or an authority placed after intake, and events that
 * end a relation (design.md section 8, "facts are read"). Records are named by internal references: their own id, or an
 * assigned identifier through which they were found. Never by an address.
 */
import { internalTypes } from '../plan/identifiers.js';
import type { Found, HoldOnRecord, Ref } from '../plan/types.js';
import type { DatasetPolicy, Pack } from '../policy/types.js';
import type { CivilDate, HoldEndingEvent, Instant } from '../words.js';

/** Event types that move a date of a relation. */
export type AnchorKind = Exclude<HoldEndingEvent, 'hold.released'> | 'contact.made';

export interface Anchor {
  readonly kind: AnchorKind;
  readonly ref: string;
  readonly at: Instant;
}

export interface PlacedHold {
  /** The event that placed it: makes a repeat harmless. */
  readonly eventId: string;
  readonly ref: string;
  /** The organisation that placed it: it holds its own records only; null = the operator's own system. */
  readonly organisation: string | null;
  readonly law: string;
  readonly exemption: string | null;
  readonly noGround: string | null;
  /** Kept through the end of this day; null = until released. */
  readonly until: CivilDate | null;
}

export interface Facts {
  readonly holds: readonly PlacedHold[];
  readonly anchors: readonly Anchor[];
}

/**
 * Names under which a fact may speak of a record: its own id as plain text, and internal identifiers it was found by
 * (`types`: plan/identifiers `internalTypes`). They rest in clear, so that nothing else that finds a person is among them.
 */
export function namesOf(ref: Ref, types: ReadonlySet<string>): string[] {
  const own = plainId(ref.id);
  const internal = ref.matchedBy.filter((m) => types.has(m.type)).map((m) => m.value);
  return [...new Set([...(own === null ? [] : [own]), ...internal])].sort();
}

/** Plain text of a canonical record id: a string, an ObjectId's hex, a whole number; null for anything else. */
export function plainId(id: string): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(id);
  } catch {
    return id;
  }
  if (typeof parsed === 'string') return parsed;
  if (typeof parsed !== 'object' || parsed === null) return null;
  const value = ['$oid', '$numberInt', '$numberLong']
    .map((name) => (parsed as Record<string, unknown>)[name])
    .find((v) => v !== undefined);
  return typeof value === 'string' ? value : null;
}

/**
 * The same records with holds that were placed on them, and with open holds that only an event can end (`endsOn` without
 * a law or field of its own) until that event came. `today` is the local day of the case. A longer hold of the record
 * itself stays. Pure.
 */
export function withFacts(found: Found, pack: Pick<Pack, 'systems'>, facts: Facts, today: CivilDate): Found {
  const system = pack.systems.find((s) => s.id === found.system);
  const datasets = new Map((system?.datasets ?? []).map((d) => [d.id, d]));
  const types = internalTypes(pack);
  return { ...found, refs: found.refs.map((ref) => judged(ref, datasets.get(ref.dataset), types, facts, today)) };
}

function judged(
  ref: Ref,
  dataset: DatasetPolicy | undefined,
  types: ReadonlySet<string>,
  facts: Facts,
  today: CivilDate,
): Ref {
  const names = new Set(namesOf(ref, types));
  // What an earlier look laid over is judged anew: the hold may have been released since.
  let hold = ref.placed === true ? null : ref.hold;
  let placed = false;
  const lay = (candidate: HoldOnRecord): void => {
    if (hold !== null && hold.until === null) return;
    if (hold !== null && candidate.until !== null && hold.until !== null && candidate.until <= hold.until) return;
    hold = candidate;
    placed = true;
  };
  if (dataset !== undefined && isEventHold(dataset) && dataset.hold !== null) {
    const ended = facts.anchors.some((a) => a.kind === dataset.hold?.endsOn && names.has(a.ref));
    const { id, law, exemption, noGround } = dataset.hold;
    if (!ended) lay({ id, law, exemption, noGround, until: null });
  }
  for (const one of facts.holds) {
    if (one.organisation !== null && one.organisation !== ref.organisation) continue;
    if (!names.has(one.ref) || (one.until !== null && one.until < today)) continue;
    lay({
      id: `placed-${one.law}`,
      law: one.law,
      exemption: one.exemption,
      noGround: one.noGround,
      until: one.until,
    });
  }
  const { placed: _before, ...rest } = ref;
  return { ...rest, hold, ...(placed ? { placed: true } : {}) };
}

/** A hold that neither a date nor a field of the record ends. */
export function isEventHold(dataset: Pick<DatasetPolicy, 'hold'>): boolean {
  return (
    dataset.hold !== null &&
    dataset.hold.endsOn !== null &&
    dataset.hold.whileField === null &&
    dataset.hold.documentOn === null
  );
}
