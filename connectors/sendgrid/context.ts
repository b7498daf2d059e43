import { createHmac } from 'node:crypto';
import type { Identifier, Ref } from '../../domain/plan/types.js';
import type { ConnectorTools } from '../../domain/ports/connector.js';
import type { DatasetPolicy, SystemPolicy } from '../../domain/policy/types.js';
import type { SendgridApi } from './endpoints.js';

export interface SendgridContext {
  readonly system: SystemPolicy;
  readonly api: SendgridApi;
  readonly tools: ConnectorTools;
}

/** What a dataset of this vendor can be, by its `collection`. */
export type DatasetKind = 'contacts' | 'activity' | 'suppressions';

export function kindOf(dataset: DatasetPolicy): DatasetKind | null {
  const { collection } = dataset;
  return collection === 'contacts' || collection === 'activity' || collection === 'suppressions' ? collection : null;
}

export function kindById(context: SendgridContext, id: string): DatasetKind | null {
  const dataset = context.system.datasets.find((one) => one.id === id);
  return dataset === undefined ? null : kindOf(dataset);
}

/** More contacts than this for one person are looked at by a person first (connectors.md 6.3). */
export const MAX_CONTACTS = 25;

/** The vendor stores and answers addresses in lower case. */
export function addressOf(identifier: Pick<Identifier, 'value'>): string {
  return identifier.value.trim().toLowerCase();
}

/** Addresses through which refs were found, in lower case, sorted. */
export function addressesOf(refs: readonly Ref[]): readonly string[] {
  const all = refs.flatMap((ref) => ref.matchedBy.filter((match) => match.type === 'email').map(addressOf));
  return [...new Set(all)].sort();
}

/**
 * Record id for things that the vendor names by the address alone. Record ids end up in the deletion ledger, which holds
 * no values: so the address is hashed under the key of this system, which nobody who reads the ledger has.
 */
export function opaqueId(context: SendgridContext, ...parts: readonly string[]): string {
  return createHmac('sha256', context.api.settings.key).update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
