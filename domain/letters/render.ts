/**
 * Writes a letter as plain text from facts and a catalogue. Pure. A letter is a list of named blocks, so that what it must
 * contain can be checked (lint.ts); an answer is short and layered: details of an access package are in the package.
 */
import type { RunFacts } from '../lifecycle/facts.js';
import type { LetterKind } from '../lifecycle/run.js';
import { modeOf } from '../rights.js';
import type { LetterContext } from './context.js';
import { ANSWERS_SUBJECT } from './negative.js';
import { isInterim, stepBlocks } from './steps.js';
import { backupBlock, complaintBlock, keepBlock, operatorBlock, recipientBlock, responsibleBlock } from './tail.js';
import { countText, dayText, fill, sentence, type Values } from './words.js';

export { fill } from './words.js';
export type { LetterContext } from './context.js';

export const BLOCKS = [
  'greeting',
  'simulated',
  'reference',
  'intro',
  'reasons',
  'done',
  'kept',
  'open',
  'notFound',
  'responsible',
  'backups',
  'recipients',
  'offer',
  'package',
  'commitment',
  'keep',
  'complaint',
  'court',
  'operator',
  'closing',
] as const;
export type BlockName = (typeof BLOCKS)[number];

export interface Block {
  readonly name: BlockName;
  readonly text: string;
}

export interface Letter {
  readonly subject: string;
  readonly body: string;
  readonly blocks: readonly Block[];
}

/** Throws LetterValueMissing when a sentence names a value that nobody gave. */
export function renderLetter(kind: LetterKind, facts: RunFacts, context: LetterContext): Letter {
  const { texts } = context;
  const blocks: Block[] = [];
  const say = (name: BlockName, text: string): void => {
    if (text !== '') blocks.push({ name, text });
  };
  const base = baseValues(facts, context);
  say('greeting', texts.greeting);
  if (facts.simulated) say('simulated', texts.simulated);
  if (kind === 'approval_requested' || kind === 'approval_reminder') {
    say('reference', fill(texts.reference, base));
    for (const text of approvalParagraphs(kind, facts, context, base)) say('intro', text);
  } else {
    say('reference', referenceText(kind, context, base));
    if (ANSWERS_SUBJECT.has(kind)) sayAnswer(kind, facts, context, base, say);
    else sayNotice(kind, facts, context, base, say);
  }
  say('operator', operatorBlock(context));
  say('closing', fill(texts.closing, base));
  return { subject: texts.subjects[kind], body: `${blocks.map((b) => b.text).join('\n\n')}\n`, blocks };
}

/** The same letter in several languages, one below the other, for somebody whose language we do not write. */
export function renderIn(kind: LetterKind, facts: RunFacts, contexts: readonly LetterContext[]): Letter {
  const letters = contexts.map((context) => renderLetter(kind, facts, context));
  return {
    subject: letters.map((l) => l.subject).join(' / '),
    body: letters.map((l) => l.body).join(`\n${'-'.repeat(60)}\n\n`),
    blocks: letters.flatMap((l) => l.blocks),
  };
}

function baseValues(facts: RunFacts, context: LetterContext): Values {
  const { texts } = context;
  const complaint = facts.complaints?.find((c) => c.n === context.complaint);
  return {
    requestId: facts.requestId,
    right: texts.rights[facts.right] ?? facts.right,
    receivedOn: dayText(context, facts.receivedAt),
    due: dayText(context, facts.clock.due),
    refusalDue: dayText(context, facts.clock.refusalDue),
    extendedDue: dayText(context, facts.clock.extendedDue ?? facts.clock.due),
    operatorName: context.operator.name,
    text: context.text ?? '',
    packageUrl: `${context.publicUrl}/v1/requests/${facts.requestId}/package`,
    complainedOn: complaint === undefined ? '-' : dayText(context, complaint.receivedAt),
    complaintDue: complaint === undefined ? '-' : dayText(context, complaint.dueAt),
  };
}

/** Reference and dates: when it came, and while it is not finished until when it is to be answered. */
function referenceText(kind: LetterKind, context: LetterContext, base: Values): string {
  const { texts } = context;
  const dates = [fill(texts.received, base)];
  if (kind === 'receipt' || kind === 'question' || kind === 'interim') dates.push(fill(texts.due, base));
  return `${fill(texts.reference, base)}\n${dates.join(' ')}`;
}

function approvalParagraphs(kind: LetterKind, facts: RunFacts, context: LetterContext, base: Values): string[] {
  const approval = facts.approvals.find((a) => a.id === context.approvalId);
  const records = facts.steps
    .filter((s) => approval?.parts.includes(s.key) === true)
    .reduce((sum, s) => sum + s.planned, 0);
  const values = {
    ...base,
    records: countText(context.texts, records),
    requestedOn: dayText(context, approval?.requestedAt ?? facts.receivedAt),
    approvalId: context.approvalId ?? '',
    decisionUrl: `${context.publicUrl}/v1/approvals/${context.approvalId ?? ''}`,
  };
  return [
    fill(kind === 'approval_requested' ? context.texts.approvalRequested : context.texts.approvalReminder, values),
    fill(context.texts.approvalHow, values),
  ];
}

