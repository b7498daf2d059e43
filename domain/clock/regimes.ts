/**
 * The regimes of clock.md 2.4 as data. policies/regimes/*.yaml say the same for people and packs; a test compares them.
 * The clock reads only this table, so that its answers depend on no file.
 */
import type { Duration, Right } from '../words.js';

export const PAUSE_KINDS = ['identity', 'clarification'] as const;
export type PauseKind = (typeof PAUSE_KINDS)[number];

/**
 * What a question does to the clock. `suspends`: days from asking up to, not including, the answer do not count.
 * `restarts`: the period starts on the day of the answer. `excluded`: days from asking to the answer, both included, do
 * not count. `never`: nothing.
 */
export type PauseEffect = 'suspends' | 'restarts' | 'excluded' | 'never';

/** A period in one unit, or a number of business days of a calendar of section 3. */
export type Period = Duration | { readonly businessDays: number; readonly calendar: string };

/** The periods of a right. */
export interface RightClock {
  readonly first: Period;
  /** Counted from the same start as the first period; null = no extension. */
  readonly extended: Duration | null;
  readonly acknowledge: Period | null;
  readonly sources: { readonly first: string; readonly extended: string | null; readonly acknowledge: string | null };
}

export interface Regime extends RightClock {
  readonly id: string;
  readonly name: string;
  readonly countries: readonly string[];
  readonly rights: readonly Right[];
  readonly roll: boolean;
  readonly pauses: Readonly<Record<PauseKind, PauseEffect>>;
  /** Rights for which a clarification can count. Recital 63; UK GDPR Art. 12A(5). */
  readonly clarificationFor: readonly Right[];
  /** A question asked later than this many days after receipt does not count; null = no such test. */
  readonly promptWithin: Duration | null;
  readonly receiptSource: string;
  readonly pauseSources: Readonly<Record<PauseKind, string>>;
  readonly rollSource: string;
  /** Rights with periods of their own. */
  readonly exceptions: Readonly<Partial<Record<Right, RightClock>>>;
}

const EVERYWHERE: readonly Right[] = ['access', 'rectification', 'erasure', 'portability'];
const NO_PAUSE = { identity: 'never', clarification: 'never' } as const;
const NO_ROLL = 'the text says nothing of weekends: the earlier date is safe';

function plain(regime: {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly first: Duration;
  readonly extended: Duration | null;
  readonly source: string;
  readonly extendedSource: string | null;
  readonly rights?: readonly Right[];
}): Regime {
  return {
    id: regime.id,
    name: regime.name,
    countries: [regime.country],
    rights: [...EVERYWHERE, ...(regime.rights ?? [])],
    first: regime.first,
    extended: regime.extended,
    acknowledge: null,
    roll: false,
    pauses: NO_PAUSE,
    clarificationFor: ['access'],
    promptWithin: null,
    receiptSource: regime.source,
    pauseSources: { identity: regime.source, clarification: regime.source },
    rollSource: NO_ROLL,
    sources: { first: regime.source, extended: regime.extendedSource, acknowledge: null },
    exceptions: {},
  };
}

const CCPA = plain({
  id: 'us-ca-ccpa',
  name: 'California Consumer Privacy Act',
  country: 'US-CA',
  first: 'P45D',
  extended: 'P90D',
  source: 'Cal. Civ. Code § 1798.130(a)(2); 11 CCR § 7021(b)',
  extendedSource: 'Cal. Civ. Code § 1798.130(a)(2); 11 CCR § 7021(b)',
  rights: ['opt_out'],
});

