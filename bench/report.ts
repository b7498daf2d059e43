/** The result as a page: targets first, then everything that was measured, then what it does not say. */
import { ARM_TEXT, ARMS, type RatioResult } from './ratio.js';
import type { EmbeddedFigures } from './embedded.js';
import type { Machine } from './machine.js';
import type { RulesFigures } from './rules.js';
import type { StoreFigures } from './store.js';

export interface BenchResult {
  readonly at: string;
  readonly quick: boolean;
  readonly machine: Machine & { readonly loadAverageAtEnd: readonly number[] };
  readonly versions: { readonly temporal: string; readonly mongodb: string };
  readonly ratio: readonly RatioResult[] | null;
  readonly store: StoreFigures | null;
  /** The same with the product's connectors on the vendors' counterparts; null where localstripe is not installed. */
  readonly vendors: StoreFigures | null;
  readonly embedded: EmbeddedFigures | null;
  readonly rules: RulesFigures | null;
}

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

/** The figures that were promised, each with what was measured. */
export function targetsOf(result: BenchResult): Target[] {
  const targets: Target[] = [];
  const add = (what: string, wanted: string, measured: string, met: boolean): void => {
    targets.push({ what, wanted, measured, met });
  };
  const ten = result.ratio?.find((r) => r.concurrency === 10);
  if (ten !== undefined) {
    const { toHandWritten: t } = ten;
    add('events, 10 at once', '≤ 1.3 ×', `${t.events} ×`, t.events <= 1.3);
    add('workflow tasks, 10 at once', '≤ 1.5 ×', `${t.workflowTasks} ×`, t.workflowTasks <= 1.5);
    add(
      'worker CPU, 10 at once',
      '≤ 2 ×',
      `${t.workerCpu} × (95 %: ${t.workerCpuInterval.low} to ${t.workerCpuInterval.high})`,
      t.workerCpu <= 2,
    );
  }
  const counted: (readonly [StoreFigures | null, string])[] = [
    [result.store, 'four systems'],
    [result.vendors, "four systems on the vendors' counterparts"],
    [result.embedded?.store ?? null, 'one system'],
  ];
  for (const [store, which] of counted) {
    if (store === null) continue;
    add(
      `write commands to our own store, ${which}`,
      `≤ ${store.budget}`,
      `${store.writes} (most: ${store.mostWrites})`,
      store.mostWrites <= store.budget,
    );
  }
  const { embedded } = result;
  if (embedded !== null) {
    add('one erasure alone, median', '≤ 1 s', `${embedded.lone.p50} ms`, embedded.lone.p50 <= 1_000);
    add(
      `${embedded.together.requests} at once`,
      '≥ 250 per minute',
      `${embedded.together.perMinute} per minute`,
      embedded.together.perMinute >= 250,
    );
    add(
      'memory of all processes',
      '< 1,200 MB',
      embedded.memory === null ? 'not measured here' : `${embedded.memory.total} MB`,
      embedded.memory !== null && embedded.memory.total < 1_200,
    );
  }
  const { rules } = result;
  if (rules !== null) {
    const { clock, simulation } = rules;
    add(
      '`habeas clock`, start-up not counted',
      '≥ 20,000 cases/s',
      `${clock.perSecond.median} cases/s (worst ${clock.perSecond.worst})`,
      clock.perSecond.median >= 20_000,
    );
    add(
      `what-if over ${simulation.requests} open requests`,
      '< 5 s',
      `${simulation.medianMs} ms (worst ${simulation.worstMs})`,
      simulation.medianMs < 5_000,
    );
  }
  return targets;
}

export function markdown(result: BenchResult): string {
  const { machine: m } = result;
  const lines: string[] = [
    `# Bench of ${result.at.slice(0, 16).replace('T', ' ')} UTC${result.quick ? ' (quick: few rounds, for a first look only)' : ''}`,
    '',
    'Made by `npm run bench`; what is measured and how to read it: docs/performance.md.',
    '',
    `- Machine: ${m.cores} cores (${m.model}), ${m.memoryGb} GB, ${m.system}, Node ${m.node}; all processes of the bench share it`,
    `- Load average when it began: ${m.loadAverage.join(', ')}; when it ended: ${m.loadAverageAtEnd.join(', ')}. A load well above what the bench itself makes means that others used the machine: times and rates are then too bad, ratios and counts hold`,
    `- Servers: ${result.versions.temporal}; ${result.versions.mongodb}`,
    '',
    '## Targets',
    '',
    ...table(
      ['What', 'Wanted', 'Measured', ''],
      targetsOf(result).map((t) => [t.what, t.wanted, t.measured, t.met ? 'met' : '**not met**']),
    ),
  ];
  if (result.ratio !== null) lines.push(...ratioLines(result.ratio));
  if (result.store !== null) lines.push(...storeLines(result.store, 'four systems, stub connectors'));
  if (result.vendors !== null)
    lines.push(...storeLines(result.vendors, "four systems, the product's connectors on the vendors' counterparts"));
  if (result.embedded !== null) lines.push(...embeddedLines(result.embedded));
  if (result.rules !== null) lines.push(...rulesLines(result.rules));
  return `${lines.join('\n')}\n`;
}

