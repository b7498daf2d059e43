/** Builds the start input of a request from the frozen pack: everything that the workflow itself must know, nothing more. */
import type { RequestClock } from '../clock/types.js';
import { recipientParty } from '../policy/recipients.js';
import type { FrozenPack, Pack } from '../policy/types.js';
import type { Channel, Duration, Instant, Language, Right } from '../words.js';
import type { IdentityCommand, RequestInput, RequestRules, Speaker } from './commands.js';
import { DAY } from './run.js';
import { LIFECYCLE } from './version.js';

export interface StartFacts {
  readonly requestId: string;
  readonly pack: FrozenPack;
  readonly right: Right;
  readonly channel: Channel;
  readonly language: Language;
  readonly clock: RequestClock;
  readonly receivedAt: Instant;
  readonly createdAt: Instant;
  readonly createdBy: Speaker;
  /** Types of the given identifiers, by position. */
  readonly identifierTypes: readonly string[];
  readonly identity: Omit<IdentityCommand, 'by' | 'result'> | null;
  readonly scopeDatasets: readonly string[] | null;
  readonly weak?: RequestInput['weak'];
  readonly agent?: RequestInput['agent'];
  readonly after?: string | null;
  readonly purposes?: readonly string[];
  readonly onlyOrganisation?: string | null;
  readonly instruction?: RequestInput['instruction'];
  readonly hasReceiver?: boolean;
}

export function buildRequestInput(facts: StartFacts): RequestInput {
  const { pack } = facts.pack;
  return {
    requestId: facts.requestId,
    operator: pack.operator,
    right: facts.right,
    channel: facts.channel,
    language: facts.language,
    policy: { version: pack.version, hash: facts.pack.hash },
    rules: rulesOf(pack, facts.right),
    clock: facts.clock,
    receivedAt: facts.receivedAt,
    createdAt: facts.createdAt,
    createdBy: facts.createdBy,
    identifierTypes: facts.identifierTypes,
    identity: facts.identity,
    scopeDatasets: facts.scopeDatasets,
    lifecycle: LIFECYCLE,
    weak: facts.weak ?? [],
    agent: facts.agent ?? null,
    after: facts.after ?? null,
    purposes: facts.purposes ?? [],
    onlyOrganisation: facts.onlyOrganisation ?? null,
    ...(facts.instruction == null ? {} : { instruction: facts.instruction }),
    hasReceiver: facts.hasReceiver ?? false,
  };
}

/** One task queue per connector instance, so that its rate limit and its outages are its own. */
export function taskQueueOf(operator: string, system: string): string {
  return `habeas.${operator}.${system}`;
}

/** Identifier types that a system can be searched by: those of its datasets, and the targets of its links. */
function takenBy(system: Pack['systems'][number]): string[] {
  return [...new Set(system.datasets.flatMap((d) => Object.keys(d.identifiers)))].sort();
}

export function rulesOf(pack: Pack, right: Right): RequestRules {
  return {
    requiredLevel: pack.identify[right] ?? 'low',
    systems: pack.systems.map((s) => ({
      id: s.id,
      connector: s.connector,
      taskQueue: taskQueueOf(pack.operator, s.id),
      order: s.order,
      tier: s.connector === 'mongodb' ? 0 : 1,
      takes: takenBy(s),
    })),
    backups: pack.backups.map((b) => ({
      id: b.id,
      taskQueue: taskQueueOf(pack.operator, b.id),
      retention: b.retention,
      covers: b.covers,
    })),
    approvals: pack.approvals.map((a) => ({
      id: a.id,
      by: a.by,
      remindAfterMs: a.remindAfter.map(fixedMs),
      escalateTo: a.escalateTo,
    })),
    guards: pack.guards
      .filter((g) => g.rights.includes(right))
      .map((g) => ({
        id: g.id,
        system: g.system,
        datasets: g.datasets,
        unblock: g.unblock,
        blockedForMs: fixedMs(g.blockedFor),
      })),
    release: pack.release,
    askWithinMs: fixedMs(pack.askWithin),
    keepRequestMs: fixedMs(pack.keep.request),
    complaintWithinMs: fixedMs(pack.complaints.answerWithin),
    keepPackagesMs: fixedMs(pack.keep.packages),
    recipients: pack.recipients.map((r) => ({
      name: r.name,
      system: r.system,
      notify:
        r.notify === null ? null : { by: r.notify.by, party: recipientParty(r.name), datasets: r.notify.datasets },
    })),
  };
}

export class DurationError extends Error {
  readonly code = 'duration_not_fixed';
}

/**
 * Milliseconds of a duration for reminders and waits inside a request (not for legal periods, which the clock computes
 * on the calendar): days and weeks of 24 h; months and years are refused, since they have no fixed length.
 */
export function fixedMs(duration: Duration): number {
  const match = /^P(?:(\d+)([DW])|T(\d+)H)$/.exec(duration);
  if (match === null) throw new DurationError(`duration_not_fixed: ${duration}`);
  if (match[3] !== undefined) return Number(match[3]) * 3_600_000;
  return Number(match[1]) * (match[2] === 'W' ? 7 * DAY : DAY);
}
