/** Rectification end to end on the real embedded stack; the cases stand in cases/rectification.ts. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { rectification } from './cases/rectification.js';

vi.setConfig({ testTimeout: 90_000 });

rectification(useStack());
