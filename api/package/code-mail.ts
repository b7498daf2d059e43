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
