import type { ConnectorTools } from '../../domain/ports/connector.js';
import type { DatasetPolicy, SystemPolicy } from '../../domain/policy/types.js';
import type { StripeClient } from './client.js';

/** What every operation of one Stripe instance works with. */
export interface StripeContext {
  readonly system: SystemPolicy;
  readonly client: StripeClient;
  readonly tools: ConnectorTools;
}

/** Kinds of Stripe objects that a dataset can name as its `collection`. */
export type DatasetKind = 'customers' | 'invoices';

export function kindOf(dataset: DatasetPolicy): DatasetKind | null {
  return dataset.collection === 'customers' || dataset.collection === 'invoices' ? dataset.collection : null;
}

export function datasetOf(context: StripeContext, id: string): DatasetPolicy | undefined {
  return context.system.datasets.find((dataset) => dataset.id === id);
}

/** More customers than this for one person are looked at by a person first (connectors.md 6.3). */
export const MAX_CUSTOMERS = 25;
