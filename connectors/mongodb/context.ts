/** What every operation of one connector instance works with. */
import type { ConnectorTools } from '../../domain/ports/connector.js';
import type { CivilDate } from '../../domain/words.js';
import type { Schema } from './schema.js';
import type { MongoSettings } from './settings.js';
import type { Store } from './store.js';

export interface Context {
  readonly schema: Schema;
  readonly settings: MongoSettings;
  readonly tools: ConnectorTools;
  /** Works. */
  readonly store: Store;
  /** Reads back only, over connections of its own. */
  readonly readback: Store;
}

/** The same context, judging holds on a given day. */
export function onDay(context: Context, asOf: CivilDate | undefined): Context {
  if (asOf === undefined) return context;
  const { holdUntil } = context.tools;
  return {
    ...context,
    tools: { ...context.tools, holdUntil: (dataset, on, flagged) => holdUntil(dataset, on, flagged, asOf) },
  };
}
