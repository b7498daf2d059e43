/**
 * Civil days, public holidays by rule and working-day counting; no clock, no zone, no dependency. Safe in workflows.
 * civil: day numbers and month arithmetic · rules: what a holiday rule can say · places: the table of clock.md section 3 ·
 * working-days: rolling and business days.
 */
export * from './civil.js';
export * from './places.js';
export * from './rules.js';
export * from './working-days.js';
