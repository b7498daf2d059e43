/** Kind `backup`: when the last copy is gone (clock.md section 6). Days are 24 hours on instants here. */
import { parseDays } from './duration.js';
import { InvalidCaseError } from './errors.js';
import { compareInstants, type PointInTime } from './instant.js';
import {
  addSeconds,
  instantField,
  listField,
  objectField,
  parsed,
  timeZoneField,
  within,
  type GivenInstant,
  type Json,
} from './reader.js';
import type { TraceEntry } from './types.js';
import { formatInstant } from './zone.js';

export interface BackupResult {
  readonly goneBy: string;
  readonly finalAt: string;
  readonly alarms: readonly string[];
  readonly state: 'fully_erased' | 'live_erased';
  readonly trace: readonly TraceEntry[];
}

const SOURCE = "the operator's own published promise";

/** @throws InvalidCaseError (`invalid_case`) naming the field */
export function evaluateBackup(input: Json): BackupResult {
  const timeZone = timeZoneField(input['timeZone']);
  const verifiedAt = instantField(input['verifiedAt'], 'verifiedAt');
  const now = instantField(input['now'], 'now');
  if (compareInstants(now, verifiedAt) < 0) throw new InvalidCaseError('now');
  const days = parsed(parseDays(input['copiesGoneWithin']), 'copiesGoneWithin');
  const goneBy = within('copiesGoneWithin', () => later(verifiedAt, days));
  const copies = listField(input['snapshots'], 'snapshots').map((value) =>
    within('snapshots', () => snapshot(value, timeZone)),
  );
  const holding = copies.filter(({ mayHoldSubject }) => mayHoldSubject);
  const finalAt = holding.reduce<PointInTime>(
    (last, { goneAt }) => (compareInstants(goneAt, last) > 0 ? goneAt : last),
    verifiedAt,
  );
  const text = (point: PointInTime): string => formatInstant(timeZone, point.seconds);
  return {
    goneBy: within('copiesGoneWithin', () => text(goneBy)),
    finalAt: text(finalAt),
    alarms: holding
      .filter(({ goneAt }) => compareInstants(goneAt, goneBy) > 0)
      .map(({ id }) => id)
      .sort(),
    state: compareInstants(now, finalAt) >= 0 ? 'fully_erased' : 'live_erased',
    trace: [
      {
        rule: 'promise',
        source: SOURCE,
        from: verifiedAt.text,
        to: text(goneBy),
        note: `all copies gone within P${days}D`,
      },
      ...holding.map(
        ({ id, takenAt, goneAt }): TraceEntry => ({
          rule: 'snapshot',
          source: SOURCE,
          from: takenAt.text,
          to: text(goneAt),
          note: `copy ${id} may hold the person until it expires`,
        }),
      ),
    ],
  };
}

interface Copy {
  readonly id: string;
  readonly takenAt: GivenInstant;
  readonly goneAt: PointInTime;
  readonly mayHoldSubject: boolean;
}

function snapshot(value: unknown, timeZone: string): Copy {
  const given = objectField(value, 'snapshots');
  const { id, mayHoldSubject } = given;
  if (typeof id !== 'string' || typeof mayHoldSubject !== 'boolean') throw new InvalidCaseError('snapshots');
  const takenAt = instantField(given['takenAt'], 'snapshots');
  const goneAt = later(takenAt, parsed(parseDays(given['retention']), 'snapshots'));
  formatInstant(timeZone, goneAt.seconds);
  return { id, takenAt, goneAt, mayHoldSubject };
}

function later(point: PointInTime, days: number): PointInTime {
  return { seconds: addSeconds(point.seconds, days * 86_400), fraction: point.fraction };
}
