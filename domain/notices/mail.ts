/** The mail to a recipient: which notice, where to read whom it is about, how to answer. It names no person. */
import type { NoticeTexts } from '../../contracts/locales/notices.js';
import type { NoticeKind } from './notices.js';

export interface NoticeMail {
  readonly subject: string;
  readonly text: string;
}

export function noticeMail(
  texts: NoticeTexts,
  about: {
    readonly kind: NoticeKind;
    readonly noticeId: string;
    readonly recipient: string;
    readonly operatorName: string;
    readonly operatorAddress: string;
    readonly dpo: string;
    readonly publicUrl: string;
    readonly simulated: boolean;
  },
): NoticeMail {
  const values: Readonly<Record<string, string>> = {
    noticeId: about.noticeId,
    recipient: about.recipient,
    operatorName: about.operatorName,
    operatorAddress: about.operatorAddress,
    dpo: about.dpo,
    noticeUrl: `${about.publicUrl}/v1/notices/${about.noticeId}`,
    eventsUrl: `${about.publicUrl}/v1/events`,
    what: texts.what[about.kind],
  };
  const put = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`letter_value_missing: ${name}`);
      return value;
    });
  const body = put(texts.body);
  return { subject: put(texts.subject), text: `${about.simulated ? `${texts.simulated}\n\n` : ''}${body}\n` };
}
