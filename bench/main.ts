/**
 * `npm run bench`: measures and writes `bench/results/<day>.json` and `.md`. Exit code 0 when it ran to its end, whether
 * or not the targets were met: a figure is not a test.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rootFolder } from '../dev/setup/paths.mjs';
import { embeddedBench } from './embedded.js';
import { machine } from './machine.js';
import { Child } from './processes/child.js';
import { ratioBench } from './ratio.js';
import { markdown, targetsOf, type BenchResult } from './report.js';
import { rulesBench } from './rules.js';
import { startStack, type Stack } from './stack.js';
import { storeCommands, stubPerson, type StoreFigures } from './store.js';
import { vendorCommands } from './vendors.js';

const HELP = `usage: npm run bench -- [--quick] [--only ratio|store|embedded|rules] [--out FOLDER]

  ratio      the same erasure on the engine and on a hand-written workflow: events, workflow tasks, history bytes,
             CPU of every process, p50/p95/p99, throughput at 1, 10 and 50 concurrent
  store      commands to Habeas' own store per erasure over four systems: stubs, and real connectors on counterparts
  embedded   MongoDB the only system: one erasure alone, fifty at once, memory, commands per erasure
  rules      no servers: cases per second of \`habeas clock\`, a what-if over 10,000 open requests

  --quick    few rounds, for a first look
  --only     one part; may be given several times
  --out      where the result is written (default: bench/results)
`;

const PARTS = ['ratio', 'store', 'embedded', 'rules'] as const;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    out: { type: 'string' },
  },
});
const wrong = (values.only ?? []).filter((name) => !(PARTS as readonly string[]).includes(name));
if (values.help || wrong.length > 0) {
  process.stdout.write(HELP);
  process.exit(wrong.length > 0 ? 64 : 0);
}

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
const wants = (part: (typeof PARTS)[number]): boolean => values.only === undefined || values.only.includes(part);
const { quick } = values;

async function store(stack: Stack): Promise<StoreFigures> {
  const shared = { mongodbUrl: stack.mongo.url, temporal: stack.temporal.address, keys: stack.keys };
  const worker = await Child.start('worker', {
    ...shared,
    connectors: 'stub',
    smtpUrl: 'smtp://127.0.0.1:9',
    operators: ['bench'],
  });
  const api = await Child.start('api', shared);
  try {
    return await storeCommands(
      stack,
      { worker, api, operator: 'bench', person: stubPerson },
      { systems: 4, budget: 40, requests: quick ? 2 : 6 },
    );
  } finally {
    await worker.stop();
    await api.stop();
  }
}

/** Each part on servers of its own, so that none pays for what another left behind. */
async function onStack<T>(work: (stack: Stack) => Promise<T>): Promise<{ value: T; versions: Stack['versions'] }> {
  const stack = await startStack();
  try {
    return { value: await work(stack), versions: stack.versions };
  } finally {
    await stack.stop();
  }
}

const before = machine();
const at = new Date().toISOString();
let versions: Stack['versions'] = { temporal: 'none', mongodb: 'none' };
const part = async <T>(name: (typeof PARTS)[number], work: (stack: Stack) => Promise<T>): Promise<T | null> => {
  if (!wants(name)) return null;
  say(name);
  const done = await onStack(work);
  versions = done.versions;
  return done.value;
};

if (wants('rules')) say('rules');
const rules = wants('rules')
  ? await rulesBench({ cases: quick ? 20_000 : 100_000, requests: 10_000, rounds: quick ? 2 : 7 })
  : null;
const embedded = await part('embedded', (stack) =>
  embeddedBench(stack, {
    people: quick ? 300 : 1_000,
    lone: quick ? 5 : 20,
    together: 50,
    storeRequests: quick ? 2 : 6,
    say,
  }),
);
const counted = await part('store', store);
const vendors = await part('store', (stack) => vendorCommands(stack, quick ? 2 : 6));
const ratio = await part('ratio', (stack) =>
  ratioBench(stack, {
    concurrency: quick ? [10] : [1, 10, 50],
    rounds: quick ? 2 : 5,
    requests: (concurrency) => (quick ? 30 : concurrency === 1 ? 6 : concurrency === 10 ? 30 : 60),
    say,
  }),
);

const result: BenchResult = {
  at,
  quick,
  machine: { ...before, loadAverageAtEnd: machine().loadAverage },
  versions,
  ratio,
  store: counted,
  vendors,
  embedded,
  rules,
};
const folder = values.out ?? join(rootFolder(), 'bench', 'results');
mkdirSync(folder, { recursive: true });
const parts = values.only === undefined ? '' : `-${[...new Set(values.only)].join('-')}`;
const name = `${at.slice(0, 10)}${parts}${quick ? '-quick' : ''}`;
writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ ...result, targets: targetsOf(result) }, null, 2)}\n`);
writeFileSync(join(folder, `${name}.md`), markdown(result));
for (const { what, wanted, measured, met } of targetsOf(result))
  say(`${met ? 'met    ' : 'NOT MET'} ${what}: ${measured} (wanted ${wanted})`);
say(`written to ${join(folder, name)}.md`);
