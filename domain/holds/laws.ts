/** Retention laws of clock.md section 5: through which day a document must be kept. */
import { addDays, addMonths, dayOf, daysInMonth, partsOf, type Day } from '../calendar/civil.js';

export interface RetentionLaw {
  readonly id: string;
  readonly source: string;
  /** In plain words, for the trace and for `policy explain`. */
  readonly period: string;
  /** The document is kept until the end of this day. @throws DateRangeError */
  readonly keepThrough: (financialYearEnd: Day) => Day;
}

/**
 * The period starts on the day after the end of the financial year and runs whole months; for a year that ends in
 * February or a 30-day month this keeps to the end of the last month, never a day less than the law asks.
 */
const afterYearEnd =
  (months: number) =>
  (financialYearEnd: Day): Day =>
    addMonths(addDays(financialYearEnd, 1), months) - 1;

const LAWS: readonly RetentionLaw[] = [
  {
    id: 'no-bokforingsloven-13-primary',
    source: 'bokføringsloven § 13',
    period: 'for 5 years after the end of the financial year',
    keepThrough: afterYearEnd(60),
  },
  {
    id: 'no-bokforingsloven-13-secondary',
    source: 'bokføringsloven § 13',
    period: 'for 3 years 6 months after the end of the financial year',
    keepThrough: afterYearEnd(42),
  },
  {
    id: 'dk-bogforingsloven-12',
    source: 'bogføringsloven (2022) § 12',
    period: 'for 5 years after the end of the financial year',
    keepThrough: afterYearEnd(60),
  },
  {
    id: 'se-bokforingslagen-7-2',
    source: 'bokföringslagen 7 kap. 2 §',
    period: 'through 31 December of the 7th calendar year after the year in which the financial year ended',
    keepThrough: (financialYearEnd) => addDays(dayOf(partsOf(financialYearEnd).year + 7, 12, 31), 0),
  },
];

export const RETENTION_LAWS: ReadonlyMap<string, RetentionLaw> = new Map(LAWS.map((law) => [law.id, law]));

/** A financial year given by its month ends on the last day of that month: the first such day on or after the document. */
export function financialYearEnd(documentOn: Day, month: number): Day {
  const { year } = partsOf(documentOn);
  const end = dayOf(year, month, daysInMonth(year, month));
  return addDays(end >= documentOn ? end : dayOf(year + 1, month, daysInMonth(year + 1, month)), 0);
}
