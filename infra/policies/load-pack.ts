/** One pack: from YAML text to a frozen pack with its hash, or to every fault with its line. */
import { createHash } from 'node:crypto';
import { packSchema, type PackOutput } from '../../contracts/policy.js';
import { canonicalJson } from '../../domain/ledger/canonical-json.js';
import { lintPack, type LintContext } from '../../domain/policy/lint.js';
import type { FrozenPack, Pack } from '../../domain/policy/types.js';
import { inOrder, type FileFault } from './fault-lines.js';
import { readYaml } from './read-yaml.js';

export type LoadedPack =
  | { readonly frozen: FrozenPack; readonly faults: readonly [] }
  | { readonly frozen: null; readonly faults: readonly FileFault[] };

/**
 * Loads one pack. Faults of the shape come all at once; the rules between fields are checked when the shape is right.
 * @param file name that faults are given under
 */
export function loadPack(file: string, text: string, context: LintContext): LoadedPack {
  const read = readYaml<PackOutput>(file, text, packSchema);
  if (read.value === null) return { frozen: null, faults: inOrder(read.faults) };
  const pack: Pack = read.value;
  const faults = lintPack(pack, context).map(({ path, code, message }) => read.places.at(path, code, message));
  return faults.length > 0 ? { frozen: null, faults: inOrder(faults) } : { frozen: freezePack(pack), faults: [] };
}

/** A pack with its identity: `sha256:` + hex over the canonical JSON (RFC 8785) of the loaded pack. */
export function freezePack(pack: Pack): FrozenPack {
  return Object.freeze({ hash: packHash(canonicalJson(pack)), pack: deepFreeze(pack) });
}

/** Hash of a pack's canonical JSON text. */
export function packHash(canonical: string): string {
  return `sha256:${createHash('sha256').update(canonical, 'utf8').digest('hex')}`;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
