/**
 * The packs that the bench runs, made from the shipped ones so that they stay as real as those: approval off, no guard.
 * `bench` has four systems (live store, payments, mail, backups); `solo` has the live store alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packSchema } from '../contracts/policy.js';
import type { FrozenPack, Pack } from '../domain/policy/types.js';
import { freezePack, loadPolicies, policiesFolder, type Policies } from '../infra/policies/index.js';

/** What a pack's YAML says, before its defaults. */
interface Draft {
  operator: string;
  approvals: unknown[];
  systems: {
    id: string;
    settings: Record<string, unknown>;
    rate?: unknown;
    datasets: { id: string; role: string; organisation: unknown }[];
  }[];
  backups: unknown[];
}

function shipped(operator: string): Draft {
  const file = join(policiesFolder(undefined), 'operators', `${operator}.yaml`);
  return parse(readFileSync(file, 'utf8')) as Draft;
}

/**
 * Infentre's pack with every dataset under the operator's own control: then nobody has to decide and the whole erasure
 * runs by itself. The rate limit of the mail vendor is lifted and the lag of its search is set to a second, since they
 * would be what is measured.
 */
export function fourSystems(): FrozenPack {
  const draft = shipped('infentre');
  draft.operator = 'bench';
  draft.approvals = [];
  for (const system of draft.systems) {
    delete system.rate;
    if (system.id === 'mail') system.settings['searchLagSeconds'] = 1;
    for (const dataset of system.datasets) {
      dataset.role = 'controller';
      dataset.organisation = null;
    }
  }
  return freezePack(packSchema.parse(draft) as Pack);
}

/** Defigo's pack (which asks for no approval) without its backups: MongoDB is the only system. */
export function oneSystem(): FrozenPack {
  const draft = shipped('defigo');
  draft.operator = 'solo';
  draft.backups = [];
  return freezePack(packSchema.parse(draft) as Pack);
}

/** What the processes of the product are given instead of a folder. */
export async function benchPolicies(): Promise<Policies> {
  const folder = policiesFolder(undefined);
  const { authorities } = await loadPolicies(folder);
  const packs = [fourSystems(), oneSystem()];
  return { folder, authorities, packs: new Map(packs.map((pack) => [pack.pack.operator, pack])) };
}
