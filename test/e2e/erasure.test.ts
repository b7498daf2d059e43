/**
 * End to end on the real embedded stack. One stack serves all cases of this file: each makes its own people, so that none
 * depends on another or on the order. The cases stand in cases/, one file per topic.
 */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { access } from './cases/access.js';
import { badInput } from './cases/bad-input.js';
import { changesInBetween } from './cases/changes.js';
import { endings } from './cases/endings.js';
import { gates } from './cases/gates.js';
import { proof } from './cases/proof.js';
import { vendors } from './cases/vendors.js';

vi.setConfig({ testTimeout: 90_000 });

const stack = useStack();
gates(stack);
changesInBetween(stack);
endings(stack);
access(stack);
vendors(stack);
badInput(stack);
proof(stack);
