import { describe, expect, it } from 'vitest';
import { BREACH_TEXTS } from '../../contracts/locales/breach.js';
import { authorityDraft, officerMail, organisationNotice, personNotice, type BreachLetterContext } from './letters.js';

const LANGUAGES = ['en', 'nb', 'sv'] as const;
const context = (language: (typeof LANGUAGES)[number]): BreachLetterContext => ({
  texts: BREACH_TEXTS[language],
  breachId: 'brc_1',
  timeZone: 'Europe/Oslo',
  awareAt: '2026-05-22T14:30:00.000Z',
  dueAt: '2026-05-25T14:30:00.000Z',
  hours: 72,
  operatorName: 'Acme AS',
  operatorAddress: 'Oslo',
  orgNo: '900 000 000',
  dpo: 'dpo@acme.example.no',
  authority: { name: 'Datatilsynet', url: 'https://www.datatilsynet.no' },
  systems: ['app'],
  categories: ['contact', 'identity'],
  story: { nature: 'A key was public.', consequences: null, measures: 'The key was changed.', advice: null },
  draftUrl: 'https://habeas.example.no/v1/breaches/brc_1/draft',
  simulated: false,
});
const counts = { people: 12, tell: 10, told: 4, noContact: 0, undeliverable: 0, unattributed: 0, organisations: [] };
const facts = {
  complete: true,
  counts,
  records: 20,
  organisations: [{ organisation: 'acme', state: 'told' as const }],
  notifyPeople: true,
  silence: null,
  late: false,
};

function shape(value: unknown, path = ''): string[] {
  if (typeof value === 'string') {
    const places = [...value.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();
    return [`${path}: ${[...new Set(places)].join(',')}`];
  }
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => shape(inner, `${path}.${key}`));
}

describe.each(LANGUAGES)('%s', (language) => {
  it('has every text with the same places', () => {
    expect(shape(BREACH_TEXTS[language])).toEqual(shape(BREACH_TEXTS.en));
  });

  it('the draft carries everything of Art. 33(3), and says what is not known yet', () => {
    const { text } = authorityDraft(context(language), facts);
    for (const part of [
      'A key was public.',
      '12',
      '20',
      'contact, identity',
      'dpo@acme.example.no',
      'The key was changed.',
    ])
      expect(text).toContain(part);
    expect(text).toContain(BREACH_TEXTS[language].unknownYet);
    // T29: known on Friday at 16:30 in Oslo; flat hours end on the Monday, a holiday, at the same time.
    expect(text).toContain('2026-05-22T16:30:00+02:00');
    expect(text).toContain('2026-05-25T16:30:00+02:00');
    expect(text).not.toContain(BREACH_TEXTS[language].authority.late);
    expect(authorityDraft(context(language), { ...facts, complete: false, late: true }).text).toContain(
      BREACH_TEXTS[language].authority.phase,
    );
    const silent = authorityDraft(context(language), {
      ...facts,
      notifyPeople: false,
      silence: { ground: '34-3-a', reason: 'Encrypted.' },
    });
    expect(silent.text).toContain('Encrypted.');
  });

  it('the notice to a person carries what Art. 34(2) asks for, complaint and court, and no numbers of others', () => {
    const { text } = personNotice({
      ...context(language),
      story: { ...context(language).story, advice: 'New password.' },
    });
    for (const part of [
      'A key was public.',
      'The key was changed.',
      'New password.',
      'dpo@acme.example.no',
      'Datatilsynet',
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/\b(12|20)\b/);
    expect(text).not.toContain('{');
    expect(organisationNotice(context(language), { organisation: 'acme', people: 3 }).text).toMatch(/\b3\b/);
    expect(officerMail(context(language), 'overdue').text).toContain('/v1/breaches/brc_1/draft');
  });
});