function ratioLines(results: readonly RatioResult[]): string[] {
  const lines = [
    '',
    '## Engine against a hand-written workflow',
    '',
    ...ARMS.map((arm) => `- **${arm}**: ${ARM_TEXT[arm]}`),
  ];
  for (const result of results) {
    const arms = ARMS.map((arm) => result.arms[arm]);
    const row = (name: string, of: (a: (typeof arms)[number]) => number | null): string[] => [
      name,
      ...arms.map((a) => String(of(a) ?? '–')),
    ];
    lines.push(
      '',
      `### ${result.concurrency} at once (${arms[0]?.rounds.length ?? 0} rounds each, ${arms[0]?.requests ?? 0} requests)`,
      '',
      ...table(
        ['Per request', ...ARMS],
        [
          row('events to the answer', (a) => a.history.answer.events),
          row('workflow tasks to the answer', (a) => a.history.answer.workflowTasks),
          row('history bytes to the answer', (a) => a.history.answer.bytes),
          row('events, all', (a) => a.history.whole.events),
          row('workflow tasks, all', (a) => a.history.whole.workflowTasks),
          row('worker CPU, ms', (a) => a.workerCpuMs),
          row('API CPU, ms', (a) => a.apiCpuMs),
          row('Temporal CPU, ms', (a) => a.temporalCpuMs),
          row('MongoDB server CPU, ms', (a) => a.mongoCpuMs),
          row('start to answer p50, ms', (a) => a.p50),
          row('p95', (a) => a.p95),
          row('p99', (a) => a.p99),
          row('requests per second', (a) => a.perSecond),
        ],
      ),
      '',
      ...table(
        ['Ratio of the engine', 'to handWritten', 'to bare'],
        (
          [
            'events',
            'workflowTasks',
            'eventsToRest',
            'workflowTasksToRest',
            'historyBytes',
            'workerCpu',
            'p50',
            'p95',
            'throughput',
          ] as const
        ).map((name) => [name, String(result.toHandWritten[name]), String(result.toBare[name])]),
      ),
    );
  }
  return lines;
}

function storeLines(store: StoreFigures, how: string): string[] {
  return [
    '',
    `## Commands to Habeas' own store: ${how}`,
    '',
    `Per erasure (mean of ${store.requests}), from the API's intake to the answer (final letter and first certificate): ${store.writes} writes, ${store.reads} reads, ${store.commits} commits of transactions. Afterwards, for read model and sealing: ${store.writesAfterwards} writes.`,
    '',
    ...table(
      ['Process', 'Database', 'Collection', 'Command', 'Per erasure'],
      store.commands.map((c) => [
        c.process,
        c.database.endsWith('_ledger') ? 'ledger' : 'store',
        c.collection,
        c.command,
        String(c.count),
      ]),
    ),
  ];
}

function embeddedLines(e: EmbeddedFigures): string[] {
  return [
    '',
    '## Embedded stack, MongoDB the only system',
    '',
    `Defigo's pack without backups, approval off, ${e.people} people in the operator's database (indexed normalised copies of e-mail and phone, but for invoices), real connector, mail over SMTP. Records of erased people that were left: ${e.left}.`,
    '',
    ...table(
      ['', 'Requests', 'p50 ms', 'p95 ms', 'p99 or worst ms', 'Per minute'],
      [
        ['one at a time', String(e.lone.requests), String(e.lone.p50), String(e.lone.p95), String(e.lone.worst), '–'],
        [
          'all at once',
          String(e.together.requests),
          String(e.together.p50),
          '–',
          String(e.together.p99),
          String(e.together.perMinute),
        ],
      ],
    ),
    '',
    ...table(
      ['Process', 'Memory at the highest sum, MB', 'CPU per request, ms'],
      Object.keys(e.cpu).map((name) => [name, String(e.memory?.byProcess[name] ?? '–'), String(e.cpu[name] ?? '–')]),
    ),
    ...storeLines(e.store, 'MongoDB alone, real connector'),
  ];
}

function rulesLines({ clock, simulation }: RulesFigures): string[] {
  return [
    '',
    '## Rules, without servers',
    '',
    `- \`habeas clock\` as one process, ${clock.cases} seeded cases over twenty years and four countries, ${clock.rounds} rounds: ${clock.perSecond.median} cases per second at the median (${clock.perSecond.worst} to ${clock.perSecond.best}), the start-up of ${clock.startupMs} ms taken off round by round; ${clock.perCpuSecond ?? '–'} per second of CPU time, which is what counts where others use the machine. It uses one core`,
    `- What-if over ${simulation.requests} open requests, another pack, the officers away for two weeks and a limit per day, ${simulation.rounds} rounds in one process: ${simulation.medianMs} ms at the median, ${simulation.worstMs} ms at worst; reading from the store not included. Late under the change: ${simulation.late}`,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}
