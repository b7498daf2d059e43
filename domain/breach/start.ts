/** Builds the start input of a breach from the pack: dates, datasets, what was promised. */
import { evaluateBreach } from '../clock/breach.js';
import { parseHours } from '../clock/duration.js';
import type { Speaker } from '../lifecycle/commands.js';
import { fixedMs, taskQueueOf } from '../lifecycle/start.js';
import type { FrozenPack } from '../policy/types.js';
import type { Instant } from '../words.js';
import { instant, type BreachInput, type BreachTarget } from './run.js';

const HOUR = 3_600_000;
/** An officer is reminded this long before the authority must have been told: at 48 of 72 hours. */
const REMIND_BEFORE = 24 * HOUR;

export interface BreachFacts {
  readonly breachId: string;
  readonly pack: FrozenPack;
  readonly awareAt: Instant;
  readonly createdAt: Instant;
  readonly createdBy: Speaker;
  readonly systems: readonly string[];
  readonly queries: readonly { readonly system: string; readonly dataset: string }[];
}

/** @throws InvalidCaseError when `awareAt` is no instant or lies after `createdAt` */
export function buildBreachInput(facts: BreachFacts): BreachInput {
  const { pack, hash } = facts.pack;
  const within = pack.breach.authorityWithin;
  const { dueAt } = evaluateBreach({
    timeZone: pack.timeZone,
    awareAt: facts.awareAt,
    now: facts.createdAt,
    within,
  });
  const awareMs = Date.parse(facts.awareAt);
  const dueMs = Date.parse(dueAt);
  const half = awareMs + ((parseHours(within) ?? 72) * HOUR) / 2;
  return {
    breachId: facts.breachId,
    operator: pack.operator,
    policy: { version: pack.version, hash },
    language: pack.language,
    awareAt: instant(awareMs),
    dueAt: instant(dueMs),
    within,
    remindAt: instant(Math.max(half, dueMs - REMIND_BEFORE)),
    createdAt: facts.createdAt,
    createdBy: facts.createdBy,
    peopleImmediately: pack.breach.peopleImmediately,
    keepMs: fixedMs(pack.keep.request),
    systems: [...new Set(facts.systems)].sort(),
    targets: facts.queries.map(({ system, dataset }, n): BreachTarget => {
      const policy = pack.systems.find((s) => s.id === system)?.datasets.find((d) => d.id === dataset);
      return { n, system, dataset, role: policy?.role ?? 'controller', queue: taskQueueOf(pack.operator, system) };
    }),
  };
}
