/** The case of kind `request` (clock.md 2.1) and its checks, in the order in which fields are blamed. */
import type { NonDeadlineDays } from '../calendar/working-days.js';
import type { ClockSwitches } from '../policy/types.js';
import type { Right } from '../words.js';
import { parseDays, parseDuration, type CivilDuration } from './duration.js';
import { InvalidCaseError } from './errors.js';
import { compareInstants } from './instant.js';
import { instantField, listField, objectField, parsed, timeZoneField, type GivenInstant, type Json } from './reader.js';
import { PAUSE_KINDS, regimeOf, type PauseKind, type Regime } from './regimes.js';

export interface PromiseCase {
  readonly within: string;
  readonly rights?: readonly string[];
}

export interface PauseCase {
  readonly kind: PauseKind;
  readonly askedAt: string;
  /** null = still open. */
  readonly answeredAt: string | null;
}

export interface ExtensionCase {
  readonly decidedAt: string;
  readonly reason: string | null;
}

/** A case as given by callers inside the product; the command reads the same from JSON. */
export interface RequestCase {
  readonly regime: string;
  readonly country: string;
  readonly timeZone: string;
  readonly receivedAt: string;
  readonly right: string;
  readonly now: string;
  readonly promises?: readonly PromiseCase[];
  readonly pauses?: readonly PauseCase[];
  readonly extension?: ExtensionCase | null;
  readonly switches?: ClockSwitches;
}

/** A checked case. */
export interface CheckedCase {
  readonly regime: Regime;
  readonly country: string;
  readonly timeZone: string;
  readonly right: Right;
  readonly receivedAt: GivenInstant;
  readonly now: GivenInstant;
  readonly promises: readonly {
    readonly within: CivilDuration;
    readonly text: string;
    readonly rights: readonly string[] | null;
  }[];
  readonly pauses: readonly {
    readonly kind: PauseKind;
    readonly askedAt: GivenInstant;
    readonly answeredAt: GivenInstant | null;
  }[];
  readonly extension: { readonly decidedAt: GivenInstant; readonly reason: string | null } | null;
  readonly nonDeadlineDays: NonDeadlineDays;
  /** Days after receipt within which a question must be asked; null = no such test. */
  readonly promptWithin: number | null;
  readonly roll: boolean;
}

/** The rights that a clock knows; `consent_withdrawal` is clocked as `objection` by callers (interfaces.md section 4). */
export const CLOCKED_RIGHTS = [
  'access',
  'rectification',
  'erasure',
  'portability',
  'restriction',
  'objection',
  'opt_out',
] as const satisfies readonly Right[];

/**
 * Checks a case of kind `request`.
 * @throws InvalidCaseError (`invalid_case`) naming the first wrong field in the order of clock.md section 1
 */
export function checkRequestCase(input: Json): CheckedCase {
  const regime = typeof input['regime'] === 'string' ? regimeOf(input['regime']) : undefined;
  if (regime === undefined) throw new InvalidCaseError('regime');
  const country = input['country'];
  if (typeof country !== 'string' || !regime.countries.includes(country)) throw new InvalidCaseError('country');
  const right = regime.rights.find((allowed) => allowed === input['right']);
  if (right === undefined) throw new InvalidCaseError('right');
  const timeZone = timeZoneField(input['timeZone']);
  const receivedAt = instantField(input['receivedAt'], 'receivedAt');
  const now = instantField(input['now'], 'now');
  if (compareInstants(now, receivedAt) < 0) throw new InvalidCaseError('now');
  return {
    regime,
    country,
    right,
    timeZone,
    receivedAt,
    now,
    promises: listField(orDefault(input, 'promises', []), 'promises').map(promise),
    pauses: listField(orDefault(input, 'pauses', []), 'pauses').map((value) => pause(value, receivedAt, now)),
    extension: extension(orDefault(input, 'extension', null), receivedAt, now),
    ...switches(objectField(orDefault(input, 'switches', {}), 'switches'), regime),
  };
}

/** The default stands in for an absent field only: null is a value. */
function orDefault(input: Json, field: string, value: unknown): unknown {
  return input[field] === undefined ? value : input[field];
}

function promise(value: unknown): CheckedCase['promises'][number] {
  const { within, rights } = objectField(value, 'promises');
  const duration = parsed(parseDuration(within), 'promises');
  if (rights === undefined) return { within: duration, text: String(within), rights: null };
  const list = listField(rights, 'promises').map((right) => {
    const known = CLOCKED_RIGHTS.find((name) => name === right);
    if (known === undefined) throw new InvalidCaseError('promises');
    return known;
  });
  if (list.length === 0) throw new InvalidCaseError('promises');
  return { within: duration, text: String(within), rights: list };
}

function pause(value: unknown, receivedAt: GivenInstant, now: GivenInstant): CheckedCase['pauses'][number] {
  const given = objectField(value, 'pauses');
  const kind = PAUSE_KINDS.find((name) => name === given['kind']);
  if (kind === undefined) throw new InvalidCaseError('pauses');
  const askedAt = instantField(given['askedAt'], 'pauses');
  const answeredAt = given['answeredAt'] === null ? null : instantField(given['answeredAt'], 'pauses');
  const last = answeredAt ?? now;
  if (
    compareInstants(askedAt, receivedAt) < 0 ||
    compareInstants(last, askedAt) < 0 ||
    compareInstants(now, last) < 0
  ) {
    throw new InvalidCaseError('pauses');
  }
  return { kind, askedAt, answeredAt };
}

function extension(value: unknown, receivedAt: GivenInstant, now: GivenInstant): CheckedCase['extension'] {
  if (value === null) return null;
  const given = objectField(value, 'extension');
  const decidedAt = instantField(given['decidedAt'], 'extension');
  const reason = given['reason'];
  if (reason !== null && typeof reason !== 'string') throw new InvalidCaseError('extension');
  if (compareInstants(decidedAt, receivedAt) < 0 || compareInstants(now, decidedAt) < 0)
    throw new InvalidCaseError('extension');
  return { decidedAt, reason };
}

function switches(given: Json, regime: Regime): Pick<CheckedCase, 'nonDeadlineDays' | 'promptWithin' | 'roll'> {
  let nonDeadlineDays: NonDeadlineDays = 'public';
  let promptWithin = regime.promptWithin === null ? null : parseDays(regime.promptWithin);
  let roll = regime.roll;
  for (const [key, value] of Object.entries(given)) {
    // Callers inside the product pass packs, in which an unset switch is undefined; JSON has no such value.
    if (value === undefined) continue;
    if (key === 'nonDeadlineDays' && (value === 'public' || value === 'statutory')) nonDeadlineDays = value;
    else if (key === 'promptWithin') promptWithin = value === null ? null : parsed(parseDays(value), 'switches');
    else if (key === 'roll' && typeof value === 'boolean' && (regime.roll || !value)) roll = value;
    else throw new InvalidCaseError('switches');
  }
  return { nonDeadlineDays, promptWithin, roll };
}
