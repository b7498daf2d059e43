/**
 * Writes a letter as plain text from facts and a catalogue. Pure. Every negative or partial answer carries complaint and
 * court (GDPR Art. 12(4)); what is kept carries ground and end; backups carry their end date.
 */
import type { Texts } from '../../contracts/locales/texts.js';
import type { RunFacts, StepFact } from '../lifecycle/facts.js';
import type { LetterKind } from '../lifecycle/run.js';

export interface LetterContext {
  readonly texts: Texts;
  readonly operatorName: string;
  readonly operatorAddress: string;
  readonly dpo: string;
  readonly authority: { readonly name: string; readonly url: string };
  readonly publicUrl: string;
  /** Free text that belongs to the letter (question, reason), from the vault. */
  readonly text: string | null;
  readonly salt: string | null;
  readonly approvalId: string | null;
}

export interface Letter {
  readonly subject: string;
  readonly body: string;
}

type Values = Readonly<Record<string, string | number>>;

/** Replaces `{name}`; a missing value is a bug and throws, so that no letter goes out with a hole. */
export function fill(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`letter_value_missing: ${name}`);
    return String(value);
  });
}

export function renderLetter(kind: LetterKind, facts: RunFacts, context: LetterContext): Letter {
  const { texts } = context;
  const base: Values = {
    requestId: facts.requestId,
    right: texts.rights[facts.right] ?? facts.right,
    receivedOn: facts.clock.receivedOn,
    due: facts.clock.due,
    refusalDue: facts.clock.refusalDue,
    extendedDue: facts.clock.extendedDue ?? facts.clock.due,
    operatorName: context.operatorName,
    operatorAddress: context.operatorAddress,
    dpo: context.dpo,
    text: context.text ?? '',
    authority: context.authority.name,
    authorityUrl: context.authority.url,
    packageUrl: `${context.publicUrl}/v1/requests/${facts.requestId}/package`,
  };
  const paragraphs = [texts.greeting, ...(facts.simulated ? [texts.simulated] : []), fill(texts.reference, base)];
  if (kind === 'approval_requested' || kind === 'approval_reminder') {
    paragraphs.push(...approvalParagraphs(kind, facts, context, base));
  } else {
    paragraphs.push(fill(texts.received, base), ...subjectParagraphs(kind, facts, context, base));
  }
  paragraphs.push(fill(texts.closing, base));
  return { subject: texts.subjects[kind], body: `${paragraphs.filter((p) => p !== '').join('\n\n')}\n` };
}

function approvalParagraphs(kind: LetterKind, facts: RunFacts, context: LetterContext, base: Values): string[] {
  const approval = facts.approvals.find((a) => a.id === context.approvalId);
  const records = facts.steps
    .filter((s) => approval?.parts.includes(s.key) === true)
    .reduce((sum, s) => sum + s.planned, 0);
  const values = {
    ...base,
    records,
    requestedOn: day(approval?.requestedAt ?? facts.receivedAt),
    approvalId: context.approvalId ?? '',
    decisionUrl: `${context.publicUrl}/v1/approvals/${context.approvalId ?? ''}`,
  };
  return [
    fill(kind === 'approval_requested' ? context.texts.approvalRequested : context.texts.approvalReminder, values),
    fill(context.texts.approvalHow, values),
  ];
}

