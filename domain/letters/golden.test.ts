/** Letters as people read them, one file per case and language under golden/. Changed on purpose: `npx vitest run -u`. */
import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../contracts/locales/index.js';
import { contextFor, factsFor, step } from '../../test/support/letters.js';
import type { RunFacts } from '../lifecycle/facts.js';
import type { LetterKind } from '../lifecycle/run.js';
import { LANGUAGES } from '../words.js';
import type { LetterContext } from './context.js';
import { lintLetter } from './lint.js';
import { renderIn, renderLetter } from './render.js';

interface Golden {
  readonly name: string;
  readonly kind: LetterKind;
  readonly facts: RunFacts;
  readonly context?: Partial<LetterContext>;
}

const acme = (state: 'approved' | 'rejected' | 'expired', over: object = {}) => ({
  id: 'apr_1',
  kind: 'organisation' as const,
  organisation: 'acme',
  state,
  requestedAt: '2026-03-03T10:00:00Z',
  decidedAt: state === 'expired' ? null : '2026-03-12T10:00:00Z',
  planHash: 'sha256:x',
  parts: ['app/users/acme'],
  answer: null,
  deliverTo: null,
  ...over,
});
const told = { name: 'Stripe', told: true, at: '2026-03-10T09:05:00Z', result: 'acknowledged', reasonNotTold: null };
const notTold = { name: 'Accountant', told: false, at: null, result: null, reasonNotTold: 'no_notice_channel' };
const waiting = [{ system: 'nightly', copies: 12, lastExpiresAt: '2026-06-08T03:00:00Z', state: 'waiting' }];
const complaint = (result: 'upheld' | 'changed' | 'answered') => [
  { n: 1, to: 'operator' as const, receivedAt: '2026-04-20T10:00:00Z', dueAt: '2026-05-20T10:00:00Z', result },
];

