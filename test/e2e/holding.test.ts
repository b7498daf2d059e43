/** Guards, holds, deferred erasure, rolling retention and the brake, end to end on the real stack with the shipped packs. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { guards } from './cases/guards.js';
import { holds } from './cases/holds.js';

vi.setConfig({ testTimeout: 120_000 });

const stack = useStack();
guards(stack);
holds(stack);
