import { defineConfig } from 'vitest/config';

/**
 * One runner for everything. Files run in forked processes (the Temporal core is a native addon); each file that needs
 * the store takes a random database on the one server that the global set-up starts.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', '{contracts,domain,infra,connectors,activities,api,cli,dev}/**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', '.habeas/**'],
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
