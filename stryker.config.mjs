/**
 * Mutation testing of domain/ (docs/mutation.md). `MUTATION_OF=clock npm run mutation` takes one folder of domain/ with
 * its own tests; without it every folder is taken.
 */
const folder = process.env['MUTATION_OF'] ?? '**';

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  mutate: [
    `domain/${folder}/*.ts`,
    '!domain/**/*.test.ts',
    '!domain/**/*.fixture.ts',
    '!domain/**/index.ts',
    '!domain/ports/**',
  ],
  // The sandbox holds only what the tests read.
  ignorePatterns: [
    '/*',
    ...['domain', 'contracts', 'cli', 'infra', 'policies', 'connectors', 'activities', 'test'].map(
      (name) => `!/${name}`,
    ),
    '/test/histories',
    '/test/e2e',
    '/test/faults',
    '!/package.json',
    '!/tsconfig.json',
    '!/vitest.mutation.config.ts',
  ],
  coverageAnalysis: 'perTest',
  // Mutants in values made at load (tables, messages) need every test again for each: they are left out and counted.
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 10_000,
  tempDirName: '.habeas/mutation',
  reporters: ['clear-text', 'json'],
  clearTextReporter: {
    allowColor: false,
    allowEmojis: false,
    logTests: false,
    reportTests: false,
    reportMutants: true,
  },
  jsonReporter: { fileName: `reports/mutation-${process.env['MUTATION_OF'] ?? 'all'}.json` },
};
