/**
 * Reads a finished letter and says what it lacks. Independent of the renderer on purpose: what must be there is derived from
 * the facts anew and looked for in the text. A test runs it over letters of any facts, in every language (lint.test.ts).
 */
import type { RunFacts } from '../lifecycle/facts.js';
import type { LetterKind } from '../lifecycle/run.js';
import { modeOf } from '../rights.js';
import type { LetterContext } from './context.js';
import { ANSWERS_SUBJECT, isNegative, isNegativeStep } from './negative.js';
import type { Letter } from './render.js';
import { spokenSteps } from './steps.js';
import { tellsRecipients } from './tail.js';
import { dayText, durationText } from './words.js';

/** Names of everything that is missing; empty = the letter may go out. One language at a time. */
export function lintLetter(kind: LetterKind, facts: RunFacts, context: LetterContext, letter: Letter): string[] {
  const missing: string[] = [];
  const { body } = letter;
  const need = (what: string, ...texts: readonly (string | null)[]): void => {
    if (texts.some((text) => text !== null && text !== '' && !body.includes(text))) missing.push(what);
  };
  if (letter.subject.trim() === '') missing.push('subject');
  if (/\{\w+\}/.test(body.replace(context.text ?? '', ''))) missing.push('placeholder');
  const { name, orgNo, address, dpo } = context.operator;
  need('operator', name, orgNo, address, dpo);
  need('reference', facts.requestId);
  if (facts.simulated) need('simulated', context.texts.simulated);
  if (kind === 'approval_requested' || kind === 'approval_reminder') {
    need('approval', context.approvalId, dayText(context, facts.clock.due));
    return missing;
  }
  need('dates', dayText(context, facts.receivedAt));
  if (kind === 'receipt') need('dates', dayText(context, facts.clock.due));
  if (kind === 'question' || kind === 'message' || kind === 'restriction_lifted') need('text', context.text);
  if (ANSWERS_SUBJECT.has(kind) || kind === 'receipt') lintKeep(facts, context, need);
  if (ANSWERS_SUBJECT.has(kind)) lintComplaint(context, need);
  if (kind === 'restriction_lifted') lintComplaint(context, need);
  if (kind === 'interim' || kind === 'final') lintOutcome(kind, facts, context, letter, need, missing);
  if (isNegative(kind, facts, context.complaint)) lintReasons(kind, facts, context, letter, missing);
  return [...new Set(missing)];
}

type Need = (what: string, ...texts: readonly (string | null)[]) => void;

function lintKeep(facts: RunFacts, { texts, keep }: LetterContext, need: Need): void {
  need('keep', durationText(texts, keep.request), durationText(texts, keep.answers));
  if (facts.packageReady || facts.packageWaits) need('keep', durationText(texts, keep.packages));
}

function lintComplaint({ texts, authority, residence }: LetterContext, need: Need): void {
  need('complaint', authority.name, authority.postal, authority.url);
  if (residence === null) need('complaint', texts.complaintElsewhere);
  else need('complaint', residence.name, residence.postal, residence.url);
  need('court', texts.court);
}

function lintOutcome(
  kind: LetterKind,
  facts: RunFacts,
  context: LetterContext,
  letter: Letter,
  need: Need,
  missing: string[],
): void {
  for (const step of facts.outcome === 'cannot_identify' ? [] : spokenSteps(facts)) {
    need(`dataset ${step.system}/${step.dataset}`, `${step.system}/${step.dataset}`);
    if (step.outcome === 'retained' || step.outcome === 'scheduled')
      need('kept until', step.until === null ? null : dayText(context, step.until));
    if (step.outcome === 'done' && step.verifiedAt !== null && modeOf(facts.right) !== 'read')
      need('checked on', dayText(context, step.verifiedAt));
  }
  for (const approval of facts.approvals) {
    if (approval.kind !== 'organisation' || approval.organisation === null) continue;
    const known = context.organisations[approval.organisation];
    need('responsible', known?.name ?? approval.organisation, known?.contact ?? null);
    need('responsible', dayText(context, approval.requestedAt));
  }
  if (facts.backups.some((b) => b.state !== 'gone')) {
    const until = facts.backups
      .map((b) => (b.state === 'gone' ? '' : (b.lastExpiresAt ?? '')))
      .sort()
      .at(-1);
    const unknown = facts.backups.some((b) => b.state === 'unknown') || until === undefined || until === '';
    if (!letter.blocks.some((b) => b.name === 'backups')) missing.push('backups');
    if (!unknown) need('backups', dayText(context, until ?? ''));
  }
  if (tellsRecipients(facts)) for (const r of facts.recipients ?? []) need('recipients', r.name);
  if (facts.packageReady) need('package', `${context.publicUrl}/v1/requests/${facts.requestId}/package`);
  if (kind === 'final' && context.salt !== null) need('commitment', context.salt);
}

/** A negative letter says why. Each negative step has its line with a sentence; a refusal has ground and reason. */
function lintReasons(
  kind: LetterKind,
  facts: RunFacts,
  context: LetterContext,
  letter: Letter,
  missing: string[],
): void {
  const { texts } = context;
  const text = (...names: readonly Letter['blocks'][number]['name'][]): string =>
    letter.blocks
      .filter((b) => names.includes(b.name))
      .map((b) => b.text)
      .join('\n');
  const reasons = text('reasons');
  if (kind === 'extension' || kind === 'complaint_answer') {
    if (context.text === null || context.text.trim() === '' || !reasons.includes(context.text)) missing.push('reasons');
    return;
  }
  if (facts.refusal !== null) {
    if (reasons === '') missing.push('reasons');
    if (context.text !== null && !reasons.includes(context.text)) missing.push('reasons');
    if (facts.refusal.late && !reasons.includes(dayText(context, facts.clock.refusalDue))) missing.push('late');
  }
  if (facts.outcome === 'cannot_identify' && !reasons.includes(texts.cannotIdentify)) missing.push('reasons');
  if (facts.packageReady && (facts.redactions ?? 0) > 0 && reasons === '') missing.push('reasons');
  if (facts.transfer === 'not_sent' && !reasons.includes(texts.transferNotSent)) missing.push('reasons');
  if (facts.outcome === 'cannot_identify') return;
  const lines = text('kept', 'open', 'notFound').split('\n');
  for (const step of spokenSteps(facts)) {
    if (!isNegativeStep(step)) continue;
    const id = `${step.system}/${step.dataset}`;
    const said = lines.some((line) => line.includes(id) && line.length > id.length + 20);
    if (!said) missing.push(`reason ${id}`);
  }
  if (text('intro').trim() === '') missing.push('reasons');
}
