/** What was done, what is kept and why, what is open: the part of an answer that goes dataset by dataset. */
import type { RunFacts, StepFact } from '../lifecycle/facts.js';
import { modeOf } from '../rights.js';
import type { LetterContext, Texts } from './context.js';
import {
  basisText,
  countText,
  datasetText,
  dayText,
  fill,
  guardText,
  organisationText,
  sentence,
  type Values,
} from './words.js';

export interface StepBlocks {
  readonly done: string;
  readonly kept: string;
  readonly open: string;
  readonly notFound: string;
}

/** Organisations that answer the person themselves: the operator's letter says nothing of their part but who they are. */
export function answeringThemselves(facts: RunFacts): ReadonlySet<string> {
  return new Set(
    facts.approvals.flatMap((a) =>
      a.kind === 'organisation' && a.answer === 'organisation_answers' && a.organisation !== null
        ? [a.organisation]
        : [],
    ),
  );
}

/** A restriction while something else is decided (`…/interim`): the letter speaks of what was decided. */
export function isInterim(step: StepFact): boolean {
  return step.operation === 'restrict' && step.key.endsWith('/interim') && step.records > 0;
}

/** The steps that this letter has to speak of. */
export function spokenSteps(facts: RunFacts): readonly StepFact[] {
  const theirs = answeringThemselves(facts);
  return facts.steps.filter(
    (s) => !isInterim(s) && (s.role === 'controller' || s.organisation === null || !theirs.has(s.organisation)),
  );
}

/** `layered`: a package says the details, so what is in it takes one line. */
export function stepBlocks(facts: RunFacts, context: LetterContext, layered = false): StepBlocks {
  const { texts } = context;
  const lines = { done: [] as string[], kept: [] as string[], open: [] as string[] };
  const missing = new Set<string>();
  const spoken = spokenSteps(facts);
  const packed = layered ? spoken.filter((s) => s.outcome === 'done') : [];
  if (packed.length > 0) lines.done.push(packedLine(packed, facts, context));
  for (const step of spoken.filter((s) => !packed.includes(s))) {
    if (step.outcome === 'not_found') missing.add(datasetText(context, step));
    else sayStep(step, facts, context, lines);
  }
  const block = (head: string, of: readonly string[]): string => (of.length === 0 ? '' : [head, ...of].join('\n'));
  return {
    done: block(texts.headDone, lines.done),
    kept: block(texts.headKept, lines.kept),
    open: block(texts.headOpen, lines.open),
    notFound: missing.size === 0 ? '' : fill(texts.headNotFound, { datasets: [...missing].join('; ') }),
  };
}

function sayStep(
  step: StepFact,
  facts: RunFacts,
  context: LetterContext,
  lines: Record<'done' | 'kept' | 'open', string[]>,
): void {
  const { texts } = context;
  const values = valuesOf(step, context);
  switch (step.outcome) {
    case 'done':
      lines.done.push(fill(doneLine(facts, texts), values));
      return;
    case 'done_by_hand':
      lines.done.push(fill(texts.lineByHand, values));
      return;
    case 'referred':
      lines.kept.push(fill(texts.lineReferred, { ...values, to: step.basis ?? organisationText(context, null) }));
      return;
    case 'retained':
      // Some records of it are gone, the others are held.
      if (step.records > step.held && step.held > 0)
        lines.done.push(
          fill(doneLine(facts, texts), { ...values, records: countText(texts, step.records - step.held) }),
        );
      lines.kept.push(
        fill(step.until === null ? texts.lineKept : texts.lineKeptUntil, {
          ...values,
          records: countText(texts, step.held > 0 ? step.held : step.records),
          basis: basisText(context, step.basis),
        }),
      );
      return;
    case 'scheduled':
      lines.kept.push(fill(texts.lineScheduled, { ...values, basis: basisText(context, step.basis) }));
      return;
    case 'rejected':
      lines.kept.push(fill(texts.lineRejected, { ...values, basis: rejectionText(step, facts, context) }));
      return;
    case 'skipped':
      lines.kept.push(fill(texts.lineSkipped, { ...values, basis: sentence(texts.reasons, step.basis ?? 'skipped') }));
      return;
    case 'undecided':
      lines.open.push(fill(texts.lineUndecided, values));
      return;
    case 'blocked':
      lines.open.push(fill(texts.lineBlocked, { ...values, basis: blockedText(step, facts, context) }));
      return;
    case 'review':
      lines.open.push(fill(texts.lineReview, { ...values, basis: sentence(texts.reasons, step.basis ?? 'unproven') }));
      return;
    case 'manual':
      lines.open.push(
        fill(texts.lineManual, { ...values, basis: sentence(texts.reasons, step.basis ?? 'unverifiable') }),
      );
      return;
    case 'failed':
      lines.open.push(fill(texts.lineFailed, values));
      return;
    case 'not_found':
      return;
    case 'pending':
      lines.open.push(fill(texts.linePending, values));
      return;
  }
}

function packedLine(steps: readonly StepFact[], facts: RunFacts, context: LetterContext): string {
  const records = steps.reduce((sum, s) => sum + s.records, 0);
  return fill(doneLine(facts, context.texts), {
    dataset: steps.map((s) => datasetText(context, s)).join(', '),
    records: countText(context.texts, records),
    verifiedOn: dayText(
      context,
      steps
        .map((s) => s.verifiedAt ?? '')
        .sort()
        .at(-1) || facts.receivedAt,
    ),
  });
}

function doneLine(facts: RunFacts, texts: Texts): string {
  switch (modeOf(facts.right)) {
    case 'read':
      return texts.lineCollected;
    case 'erase':
      return texts.lineDone;
    case 'change':
      return texts.lineChanged;
    case 'restrict':
      return texts.lineRestricted;
    case 'stop':
      return texts.lineStopped;
  }
}

/** The organisation's own reason where it gave one, in its words; else its ground. */
function rejectionText(step: StepFact, facts: RunFacts, context: LetterContext): string {
  const approval = facts.approvals.find((a) => a.organisation === step.organisation && a.parts.includes(step.key));
  const reason = approval === undefined ? undefined : context.reasons[approval.id];
  const ground = basisText(context, step.basis ?? 'rejected');
  return reason === undefined ? ground : `${ground} ${fill(context.texts.theirReason, { text: reason })}`;
}

function blockedText(step: StepFact, facts: RunFacts, context: LetterContext): string {
  const guard = facts.guards.find((g) => g.id === step.basis);
  return guardText(context, step.basis ?? 'other', guard?.unblock ?? []);
}

function valuesOf(step: StepFact, context: LetterContext): Values {
  return {
    dataset: datasetText(context, step),
    records: countText(context.texts, step.records),
    verifiedOn: step.verifiedAt === null ? '-' : dayText(context, step.verifiedAt),
    until: step.until === null ? '-' : dayText(context, step.until),
    organisation: organisationText(context, step.organisation),
  };
}
