/**
 * A stateful SendGrid look-alike for the laptop and the tests: server.ts (HTTP, control routes, faults), vendor.ts (what
 * the vendor does), state.ts (what it holds, kept in a file), main.ts (as a process of its own).
 */
export { startSendgrid, type ClockMove, type SendgridCounterpart } from './server.js';
export type { FakeAccount, FakeContact, FakeState, FaultScript } from './state.js';
export type { Seed } from './vendor.js';
