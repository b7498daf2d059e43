import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../contracts/locales/index.js';
import { RETENTION_LAWS } from '../holds/laws.js';
import { LANGUAGES, REFUSAL_GROUNDS, REQUEST_OUTCOMES, RIGHTS } from '../words.js';
import { contextFor, factsFor, step } from '../../test/support/letters.js';
import { packContext } from './context.js';
import { readingLanguages } from './languages.js';
import { fill, renderIn, renderLetter } from './render.js';
import { basisText, dayText } from './words.js';

const keysOf = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([k, v]) => keysOf(v, `${path}/${k}`))
    : [
        `${path} ${[...String(value).matchAll(/\{(\w+)\}/g)]
          .map((m) => m[1])
          .sort()
          .join(',')}`,
      ];

describe('the catalogues', () => {
  it('have the same sentences and placeholders in every language, and none is empty', () => {
    expect(keysOf(LOCALES.nb)).toEqual(keysOf(LOCALES.en));
    expect(keysOf(LOCALES.sv)).toEqual(keysOf(LOCALES.en));
    for (const language of LANGUAGES) {
      const texts = JSON.stringify(LOCALES[language]);
      expect(texts).not.toContain('""');
      expect(LOCALES[language].months).toHaveLength(12);
    }
  });

  it('have a sentence for every right, outcome, ground of refusal and retention law', () => {
    for (const language of LANGUAGES) {
      const t = LOCALES[language];
      for (const right of RIGHTS) expect(t.rights[right], `${language} ${right}`).toBeDefined();
      for (const outcome of REQUEST_OUTCOMES) expect(t.finalIntro[outcome], `${language} ${outcome}`).toBeDefined();
      for (const ground of REFUSAL_GROUNDS) {
        expect(t.refusal[ground], `${language} ${ground}`).toBeDefined();
        expect(t.reasons[ground], `${language} ${ground}`).toBeDefined();
      }
      for (const law of RETENTION_LAWS.keys()) expect(t.laws[law], `${language} ${law}`).toBeDefined();
    }
  });

  it('refuse to make a letter with a hole', () => {
    expect(() => fill('until {due}', {})).toThrow('letter_value_missing: due');
  });
});

describe('words', () => {
  it("name a day as the reader's language does, in the operator's zone", () => {
    expect(LANGUAGES.map((l) => dayText(contextFor(l), '2026-03-02'))).toEqual([
      '2 March 2026',
      '2. mars 2026',
      '2 mars 2026',
    ]);
    // Half past eleven at night UTC is the next day in Stockholm.
    expect(dayText(contextFor('en'), '2026-12-31T23:30:00Z')).toBe('1 January 2027');
  });

  it('say why something is kept: law and exemption, a running contract, a code nobody has a sentence for', () => {
    const context = contextFor('en');
    expect(basisText(context, 'art-17-3-b:se-bokforingslagen-7-2')).toBe(
      'The law obliges us to keep it (Art. 17(3)(b) GDPR). The law: the Swedish Bookkeeping Act (bokföringslagen) chapter 7 section 2.',
    );
    expect(basisText(context, 'no-ground-contract_running:domain')).toContain('still running');
    expect(basisText(context, 'art-21-3')).toContain('Art. 21(3)');
    expect(basisText(context, '17-3-b')).toContain('obliges');
    expect(basisText(context, 'strange_code')).toContain('strange code');
  });

  it('choose the language that is read, and two for one that we do not write', () => {
    expect(readingLanguages('nn-NO', 'sv')).toEqual(['nb']);
    expect(readingLanguages('en-GB', 'sv')).toEqual(['en']);
    expect(readingLanguages(undefined, 'sv')).toEqual(['sv']);
    expect(readingLanguages('de', 'sv')).toEqual(['sv', 'en']);
    expect(readingLanguages('pl', 'nb')).toEqual(['nb', 'en']);
    expect(readingLanguages('pl', 'en')).toEqual(['en']);
  });
});

describe('a letter', () => {
  it('in two languages says everything twice', () => {
    const facts = factsFor();
    const { subject, body } = renderIn('final', facts, [contextFor('sv'), contextFor('en')]);
    expect(subject).toBe(`${LOCALES.sv.subjects.final} / ${LOCALES.en.subjects.final}`);
    expect(body).toContain(LOCALES.sv.court);
    expect(body).toContain(LOCALES.en.court);
  });

  it('names the authority of the operator and of where the person lives, once when they are the same', () => {
    const pack = { legal: { name: 'X', orgNo: '1', address: 'A', dpo: 'd@example.org', authority: 'se-imy' } };
    const authorities = [
      { id: 'se-imy', name: 'IMY', country: 'SE', address: null, url: 'https://imy.example.org', checkedOn: null },
      { id: 'no-dt', name: 'DT', country: 'NO', address: 'Oslo', url: 'https://dt.example.org', checkedOn: null },
    ];
    const of = (country: string | null) =>
      packContext({ ...pack, systems: [], keep: {}, timeZone: 'UTC' } as never, authorities, country);
    expect(of('NO').residence).toEqual({ name: 'DT', postal: 'Oslo', url: 'https://dt.example.org' });
    expect(of('SE').residence).toBeNull();
    expect(of(null).residence).toBeNull();
    expect(of('BR').residence).toBeNull();
  });

  it("says nothing of an organisation's part when that organisation answers itself, but who it is", () => {
    const facts = factsFor({
      steps: [step({ dataset: 'users', organisation: 'acme', role: 'processor' }), step({ dataset: 'admins' })],
      approvals: [
        {
          id: 'apr_1',
          kind: 'organisation',
          organisation: 'acme',
          state: 'approved',
          requestedAt: '2026-03-03T10:00:00Z',
          decidedAt: '2026-03-05T10:00:00Z',
          planHash: 'sha256:x',
          parts: ['app/users/acme'],
          answer: 'organisation_answers',
          deliverTo: 'organisation',
        },
      ],
    });
    const { body } = renderLetter('final', facts, contextFor('en'));
    expect(body).not.toContain('app/users');
    expect(body).toContain('app/admins');
    expect(body).toContain('Acme AB');
    expect(body).toContain('3 March 2026');
    expect(body).toContain('personvern@acme.example.com');
    expect(body).toContain(LOCALES.en.responsibleAnswers);
  });

  it('to an organisation asks without naming the person', () => {
    const facts = factsFor();
    const context = { ...contextFor('nb'), approvalId: 'apr_1' };
    const { body } = renderLetter('approval_requested', facts, context);
    expect(body).toContain('apr_1');
    expect(body).not.toContain('@example.no');
  });
});
