/**
 * Policy packs as data. types: the loaded shape · lint: rules between fields · explain: a pack in plain words ·
 * lint-settings: what a connector needs and what the environment must give.
 */
export { explainPack } from './explain.js';
export type { PolicyFault } from './fault.js';
export { type LintContext, lintPack } from './lint.js';
export { environmentOf } from './lint-settings.js';
export type * from './types.js';
