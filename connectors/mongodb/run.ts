/** What apply's files share: one part under way, and what came of it. */
import type { Part } from '../../domain/plan/types.js';
import type { Heartbeat } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import type { Dataset } from './schema.js';
import type { Target } from './targets.js';

/** Records per command. */
export const BATCH = 100;

/** Name of the note that tells verify which records wait for a person; written before the first destructive write. */
export const REVIEWED = 'reviewed';

/** What came of the records of one part. */
export interface Tally {
  readonly touched: number;
  readonly held: number;
}

/** One part under way. */
export interface Run {
  readonly context: Context;
  readonly dataset: Dataset;
  readonly part: Part;
  readonly targets: readonly Target[];
  readonly heartbeat: Heartbeat;
}