type Say = (name: BlockName, text: string) => void;

/** Letters that ask, confirm or announce. */
function sayNotice(kind: LetterKind, facts: RunFacts, context: LetterContext, base: Values, say: Say): void {
  const { texts } = context;
  if (kind === 'receipt') say('intro', fill(texts.receipt, base));
  if (kind === 'question') say('intro', fill(texts.question, base));
  if (kind === 'message') say('intro', fill(texts.message, base));
  if (kind === 'complaint_reminder') say('intro', fill(texts.complaintReminder, base));
  if (kind === 'restriction_lifted') {
    say('intro', fill(texts.restrictionLifted, base));
    // Whoever disagrees with the lifting must be able to act before it happens (Art. 18(3)).
    say('complaint', complaintBlock(context));
    say('court', texts.court);
  }
  if (kind === 'receipt') say('keep', keepBlock(facts, context));
}

function sayAnswer(kind: LetterKind, facts: RunFacts, context: LetterContext, base: Values, say: Say): void {
  const { texts } = context;
  if (kind === 'extension') {
    say('intro', fill(texts.extension, base));
    say('reasons', fill(texts.extensionReason, base));
  } else if (kind === 'complaint_answer') {
    const complaint = facts.complaints?.find((c) => c.n === context.complaint);
    say('intro', fill(texts.complaintAnswer[complaint?.to ?? 'operator'], base));
    say('intro', texts.complaintResult[complaint?.result ?? 'answered']);
    say('reasons', fill(texts.complaintReason, base));
  } else {
    sayOutcome(kind, facts, context, base, say);
  }
  say('keep', keepBlock(facts, context));
  say('complaint', complaintBlock(context));
  say('court', texts.court);
}

function sayOutcome(kind: LetterKind, facts: RunFacts, context: LetterContext, base: Values, say: Say): void {
  const { texts } = context;
  say('intro', introText(kind, facts, context));
  for (const text of reasonParagraphs(facts, context, base)) say('reasons', text);
  if (facts.outcome !== 'cannot_identify') {
    const steps = stepBlocks(facts, context, facts.packageReady && modeOf(facts.right) === 'read');
    say('done', steps.done);
    say('kept', steps.kept);
    say('open', steps.open);
    say('notFound', steps.notFound);
  }
  say('responsible', responsibleBlock(facts, context));
  say('backups', backupBlock(facts, context));
  say('recipients', recipientBlock(facts, context));
  if (kind === 'final' && facts.right === 'consent_withdrawal') say('offer', texts.withdrawnOffer);
  if (kind === 'final' && modeOf(facts.right) === 'stop' && facts.steps.some(isInterim))
    say('offer', texts.weighedRestriction);
  if (facts.packageReady) say('package', fill(texts.packageReady, base));
  else if (facts.packageWaits) say('package', texts.packageWaits);
  if (facts.transfer === 'sent') say('package', texts.transferSent);
  if (facts.transfer === 'waiting') say('package', texts.transferWaits);
  if (kind === 'final' && context.salt !== null) say('commitment', fill(texts.commitment, { salt: context.salt }));
}

function introText(kind: LetterKind, facts: RunFacts, context: LetterContext): string {
  const { texts } = context;
  if (kind === 'interim') return texts.interimIntro;
  const reads = modeOf(facts.right) === 'read' && facts.outcome === 'fulfilled';
  return reads ? texts.fulfilledAccess : (texts.finalIntro[facts.outcome] ?? '');
}

/** Why the answer is not a plain yes, as far as the reason concerns the whole of it. */
function reasonParagraphs(facts: RunFacts, context: LetterContext, base: Values): string[] {
  const { texts } = context;
  const paragraphs: string[] = [];
  if (facts.refusal !== null) {
    paragraphs.push(sentence(texts.refusal, facts.refusal.ground));
    if (context.text !== null) paragraphs.push(fill(texts.reason, base));
    if (facts.refusal.late) paragraphs.push(fill(texts.refusalLate, base));
  }
  if (facts.outcome === 'cannot_identify') paragraphs.push(texts.cannotIdentify);
  const redactions = facts.redactions ?? 0;
  if (facts.packageReady && redactions > 0)
    paragraphs.push(fill(texts.redacted, { places: countText(texts, redactions) }));
  if (facts.transfer === 'not_sent') paragraphs.push(texts.transferNotSent);
  return paragraphs;
}
