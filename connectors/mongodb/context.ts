/** What every operation of one connector instance works with. */
import type { ConnectorTools } from '../../domain/ports/connector.js';
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
