/**
 * The language of the product on the wire: the endpoint table, zod schemas of every body and representation, inbound
 * events, problem codes, the typed client. Imports zod and nothing else. (policy.ts: the YAML form of policy packs.)
 */
export * from './administration.js';
export * from './approval.js';
export * from './breach.js';
export * from './client.js';
export * from './clock.js';
export * from './common.js';
export * from './correspondence.js';
export * from './endpoint.js';
export * from './endpoints-restrictions.js';
export * from './endpoints.js';
export * from './events.js';
export * from './ledger.js';
export * from './organisations.js';
export * from './notices.js';
export * from './principal.js';
export * from './problems.js';
export * from './request-commands.js';
export * from './request-create.js';
export * from './request-view.js';
export * from './simulation.js';
export * from './words.js';
