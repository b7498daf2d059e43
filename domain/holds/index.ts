/** What withstands an erasure request. laws: keep-through days by statute · hold-until: a pack's rule on one record. */
export { expiryOf, type Expiry, type RecordDates } from './expiry.js';
export * from './placed.js';
export { type HoldFacts, holdUntil } from './hold-until.js';
export { financialYearEnd, RETENTION_LAWS, type RetentionLaw } from './laws.js';
