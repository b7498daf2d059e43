/**
 * Tells one recipient that data it received was erased, corrected or restricted (GDPR Art. 19): a signed event to its own
 * endpoints, or a mail. Both carry an id only; whom it is about the recipient reads with its token. Safe to repeat: event and
 * mail have ids of their own.
 */
import { NOTICE_TEXTS } from '../contracts/locales/notices.js';
import { noticeMail, type NoticeDone } from '../domain/notices/index.js';
import { languageOfTag } from './breach-context.js';
import type { ActivityDeps } from './deps.js';
import type { NoticeInput } from './types.js';

export async function notice(deps: ActivityDeps, input: NoticeInput): Promise<NoticeDone> {
  const { id, party, name, kind, by } = input.notice;
  const { pack } = await deps.packs.byHash(input.policyHash);
  if (by === 'webhook') {
    const [queued] = await deps.outgoing.send([
      {
        id: `evt_${id.slice(4)}_notice`,
        type: `${kind}.recipient_notice`,
        operator: input.operator,
        organisation: party,
        at: input.notice.queuedAt,
        requestId: null,
        approvalId: null,
        data: { noticeId: id },
      },
    ]);
    const sent = (queued?.endpoints ?? 0) > 0;
    return { kind: 'notice', stamp: deps.stamp(), way: sent ? 'webhook' : null, problem: sent ? null : 'no_endpoint' };
  }
  const to = await addressOf(deps, input, pack.recipients.find((r) => r.name === name)?.notify?.to ?? null);
  if (to === null) return { kind: 'notice', stamp: deps.stamp(), way: null, problem: 'no_contact' };
  const language = languageOfTag(to.language, pack.language);
  await deps.mailer.send({
    id: `${input.requestId}.${id}`,
    to: to.email,
    language,
    ...noticeMail(NOTICE_TEXTS[language], {
      kind,
      noticeId: id,
      recipient: name,
      operatorName: pack.legal.name,
      operatorAddress: pack.legal.address,
      dpo: pack.legal.dpo,
      publicUrl: deps.publicUrl,
      simulated: input.simulated,
    }),
  });
  return { kind: 'notice', stamp: deps.stamp(), way: 'mail', problem: null };
}

/** The pack's address; a `${NAME}` is replaced by the recipient's entry in the directory, which needs no new start. */
async function addressOf(
  deps: ActivityDeps,
  input: NoticeInput,
  given: string | null,
): Promise<{ readonly email: string; readonly language: string | null } | null> {
  const known = await deps.organisations.contact(input.operator, input.notice.party, 'dpo');
  if (known !== null) return known;
  return given === null || given.includes('${') ? null : { email: given, language: null };
}
