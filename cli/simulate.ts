/** `habeas simulate`: who would be late, and when, if rules or staffing changed (docs/simulation.md). Changes nothing. */
import { readFile } from 'node:fs/promises';
import {
  parseAway,
  parsePerDay,
  rulesOf,
  simulate,
  SimulationError,
  type RequestForecast,
  type SimulatedRules,
  type SimulationResult,
} from '../domain/simulate/index.js';
import type { FrozenPack } from '../domain/policy/types.js';
import { checkPolicies, faultLine, loadPack, PackStore, policiesFolder } from '../infra/policies/index.js';
import { connectStore, type Db } from '../infra/store/connect.js';
import { openRequests } from '../infra/store/open-requests.js';
import type { Write } from './policy.js';

export interface SimulateOptions {
  /** A changed pack. */
  readonly policy?: string;
  /** `ROLE:FROM..TO`, any number. */
  readonly away?: readonly string[];
  /** `ROLE:N`: what each operator's people of a role can end on a working day. */
  readonly perDay?: readonly string[];
  readonly asOf?: string;
  readonly operator?: string;
  readonly json?: boolean;
}

/**
 * Connects to the store, simulates, writes.
 * @returns 0; 1 when the changed pack has faults (they are written); 2 for an option that cannot be read
 */
export async function runSimulate(options: SimulateOptions, mongodbUrl: string, write: Write): Promise<0 | 1 | 2> {
  const store = await connectStore({ url: mongodbUrl, appName: 'habeas-simulate' });
  try {
    return await simulateStore(store.db, options, write, new Date());
  } finally {
    await store.close();
  }
}

/** @param now used only where `asOf` is not given: the answer names the instant that it holds for */
export async function simulateStore(db: Db, options: SimulateOptions, write: Write, now: Date): Promise<0 | 1 | 2> {
  let changed: SimulatedRules | null = null;
  if (options.policy !== undefined) {
    const pack = await changedPack(options.policy, write);
    if (pack === null) return 1;
    changed = rulesOf(pack);
  }
  try {
    const away = (options.away ?? []).map(parseAway);
    const perDay = Object.fromEntries((options.perDay ?? []).map(parsePerDay));
    const requests = await openRequests(db, options.operator === undefined ? null : [options.operator]);
    const packs = new PackStore(db);
    const rules = new Map<string, SimulatedRules>();
    for (const { policyHash } of requests) {
      if (!rules.has(policyHash)) rules.set(policyHash, rulesOf(await packs.byHash(policyHash)));
    }
    const result = simulate({ asOf: options.asOf ?? now.toISOString(), requests, rules, changed, away, perDay });
    if (options.json === true) write(JSON.stringify(result));
    else for (const line of report(result)) write(line);
    return 0;
  } catch (error) {
    if (!(error instanceof SimulationError) || error.code === 'policy_unknown') throw error;
    write(`habeas simulate: ${error.message}`);
    return 2;
  }
}

/** The pack of a file under the rules of every pack; null when it has faults, which are written. */
async function changedPack(file: string, write: Write): Promise<FrozenPack | null> {
  const { authorities } = await checkPolicies(policiesFolder(process.env['HABEAS_POLICIES']));
  const { frozen, faults } = loadPack(file, await readFile(file, 'utf8'), { authorities: new Set(authorities.keys()) });
  for (const fault of faults) write(faultLine(fault));
  return frozen;
}

const LATE: ReadonlySet<RequestForecast['change']> = new Set(['becomes_late', 'late_anyway', 'right_unknown']);

/** For people: the totals, then everyone who would be late, the earliest due first. */
export function report({ asOf, totals, requests }: SimulationResult): string[] {
  const { changes } = totals;
  const lines = [
    `${totals.open} open requests as of ${asOf}`,
    `late as things are: ${totals.late.present}; under the change: ${totals.late.changed}` +
      ` (${changes.becomes_late} become late, ${changes.no_longer_late} no longer, ${changes.late_anyway} either way)`,
    `answered later but in time: ${changes.later}; earlier: ${changes.earlier}; the same: ${changes.same}`,
  ];
  if (totals.promisesBroken.present + totals.promisesBroken.changed > 0)
    lines.push(
      `promises broken: ${totals.promisesBroken.present} now, ${totals.promisesBroken.changed} under the change`,
    );
  if (totals.firstLateOn !== null) lines.push(`first late day: ${totals.firstLateOn}`);
  if (totals.notYetReceived > 0) lines.push(`received later, left out: ${totals.notYetReceived}`);
  for (const { id, operator, right, state, present, changed, change } of requests) {
    if (!LATE.has(change)) continue;
    if (changed === null) {
      lines.push(`${id}  ${operator}  ${right}  ${state}  the changed rules do not know this right`);
      continue;
    }
    const moved = present.due === changed.due ? '' : ` (now ${present.due})`;
    const days = changed.lateDays === null ? 'no end in sight' : `${changed.lateDays} days late`;
    lines.push(
      `${id}  ${operator}  ${right}  ${state}  due ${changed.due}${moved}  answered ${changed.answeredOn ?? 'never'}  ${days}` +
        `  waits for ${changed.waitsFor ?? 'nobody'}  ${change === 'late_anyway' ? 'late anyway' : 'becomes late'}`,
    );
  }
  return lines;
}
