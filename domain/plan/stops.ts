/**
 * What an objection (GDPR Art. 21), a withdrawn consent (Art. 7(3)) or an opt-out stops in one dataset, and who has a say
 * in it. Two strands, each a part of its own: what nobody may weigh (direct marketing, consent), and an objection on
 * grounds of her situation (Art. 21(1)), which the controller may answer with compelling grounds of its own.
 */
import type { DatasetPolicy, StopRule } from '../policy/types.js';
import type { Right } from '../words.js';

export const DIRECT_MARKETING = 'direct_marketing';

/** Basis of a part that nobody may refuse or has to approve. */
const ABSOLUTE: ReadonlySet<string> = new Set(['art-21-3', 'art-7-3', 'opt-out']);
/** Basis of a part that stops on grounds of the person's situation. */
export const ON_GROUNDS = 'art-21-1';
/** Basis of the restriction while such an objection is weighed. */
export const WHILE_WEIGHED = 'art-18-1-d';

/** Basis of the restriction while the accuracy of a value is disputed and its correction waits for somebody. */
export const WHILE_DISPUTED = 'art-18-1-a';

/** Approval rule of an officer who weighs such an objection; the second for one that would erase, which no silence grants. */
export const OBJECTION = 'objection';
export const OBJECTION_ERASING = 'objection_erasing';

/** True for a part that stops what the person may end without a reason: no approval, no refusal, no identity check. */
export function isUnconditional(part: { readonly action?: string; readonly basis?: string | null }): boolean {
  return part.action === 'stop' && part.basis != null && ABSOLUTE.has(part.basis);
}

/** True for a restriction that lasts only until an objection is decided, or a disputed value corrected or not. */
export function isWhileWeighed(part: { readonly action: string; readonly basis: string | null }): boolean {
  return part.action === 'restrict' && (part.basis === WHILE_WEIGHED || part.basis === WHILE_DISPUTED);
}

/**
 * The dataset's stop rules that the request reaches. Without named purposes a withdrawal reaches what rests on consent,
 * everything else all rules.
 */
export function stopsOf(right: Right, purposes: readonly string[], dataset: DatasetPolicy): StopRule[] {
  if (purposes.length > 0) return dataset.stop.filter((rule) => purposes.includes(rule.purpose));
  if (right !== 'consent_withdrawal') return [...dataset.stop];
  return dataset.stop.filter((rule) => rule.purpose === DIRECT_MARKETING || onConsent(rule, dataset));
}

/** The rules that one part carries out: those of its strand. */
export function stopsOfPart(
  right: Right,
  purposes: readonly string[],
  dataset: DatasetPolicy,
  part: { readonly basis: string | null },
): StopRule[] {
  return stopsOf(right, purposes, dataset).filter(
    (rule) => (basisOf(right, rule, dataset) === ON_GROUNDS) === (part.basis === ON_GROUNDS),
  );
}

export interface Strand {
  /** Behind the part's key. */
  readonly suffix: '' | '/grounds' | '/interim';
  readonly action: 'stop' | 'restrict';
  readonly basis: string;
  /** Field paths that it touches, sorted. */
  readonly fields: readonly string[];
}

/** Parts that the rules of one dataset give. Where a dataset has a flag, an objection on grounds restricts it at once. */
export function strandsOf(right: Right, purposes: readonly string[], dataset: DatasetPolicy): Strand[] {
  const rules = stopsOf(right, purposes, dataset);
  const bases = rules.map((rule) => basisOf(right, rule, dataset));
  const absolute = rules.filter((_, i) => bases[i] !== ON_GROUNDS);
  const weighed = rules.filter((_, i) => bases[i] === ON_GROUNDS);
  const strands: Strand[] = [];
  if (absolute.length > 0) {
    const basis = bases.find((b) => b === 'art-21-3') ?? bases.find((b) => b !== ON_GROUNDS) ?? 'art-7-3';
    strands.push({ suffix: '', action: 'stop', basis, fields: fieldsOf(absolute) });
  }
  if (weighed.length > 0) {
    if (dataset.restrict !== null)
      strands.push({ suffix: '/interim', action: 'restrict', basis: WHILE_WEIGHED, fields: [dataset.restrict.flag] });
    strands.push({ suffix: '/grounds', action: 'stop', basis: ON_GROUNDS, fields: fieldsOf(weighed) });
  }
  return strands;
}

/** Purposes that a request ends without anybody's decision, over all datasets: what the memory of opt-outs keeps. */
export function unconditionalPurposes(
  right: Right,
  purposes: readonly string[],
  datasets: readonly DatasetPolicy[],
): string[] {
  const reached = datasets.flatMap((dataset) =>
    stopsOf(right, purposes, dataset)
      .filter((rule) => basisOf(right, rule, dataset) !== ON_GROUNDS)
      .map((rule) => rule.purpose),
  );
  // Reserved: also where no system of the pack sends any, a later sender must know.
  const marketing = purposes.length === 0 ? right !== 'opt_out' : purposes.includes(DIRECT_MARKETING);
  return [...new Set([...reached, ...(marketing ? [DIRECT_MARKETING] : [])])].sort();
}

/** Art. 21(3) for direct marketing, Art. 7(3) for what rests on consent, else Art. 21(1). An opt-out has no exception. */
function basisOf(right: Right, rule: StopRule, dataset: DatasetPolicy): string {
  if (right === 'opt_out') return 'opt-out';
  if (right === 'consent_withdrawal') return 'art-7-3';
  if (rule.purpose === DIRECT_MARKETING) return 'art-21-3';
  return onConsent(rule, dataset) ? 'art-7-3' : ON_GROUNDS;
}

function onConsent(rule: StopRule, dataset: DatasetPolicy): boolean {
  const own = Object.values(dataset.fields).filter((f) => f.purpose === rule.purpose);
  return own.length > 0 && own.every((f) => f.basis === 'consent');
}

function fieldsOf(rules: readonly StopRule[]): string[] {
  return [...new Set(rules.flatMap((rule) => [...rule.unset, ...Object.keys(rule.set)]))].sort();
}
