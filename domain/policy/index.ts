/**
 * Policy packs as data. types: the loaded shape · lint: rules between fields (lint-datasets, lint-lifetimes, lint-links, lint-promises, lint-settings, lint-recipients) · explain: a pack in plain words ·
 * lint-settings: what a connector needs and what the environment must give.
 */
export { explainPack } from './explain.js';
export type { ExplainContext } from './explain-datasets.js';
export type { PolicyFault } from './fault.js';
export { type LintContext, lintPack } from './lint.js';
export { environmentOf } from './lint-settings.js';
export { recipientParty } from './recipients.js';
export { recordOfProcessing, ropaMarkdown, type Ropa } from './ropa.js';
export type * from './types.js';
