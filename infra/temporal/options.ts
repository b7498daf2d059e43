/**
 * One place for what client, worker, tests and bench must share: data converter and search attributes.
 * Nothing here loads the native worker, so API processes stay small.
 */
import { fileURLToPath } from 'node:url';
import { SearchAttributeType, defineSearchAttributeKey, type DataConverter } from '@temporalio/common';
import type { KeyRing } from '../keys/index.js';
import { createPayloadCodec } from './payload-codec.js';

export interface TemporalOptions {
  readonly namespace: string;
  readonly dataConverter: DataConverter;
}

export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('./failure-converter.mjs', import.meta.url));

/** Spread into `new Client(…)`, `Worker.create(…)` and `Worker.runReplayHistories(…)`. */
export function temporalOptions(options: { readonly keys: KeyRing; readonly namespace?: string }): TemporalOptions {
  const namespace = options.namespace ?? 'default';
  return {
    namespace,
    dataConverter: {
      payloadCodecs: [createPayloadCodec({ keys: options.keys, namespace })],
      failureConverterPath: FAILURE_CONVERTER_PATH,
    },
  };
}

/** Search attributes are never encrypted: operator, state, right and a date, nothing else. */
export const SEARCH = {
  operator: defineSearchAttributeKey('habeasOperator', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('habeasState', SearchAttributeType.KEYWORD),
  right: defineSearchAttributeKey('habeasRight', SearchAttributeType.KEYWORD),
  due: defineSearchAttributeKey('habeasDue', SearchAttributeType.DATETIME),
} as const;

/** `--search-attribute NAME=Type` of the development server, and what `ensureSearchAttributes` registers. */
export const SEARCH_ATTRIBUTES = {
  habeasOperator: 'Keyword',
  habeasState: 'Keyword',
  habeasRight: 'Keyword',
  habeasDue: 'Datetime',
} as const;