function subjectParagraphs(kind: LetterKind, facts: RunFacts, context: LetterContext, base: Values): string[] {
  const { texts } = context;
  if (kind === 'question') return [fill(texts.question, base)];
  if (kind === 'extension') return [fill(texts.extension, base), fill(texts.complaint, base)];
  const paragraphs: string[] = [];
  paragraphs.push(kind === 'interim' ? texts.interimIntro : (texts.finalIntro[facts.outcome] ?? ''));
  if (facts.refusal !== null) {
    paragraphs.push(texts.refusal[facts.refusal.ground] ?? '');
    if (context.text !== null) paragraphs.push(fill(texts.reason, base));
    if (facts.refusal.late) paragraphs.push(fill(texts.refusalLate, base));
  }
  if (facts.outcome === 'cannot_identify') paragraphs.push(texts.cannotIdentify);
  else paragraphs.push(...stepParagraphs(facts, texts));
  paragraphs.push(...responsibleParagraphs(facts, texts));
  paragraphs.push(...backupParagraphs(facts, texts));
  if (facts.packageReady) paragraphs.push(fill(texts.packageReady, base));
  else if (facts.packageWaits) paragraphs.push(texts.packageWaits);
  if (kind === 'final' && context.salt !== null) paragraphs.push(fill(texts.commitment, { salt: context.salt }));
  paragraphs.push(fill(texts.complaint, base));
  return paragraphs;
}

function stepParagraphs(facts: RunFacts, texts: Texts): string[] {
  const done: string[] = [];
  const kept: string[] = [];
  const open: string[] = [];
  for (const step of facts.steps) {
    const values = valuesOf(step);
    switch (step.outcome) {
      case 'done':
        done.push(fill(step.operation === 'collect' ? texts.lineCollected : texts.lineDone, values));
        break;
      case 'done_by_hand':
      case 'referred':
        done.push(fill(texts.lineByHand, values));
        break;
      case 'retained':
      case 'scheduled':
        if (step.records > step.held && step.held > 0)
          done.push(fill(texts.lineDone, { ...values, records: step.records - step.held }));
        kept.push(
          fill(step.until === null ? texts.lineKept : texts.lineKeptUntil, {
            ...values,
            records: step.held > 0 ? step.held : step.records,
          }),
        );
        break;
      case 'rejected':
        kept.push(fill(texts.lineRejected, values));
        break;
      case 'undecided':
        open.push(fill(texts.lineUndecided, values));
        break;
      case 'blocked':
        open.push(fill(texts.lineBlocked, values));
        break;
      case 'skipped':
        kept.push(fill(texts.lineSkipped, values));
        break;
      case 'review':
        open.push(fill(texts.lineReview, values));
        break;
      case 'not_found':
        break;
      default:
        open.push(fill(texts.linePending, values));
    }
  }
  const missing = [
    ...new Set(facts.steps.filter((s) => s.outcome === 'not_found').map((s) => `${s.system}/${s.dataset}`)),
  ];
  const blocks: string[] = [];
  if (done.length > 0) blocks.push([texts.headDone, ...done].join('\n'));
  if (kept.length > 0) blocks.push([texts.headKept, ...kept].join('\n'));
  if (open.length > 0) blocks.push([texts.headOpen, ...open].join('\n'));
  if (missing.length > 0) blocks.push(fill(texts.headNotFound, { datasets: missing.join(', ') }));
  return blocks;
}

function valuesOf(step: StepFact): Values {
  return {
    dataset: `${step.system}/${step.dataset}`,
    records: step.records,
    verifiedOn: step.verifiedAt === null ? '-' : day(step.verifiedAt),
    until: step.until === null ? '-' : day(step.until),
    basis: step.basis ?? '-',
    organisation: step.organisation ?? '-',
  };
}

/** For processor data the operator's letter only says who is responsible and when the request was passed on. */
function responsibleParagraphs(facts: RunFacts, texts: Texts): string[] {
  return facts.approvals
    .filter((a) => a.kind === 'organisation' && a.organisation !== null)
    .map((a) => fill(texts.responsible, { organisation: a.organisation ?? '-', requestedOn: day(a.requestedAt) }));
}

function backupParagraphs(facts: RunFacts, texts: Texts): string[] {
  if (facts.backups.length === 0) return [];
  if (facts.backups.some((b) => b.state === 'unknown')) return [texts.backupsUnknown];
  const last =
    facts.backups
      .map((b) => b.lastExpiresAt ?? '')
      .sort()
      .at(-1) ?? '';
  return last === '' ? [texts.backupsGone] : [fill(texts.backupsUntil, { until: day(last) })];
}

function day(instant: string): string {
  return instant.slice(0, 10);
}
