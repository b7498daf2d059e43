/** Every shipped pack in plain words, in every language; committed, so that a change of a pack shows what it means. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EXPLAIN_LOCALES } from '../../contracts/locales/explain/index.js';
import { PACKAGE_LOCALES } from '../../contracts/locales/package/index.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { explainPack } from './explain.js';
import type { Pack } from './types.js';

const { packs, authorities } = await loadPolicies(policiesFolder(undefined));
const packOf = (operator: string): Pack => {
  const frozen = packs.get(operator);
  if (frozen === undefined) throw new Error(`no pack of ${operator}`);
  return frozen.pack;
};
type Language = keyof typeof EXPLAIN_LOCALES;
const explain = (pack: Pack, language: Language = 'en'): string =>
  explainPack(pack, {
    texts: EXPLAIN_LOCALES[language],
    words: PACKAGE_LOCALES[language],
    authority: authorities.get(pack.legal.authority)?.name,
  });
const OPERATORS = ['defigo', 'faktry', 'infentre', 'itefy', 'itpays'] as const;
const golden = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** Keys with their placeholders, for a catalogue as deep as it goes. */
const keysOf = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => keysOf(inner, `${path}/${key}`))
    : [
        `${path} ${[...String(value).matchAll(/\{(\w+)\}/g)]
          .map((match) => match[1])
          .sort()
          .join(',')}`,
      ];

describe('policy explain', () => {
  test('the catalogues have the same sentences and placeholders', () => {
    expect(keysOf(EXPLAIN_LOCALES.nb)).toEqual(keysOf(EXPLAIN_LOCALES.en));
    expect(keysOf(EXPLAIN_LOCALES.sv)).toEqual(keysOf(EXPLAIN_LOCALES.en));
    // A sentence that stands untranslated in another language is one that was forgotten.
    const flat = (value: unknown): string[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(flat) : [String(value)];
    const english = new Set(flat(EXPLAIN_LOCALES.en).filter((text) => /[a-z]{3,} [a-z]{3,}/.test(text)));
    for (const language of ['nb', 'sv'] as const)
      expect(
        flat(EXPLAIN_LOCALES[language]).filter((text) => english.has(text)),
        language,
      ).toEqual([]);
  });

  test.each(OPERATORS.flatMap((operator) => ['en', packOf(operator).language].map((language) => [operator, language])))(
    '%s in %s is what is committed',
    async (operator, language) => {
      const text = explain(packOf(operator ?? ''), language as Language);
      await expect(text).toMatchFileSnapshot(golden(`explain-${operator}-${language}.txt`));
      expect(text).not.toMatch(/undefined|\{\w+\}|\bnull\b/);
    },
  );

  test('P4 P1 P2 P3 the promises of IT PAYS are said', () => {
    const text = explain(packOf('itpays'));
    expect(text).toContain('Own promise for access, rectification and erasure: 30 days.');
    expect(text).toContain(
      'kept for 5 years after the end of the financial year (bokføringsloven § 13), counted from issuedAt',
    );
    expect(text).toContain(
      'Lives at least 3 years and at most 5 years after the latest of hostingEndedOn and domainsEndedOn',
    );
    expect(text).toContain(
      'kept as long as registered is set or until the end of the domain is reported; withstands a request because the contract still runs',
    );
  });

  test('I1 I4 I5 I8 those of Itefy', () => {
    const text = explain(packOf('itefy'));
    expect(text).toContain(
      'owner_of_active_account: for erasure, users, accounts and customers are blocked while a record in accounts says so, until the account is transferred to somebody else or the account is cancelled, at most 90 days.',
    );
    expect(text).toContain('copies of app live 90 days, also those of people who were erased');
    expect(text).toContain('Before that the customer may fetch an export for 14 days.');
    expect(text).toContain('Lives 30 days after at; the store itself removes it.');
  });

  test('F4 F5 F8 F10 F14 K1 K3 D3 D6 D8 those of the others', () => {
    const infentre = explain(packOf('infentre'));
    expect(infentre).toContain('It begins at once.');
    expect(infentre).toContain('Lives 3 years after the latest of at; then it goes without a request.');
    expect(infentre).toContain('leaves the mailing lists of the purpose and stands in the unsubscribe group 24601');
    expect(infentre).toContain('Must never hold ip or ipAddress');
    expect(infentre).toMatch(/Facebook .*Holds audiences\. Is told by somebody/);
    const faktry = explain(packOf('faktry'));
    expect(faktry).toContain('Lives 3 years after the latest of lastContactAt');
    expect(faktry).toContain('Goes at once when settledOn says that contact is settled.');
    expect(faktry).toContain('interest groups');
    const defigo = explain(packOf('defigo'));
    expect(defigo).toContain('copies of app live 90 days');
    expect(defigo).toContain('Everybody affected is told at once, without waiting for an assessment.');
    expect(defigo).toContain('Must never hold phone, email, name or userId');
  });
});
