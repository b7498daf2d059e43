/**
 * Servers of the embedded stack and of the tests: which one is taken and why (`resolve…`), and how it is started on
 * loopback as an owned process (`start…`). Order of the search: docs/setup.md.
 */
export { resolveMongo, startMongo, type MongoChoice, type RunningMongo, type StartMongoOptions } from './mongo.js';
export {
  resolveTemporal,
  startTemporal,
  temporalTestServerPath,
  SEARCH_ATTRIBUTES,
  type RunningTemporal,
  type SearchAttributeType,
  type StartTemporalOptions,
  type TemporalChoice,
} from './temporal.js';
export { startLocalstripe, type RunningLocalstripe } from './localstripe.js';
export { assertPortFree, freePort, httpOk, portOpen } from './ports.js';
export { mongoCapabilities, type MongoCapabilities } from './capabilities.js';
