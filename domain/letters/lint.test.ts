/** The content contract of letters: whatever the facts, in every language, no letter lacks a block. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LetterKind } from '../lifecycle/run.js';
import { LANGUAGES } from '../words.js';
import { anyFacts, contextFor, factsFor, step } from '../../test/support/letters.js';
import { lintLetter } from './lint.js';
import { isNegative } from './negative.js';
import { renderLetter, type BlockName, type Letter } from './render.js';

const KINDS: readonly LetterKind[] = [
  'receipt',
  'question',
  'message',
  'extension',
  'approval_requested',
  'approval_reminder',
  'interim',
  'final',
  'restriction_lifted',
  'complaint_answer',
  'complaint_reminder',
];

const ABOUT = { text: 'Because the search takes long.', salt: 'SALT', approvalId: 'apr_1', complaint: 1 };

describe('every letter', () => {
  it.each(KINDS)('%s of any facts in any language carries what it must', (kind) => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom(...LANGUAGES), fc.boolean(), (facts, language, knows) => {
        const context = contextFor(language, { ...ABOUT, ...(knows ? {} : { residence: null, organisations: {} }) });
        const letter = renderLetter(kind, facts, context);
        expect(lintLetter(kind, facts, context, letter)).toEqual([]);
        expect(letter.body).not.toMatch(/undefined|\bnull\b|NaN|\{\w+\}/);
      }),
      { numRuns: 400 },
    );
  });

  it('that is negative gives reasons, complaint and court', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom('interim' as const, 'final' as const), (facts, kind) => {
        if (!isNegative(kind, facts)) return;
        const letter = renderLetter(kind, facts, contextFor('en', ABOUT));
        const names = letter.blocks.map((b) => b.name);
        expect(names).toContain('complaint');
        expect(names).toContain('court');
        expect(names.some((n) => ['reasons', 'kept', 'open', 'notFound', 'intro', 'responsible'].includes(n))).toBe(
          true,
        );
      }),
      { numRuns: 400 },
    );
  });
});

/** A letter in which everything is said, so that each block can be taken away. */
const full = factsFor({
  simulated: true,
  outcome: 'partially_fulfilled',
  answer: 'partial',
  refusal: { ground: 'rights_of_others', late: true, reasonRef: 'm' },
  steps: [
    step({ dataset: 'users' }),
    step({
      dataset: 'invoices',
      outcome: 'retained',
      records: 2,
      held: 2,
      until: '2033-12-31',
      basis: 'art-17-3-b:se-bokforingslagen-7-2',
    }),
    step({ dataset: 'members', organisation: 'acme', outcome: 'undecided' }),
    step({ system: 'mail', dataset: 'contacts', outcome: 'not_found' }),
  ],
  approvals: [
    {
      id: 'apr_1',
      kind: 'organisation',
      organisation: 'acme',
      state: 'expired',
      requestedAt: '2026-03-03T10:00:00Z',
      decidedAt: null,
      planHash: 'sha256:x',
      parts: ['app/members/acme'],
      answer: null,
      deliverTo: null,
    },
  ],
  backups: [{ system: 'nightly', copies: 3, lastExpiresAt: '2026-06-10T03:00:00Z', state: 'waiting' }],
  recipients: [{ name: 'Stripe', told: true, at: '2026-03-10T09:00:00Z', result: 'acknowledged', reasonNotTold: null }],
});

const without = (letter: Letter, name: BlockName): Letter => {
  const blocks = letter.blocks.filter((b) => b.name !== name);
  return { ...letter, blocks, body: `${blocks.map((b) => b.text).join('\n\n')}\n` };
};

describe('the lint', () => {
  const context = contextFor('sv', { text: 'En annan boende behöver loggen.', salt: 'SALT' });
  const letter = renderLetter('final', full, context);

  it('passes the whole letter', () => {
    expect(lintLetter('final', full, context, letter)).toEqual([]);
  });

  it.each<BlockName>([
    'simulated',
    'reference',
    'intro',
    'reasons',
    'done',
    'kept',
    'open',
    'notFound',
    'responsible',
    'backups',
    'recipients',
    'commitment',
    'keep',
    'complaint',
    'court',
    'operator',
  ])('notices a letter without its block "%s"', (name) => {
    expect(letter.blocks.map((b) => b.name)).toContain(name);
    expect(lintLetter('final', full, context, without(letter, name)), name).not.toEqual([]);
  });

  it.each(['package', 'keep', 'done', 'complaint', 'court', 'reasons'] as const)(
    'notices an access letter without its block "%s"',
    (name) => {
      const facts = factsFor({ right: 'access', packageReady: true, redactions: 2 });
      const read = renderLetter('final', facts, contextFor('en'));
      expect(lintLetter('final', facts, contextFor('en'), read)).toEqual([]);
      expect(lintLetter('final', facts, contextFor('en'), without(read, name)), name).not.toEqual([]);
    },
  );

  it.each(['extension', 'complaint_answer', 'restriction_lifted'] as const)(
    'notices a letter of kind %s without complaint, court or reason',
    (kind) => {
      const facts = factsFor({
        complaints: [
          {
            n: 1,
            to: 'operator',
            receivedAt: '2026-04-20T10:00:00Z',
            dueAt: '2026-05-20T10:00:00Z',
            result: 'answered',
          },
        ],
      });
      const about = contextFor('nb', { ...ABOUT });
      const sent = renderLetter(kind, facts, about);
      for (const name of ['complaint', 'court', kind === 'restriction_lifted' ? 'intro' : 'reasons'] as const)
        expect(lintLetter(kind, facts, about, without(sent, name)), name).not.toEqual([]);
    },
  );

  it('notices a sentence that was left with a hole', () => {
    expect(lintLetter('final', full, context, { ...letter, body: `${letter.body}{due}` })).toEqual(['placeholder']);
  });
});
