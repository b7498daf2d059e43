/** The bench's end of a measured process. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ToChild, ToParent, Usage } from './channel.js';

export interface Marks {
  readonly answered: number | null;
  readonly certified: number | null;
  readonly rested: number | null;
}

const FILES = {
  worker: new URL('./worker.js', import.meta.url),
  api: new URL('./api.js', import.meta.url),
  'hand-written': new URL('./hand-written.js', import.meta.url),
} as const;

const NONE: Marks = { answered: null, certified: null, rested: null };
const START_MS = 60_000;

export class Child {
  readonly #process: ChildProcess;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #marks = new Map<string, Marks>();
  port: number | null = null;

  private constructor(process_: ChildProcess) {
    this.#process = process_.setMaxListeners(0);
    process_.on('message', (message: ToParent) => {
      if (message.say === 'ready') this.port = message.port;
      if (message.say === 'ready' || message.say === 'usage') {
        this.#events.emit(message.say, message);
        return;
      }
      const before = this.#marks.get(message.id) ?? NONE;
      // The first time counts: activities may run again.
      this.#marks.set(message.id, { ...before, [message.say]: before[message.say] ?? message.at });
      this.#events.emit(`mark/${message.id}`);
    });
  }

  /** Starts one of the processes and waits until it serves. */
  static async start(name: keyof typeof FILES, settings: object, environment: NodeJS.ProcessEnv = {}): Promise<Child> {
    const process_ = fork(fileURLToPath(FILES[name]), [], {
      env: { ...process.env, ...environment, HABEAS_BENCH_CHILD: JSON.stringify(settings) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const child = new Child(process_);
    await child.#once('ready', START_MS, `${name} did not start`);
    return child;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async usage(): Promise<Usage> {
    const answer = this.#once('usage', 30_000, 'a measured process does not answer');
    this.#process.send({ ask: 'usage' } satisfies ToChild);
    return ((await answer) as Extract<ToParent, { say: 'usage' }>).usage;
  }

  marks(id: string): Marks {
    return this.#marks.get(id) ?? NONE;
  }

  /** Resolves when the marks of one request satisfy `enough`. */
  async until(id: string, enough: (marks: Marks) => boolean, ms: number): Promise<Marks> {
    for (;;) {
      const marks = this.marks(id);
      if (enough(marks)) return marks;
      await this.#once(`mark/${id}`, ms, 'a request did not come to its end in time');
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const over = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.send({ ask: 'stop' } satisfies ToChild);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await over;
    clearTimeout(timer);
  }

  #once(event: string, ms: number, trouble: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const clear = (): void => {
        clearTimeout(timer);
        this.#events.off(event, seen);
        this.#process.off('exit', ended);
      };
      const seen = (message: unknown): void => {
        clear();
        resolve(message);
      };
      const ended = (): void => {
        clear();
        reject(new Error(`${trouble}: the process ended`));
      };
      const timer = setTimeout(() => {
        clear();
        reject(new Error(trouble));
      }, ms);
      this.#events.once(event, seen);
      this.#process.once('exit', ended);
    });
  }
}
