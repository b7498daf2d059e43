import { defineConfig } from 'vitest/config';

/** The fast tests of the pure rules only, without servers: what mutation testing runs (docs/mutation.md). */
export default defineConfig({
  test: {
    include: ['domain/**/*.test.ts', 'test/property/*.test.ts', 'test/vectors/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', '.habeas/**'],
    pool: 'threads',
    testTimeout: 60_000,
    env: { FUZZ_RUNS: process.env['FUZZ_RUNS'] ?? '300' },
  },
});
