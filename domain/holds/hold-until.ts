/** The hold of a pack on one record (design.md section 4): why it withstands a request, and until when. */
import { formatDate, parseDate, type Day } from '../calendar/civil.js';
import { parseInstant } from '../clock/instant.js';
import { localDay } from '../clock/zone.js';
import type { HoldOnRecord } from '../plan/types.js';
import type { HoldRule } from '../policy/types.js';
import { financialYearEnd, RETENTION_LAWS } from './laws.js';

export interface HoldFacts {
  /** The document's date as `YYYY-MM-DD` or as an instant with an offset; null or unreadable = unknown. */
  readonly documentOn: string | null;
  /** Whether the field named by `whileField` is set (true, or not null). */
  readonly flagged: boolean;
  /** Zone of the operator, in which an instant's day is taken. */
  readonly timeZone: string;
  /** The local day on which the question is asked, `YYYY-MM-DD`; null = do not let a hold that is over fall away. */
  readonly today: string | null;
}

/**
 * The hold on a record, or null when nothing keeps it.
 * A set `whileField` holds without an end. A law with a period keeps through its last day; a document whose date is not
 * known is held without an end, because erasing it could break the law and a person can still correct the date.
 * @param rule the dataset's rule; null = no hold
 */
export function holdUntil(rule: HoldRule | null, facts: HoldFacts): HoldOnRecord | null {
  if (rule === null) return null;
  const hold = { id: rule.id, law: rule.law, exemption: rule.exemption, noGround: rule.noGround };
  if (rule.whileField !== null && facts.flagged) return { ...hold, until: null };
  const law = RETENTION_LAWS.get(rule.law);
  if (law === undefined) {
    // A free name: only the field decides. What an event ends is laid over by placed.ts, since no record shows it.
    // Without either nothing could ever end the hold, so it is open.
    if (rule.whileField === null && rule.endsOn !== null) return null;
    return rule.whileField === null ? { ...hold, until: null } : null;
  }
  const documentOn = dayOfDocument(facts.documentOn, facts.timeZone);
  if (documentOn === null) return { ...hold, until: null };
  const through = law.keepThrough(financialYearEnd(documentOn, rule.financialYearEndMonth));
  const today = parseDate(facts.today);
  return today !== null && today > through ? null : { ...hold, until: formatDate(through) };
}

function dayOfDocument(text: string | null, timeZone: string): Day | null {
  const date = parseDate(text);
  if (date !== null) return date;
  const instant = parseInstant(text);
  return instant === null ? null : localDay(timeZone, instant.seconds);
}
