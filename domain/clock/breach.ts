/** Kind `breach`: flat hours from awareness (clock.md section 4). */
import { parseHours } from './duration.js';
import { InvalidCaseError } from './errors.js';
import { compareInstants } from './instant.js';
import { addSeconds, instantField, parsed, timeZoneField, within, type Json } from './reader.js';
import type { TraceEntry } from './types.js';
import { formatInstant } from './zone.js';

export interface BreachResult {
  readonly dueAt: string;
  readonly flags: readonly string[];
  readonly trace: readonly TraceEntry[];
}

/**
 * GDPR Art. 33(1): hours run over weekends, holidays and changes of clocks; Reg. 1182/71 Art. 3(4) does not roll them.
 * @throws InvalidCaseError (`invalid_case`) naming the field
 */
export function evaluateBreach(input: Json): BreachResult {
  const timeZone = timeZoneField(input['timeZone']);
  const awareAt = instantField(input['awareAt'], 'awareAt');
  const now = instantField(input['now'], 'now');
  if (compareInstants(now, awareAt) < 0) throw new InvalidCaseError('now');
  const text = input['within'] === undefined ? 'PT72H' : input['within'];
  const hours = parsed(parseHours(text), 'within');
  return within('within', () => {
    const seconds = addSeconds(awareAt.seconds, hours * 3600);
    const dueAt = formatInstant(timeZone, seconds);
    return {
      dueAt,
      flags: compareInstants(now, { seconds, fraction: awareAt.fraction }) > 0 ? ['past_due'] : [],
      trace: [
        {
          rule: 'hours',
          source: 'GDPR Art. 33(1)',
          from: awareAt.text,
          to: dueAt,
          note: `${hours} flat hours from awareness`,
        },
      ],
    };
  });
}
