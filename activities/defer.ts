/**
 * Writes down what an erasure had to leave for a hold: dated rows that outlive the request, by internal ids only. The day
 * a hold ends, the daily pass finishes the erasure by itself (design.md section 8).
 */
import { addDays, formatDate, parseDate } from '../domain/calendar/index.js';
import { isEventHold, namesOf } from '../domain/holds/index.js';
import type { DeferDone } from '../domain/lifecycle/results.js';
import { datasetOf, refsOfPart } from '../domain/plan/build-plan.js';
import { internalTypes } from '../domain/plan/identifiers.js';
import type { Ref } from '../domain/plan/types.js';
import type { DueRow } from '../domain/ports/ledgers.js';
import type { ActivityDeps } from './deps.js';
import { underHolds } from './held.js';
import { loadPerson } from './person.js';
import type { DeferInput } from './types.js';

export async function defer(deps: ActivityDeps, input: DeferInput): Promise<DeferDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack);
  const found = await underHolds(deps, input, pack, person.found);
  const types = internalTypes(pack.pack);
  const rows: DueRow[] = [];
  for (const part of input.parts) {
    const dataset = datasetOf(pack.pack, part.system, part.dataset);
    const byDay = new Map<string, Ref[]>();
    for (const ref of refsOfPart(pack.pack, found, part)) {
      // What a controller held back with its decision stands in the part, not in the record.
      const until = ref.hold !== null ? ref.hold.until : part.hold?.id === 'decision' ? part.heldUntil : undefined;
      if (until === undefined) continue;
      const key = until ?? 'open';
      byDay.set(key, [...(byDay.get(key) ?? []), ref]);
    }
    for (const [day, refs] of byDay) {
      rows.push({
        id: `${input.requestId}/${part.key}/${day}`,
        requestId: input.requestId,
        operator: input.operator,
        system: part.system,
        dataset: part.dataset,
        organisation: part.organisation,
        operation: dataset?.erase.kind ?? part.action,
        records: refs.map(({ id, kind, createdAt }) => ({ id, kind, createdAt })),
        refs: [...new Set(refs.flatMap((ref) => namesOf(ref, types)))].sort(),
        law: refs[0]?.hold?.law ?? part.hold?.law ?? 'hold',
        // A hold that a flag in the record keeps open has no day: it is looked at again every month.
        dueOn:
          day === 'open' ? (dataset !== undefined && isEventHold(dataset) ? null : lookAgainOn(deps)) : dayAfter(day),
        policyHash: input.policyHash,
        partHash: part.hash,
        state: 'waiting',
      });
    }
  }
  await deps.dueRows.put(rows);
  return { kind: 'defer', stamp: deps.stamp(), rows: rows.length };
}

/** A hold keeps through the end of its day. */
function dayAfter(day: string): string {
  return formatDate(addDays(parseDate(day) ?? 0, 1));
}

function lookAgainOn(deps: ActivityDeps): string {
  return formatDate(addDays(parseDate(deps.stamp().caseAt.slice(0, 10)) ?? 0, 30));
}
