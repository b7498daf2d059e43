import { defineConfig } from 'vitest/config';

/** Folder of domain/ whose mutants are tested; unset = all (docs/mutation.md). */
const folder = process.env['MUTATION_OF'];
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  clock: ['test/property/clock.test.ts', 'test/vectors/*.test.ts'],
  calendar: ['domain/clock/*.test.ts', 'test/property/clock.test.ts', 'test/vectors/*.test.ts'],
  lifecycle: ['test/property/lifecycle*.test.ts'],
};

/** The fast tests of the pure rules only, without servers: what mutation testing runs. */
export default defineConfig({
  test: {
    include:
      folder === undefined
        ? ['domain/**/*.test.ts', 'test/property/*.test.ts', 'test/vectors/*.test.ts']
        : [`domain/${folder}/*.test.ts`, ...(PROPERTIES[folder] ?? [])],
    exclude: ['node_modules/**', 'dist/**', '.habeas/**'],
    pool: 'threads',
    testTimeout: 60_000,
    env: { FUZZ_RUNS: process.env['FUZZ_RUNS'] ?? '300' },
  },
});
