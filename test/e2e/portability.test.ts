/** End to end on the real embedded stack: packages to take along, and their way to another controller. */
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { portability } from './cases/portability.js';

vi.setConfig({ testTimeout: 120_000 });

portability(useStack());
