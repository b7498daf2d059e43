/** Facts and contexts of letters for tests: an invented operator, organisation and request. */
import * as fc from 'fast-check';
import { LOCALES } from '../../contracts/locales/index.js';
import type { LetterContext } from '../../domain/letters/context.js';
import type { RunFacts, StepFact } from '../../domain/lifecycle/facts.js';
import { REFUSAL_GROUNDS, REQUEST_OUTCOMES, RIGHTS, STEP_OUTCOMES, type Language } from '../../domain/words.js';
import { modelClock } from './run-model.js';

export const REQUEST = 'req_01JDB2C3D4E5F6G7H8J9K0M1N2';

export function contextFor(language: Language, over: Partial<LetterContext> = {}): LetterContext {
  return {
    texts: LOCALES[language],
    operator: {
      name: 'Infentre AB',
      orgNo: '559000-0000',
      address: 'Storgatan 1, 111 22 Stockholm',
      dpo: 'dpo@infentre.example.se',
    },
    timeZone: 'Europe/Stockholm',
    authority: {
      name: 'Integritetsskyddsmyndigheten',
      postal: 'Box 8114, 104 20 Stockholm',
      url: 'https://www.imy.se',
    },
    residence: {
      name: 'Datatilsynet',
      postal: 'Postboks 458 Sentrum, 0105 Oslo',
      url: 'https://www.datatilsynet.no',
    },
    organisations: { acme: { name: 'Acme AB', contact: 'personvern@acme.example.com' } },
    categories: { 'app/users': ['contact', 'identity'], 'app/invoices': ['invoice'] },
    keep: { request: 'P30D', packages: 'P30D', answers: 'P3Y' },
    publicUrl: 'https://privacy.example.org',
    text: null,
    reasons: {},
    salt: null,
    approvalId: null,
    complaint: null,
    ...over,
  };
}

export function step(over: Partial<StepFact> = {}): StepFact {
  const { system = 'app', dataset = 'users', organisation = null } = over;
  return {
    key: `${system}/${dataset}/${organisation ?? '-'}`,
    system,
    dataset,
    organisation,
    role: organisation === null ? 'controller' : 'processor',
    operation: 'delete',
    planned: 1,
    records: 1,
    held: 0,
    outcome: 'done',
    verifiedAt: '2026-03-10T09:00:00Z',
    method: 'read_back',
    until: null,
    basis: null,
    error: null,
    hash: 'sha256:x',
    ...over,
  };
}

export function factsFor(over: Partial<RunFacts> = {}): RunFacts {
  return {
    requestId: REQUEST,
    operator: 'infentre',
    right: 'erasure',
    policy: { version: '1', hash: 'sha256:pack' },
    receivedAt: '2026-03-02T10:00:00Z',
    closedAt: null,
    simulated: false,
    clock: modelClock(),
    outcome: 'fulfilled',
    answer: 'full',
    dataMapRoot: null,
    searched: ['app'],
    scopeDatasets: null,
    steps: [step()],
    approvals: [],
    backups: [],
    refusal: null,
    guards: [],
    question: null,
    packageReady: false,
    packageWaits: false,
    redactions: 0,
    recipients: [],
    complaints: [],
    ...over,
  };
}

const instant = fc
  .integer({ min: Date.parse('2026-03-02T00:00:00Z'), max: Date.parse('2030-01-01T00:00:00Z') })
  .map((ms) => new Date(ms).toISOString());
const BASES = [
  'art-17-3-b:se-bokforingslagen-7-2',
  'art-17-3-e:claims',
  'no-ground-contract_running:domain',
  'art-21-3',
  'withdrawn',
  'no_ground',
  'owner_of_active_account',
  'second_sign_in',
  'capped_collection',
  'made_up_code',
] as const;

const anyStep = fc
  .record({
    system: fc.constantFrom('app', 'payments', 'mail'),
    dataset: fc.constantFrom('users', 'invoices', 'contacts', 'logs'),
    organisation: fc.constantFrom(null, 'acme', 'globex'),
    outcome: fc.constantFrom(...STEP_OUTCOMES),
    records: fc.integer({ min: 0, max: 9 }),
    held: fc.integer({ min: 0, max: 9 }),
    verifiedAt: fc.option(instant),
    until: fc.option(fc.oneof(fc.constant('2033-12-31'), instant)),
    basis: fc.option(fc.constantFrom(...BASES)),
  })
  .map((s) => step({ ...s, held: s.outcome === 'retained' ? Math.min(s.held, s.records) : 0 }));

const anyApproval = fc.record({
  id: fc.constantFrom('apr_1', 'apr_2'),
  kind: fc.constantFrom('organisation' as const, 'privacy_officer' as const, 'release' as const),
  organisation: fc.constantFrom(null, 'acme', 'globex'),
  state: fc.constantFrom('pending' as const, 'approved' as const, 'rejected' as const, 'expired' as const),
  requestedAt: instant,
  decidedAt: fc.option(instant),
  planHash: fc.constant('sha256:x'),
  parts: fc.constant(['app/users/acme']),
  answer: fc.constantFrom(null, 'operator_answers', 'organisation_answers'),
  deliverTo: fc.constant(null),
});

/** Facts of any request, also of ones that the lifecycle would never make. */
export const anyFacts: fc.Arbitrary<RunFacts> = fc
  .record({
    right: fc.constantFrom(...RIGHTS),
    simulated: fc.boolean(),
    outcome: fc.constantFrom(...REQUEST_OUTCOMES),
    answer: fc.constantFrom('full' as const, 'partial' as const, 'none' as const, 'refused' as const),
    steps: fc.uniqueArray(anyStep, { selector: (s) => s.key, maxLength: 6 }),
    approvals: fc.uniqueArray(anyApproval, { selector: (a) => a.organisation, maxLength: 3 }),
    backups: fc.array(
      fc.record({
        system: fc.constant('nightly'),
        copies: fc.nat(9),
        lastExpiresAt: fc.option(instant),
        state: fc.constantFrom('unknown', 'waiting', 'gone', 'overdue'),
      }),
      { maxLength: 2 },
    ),
    refusal: fc.option(
      fc.record({ ground: fc.constantFrom(...REFUSAL_GROUNDS), late: fc.boolean(), reasonRef: fc.constant('m') }),
    ),
    guards: fc.constant([{ id: 'owner_of_active_account', state: 'blocking', unblock: ['ownership_transferred'] }]),
    packageReady: fc.boolean(),
    packageWaits: fc.boolean(),
    redactions: fc.nat(3),
    recipients: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('Stripe', 'Twilio SendGrid', 'Facebook'),
        told: fc.boolean(),
        at: fc.option(instant),
        result: fc.constant(null),
        reasonNotTold: fc.constantFrom(null, 'held_nothing', 'no_notice_channel', 'strange'),
      }),
      { selector: (r) => r.name },
    ),
    complaints: fc.constant([
      {
        n: 1,
        to: 'operator' as const,
        receivedAt: '2026-04-20T10:00:00Z',
        dueAt: '2026-05-20T10:00:00Z',
        result: 'answered' as const,
      },
    ]),
  })
  .map((facts) => factsFor(facts));
