/**
 * The lifecycle of a request: tables (data), run (state), commands and their checks, due points, tasks, settling of
 * results, progress, and the view. Pure and deterministic; the workflow is only its interpreter.
 */
export * from './act.js';
export * from './actions.js';
export * from './approvals.js';
export * from './claim.js';
export * from './commands.js';
export * from './complaints.js';
export * from './correspondence.js';
export * from './decide.js';
export * from './due.js';
export * from './errors.js';
export * from './forward.js';
export * from './gates.js';
export * from './hand-over.js';
export * from './identity.js';
export * from './letters.js';
export * from './merge-plan.js';
export * from './progress.js';
export * from './refusal.js';
export * from './results.js';
export * from './run.js';
export * from './settle.js';
export * from './start.js';
export * from './tables.js';
export * from './tasks.js';
export * from './view.js';
export * from './facts.js';
