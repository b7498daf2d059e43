import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../contracts/locales/index.js';
import { factsOf } from '../lifecycle/facts.js';
import { goodWorld, Model, modelInput, modelPlan, modelRules } from '../../test/support/run-model.js';
import { fill, renderLetter, type LetterContext } from './render.js';

const keysOf = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([k, v]) => keysOf(v, `${path}/${k}`))
    : [
        `${path} ${[...String(value).matchAll(/\{(\w+)\}/g)]
          .map((m) => m[1])
          .sort()
          .join(',')}`,
      ];

const context = (language: 'en' | 'nb' | 'sv', over: Partial<LetterContext> = {}): LetterContext => ({
  texts: LOCALES[language],
  operatorName: 'Infentre AB',
  operatorAddress: 'Stockholm',
  dpo: 'dpo@example.org',
  authority: { name: 'IMY', url: 'https://authority.example.org' },
  publicUrl: 'https://privacy.example.org',
  text: null,
  salt: null,
  approvalId: null,
  ...over,
});

function answered() {
  const parts = [
    { system: 'app', dataset: 'users', organisation: 'acme', records: 1 },
    { system: 'app', dataset: 'invoices', organisation: null, records: 2, held: 2 },
    { system: 'payments', dataset: 'customers', organisation: null, records: 1 },
  ];
  const model = new Model(
    modelInput('erasure', modelRules(['app', 'payments'])),
    goodWorld(() => modelPlan('erasure', parts)),
  );
  model.pass(40 * 86_400_000);
  return factsOf(model.run);
}

describe('letters', () => {
  it('have the same sentences and placeholders in every language', () => {
    expect(keysOf(LOCALES.nb)).toEqual(keysOf(LOCALES.en));
    expect(keysOf(LOCALES.sv)).toEqual(keysOf(LOCALES.en));
  });

  it('refuse to go out with a hole', () => {
    expect(() => fill('until {due}', {})).toThrow('letter_value_missing: due');
  });

  it('say in every language what was done, what is kept until when and why, what is open, who decides, and where to complain', () => {
    const facts = answered();
    for (const language of ['en', 'nb', 'sv'] as const) {
      const { body, subject } = renderLetter('final', facts, context(language, { salt: 'SALT' }));
      expect(subject).toBe(LOCALES[language].subjects.final);
      for (const block of [
        facts.requestId,
        'payments/customers',
        '2033-12-31',
        'se-bokforingslagen-7-2',
        'acme',
        'IMY',
        'SALT',
        'app/users',
      ])
        expect(body, `${language} ${block}`).toContain(block);
      expect(body).not.toContain('{');
    }
  });

  it('carry complaint and court in every answer that is not wholly a yes (Art. 12(4))', () => {
    const facts = answered();
    const refused = {
      ...facts,
      outcome: 'refused' as const,
      refusal: { ground: 'no_ground', late: true, reasonRef: 'm' },
    };
    const { body } = renderLetter('final', refused, context('en', { text: 'Because of this.' }));
    expect(body).toContain('go to court');
    expect(body).toContain('Because of this.');
    expect(body).toContain(`by ${facts.clock.refusalDue}`);
    expect(renderLetter('interim', facts, context('en')).body).toContain('go to court');
    expect(renderLetter('extension', facts, context('en', { text: 'Many systems.' })).body).toContain('go to court');
  });

  it('mark simulated time', () => {
    const facts = { ...answered(), simulated: true };
    expect(renderLetter('final', facts, context('en')).body).toContain('SIMULATED TIME');
  });

  it('ask an organisation without naming the person', () => {
    const facts = answered();
    const approval = facts.approvals[0];
    const { body } = renderLetter('approval_requested', facts, context('nb', { approvalId: approval?.id ?? null }));
    expect(body).toContain(approval?.id ?? 'none');
    expect(body).not.toContain('@example.no');
  });
});
