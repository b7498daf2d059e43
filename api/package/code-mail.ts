/** The mail that carries a download code, in the subject's language. It says nothing about what the package holds. */
import type { Language } from '../../domain/words.js';

const TEXTS: Readonly<Record<Language, { readonly subject: string; readonly text: (code: string) => string }>> = {
  en: {
    subject: 'Your download code',
    text: (code) =>
      `Your code is ${code}.\n\nIt works once, for ten minutes. Nobody will ask you for it by phone or mail.\nIf you did not ask for it, you need not do anything.\n`,
  },
  nb: {
    subject: 'Nedlastingskoden din',
    text: (code) =>
      `Koden din er ${code}.\n\nDen virker én gang, i ti minutter. Ingen vil be deg om den på telefon eller e-post.\nHvis du ikke ba om den, trenger du ikke gjøre noe.\n`,
  },
  sv: {
    subject: 'Din nedladdningskod',
    text: (code) =>
      `Din kod är ${code}.\n\nDen fungerar en gång, i tio minuter. Ingen kommer att be dig om den per telefon eller e-post.\nOm du inte bad om den behöver du inte göra något.\n`,
  },
};

export function codeMail(language: Language, code: string): { readonly subject: string; readonly text: string } {
  const { subject, text } = TEXTS[language];
  return { subject, text: text(code) };
}

const RECEIVER: Readonly<
  Record<
    Language,
    { readonly subject: string; readonly text: (code: string, address: string, keyId: string) => string }
  >
> = {
  en: {
    subject: 'Confirm where your data goes',
    text: (code, address, keyId) =>
      `You asked us to send your data to somebody else:\n\n${address}\nKey: ${keyId}\n\nIf that is right, confirm it with this code: ${code}\n\nIt works once, for ten minutes. Without your confirmation nothing is sent.\nNobody will ask you for it by phone or mail.\n`,
  },
  nb: {
    subject: 'Bekreft hvor opplysningene dine sendes',
    text: (code, address, keyId) =>
      `Du ba oss om å sende opplysningene dine til noen andre:\n\n${address}\nNøkkel: ${keyId}\n\nEr det riktig, bekreft det med denne koden: ${code}\n\nDen virker én gang, i ti minutter. Uten bekreftelsen din sendes ingenting.\nIngen vil be deg om den på telefon eller e-post.\n`,
  },
  sv: {
    subject: 'Bekräfta vart dina uppgifter skickas',
    text: (code, address, keyId) =>
      `Du bad oss att skicka dina uppgifter till någon annan:\n\n${address}\nNyckel: ${keyId}\n\nOm det stämmer, bekräfta det med den här koden: ${code}\n\nDen fungerar en gång, i tio minuter. Utan din bekräftelse skickas ingenting.\nIngen kommer att be dig om den per telefon eller e-post.\n`,
  },
};

/** The mail that asks the subject to confirm the receiver: where to, whose key, and the code. */
export function receiverMail(
  language: Language,
  code: string,
  address: string,
  keyId: string,
): { readonly subject: string; readonly text: string } {
  const { subject, text } = RECEIVER[language];
  return { subject, text: text(code, address, keyId) };
}

const DECIDING: Readonly<
  Record<Language, { readonly subject: string; readonly text: (code: string, approval: string) => string }>
> = {
  en: {
    subject: 'Your code to decide',
    text: (code, approval) =>
      `Your code is ${code}.\n\nIt is for the decision ${approval}. It works for ten minutes and decides once. Nobody will ask you for it by phone or mail.\nIf you did not ask for it, you need not do anything.\n`,
  },
  nb: {
    subject: 'Koden for avgjørelsen',
    text: (code, approval) =>
      `Koden din er ${code}.\n\nDen gjelder avgjørelsen ${approval}. Den virker i ti minutter og avgjør én gang. Ingen vil be deg om den på telefon eller e-post.\nHvis du ikke ba om den, trenger du ikke gjøre noe.\n`,
  },
  sv: {
    subject: 'Koden för beslutet',
    text: (code, approval) =>
      `Din kod är ${code}.\n\nDen gäller beslutet ${approval}. Den fungerar i tio minuter och beslutar en gång. Ingen kommer att be dig om den per telefon eller e-post.\nOm du inte bad om den behöver du inte göra något.\n`,
  },
};

/** The mail that lets an organisation's own contact decide; it names nobody but the approval. */
export function approvalCodeMail(
  language: Language,
  code: string,
  approval: string,
): { readonly subject: string; readonly text: string } {
  const { subject, text } = DECIDING[language];
  return { subject, text: text(code, approval) };
}
