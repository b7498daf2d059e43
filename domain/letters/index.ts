/**
 * Letters: what each kind must say (blocks), how it is written from facts and a catalogue, in one language or two, and the
 * lint that refuses one in which a block is missing. Pure; delivery is the business of activities/notify.ts.
 */
export * from './compose.js';
export * from './context.js';
export * from './languages.js';
export * from './lint.js';
export * from './negative.js';
export * from './render.js';
