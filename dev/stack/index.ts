/** The embedded stack of `habeas dev`, `habeas demo` and the end-to-end tests. */
export { startStack, databaseUrl, type Stack, type StackInfo, type StackOptions } from './stack.js';
export { createAdvance, AdvanceRequestError, type Rotation } from './advance.js';
export type { Accounts } from './accounts.js';
