/** Identifiers of one person as a set: which are the same, how far each is to be trusted, which of them are internal names. */
import type { Pack } from '../policy/types.js';
import { normaliseIdentifier } from './normalise.js';
import type { Identifier, Trust } from './types.js';

const RANK: Readonly<Record<Trust, number>> = { proven: 3, system: 2, declared: 1, unproven: 0 };

/** The same for all spellings of one identifier. */
export function identifierKey(identifier: { readonly type: string; readonly value: string }): string {
  return `${identifier.type}\n${normaliseIdentifier(identifier.type, identifier.value)}`;
}

/** One identifier per (type, normal form): the strongest trust wins, all spellings stay searchable by their normal form. */
export function strongest(identifiers: readonly Identifier[]): Identifier[] {
  const best = new Map<string, Identifier>();
  for (const identifier of identifiers) {
    const key = identifierKey(identifier);
    const before = best.get(key);
    if (before === undefined || RANK[identifier.trust] > RANK[before.trust]) best.set(key, identifier);
  }
  return [...best.values()];
}

/** How many sure identifiers of each type the plan rests on (part of each part's hash). */
export function countSure(identifiers: readonly Identifier[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type, trust } of identifiers) {
    if (trust === 'proven' || trust === 'system') counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

/**
 * Types that are the own id of some record (`_id`, `id`): internal names, which may stand in clear where a person may not.
 * Everything else that finds somebody (addresses, handles at a registry, devices, accounts elsewhere) says who she is.
 */
export function internalTypes(pack: Pick<Pack, 'systems'>): ReadonlySet<string> {
  const types = pack.systems.flatMap((s) =>
    s.datasets.flatMap((d) =>
      Object.entries(d.identifiers)
        .filter(([, paths]) => paths.includes('_id') || paths.includes('id'))
        .map(([type]) => type),
    ),
  );
  return new Set(types.filter((type) => type !== 'email' && type !== 'phone'));
}
