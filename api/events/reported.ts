/**
 * Events about single records: holds placed and released, relations that ended, contacts made. The fact is stored first
 * (every plan and every apply reads it), then the requests it concerns are told, so that they need not wait for either.
 */
import type { InboundEvent } from '../../contracts/index.js';
import type { Speaker } from '../../domain/lifecycle/commands.js';
import type { AnchorKind } from '../../domain/holds/index.js';
import { internalTypes } from '../../domain/plan/identifiers.js';
import type { Pack } from '../../domain/policy/types.js';
import type { PartyRef } from '../../infra/store/parties.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { HttpProblem } from '../http/problem.js';

export const REPORTED_EVENTS = [
  'hold.placed',
  'hold.released',
  'service.ended',
  'domain.expired',
  'contact.settled',
  'contact.made',
] as const;
export type ReportedEvent = (typeof REPORTED_EVENTS)[number];

/** Data of any of these events, as their schemas read it. */
export interface ReportedData {
  readonly ref: string;
  readonly at?: string | null | undefined;
  readonly law?: string;
  readonly exemption?: string | null | undefined;
  readonly noGround?: string | null | undefined;
  readonly until?: string | null | undefined;
}

export function isReported(type: string): type is ReportedEvent {
  return (REPORTED_EVENTS as readonly string[]).includes(type);
}

interface Told {
  readonly updateId: string;
  readonly eventId: string;
  readonly now: Date;
  readonly by: Speaker;
}

/**
 * Checks the data now; the returned effect stores the fact and tells the requests. Returns how many were told.
 * Throws 404 for an operator without a pack, 403 `foreign_key` for an organisation that reports what only systems know.
 */
export async function reported(
  deps: ApiDeps,
  event: InboundEvent,
  type: ReportedEvent,
  data: ReportedData,
  party: PartyRef,
): Promise<(told: Told) => Promise<number>> {
  const frozen = await deps.policies.current(party.operator);
  if (frozen === null) throw new HttpProblem('not_found');
  if ('organisation' in party && type !== 'hold.placed' && type !== 'hold.released')
    throw new HttpProblem('foreign_key');
  return async (told) => {
    await store(deps, type, data, party, event.timestamp, told.eventId);
    return tell(deps, frozen.pack, type, data.ref, told);
  };
}

async function store(
  deps: ApiDeps,
  type: ReportedEvent,
  data: ReportedData,
  party: PartyRef,
  timestamp: string,
  eventId: string,
): Promise<void> {
  const { operator } = party;
  const at = new Date(data.at ?? timestamp).toISOString();
  if (type === 'hold.placed') {
    await deps.facts.placeHold({
      operator,
      eventId,
      ref: data.ref,
      organisation: 'organisation' in party ? party.organisation : null,
      law: data.law ?? 'hold',
      exemption: data.exemption ?? null,
      noGround: data.noGround ?? null,
      until: data.until ?? null,
    });
  } else if (type === 'hold.released') {
    await deps.facts.releaseHold(operator, data.ref, at);
  } else {
    await deps.facts.putAnchor({ operator, eventId, kind: type satisfies AnchorKind, ref: data.ref, at });
  }
}

/** Requests of the person whose assigned identifier this is, and those that left a dated row for the record. */
async function tell(deps: ApiDeps, pack: Pack, type: ReportedEvent, ref: string, told: Told): Promise<number> {
  const hashes = await Promise.all([...internalTypes(pack)].map((t) => deps.hasher.hash(pack.operator, t, ref)));
  const rows = await deps.dueRows.byRef(pack.operator, ref);
  const holders = await deps.fence.holders({ operator: pack.operator, hashes });
  const requests = new Set([
    ...holders.filter((h) => h.mode === 'write').map((h) => h.requestId),
    ...rows.map((r) => r.requestId),
  ]);
  for (const requestId of requests) {
    await deps.gateway
      .update(requestId, 'event', told.updateId, { by: told.by, type, eventId: told.eventId })
      .catch((error: unknown) => {
        // One request that is over must not keep the others from being told.
        if (!(error instanceof Refusal)) throw error;
      });
  }
  // What ends a hold makes its rows due today; whether the record is still held by something else is asked then.
  if (type !== 'hold.placed' && type !== 'contact.made') {
    const today = told.now.toISOString().slice(0, 10);
    for (const row of rows) await deps.dueRows.move(row.id, today);
  }
  return requests.size;
}
