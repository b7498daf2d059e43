/** One erasure of a shipped pack at a real store, from discovery to read-back, as the activities would run it. */
import { createHash } from 'node:crypto';
import { holdUntil } from '../../domain/holds/index.js';
import { buildPlan, refsOfPart } from '../../domain/plan/build-plan.js';
import type { Found, Identifier, Part, Plan } from '../../domain/plan/types.js';
import type { PartTargets } from '../../domain/ports/connector.js';
import type { GuardRule, Pack } from '../../domain/policy/types.js';
import type { TestDatabase } from '../../test/support/mongo.js';
import { mongoConnector } from './index.js';
import { memory, step } from './pack.fixture.js';

const TODAY = '2026-11-20';
const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();

export interface Erased {
  /** Parts of the MongoDB system with records. */
  readonly parts: readonly Part[];
  readonly plan: Plan;
  readonly found: Found;
  /** What the read-back said, by part key; parts that were not approved are not touched. */
  readonly verdicts: Readonly<Record<string, string>>;
}

/**
 * @param approved which parts may go; default all
 * @param meanwhile what the application does between the plan and the effect
 */
export async function erase(
  mongo: TestDatabase,
  pack: Pack,
  given: readonly Identifier[],
  approved: (part: Part) => boolean = () => true,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Erased> {
  return await withConnector(mongo, pack, async (connector, system) => {
    const found: Found = await connector.discover({
      right: 'erasure',
      identifiers: given,
      onlyOrganisation: null,
      datasets: null,
      heartbeat: () => undefined,
    });
    const plan: Plan = buildPlan(
      {
        pack,
        right: 'erasure',
        scopeDatasets: null,
        found: [found],
        proven: { email: 1 },
        unsearched: pack.systems.map(({ id }) => id).filter((id) => id !== system),
        dataMapRoot: '',
      },
      sha256,
    );
    const own = plan.parts.filter((p) => p.system === system && p.records > 0);
    const targets: PartTargets[] = own
      .filter(approved)
      .map((part) => ({ part, refs: refsOfPart(pack, [found], part) }));
    const input = step(targets, [...given, ...found.identifiers], memory());
    await meanwhile();
    await connector.apply(input);
    const verified = await connector.verify(input);
    return { parts: own, plan, found, verdicts: Object.fromEntries(verified.map((v) => [v.key, v.verdict])) };
  });
}

/** What the pack's guard says of a person, before anything is touched. */
export async function askGuard(
  mongo: TestDatabase,
  pack: Pack,
  rule: GuardRule,
  given: readonly Identifier[],
): Promise<{ readonly state: string; readonly refs: readonly string[] }> {
  return await withConnector(mongo, pack, async (connector) => {
    const found = await connector.discover({
      right: 'erasure',
      identifiers: given,
      onlyOrganisation: null,
      datasets: null,
      heartbeat: () => undefined,
    });
    if (connector.guard === undefined) throw new Error('mongodb has guards');
    return await connector.guard({ guard: rule, identifiers: [...given, ...found.identifiers] });
  });
}

async function withConnector<T>(
  mongo: TestDatabase,
  pack: Pack,
  work: (connector: ReturnType<typeof mongoConnector>, system: string) => Promise<T>,
): Promise<T> {
  const policy = pack.systems.find((s) => s.connector === 'mongodb');
  if (policy === undefined) throw new Error('the pack has no MongoDB system');
  const connector = mongoConnector(policy, {
    settings: { url: mongo.url, database: mongo.name },
    worldNow: () => new Date(`${TODAY}T09:00:00.000Z`),
    holdUntil: (dataset, documentOn, flagged) =>
      holdUntil(dataset.hold, { documentOn, flagged, timeZone: pack.timeZone, today: TODAY }),
  });
  try {
    return await work(connector, policy.id);
  } finally {
    await connector.close();
  }
}