const CASES: readonly Golden[] = [
  { name: 'receipt', kind: 'receipt', facts: factsFor({ steps: [], answer: 'none' }) },
  {
    name: 'question',
    kind: 'question',
    facts: factsFor({ steps: [], answer: 'none' }),
    context: { text: 'Which of your two addresses did you use?' },
  },
  {
    name: 'extension',
    kind: 'extension',
    facts: factsFor({ answer: 'none' }),
    context: { text: 'Forty systems have to be searched.' },
  },
  {
    name: 'full-erasure',
    kind: 'final',
    facts: factsFor({
      steps: [step(), step({ system: 'payments', dataset: 'customers' })],
      recipients: [told],
      backups: [{ system: 'nightly', copies: 0, lastExpiresAt: null, state: 'gone' }],
    }),
    context: { salt: 'c2FsdA' },
  },
  {
    name: 'partial-holds-and-backups',
    kind: 'final',
    facts: factsFor({
      outcome: 'partially_fulfilled',
      answer: 'partial',
      steps: [
        step(),
        step({
          dataset: 'invoices',
          outcome: 'retained',
          records: 3,
          held: 2,
          until: '2033-12-31',
          basis: 'art-17-3-b:se-bokforingslagen-7-2',
        }),
        step({ dataset: 'domains', outcome: 'retained', held: 1, basis: 'no-ground-contract_running:domain' }),
        step({ system: 'mail', dataset: 'contacts', outcome: 'not_found' }),
      ],
      recipients: [told, notTold],
      backups: waiting,
    }),
    context: { salt: 'c2FsdA' },
  },
  {
    name: 'refused',
    kind: 'final',
    facts: factsFor({
      outcome: 'refused',
      answer: 'refused',
      steps: [step({ outcome: 'skipped', verifiedAt: null, basis: 'rights_of_others' })],
      refusal: { ground: 'rights_of_others', late: false, reasonRef: 'm' },
    }),
    context: { text: 'Another resident needs the log.' },
  },
  {
    name: 'refused-late',
    kind: 'final',
    facts: factsFor({
      outcome: 'refused',
      answer: 'refused',
      steps: [],
      refusal: { ground: 'manifestly_unfounded', late: true, reasonRef: 'm' },
    }),
    context: { text: 'The same request has come every day for a month.' },
  },
  {
    name: 'cannot-identify',
    kind: 'final',
    facts: factsFor({ outcome: 'cannot_identify', answer: 'none', steps: [] }),
  },
  {
    name: 'controller-silent',
    kind: 'final',
    facts: factsFor({
      outcome: 'controller_silent',
      answer: 'none',
      steps: [step({ organisation: 'acme', outcome: 'undecided', verifiedAt: null, basis: 'no_instruction' })],
      approvals: [acme('expired')],
    }),
  },
  {
    name: 'controller-rejected',
    kind: 'final',
    facts: factsFor({
      outcome: 'rejected_by_controller',
      answer: 'refused',
      steps: [step({ organisation: 'acme', outcome: 'rejected', verifiedAt: null, basis: 'exemption' })],
      approvals: [acme('rejected', { reasonRef: 'message/x' })],
    }),
    context: { reasons: { apr_1: 'A dispute about the membership is before the court.' } },
  },
  {
    name: 'controller-answers',
    kind: 'final',
    facts: factsFor({
      steps: [step({ organisation: 'acme' })],
      approvals: [acme('approved', { answer: 'organisation_answers', deliverTo: 'organisation' })],
    }),
  },
  {
    name: 'blocked-by-guard',
    kind: 'final',
    facts: factsFor({
      outcome: 'partially_fulfilled',
      answer: 'partial',
      steps: [
        step({ system: 'mail', dataset: 'contacts' }),
        step({ outcome: 'blocked', verifiedAt: null, basis: 'owner_of_active_account' }),
      ],
      guards: [
        { id: 'owner_of_active_account', state: 'blocking', unblock: ['ownership_transferred', 'account_cancelled'] },
      ],
    }),
  },
  {
    name: 'interim',
    kind: 'interim',
    facts: factsFor({
      outcome: 'partially_fulfilled',
      answer: 'none',
      steps: [
        step(),
        step({ system: 'payments', dataset: 'customers', outcome: 'pending', verifiedAt: null }),
        step({ system: 'mail', dataset: 'contacts', outcome: 'manual', verifiedAt: null, basis: 'capped_collection' }),
        step({ dataset: 'logs', outcome: 'review', verifiedAt: null, basis: 'second_sign_in' }),
      ],
      backups: [{ system: 'nightly', copies: 0, lastExpiresAt: null, state: 'unknown' }],
      recipients: [{ ...told, told: false, at: null, reasonNotTold: 'not_done_yet' }],
    }),
  },
  {
    name: 'access-package-ready',
    kind: 'final',
    facts: factsFor({
      right: 'access',
      packageReady: true,
      redactions: 2,
      steps: [step({ records: 4 }), step({ dataset: 'invoices', records: 2 })],
    }),
    context: { salt: 'c2FsdA' },
  },
  {
    name: 'nothing-found',
    kind: 'final',
    facts: factsFor({
      outcome: 'nothing_found',
      steps: [step({ outcome: 'not_found' }), step({ system: 'mail', dataset: 'contacts', outcome: 'not_found' })],
    }),
  },
  {
    name: 'not-controller',
    kind: 'final',
    facts: factsFor({
      outcome: 'not_controller',
      answer: 'refused',
      steps: [],
      refusal: { ground: 'not_controller', late: false, reasonRef: 'm' },
    }),
    context: { text: 'The camera belongs to the neighbour.' },
  },
  { name: 'withdrawn', kind: 'final', facts: factsFor({ outcome: 'withdrawn', answer: 'none', steps: [] }) },
  {
    name: 'restriction-lifted',
    kind: 'restriction_lifted',
    facts: factsFor({ right: 'restriction' }),
    context: { text: 'Your address has been checked and is right.' },
  },
  {
    name: 'complaint-answer',
    kind: 'complaint_answer',
    facts: factsFor({ complaints: complaint('answered') }),
    context: { complaint: 1, text: 'The log is needed until the case about the break-in is closed.' },
  },
  {
    name: 'complaint-upheld',
    kind: 'complaint_answer',
    facts: factsFor({ complaints: complaint('upheld') }),
    context: { complaint: 1, text: 'The second account was yours as well.' },
  },
];

describe.each(CASES)('$name', ({ name, kind, facts, context = {} }) => {
  it.each(LANGUAGES)('in %s', async (language) => {
    const with_ = contextFor(language, context);
    const letter = renderLetter(kind, facts, with_);
    expect(lintLetter(kind, facts, with_, letter)).toEqual([]);
    await expect(`${letter.subject}\n\n${letter.body}`).toMatchFileSnapshot(`golden/${name}.${language}.txt`);
  });
});

it('a language that we do not write: the operator’s and English in one letter', async () => {
  const facts = factsFor({ outcome: 'nothing_found', steps: [step({ outcome: 'not_found' })] });
  const letter = renderIn('final', facts, [contextFor('sv'), contextFor('en')]);
  expect(letter.body).toContain(LOCALES.sv.greeting);
  await expect(`${letter.subject}\n\n${letter.body}`).toMatchFileSnapshot('golden/nothing-found.sv-en.txt');
});
