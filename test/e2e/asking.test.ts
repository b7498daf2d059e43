/** Who asks, how often and on whose behalf; mending a running request: end to end on the real stack with the shipped packs. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { asking } from './cases/asking.js';
import { mending } from './cases/mending.js';

vi.setConfig({ testTimeout: 120_000 });

const stack = useStack();
asking(stack);
mending(stack);
