/** What apply, verify and sweep share: the parts of one system with their records, and durable notes for vendor jobs. */
import { refsOfPart } from '../domain/plan/build-plan.js';
import type { Found, Part } from '../domain/plan/types.js';
import type { PartTargets, StepMemory } from '../domain/ports/connector.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { ActivityDeps } from './deps.js';
import type { PartsInput } from './types.js';

export function targetsOf(pack: FrozenPack, found: readonly Found[], parts: readonly Part[]): PartTargets[] {
  return parts.map((part) => ({ part, refs: refsOfPart(pack.pack, found, part) }));
}

/** Journal and deletion-ledger id of one effect. */
export function effectId(requestId: string, partKey: string, generation: number): string {
  return `${requestId}/${partKey}/${generation}`;
}

export function generationOf(input: PartsInput): number {
  return Math.max(...input.parts.map((p) => p.generation));
}

/** Notes of values before a correction are entries of their own: every generation shares them, and the first wins. */
const BEFORE = VAULT.before('');

/** Vendor job ids of one (request, system, generation), kept in the vault before a job is polled. */
export function stepMemory(deps: ActivityDeps, requestId: string, system: string, generation: number): StepMemory {
  const name = VAULT.memory(system, generation);
  let notes: Record<string, unknown> | null = null;
  const load = async (): Promise<Record<string, unknown>> =>
    (notes ??= (await deps.vault.get<Record<string, unknown>>(requestId, name)) ?? {});
  return {
    async get(key) {
      return key.startsWith(BEFORE) ? deps.vault.get(requestId, key) : (await load())[key];
    },
    async save(key, value) {
      if (key.startsWith(BEFORE)) return deps.vault.put(requestId, [{ name: key, value }]);
      const now = await load();
      now[key] = value;
      await deps.vault.put(requestId, [{ name, value: now }]);
    },
  };
}

/**
 * Notes that live as long as the attempt: for passes over records by their ids, which have no request's vault. Vendors with
 * jobs hold nothing that these passes erase.
 */
export function attemptMemory(): StepMemory {
  const notes = new Map<string, unknown>();
  return {
    get: async (name) => notes.get(name),
    save: async (name, value) => void notes.set(name, value),
  };
}
