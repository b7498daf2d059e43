/** Restriction, objection and withdrawn consent end to end on the real embedded stack. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { stopping } from './cases/stopping.js';

vi.setConfig({ testTimeout: 120_000 });

stopping(useStack());
