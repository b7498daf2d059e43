/** Published promises against the law: one that is never the earlier date promises nothing, and misleads whoever reads it. */
import { dayOf, type Day } from '../calendar/civil.js';
import { addBusinessDays } from '../calendar/working-days.js';
import { addDuration, parseDuration } from '../clock/duration.js';
import { regimeOf, rightClockOf, type Period, type Regime } from '../clock/regimes.js';
import { clockedAs } from '../clock/request-clock.js';
import type { Right } from '../words.js';
import type { Report } from './fault.js';
import type { Pack } from './types.js';

/** Four years of receipt dates, a leap year among them: every length of month before every other. */
const FROM = dayOf(2025, 1, 1);
const DAYS = 1_461;

/**
 * A promise longer than the law is refused: one that for no receipt date of four years is due before the regime's first
 * period (GDPR Art. 12(3)). `P31D` beside a month is longer for some dates and shorter for none, but equal for most, and
 * `P30D` is the earlier one in seven months of twelve: compared on the calendar, never by counting days. Named rights
 * are judged one by one; a promise for all rights is refused only when no right gains by it.
 */
export function lintPromises(pack: Pack, report: Report): void {
  const regime = regimeOf(pack.regime);
  if (regime === undefined) return;
  pack.promises.forEach(({ within, rights }, index) => {
    const known = (rights ?? regime.rights).filter((right) => regime.rights.includes(clockedAs(right)));
    if (known.length === 0) return;
    const longer = known.filter((right) => isLonger(within, regime, right));
    const say = (path: readonly (string | number)[], right: Right): void =>
      report(
        path,
        'promise_longer_than_law',
        `${within} is never earlier than the law, which gives ${periodWords(periodOf(regime, right))} for ${right}: promise less, or leave it out`,
      );
    const [first] = longer;
    if (first === undefined) return;
    if (rights === undefined) {
      if (longer.length === known.length) say(['promises', index, 'within'], first);
      return;
    }
    if (longer.length === known.length) say(['promises', index, 'within'], first);
    else for (const right of longer) say(['promises', index, 'rights', rights.indexOf(right)], right);
  });
}

/** Whether a promise is later than the law for every receipt date. */
function isLonger(within: string, regime: Regime, right: Right): boolean {
  const promise = parseDuration(within);
  if (promise === null) return false;
  const period = periodOf(regime, right);
  for (let day = FROM; day < FROM + DAYS; day += 1) {
    if (addDuration(day, promise) <= endOf(day, period)) return false;
  }
  return true;
}

function endOf(day: Day, period: Period): Day {
  if (typeof period !== 'string') return addBusinessDays(period.calendar, day, period.businessDays);
  const duration = parseDuration(period);
  return duration === null ? day : addDuration(day, duration);
}

function periodOf(regime: Regime, right: Right): Period {
  return rightClockOf(regime, clockedAs(right)).first;
}

function periodWords(period: Period): string {
  return typeof period === 'string' ? period : `${period.businessDays} business days`;
}
