/** What the product tells about itself, without telling about people. */
export {
  createLog,
  fault,
  safe,
  LOG_LEVELS,
  WITHHELD,
  type Log,
  type LogFields,
  type LogLevelName,
  type Safe,
} from './log.js';
export { createMetrics, type Metrics } from './metrics.js';