export const REGIMES: readonly Regime[] = [
  {
    id: 'gdpr-eu',
    name: 'General Data Protection Regulation (EU/EEA)',
    countries: ['NO', 'SE', 'DK', 'DE', 'FR', 'FI', 'NL', 'IE', 'ES', 'IT', 'PL'],
    rights: [...EVERYWHERE, 'restriction', 'objection'],
    first: 'P1M',
    extended: 'P3M',
    acknowledge: null,
    roll: true,
    pauses: { identity: 'suspends', clarification: 'suspends' },
    clarificationFor: ['access'],
    promptWithin: 'P10D',
    receiptSource: 'GDPR Art. 12(3); EDPB Guidelines 01/2022 § 5.3',
    pauseSources: {
      identity: 'GDPR Art. 12(6); EDPB Guidelines 01/2022 § 5.3',
      clarification: 'GDPR recital 63; EDPB Guidelines 01/2022 § 5.3',
    },
    rollSource: 'Reg. (EEC, Euratom) 1182/71 Art. 3(4)',
    sources: {
      first: 'GDPR Art. 12(3); Reg. (EEC, Euratom) 1182/71 Art. 3(2)(c)',
      extended: 'GDPR Art. 12(3)',
      acknowledge: null,
    },
    exceptions: {},
  },
  {
    id: 'uk-gdpr',
    name: 'UK General Data Protection Regulation',
    countries: ['GB-ENG', 'GB-SCT', 'GB-NIR'],
    rights: [...EVERYWHERE, 'restriction', 'objection'],
    first: 'P1M',
    extended: 'P3M',
    acknowledge: null,
    roll: true,
    pauses: { identity: 'restarts', clarification: 'excluded' },
    clarificationFor: ['access'],
    promptWithin: null,
    receiptSource: 'UK GDPR Art. 12(3), 12A(1)',
    pauseSources: { identity: 'UK GDPR Art. 12A(2)', clarification: 'UK GDPR Art. 12A(5)' },
    rollSource: 'Data Protection Act 2018 s. 205(2)',
    sources: { first: 'UK GDPR Art. 12(3), 12A', extended: 'UK GDPR Art. 12A(3)–(4)', acknowledge: null },
    exceptions: {},
  },
  {
    ...CCPA,
    acknowledge: { businessDays: 10, calendar: 'US' },
    sources: { ...CCPA.sources, acknowledge: '11 CCR § 7021(a)' },
    exceptions: {
      opt_out: {
        first: { businessDays: 15, calendar: 'US' },
        extended: null,
        acknowledge: null,
        sources: { first: '11 CCR § 7026(f)', extended: null, acknowledge: null },
      },
    },
  },
  plain({
    id: 'us-va-vcdpa',
    name: 'Virginia Consumer Data Protection Act',
    country: 'US-VA',
    first: 'P45D',
    extended: 'P90D',
    source: 'Va. Code § 59.1-577(B)',
    extendedSource: 'Va. Code § 59.1-577(B)',
    rights: ['opt_out'],
  }),
  plain({
    id: 'br-lgpd',
    name: 'Lei Geral de Proteção de Dados (Brazil)',
    country: 'BR',
    first: 'P15D',
    extended: null,
    source: 'LGPD Art. 19 II',
    extendedSource: null,
  }),
  plain({
    id: 'pipeda-ca',
    name: 'Personal Information Protection and Electronic Documents Act (Canada)',
    country: 'CA',
    first: 'P30D',
    extended: 'P60D',
    source: 'PIPEDA s. 8(3)',
    extendedSource: 'PIPEDA s. 8(4)',
  }),
  plain({
    id: 'quebec-l25',
    name: 'Act respecting the protection of personal information in the private sector (Québec)',
    country: 'CA-QC',
    first: 'P30D',
    extended: null,
    source: 'Act respecting the protection of personal information in the private sector s. 32',
    extendedSource: null,
  }),
  plain({
    id: 'kr-pipa',
    name: 'Personal Information Protection Act (Republic of Korea)',
    country: 'KR',
    first: 'P10D',
    extended: null,
    source: 'PIPA Art. 35; Enforcement Decree Art. 41',
    extendedSource: null,
  }),
];

const BY_ID: ReadonlyMap<string, Regime> = new Map(REGIMES.map((regime) => [regime.id, regime]));

/** A regime by id; undefined when there is none. */
export function regimeOf(id: string): Regime | undefined {
  return BY_ID.get(id);
}

/** The periods of a right under a regime. */
export function rightClockOf(regime: Regime, right: Right): RightClock {
  return regime.exceptions[right] ?? regime;
}
