/** Itefy, Faktry and IT PAYS end to end on the real embedded stack, with the shipped packs. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { operators } from './cases/operators.js';

vi.setConfig({ testTimeout: 120_000 });

operators(useStack());
