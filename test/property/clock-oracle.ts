/**
 * A second, independent clock for tests: luxon for dates and zones, date-holidays for holidays, written from
 * docs/clock.md without looking at the product's code. It knows the plain `gdpr-eu` and `uk-gdpr` case only.
 */
import HolidaysDefault from 'date-holidays';
import { DateTime } from 'luxon';

interface Holiday {
  readonly date: string;
  readonly type: string;
}
interface HolidaySource {
  getHolidays(year: number): readonly Holiday[];
}
const Holidays = HolidaysDefault as unknown as new (country: string, state?: string) => HolidaySource;

const sources = new Map<string, HolidaySource>();
const years = new Map<string, ReadonlySet<string>>();

/** Public holidays of a year as `YYYY-MM-DD`, from date-holidays. */
export function publicHolidays(place: string, year: number): ReadonlySet<string> {
  const key = `${place} ${year}`;
  let days = years.get(key);
  if (days === undefined) {
    let source = sources.get(place);
    if (source === undefined) {
      const [country = '', state] = place.split('-');
      source = state === undefined ? new Holidays(country) : new Holidays(country, state);
      sources.set(place, source);
    }
    days = new Set(
      source
        .getHolidays(year)
        .filter(({ type }) => type === 'public')
        .map(({ date }) => date.slice(0, 10)),
    );
    years.set(key, days);
  }
  return days;
}

export interface OracleCase {
  readonly country: string;
  readonly timeZone: string;
  readonly receivedAt: string;
  readonly now: string;
  readonly right: string;
  readonly identity: { readonly askedAt: string; readonly answeredAt: string | null } | null;
  readonly promiseDays: number | null;
}

const iso = (date: DateTime): string => date.toFormat('yyyy-MM-dd');
const civil = (text: string, zone: string): DateTime => {
  const local = DateTime.fromISO(text, { zone });
  return DateTime.utc(local.year, local.month, local.day);
};

function rolled(date: DateTime, country: string): DateTime {
  let end = date;
  while (end.weekday >= 6 || publicHolidays(country, end.year).has(iso(end))) end = end.plus({ days: 1 });
  return end;
}

/** Expected `receivedOn`, `safeDue`, `legalDue`, `extendedDue`, `pausedDays` of an EU case, and `dueAt` of `legalDue`. */
export function euOracle(given: OracleCase): Record<string, string | number | null> {
  const received = civil(given.receivedAt, given.timeZone);
  const month = received.plus({ months: 1 });
  const promise = given.promiseDays === null ? null : received.plus({ days: given.promiseDays });
  let paused = 0;
  if (given.identity !== null) {
    const asked = civil(given.identity.askedAt, given.timeZone);
    const answered = civil(given.identity.answeredAt ?? given.now, given.timeZone);
    const prompt = asked <= received.plus({ days: 10 });
    if (prompt && asked <= rolled(month, given.country)) paused = answered.diff(asked, 'days').days;
  }
  const legal = rolled(month.plus({ days: paused }), given.country);
  const end = DateTime.fromObject(
    { year: legal.year, month: legal.month, day: legal.day },
    { zone: given.timeZone },
  ).endOf('day');
  return {
    receivedOn: iso(received),
    safeDue: iso(promise !== null && promise < month ? promise : month),
    legalDue: iso(legal),
    extendedDue: iso(rolled(received.plus({ months: 3 }).plus({ days: paused }), given.country)),
    promisedDue: promise === null ? null : iso(promise),
    pausedDays: paused,
    dueAt: end.toFormat("yyyy-MM-dd'T'HH:mm:ssZZ"),
  };
}

/** Expected dates of a UK case: identity restarts the period. */
export function ukOracle(given: OracleCase): Record<string, string | number | null> {
  const received = civil(given.receivedAt, given.timeZone);
  const month = received.plus({ months: 1 });
  const promise = given.promiseDays === null ? null : received.plus({ days: given.promiseDays });
  let start = received;
  if (given.identity !== null && civil(given.identity.askedAt, given.timeZone) <= rolled(month, given.country)) {
    start = civil(given.identity.answeredAt ?? given.now, given.timeZone);
  }
  return {
    receivedOn: iso(received),
    safeDue: iso(promise !== null && promise < month ? promise : month),
    legalDue: iso(rolled(start.plus({ months: 1 }), given.country)),
    extendedDue: iso(rolled(start.plus({ months: 3 }), given.country)),
    promisedDue: promise === null ? null : iso(promise),
    pausedDays: 0,
  };
}
