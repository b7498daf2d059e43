/**
 * Every date that Habeas computes (docs/clock.md). Workflows import `status`, `instant`, `duration` and `types` by file:
 * `zone`, `request-clock` and the kinds read the time-zone database.
 * evaluate: one case of any kind · request, breach, retention, backup: the kinds · request-clock: what a request carries ·
 * status: `clock.status` · regimes: the periods as data.
 */
export { type BackupResult, evaluateBackup } from './backup.js';
export { type BreachResult, evaluateBreach } from './breach.js';
export { addDuration, type CivilDuration, durationMs, parseDays, parseDuration, parseHours } from './duration.js';
export { InvalidCaseError } from './errors.js';
export { evaluateCase, evaluateLine } from './evaluate.js';
export { compareInstants, formatUtc, parseInstant, type PointInTime } from './instant.js';
export {
  type PauseEffect,
  type PauseKind,
  type Period,
  type Regime,
  regimeOf,
  REGIMES,
  rightClockOf,
} from './regimes.js';
export { evaluateRequest } from './request.js';
export {
  CLOCKED_RIGHTS,
  type ExtensionCase,
  type PauseCase,
  type PromiseCase,
  type RequestCase,
} from './request-case.js';
export { clockedAs, requestClock, type RequestClockCase } from './request-clock.js';
export { evaluateRetention, type RetentionResult } from './retention.js';
export { type ClockFacts, clockStatus, dayIsOver } from './status.js';
export type { ClockResult, RequestClock, TraceEntry } from './types.js';
export { endOfLocalDay, formatInstant, isTimeZone, localDay, offsetAt, startOfLocalDay } from './zone.js';
