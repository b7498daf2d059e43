/**
 * Which letters carry a negative message. *Negative* is anything refused, retained, skipped, manual, referred, not found,
 * blocked, redacted, not identified or not decided; such a letter gives reasons, complaint and court (GDPR Art. 12(4)).
 */
import type { RunFacts, StepFact } from '../lifecycle/facts.js';
import type { LetterKind } from '../lifecycle/run.js';

/** Letters that answer the person, wholly or for now. */
export const ANSWERS_SUBJECT: ReadonlySet<LetterKind> = new Set(['extension', 'interim', 'final', 'complaint_answer']);

const POSITIVE: ReadonlySet<StepFact['outcome']> = new Set(['done', 'done_by_hand']);

/** A step of which the person did not get all that she asked for. */
export function isNegativeStep(step: StepFact): boolean {
  return !POSITIVE.has(step.outcome) || step.held > 0;
}

const NEGATIVE_OUTCOMES: ReadonlySet<RunFacts['outcome']> = new Set([
  'partially_fulfilled',
  'nothing_found',
  'refused',
  'rejected_by_controller',
  'controller_silent',
  'cannot_identify',
  'not_controller',
  'out_of_scope',
]);

export function isNegative(kind: LetterKind, facts: RunFacts, complaint: number | null = null): boolean {
  if (kind === 'complaint_answer')
    return facts.complaints?.find((c) => c.n === complaint)?.result !== 'upheld' || facts.steps.some(isNegativeStep);
  if (kind === 'extension') return true;
  if (kind !== 'interim' && kind !== 'final') return false;
  return (
    kind === 'interim' ||
    facts.refusal !== null ||
    facts.packageWaits ||
    (facts.redactions ?? 0) > 0 ||
    facts.transfer === 'not_sent' ||
    NEGATIVE_OUTCOMES.has(facts.outcome) ||
    facts.steps.some(isNegativeStep)
  );
}
