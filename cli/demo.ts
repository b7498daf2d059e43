/** `habeas demo`: the whole of it in front of your eyes. */
import { habeasHome } from '../dev/setup/paths.mjs';
import { playDemo } from '../dev/demo/run.js';
import type { Stack } from '../dev/stack/index.js';
import { infoLines } from './dev.js';

export interface DemoOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly port?: number;
}

/** Exit status: 0 when every check held, else 1. */
export async function runDemo(
  options: DemoOptions,
  write: (line: string) => void,
  say: (line: string) => void,
): Promise<number> {
  let stack: Stack | undefined;
  let wake: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let playing = true;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      wake();
      // In the middle of a scene there is nothing to wait for: stop what runs and go.
      if (playing) void (stack?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
    });
  }
  try {
    const played = await playDemo({
      home: habeasHome(),
      ...(options.port === undefined ? {} : { port: options.port }),
      plain: options.json === true || !process.stderr.isTTY,
      say,
      onStack: (s) => {
        stack = s;
      },
    });
    playing = false;
    const { report } = played;
    if (options.json === true) write(JSON.stringify(report));
    else for (const line of summary(report, played.folder)) write(line);
    if (options.once !== true) {
      for (const line of infoLines(played.stack.info)) (options.json === true ? say : write)(line);
      say('Everything stays up until Ctrl-C.');
      await told;
    }
    return report.ok ? 0 : 1;
  } finally {
    playing = false;
    await stack?.stop();
  }
}

function summary(report: Awaited<ReturnType<typeof playDemo>>['report'], folder: string): string[] {
  return [
    '',
    `${report.ok ? 'Everything held' : 'NOT everything held'}: ${report.checks.filter((c) => c.ok).length} of ${report.checks.length} checks, ${report.seconds} s.`,
    ...report.checks.map((c) => `  ${c.ok ? 'ok ' : 'NOT'}  ${c.name}: ${c.detail}`),
    '',
    'Requests:',
    ...report.requests.map(
      (r) =>
        `  ${r.id}  ${r.operator} ${r.right}: ${r.outcome ?? r.state}; safe due ${r.safeDue}, legal due ${r.legalDue}; ${Object.entries(
          r.systems,
        )
          .map(([s, o]) => `${s} ${o}`)
          .join(', ')}`,
    ),
    '',
    `Certificates, keys and ledger exports: ${folder}`,
    `Check them yourself: npx habeas verify ${folder}/*.certificate.json`,
    '',
  ];
}
