/** Runs the scenes of the demo one after the other, with visible progress, and says how it ended. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Listr } from 'listr2';
import { startStack, type Stack } from '../stack/index.js';
import { Caller } from './caller.js';
import { SCENES } from './scenes.js';
import type { DemoCheck, DemoContext, DemoRequest } from './tools.js';

export interface DemoReport {
  readonly ok: boolean;
  readonly seconds: number;
  readonly requests: readonly DemoRequest[];
  readonly checks: readonly DemoCheck[];
}

export interface DemoOptions {
  readonly home: string;
  readonly port?: number;
  /** Plain lines instead of a live list. */
  readonly plain: boolean;
  readonly say: (line: string) => void;
  readonly onStack: (stack: Stack) => void;
}

/** Always from fresh data: people who were erased by an earlier run are back. */
export async function playDemo(options: DemoOptions): Promise<{ report: DemoReport; stack: Stack; folder: string }> {
  const began = Date.now();
  const dataDir = join(options.home, 'demo');
  const folder = join(options.home, 'demo-results');
  let stack: Stack | undefined;
  const requests: DemoRequest[] = [];
  const checks: DemoCheck[] = [];
  const lines: string[] = [];
  const tasks = new Listr<object>(
    [
      {
        title: 'Embedded stack: MongoDB, Temporal, mailbox, Stripe, SendGrid, worker, API',
        task: async (_, task) => {
          rmSync(folder, { recursive: true, force: true });
          mkdirSync(folder, { recursive: true, mode: 0o700 });
          stack = await startStack({
            dataDir,
            fresh: true,
            ...(options.port === undefined ? { anyPort: true } : { port: options.port }),
            say: (line) => {
              lines.push(line);
              task.output = line;
            },
          });
          options.onStack(stack);
        },
        rendererOptions: { persistentOutput: true },
      },
      ...SCENES.map((scene) => ({
        title: scene.title,
        task: async (_: object, task: { output: string }): Promise<void> => {
          if (stack === undefined) throw new Error('the stack is not up');
          const demo: DemoContext = {
            stack,
            caller: new Caller(stack.info),
            folder,
            requests,
            checks,
            tell: (line) => void (task.output = line),
          };
          try {
            await scene.run(demo);
          } catch (error) {
            checks.push({ name: scene.title, ok: false, detail: error instanceof Error ? error.message : 'failed' });
            throw error;
          }
        },
        rendererOptions: { persistentOutput: true, outputBar: Number.POSITIVE_INFINITY },
        exitOnError: false,
      })),
    ],
    {
      fallbackRenderer: 'simple',
      fallbackRendererCondition: () => options.plain,
      exitOnError: true,
    },
  );
  await withStdoutOnStderr(() => tasks.run({}));
  if (stack === undefined) throw new Error('the stack did not come up');
  return {
    report: {
      ok: checks.length > 0 && checks.every((c) => c.ok),
      seconds: Math.round((Date.now() - began) / 100) / 10,
      requests,
      checks,
    },
    stack,
    folder,
  };
}

/** Progress belongs on stderr; the renderers write to stdout, so they are given the other stream while they run. */
async function withStdoutOnStderr(work: () => Promise<unknown>): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    await work();
  } finally {
    process.stdout.write = write;
  }
}
