/** What stands in every answer beside its content: who is responsible, backups, recipients, what is kept, complaint, court. */
import type { RunFacts } from '../lifecycle/facts.js';
import { modeOf } from '../rights.js';
import type { LetterContext } from './context.js';
import { answeringThemselves } from './steps.js';
import { dayText, durationText, fill, organisationText, postalText, sentence } from './words.js';

/** For processor data: who is responsible, when the request was passed on, whom to contact (design.md section 8). */
export function responsibleBlock(facts: RunFacts, context: LetterContext): string {
  const { texts } = context;
  const theirs = answeringThemselves(facts);
  const seen = new Set<string>();
  const blocks: string[] = [];
  for (const approval of facts.approvals) {
    const { organisation } = approval;
    if (approval.kind !== 'organisation' || organisation === null || seen.has(organisation)) continue;
    seen.add(organisation);
    const contact = context.organisations[organisation]?.contact ?? null;
    blocks.push(
      [
        fill(texts.responsible, {
          organisation: organisationText(context, organisation),
          requestedOn: dayText(context, approval.requestedAt),
        }),
        contact === null ? texts.responsibleAsk : fill(texts.responsibleContact, { contact }),
        ...(theirs.has(organisation) ? [texts.responsibleAnswers] : []),
      ].join(' '),
    );
  }
  return blocks.join('\n\n');
}

export function backupBlock(facts: RunFacts, context: LetterContext): string {
  const { texts } = context;
  if (facts.backups.length === 0) return '';
  if (facts.backups.some((b) => b.state === 'unknown')) return texts.backupsUnknown;
  const last = facts.backups
    .flatMap((b) => (b.state === 'gone' || b.lastExpiresAt === null ? [] : [b.lastExpiresAt]))
    .sort()
    .at(-1);
  if (last === undefined)
    return facts.backups.every((b) => b.state === 'gone') ? texts.backupsGone : texts.backupsUnknown;
  const overdue = facts.backups.some((b) => b.state === 'overdue');
  return fill(overdue ? texts.backupsOverdue : texts.backupsUntil, { until: dayText(context, last) });
}

/** Art. 19: recipients by name are told of what was erased, corrected or restricted, unless that is impossible. */
export function tellsRecipients(facts: RunFacts): boolean {
  return (
    modeOf(facts.right) !== 'read' &&
    (facts.recipients ?? []).length > 0 &&
    facts.steps.some((s) => s.outcome === 'done' || s.outcome === 'done_by_hand' || s.records > s.held)
  );
}

export function recipientBlock(facts: RunFacts, context: LetterContext): string {
  if (!tellsRecipients(facts)) return '';
  const { texts } = context;
  const lines = (facts.recipients ?? []).map((r) =>
    r.told
      ? fill(texts.lineTold, { name: r.name, toldOn: r.at === null ? '-' : dayText(context, r.at) })
      : fill(texts.lineNotTold, { name: r.name, why: sentence(texts.notTold, r.reasonNotTold ?? 'not_done_yet') }),
  );
  return [texts.headRecipients, ...lines].join('\n');
}

/** What Habeas itself keeps of the case, and until when (the pack's `keep`). */
export function keepBlock(facts: RunFacts, context: LetterContext): string {
  const { texts, keep } = context;
  const package_ = facts.packageReady || facts.packageWaits;
  return [
    fill(texts.keep, {
      keepRequest: durationText(texts, keep.request),
      keepAnswers: durationText(texts, keep.answers),
    }),
    ...(package_ ? [fill(texts.keepPackage, { keepPackages: durationText(texts, keep.packages) })] : []),
  ].join(' ');
}

/** Art. 12(4), 77: the operator's authority and that of the person's residence. */
export function complaintBlock(context: LetterContext): string {
  const { texts, authority, residence } = context;
  const values = (a: typeof authority): Record<string, string> => ({
    authority: a.name,
    authorityPostal: postalText(a),
    authorityUrl: a.url,
  });
  return [
    fill(texts.complaint, values(authority)),
    residence === null ? texts.complaintElsewhere : fill(texts.complaintResidence, values(residence)),
  ].join(' ');
}

export function operatorBlock(context: LetterContext): string {
  const { name, orgNo, address, dpo } = context.operator;
  return fill(context.texts.operator, { operatorName: name, orgNo, operatorAddress: address, dpo });
}
