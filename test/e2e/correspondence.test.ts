/** End to end on the real embedded stack: letters as they arrive, post and bounces, complaints, refusals by two people. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { correspondence } from './cases/correspondence.js';

vi.setConfig({ testTimeout: 120_000 });

correspondence(useStack());
