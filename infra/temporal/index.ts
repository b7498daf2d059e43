/** Temporal for every process; what needs the native worker is in worker.ts and is imported from there. */
export {
  connectTemporal,
  ensureSearchAttributes,
  TemporalError,
  type TemporalClient,
  type TemporalSettings,
} from './connect.js';
export { temporalOptions, FAILURE_CONVERTER_PATH, SEARCH, SEARCH_ATTRIBUTES, type TemporalOptions } from './options.js';
export { createPayloadCodec, isTombstone, ENCODING, type Tombstone } from './payload-codec.js';
export { redactingLogger } from './logger.js';
export { advance, caseNow, AdvanceError } from './time.js';
export { startClosure, type StartClosure } from './closures.js';
export { startDelivery } from './deliveries.js';
