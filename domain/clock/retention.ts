/** Kind `retention`: how long a datum must, may and can no longer be kept (clock.md section 5). Never rolled. */
import { addDays, formatDate, type Day } from '../calendar/civil.js';
import { financialYearEnd, RETENTION_LAWS } from '../holds/laws.js';
import { addDuration, parseDuration } from './duration.js';
import { InvalidCaseError } from './errors.js';
import { dateField, instantField, listField, objectField, parsed, timeZoneField, within, type Json } from './reader.js';
import type { TraceEntry } from './types.js';
import { endOfLocalDay, formatInstant, localDay } from './zone.js';

export interface RetentionResult {
  readonly keepThrough: string | null;
  readonly erasableFrom: string | null;
  readonly eraseBy: string | null;
  readonly eraseByAt: string | null;
  readonly state: 'must_keep' | 'may_erase' | 'must_erase' | 'overdue';
  readonly flags: readonly string[];
  readonly trace: readonly TraceEntry[];
}

/** What one rule says: keep through a day (or an open end), erase by a day, or both. */
interface Effect {
  readonly keepThrough: Day | null;
  readonly open: boolean;
  readonly eraseBy: Day | null;
  readonly trace: TraceEntry;
}

/** @throws InvalidCaseError (`invalid_case`) naming the field */
export function evaluateRetention(input: Json): RetentionResult {
  const timeZone = timeZoneField(input['timeZone']);
  const now = instantField(input['now'], 'now');
  const rules = listField(input['rules'], 'rules');
  if (rules.length === 0) throw new InvalidCaseError('rules');
  return within('rules', () => combine(rules.map(effectOf), timeZone, localDay(timeZone, now.seconds)));
}

function combine(effects: readonly Effect[], timeZone: string, today: Day): RetentionResult {
  const open = effects.some((effect) => effect.open);
  const keeps = effects.flatMap((effect) => (effect.keepThrough === null ? [] : [effect.keepThrough]));
  const limits = effects.flatMap((effect) => (effect.eraseBy === null ? [] : [effect.eraseBy]));
  const keepThrough = open || keeps.length === 0 ? null : Math.max(...keeps);
  const erasableFrom = keepThrough === null ? null : addDays(keepThrough, 1);
  const limit = limits.length === 0 ? null : Math.min(...limits);
  // GDPR Art. 17(3)(b), (e): what must be kept is kept, whatever the operator's own maximum says.
  const overridden = limit !== null && (open || (erasableFrom !== null && limit < erasableFrom));
  const eraseBy = !overridden ? limit : open ? null : erasableFrom;
  const flags = [...(overridden ? ['hold_overrides_limit'] : []), ...(open ? ['open_hold'] : [])];
  const date = (day: Day | null): string | null => (day === null ? null : formatDate(day));
  return {
    keepThrough: date(keepThrough),
    erasableFrom: date(erasableFrom),
    eraseBy: date(eraseBy),
    eraseByAt: eraseBy === null ? null : formatInstant(timeZone, endOfLocalDay(timeZone, eraseBy)),
    state: stateOn(today, open || (keepThrough !== null && today <= keepThrough), eraseBy),
    flags,
    trace: effects.map(({ trace }) => trace),
  };
}

function stateOn(today: Day, mustKeep: boolean, eraseBy: Day | null): RetentionResult['state'] {
  if (mustKeep) return 'must_keep';
  if (eraseBy === null || today < eraseBy) return 'may_erase';
  return today === eraseBy ? 'must_erase' : 'overdue';
}

function effectOf(value: unknown): Effect {
  const rule = objectField(value, 'rules');
  switch (rule['type']) {
    case 'bookkeeping':
      return bookkeeping(rule);
    case 'min':
      return minimum(rule);
    case 'max':
      return maximum(rule);
    case 'hold':
      return hold(rule);
    default:
      throw new InvalidCaseError('rules');
  }
}

function bookkeeping(rule: Json): Effect {
  const law = typeof rule['law'] === 'string' ? RETENTION_LAWS.get(rule['law']) : undefined;
  if (law === undefined) throw new InvalidCaseError('rules');
  const documentOn = dateField(rule['documentOn'], 'rules');
  const month = rule['financialYearEndMonth'] === undefined ? 12 : rule['financialYearEndMonth'];
  if (typeof month !== 'number' || !Number.isInteger(month) || month < 1 || month > 12)
    throw new InvalidCaseError('rules');
  const exact = rule['financialYearEnd'] === undefined ? null : dateField(rule['financialYearEnd'], 'rules');
  if (exact !== null && exact < documentOn) throw new InvalidCaseError('rules');
  const keepThrough = law.keepThrough(exact ?? financialYearEnd(documentOn, month));
  return effect({ keepThrough }, 'bookkeeping', law.source, formatDate(documentOn), `kept ${law.period}`);
}

function minimum(rule: Json): Effect {
  const length = parsed(parseDuration(rule['for']), 'rules');
  const limit = parsed(parseDuration(rule['limit']), 'rules');
  const after = days(rule['after'], true);
  const source = "the operator's own retention rule; GDPR Art. 5(1)(e)";
  if (after.includes(null)) return effect({ open: true }, 'min', source, 'open', 'not every service has ended');
  const latest = Math.max(...after.flatMap((day) => (day === null ? [] : [day])));
  const keepThrough = addDuration(latest, length);
  const eraseBy = addDuration(latest, limit);
  if (eraseBy < keepThrough) throw new InvalidCaseError('rules');
  return effect(
    { keepThrough, eraseBy },
    'min',
    source,
    formatDate(latest),
    `at least ${rule['for']}, at most ${rule['limit']}`,
  );
}

function maximum(rule: Json): Effect {
  const length = parsed(parseDuration(rule['for']), 'rules');
  const latest = Math.max(...days(rule['after'], false).flatMap((day) => (day === null ? [] : [day])));
  const settled =
    rule['settledOn'] === undefined || rule['settledOn'] === null ? null : dateField(rule['settledOn'], 'rules');
  const end = addDuration(latest, length);
  const eraseBy = settled === null ? end : Math.min(end, settled);
  const source = "the operator's own retention rule; GDPR Art. 5(1)(e)";
  return effect(
    { eraseBy },
    'max',
    source,
    formatDate(latest),
    `at most ${rule['for']}${settled === null ? '' : ', or until settled'}`,
  );
}

function hold(rule: Json): Effect {
  const until = rule['until'] === null ? null : dateField(rule['until'], 'rules');
  const source = 'GDPR Art. 17(3)(e)';
  if (until === null) return effect({ open: true }, 'hold', source, 'open', 'held without an end');
  return effect({ keepThrough: until }, 'hold', source, formatDate(until), 'held through this day');
}

/** A non-empty list of dates; null (still running) only where allowed. */
function days(value: unknown, nullable: boolean): readonly (Day | null)[] {
  const list = listField(value, 'rules');
  if (list.length === 0) throw new InvalidCaseError('rules');
  return list.map((day) => (day === null && nullable ? null : dateField(day, 'rules')));
}

function effect(
  given: Partial<Omit<Effect, 'trace'>>,
  rule: string,
  source: string,
  from: string,
  note: string,
): Effect {
  const keepThrough = given.keepThrough ?? null;
  const eraseBy = given.eraseBy ?? null;
  const end = keepThrough ?? eraseBy;
  return {
    keepThrough,
    eraseBy,
    open: given.open ?? false,
    trace: { rule, source, from, to: end === null ? 'open' : formatDate(end), note },
  };
}
