/**
 * The house rules as a check: who may import what (docs/design.md, "The house"). One rule per line of that table, one per
 * package with a single owner. test/contract/architecture.test.ts plants a violation of each rule and expects it to be found.
 */

/** Code that ships. Tests and fixtures beside the source may import what they need. */
const NOT_A_TEST = '\\.(test|fixture)\\.ts$';
const TYPES = ['type-only', 'pre-compilation-only'];
const SHIPS = '^(contracts|domain|workflows|activities|connectors|infra|worker|api|web|cli)/';
const OURS = 'contracts|domain|workflows|activities|connectors|infra|worker|api|web|cli|dev|test|bench';

/** Everything of ours except the named folders. */
const oursBut = (...folders) => `^(?!(?:${folders.join('|')})/)(?:${OURS})/`;
/** Every npm package except the named ones; an unresolved package counts too. */
const packagesBut = (...names) => `node_modules/(?!(?:${names.map((n) => n.replace('/', '\\/')).join('|')})/)`;

const folder = (name, ...allowed) => ({
  name: `${name}-imports`,
  comment: `${name}/ imports ${allowed.length === 0 ? 'nothing else of ours' : allowed.join(', ')} only.`,
  severity: 'error',
  from: { path: `^${name}/`, pathNot: NOT_A_TEST },
  to: { path: oursBut(name, ...allowed) },
});
const typesOnly = (name, ...targets) => ({
  name: `${name}-types-only`,
  comment: `${name}/ knows ${targets.join(', ')} by their types; a value import would drag their code in.`,
  severity: 'error',
  from: { path: `^${name}/`, pathNot: NOT_A_TEST },
  to: { path: `^(${targets.join('|')})/`, dependencyTypesNot: TYPES },
});
const noBuiltins = (name) => ({
  name: `${name}-no-builtins`,
  comment: `${name}/ runs anywhere: no Node builtins.`,
  severity: 'error',
  from: { path: `^${name}/`, pathNot: NOT_A_TEST },
  to: { dependencyTypes: ['core'] },
});
const packages = (name, ...allowed) => ({
  name: `${name}-packages`,
  comment: `${name}/ uses ${allowed.length === 0 ? 'no package' : allowed.join(', ')}.`,
  severity: 'error',
  from: { path: `^${name}/`, pathNot: NOT_A_TEST },
  to: { path: allowed.length === 0 ? 'node_modules/' : packagesBut(...allowed) },
});
const owner = (pkg, ...places) => ({
  name: `owner-${pkg.replace('@', '').replace('/', '-')}`,
  comment: `${pkg} has one owner: ${places.join(', ')} (dev, test and bench excepted).`,
  severity: 'error',
  from: { path: SHIPS, pathNot: [NOT_A_TEST, ...places.map((p) => `^${p}/`)] },
  to: { path: `node_modules/(@types/)?${pkg}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    folder('contracts'),
    noBuiltins('contracts'),
    packages('contracts', 'zod'),

    folder('domain', 'contracts'),
    typesOnly('domain', 'contracts'),
    noBuiltins('domain'),
    packages('domain'),

    folder('workflows', 'domain', 'contracts', 'activities'),
    typesOnly('workflows', 'contracts', 'activities'),
    noBuiltins('workflows'),
    packages('workflows', '@temporalio/workflow'),

    folder('activities', 'domain', 'contracts'),
    packages('activities', '@temporalio/activity'),

    folder('connectors', 'domain', 'contracts'),
    packages('connectors', 'mongodb', 'bson', 'stripe', '@types/node'),
    {
      name: 'connectors-apart',
      comment: 'A connector never imports another one; what two need belongs to domain/.',
      severity: 'error',
      from: { path: '^connectors/([^/]+)/', pathNot: NOT_A_TEST },
      to: { path: '^connectors/[^/]+/', pathNot: '^connectors/$1/' },
    },

    folder('infra', 'domain', 'contracts'),
    folder('worker', 'contracts', 'domain', 'workflows', 'activities', 'connectors', 'infra'),
    folder('api', 'contracts', 'domain', 'infra', 'web', 'workflows'),
    typesOnly('api', 'workflows'),
    folder('web', 'contracts', 'domain'),
    typesOnly('web', 'domain'),
    folder('cli', 'contracts', 'domain', 'infra', 'api', 'worker', 'dev'),

    owner('express', 'api'),
    owner('mongodb', 'infra/store', 'connectors/mongodb'),
    owner('stripe', 'connectors/stripe'),
    owner('@temporalio/worker', 'worker', 'infra/temporal'),
    owner('@temporalio/workflow', 'workflows'),
    owner('nodemailer', 'infra/mail'),
    owner('pino', 'infra/telemetry'),
    owner('yaml', 'infra/policies'),

    {
      name: 'ships-without-dev-packages',
      comment: 'A package that only development has is absent in production.',
      severity: 'error',
      from: { path: SHIPS, pathNot: NOT_A_TEST },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: [...TYPES, 'npm'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-test-code',
      comment: 'Nothing that ships imports a test or a fixture.',
      severity: 'error',
      from: { path: SHIPS, pathNot: NOT_A_TEST },
      to: { path: NOT_A_TEST },
    },
    {
      name: 'no-circle',
      comment: 'Values in a circle make the order of loading decide. Types may point both ways.',
      severity: 'error',
      from: { path: SHIPS },
      to: { circular: true, viaOnly: { dependencyTypesNot: TYPES } },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere would slip through every other rule.',
      severity: 'error',
      from: { path: SHIPS, pathNot: NOT_A_TEST },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.habeas)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
