/**
 * The command line. Results go to stdout, progress to stderr; exit 0 on success, 1 when what was checked does not hold,
 * 2 on wrong usage or settings.
 */
import { Command, CommanderError, Option } from 'commander';

const write = (line: string): void => void process.stdout.write(`${line}\n`);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

// A reader that has seen enough (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});

/** Ends with a status after output was flushed. */
function end(status: number): void {
  process.exitCode = status;
}

const program = new Command('habeas')
  .description('Runs each data-subject request as one durable workflow, and proves what happened.')
  .exitOverride()
  .showHelpAfterError();

program
  .command('demo')
  .description('start the embedded stack, run real requests of invented people to their certificates, then stay up')
  .option('--once', 'stop everything at the end')
  .option('--json', 'one JSON object on stdout')
  .option('--port <port>', 'port of the API (default 7400, or a free one)', portOf)
  .action(async (options: { once?: boolean; json?: boolean; port?: number }) => {
    const { runDemo } = await import('./demo.js');
    end(await runDemo(options, write, say));
  });

program
  .command('dev')
  .description('the embedded stack, kept up until SIGTERM or SIGINT')
  .option('--data <dir>', 'data folder (default .habeas/dev)')
  .option('--port <port>', 'port of the API (default 7400)', portOf)
  .option('--json', 'one line of JSON when ready')
  .action(async (options: { data?: string; port?: number; json?: boolean }) => {
    const { runDev } = await import('./dev.js');
    await runDev(options, write, say);
  });

program
  .command('api')
  .description('the HTTP process, configured by the environment only (habeas doctor lists the settings)')
  .action(async () => (await import('./serve.js')).runApi());

program
  .command('worker')
  .description('the worker process, configured by the environment only (habeas doctor lists the settings)')
  .action(async () => (await import('./serve.js')).runWorker());

program
  .command('doctor')
  .description('every setting with its source, every connection, every pack: what is wrong and how to mend it')
  .option('--json', 'one JSON object on stdout')
  .action(async (options: { json?: boolean }) => {
    const { runDoctor } = await import('./doctor.js');
    end(await runDoctor(options, write));
  });

const token = program.command('token').description('API tokens');
token
  .command('create')
  .description('make an API token on this machine (also the first one); it is shown once')
  .requiredOption('--name <name>', 'what it is for')
  .addOption(
    new Option('--role <role>', 'a role')
      .choices(['privacy_officer', 'approver', 'auditor', 'admin'])
      .conflicts('scopes'),
  )
  .option('--scopes <list>', 'machine scopes, separated by commas', (list: string) => list.split(','))
  .option('--operator <id>', 'operator, or * for all', '*')
  .option('--organisation <id>', 'organisation of an approver')
  .option('--days <n>', 'days until it ends, at most 366', Number)
  .option('--json', 'one JSON object on stdout')
  .action(
    async (options: {
      name: string;
      role?: string;
      scopes?: string[];
      operator: string;
      organisation?: string;
      days?: number;
      json?: boolean;
    }) => {
      const [{ tokenCreate }, { loadSettings }] = await Promise.all([
        import('./token.js'),
        import('../infra/settings.js'),
      ]);
      end(await tokenCreate(options, loadSettings().need('HABEAS_MONGODB_URL'), write));
    },
  );

const policy = program.command('policy').description('policy packs');
policy
  .command('check')
  .description('validate packs; every fault as file:line:column')
  .argument('[paths...]', 'files or folders (default: the configured ones)')
  .action(async (paths: string[]) => {
    const { policyCheck } = await import('./policy.js');
    end(await policyCheck(paths, write));
  });
policy
  .command('explain')
  .description('say in plain words what a pack does')
  .argument('<operator>')
  .option('--language <language>', 'en, nb or sv', 'en')
  .action(async (operator: string, options: { language?: string }) => {
    const { policyExplain } = await import('./policy.js');
    end(await policyExplain(operator, options, write));
  });
policy
  .command('ropa')
  .description('record of processing, GDPR Art. 30(1) and (2), made from the pack')
  .argument('<operator>')
  .option('--json', 'one JSON object on stdout')
  .action(async (operator: string, options: { json?: boolean }) => {
    const { policyRopa } = await import('./policy.js');
    end(await policyRopa(operator, options, write));
  });

program
  .command('clock')
  .description('NDJSON cases on stdin, NDJSON results on stdout (docs/clock.md)')
  .action(async () => {
    const { runClock } = await import('./clock.js');
    await runClock(process.stdin, (lines) =>
      process.stdout.write(lines) ? undefined : new Promise((resolve) => void process.stdout.once('drain', resolve)),
    );
  });

program
  .command('simulate')
  .description('what-if over open requests: who would be late, and when (docs/simulation.md); changes nothing')
  .option('--policy <file>', 'a changed pack, for the requests of its operator')
  .option('--away <role:from..to>', 'nobody of a role works from a day to a day; can be given again', collect)
  .option('--per-day <role:n>', 'tasks that a role can end on a working day; can be given again', collect)
  .option('--as-of <instant>', 'instant of evaluation (default now)')
  .option('--operator <id>', 'requests of one operator')
  .option('--json', 'one JSON object on stdout')
  .action(async (options: import('./simulate.js').SimulateOptions) => {
    const [{ runSimulate }, { loadSettings }] = await Promise.all([
      import('./simulate.js'),
      import('../infra/settings.js'),
    ]);
    end(await runSimulate(options, loadSettings().need('HABEAS_MONGODB_URL'), write));
  });

program
  .command('verify')
  .description('offline check of certificates and ledger exports: no network, no database')
  .argument('<files...>')
  .option('--key <file>', 'public key (JWK); default keys/<keyId>.jwk beside the file')
  .action(async (files: string[], options: { key?: string }) => {
    const { verifyFiles } = await import('./verify.js');
    const { lines, exitCode } = await verifyFiles(files, options);
    for (const line of lines) write(line);
    end(exitCode);
  });

const ledger = program.command('ledger').description('the ledger');
ledger
  .command('export')
  .description('entries as NDJSON, then the checkpoint')
  .requiredOption('--operator <id>')
  .option('--request <id>')
  .option('--from <instant>')
  .option('--to <instant>')
  .action(async (options: { operator: string; request?: string; from?: string; to?: string }) => {
    const { ledgerExport } = await import('./ledger-export.js');
    await ledgerExport(options, (text) => void process.stdout.write(text));
  });

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommanderError(2, 'habeas.port', 'a port is a number between 1 and 65535');
  return port;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no errors; everything else is wrong usage.
    if (error.code === 'habeas.port') say(error.message);
    end(error.exitCode === 0 ? 0 : 2);
  } else {
    say(`habeas: ${sentence(error)}`);
    // A half-started process would keep its native runtime alive and hang.
    process.exit(isSettings(error) ? 2 : 1);
  }
}

function isSettings(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['settings_invalid', 'policy_invalid', 'config', 'auth'].includes(String(error.code))
  );
}

/** One sentence: errors of ours say what is wrong and how to mend it; of others only the code may be shown. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if ('code' in error && typeof error.code === 'string') return error.message;
  return process.env['HABEAS_LOG_LEVEL'] === 'debug' ? String(error.stack) : error.message;
}
