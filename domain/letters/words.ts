/** Small things that every letter says alike: days, counts, durations, names of data and of organisations, codes in words. */
import { dayOf, partsOf, parseDate } from '../calendar/civil.js';
import { localDay } from '../clock/zone.js';
import type { StepFact } from '../lifecycle/facts.js';
import type { Duration } from '../words.js';
import type { AuthorityLine, LetterContext, Texts } from './context.js';

export type Values = Readonly<Record<string, string | number>>;

export class LetterValueMissing extends Error {
  readonly code = 'letter_value_missing';
  constructor(name: string) {
    super(`letter_value_missing: ${name}`);
  }
}

/** Replaces `{name}`; a missing value is a bug and throws LetterValueMissing, so that no letter goes out with a hole. */
export function fill(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new LetterValueMissing(name);
    return String(value);
  });
}

/** A day in words. Takes a civil day or an instant; an instant is named by the day on which it falls in the operator's zone. */
export function dayText(context: Pick<LetterContext, 'texts' | 'timeZone'>, at: string): string {
  const civil = at.length === 10 ? parseDate(at) : localDay(context.timeZone, Math.floor(Date.parse(at) / 1000));
  const { year, month, day } = partsOf(civil ?? dayOf(1970, 1, 1));
  return fill(context.texts.date, { day, month: context.texts.months[month - 1] ?? month, year });
}

export function countText(texts: Texts, n: number): string {
  return fill(texts.records[n === 1 ? 0 : 1], { n });
}

/** `P30D` → 30 days; a duration of another form is shown as it is. */
export function durationText(texts: Texts, duration: Duration): string {
  const match = /^P(\d+)([DWMY])$/.exec(duration);
  const unit = match?.[2];
  if (match === null || (unit !== 'D' && unit !== 'W' && unit !== 'M' && unit !== 'Y')) return duration;
  const n = Number(match[1]);
  return fill(texts.units[unit][n === 1 ? 0 : 1], { n });
}

/** The sentence of a code; one that has none is shown as a code, since hiding it would be worse. */
export function sentence(texts: Readonly<Record<string, string>>, code: string): string {
  const known = code !== 'other' && Object.hasOwn(texts, code) ? texts[code] : undefined;
  return known ?? fill(texts['other'] ?? '{code}', { code: code.replaceAll('_', ' ') });
}

/** `app/users (contact details, name and identity)`. */
export function datasetText(context: LetterContext, step: Pick<StepFact, 'system' | 'dataset'>): string {
  const id = `${step.system}/${step.dataset}`;
  const kinds = (context.categories[id] ?? []).map((c) => sentence(context.texts.categories, c));
  return kinds.length === 0 ? id : `${id} (${kinds.join(', ')})`;
}

export function organisationText(context: LetterContext, organisation: string | null): string {
  if (organisation === null) return '-';
  return context.organisations[organisation]?.name ?? organisation;
}

export function postalText(authority: AuthorityLine): string {
  return authority.postal === null ? '' : `, ${authority.postal}`;
}

/** Why something is kept or was not done: `art-17-3-b:<law>`, `no-ground-contract_running:<law>`, or a plain code. */
export function basisText(context: LetterContext, basis: string | null): string {
  const { texts } = context;
  if (basis === null) return sentence(texts.exemptions, 'other');
  const [ground = '', law] = basis.split(':');
  if (ground.startsWith('no-ground-')) return sentence(texts.noGrounds, ground.slice('no-ground-'.length));
  const exemption = /^art-(17-3-[a-e])$/.exec(ground)?.[1] ?? (texts.exemptions[ground] === undefined ? null : ground);
  if (exemption === null) return sentence(texts.reasons, ground);
  if (law === undefined || law === '') return sentence(texts.exemptions, exemption);
  return fill(texts.basisLaw, { exemption: sentence(texts.exemptions, exemption), law: sentence(texts.laws, law) });
}

/** Why a guard blocks, and the ways out that the person has. */
export function guardText(context: LetterContext, guard: string, ways: readonly string[]): string {
  const reason = sentence(context.texts.reasons, guard);
  if (ways.length === 0) return reason;
  const named = ways.map((w) => sentence(context.texts.ways, w)).join('; ');
  return `${reason} ${fill(context.texts.wayOut, { ways: named })}`;
}
