import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PidFiles, signalGroup } from './pid-files.js';
import { ReaperClient } from './reaper-client.js';

/** One process to own. */
export interface ChildSpec {
  /** Unique within a supervisor; names its log and pid file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to our own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Resolves when it can serve; called again until then. Rejecting means "not yet". Runs after every start. */
  readonly ready?: () => Promise<void>;
  /** Default 30,000 ms. */
  readonly readyTimeoutMs?: number;
  /** `always` (default): a child that ends by itself is started again with a growing pause. */
  readonly restart?: 'always' | 'never';
  /** How long SIGTERM may take before SIGKILL. Default 5,000 ms. */
  readonly stopTimeoutMs?: number;
}

export type SupervisorEvent =
  | { readonly kind: 'started' | 'ready' | 'stopped'; readonly name: string; readonly pid: number }
  | {
      readonly kind: 'crashed';
      readonly name: string;
      readonly pid: number;
      readonly how: string;
      readonly againInMs: number | null;
    }
  | { readonly kind: 'not_ready'; readonly name: string; readonly why: string };

export class SuperviseError extends Error {
  readonly code: 'data_in_use' | 'start_failed' | 'stopped';

  constructor(code: SuperviseError['code'], message: string) {
    super(message);
    this.name = 'SuperviseError';
    this.code = code;
  }
}

export interface OwnedChild {
  readonly name: string;
  /** Process id now; changes when it was started again, null between two lives. */
  readonly pid: number | null;
  readonly restarts: number;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** First pause after a crash; doubled each time, and back to this after 30 s of life. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const STABLE_AFTER_MS = 30_000;

/**
 * Owns processes: starts them, waits until they serve, starts them again when they crash, and stops them in reverse
 * order. Nothing outlives it: a reaper process ends everything when this process dies in whatever way, and pid files
 * let the next start on the same data folder end what even the reaper could not (a reboot ends all anyway).
 */
export class Supervisor {
  readonly #dataDir: string;
  readonly #pidFiles: PidFiles;
  readonly #reaper = new ReaperClient();
  readonly #children: Child[] = [];
  readonly #onEvent: (event: SupervisorEvent) => void;
  #leftovers: Promise<void> | null = null;
  #stopping = false;

  /** @param dataDir folder for `logs/<name>.log` and `run/<name>.json`; made when absent */
  constructor(options: { readonly dataDir: string; readonly onEvent?: (event: SupervisorEvent) => void }) {
    this.#dataDir = options.dataDir;
    mkdirSync(join(options.dataDir, 'logs'), { recursive: true });
    this.#pidFiles = new PidFiles(options.dataDir);
    this.#onEvent = options.onEvent ?? (() => undefined);
  }

  get reaperPid(): number | undefined {
    return this.#reaper.pid;
  }

  get children(): readonly OwnedChild[] {
    return this.#children;
  }

  /** Ends leftovers of an earlier life in this data folder; rejects with `data_in_use` when somebody else uses it. */
  async claim(): Promise<void> {
    this.#leftovers ??= this.#reapLeftovers();
    await this.#leftovers;
  }

  /**
   * Starts a process and resolves once it is ready. When it does not get ready in time, or ends before, it is ended
   * and the call rejects with SuperviseError `start_failed`, naming its log file; `data_in_use` when another living
   * process owns children in the same data folder.
   */
  async start(spec: ChildSpec): Promise<OwnedChild> {
    await this.claim();
    if (this.#stopping) throw new SuperviseError('stopped', 'the supervisor is stopping');
    const child = new Child(
      spec,
      join(this.#dataDir, 'logs', `${spec.name}.log`),
      this.#reaper,
      this.#pidFiles,
      this.#onEvent,
    );
    this.#children.push(child);
    try {
      await child.first();
    } catch (error) {
      await child.stop();
      this.#children.splice(this.#children.indexOf(child), 1);
      throw error;
    }
    return child;
  }

  /** Stops all children, last started first, each with SIGTERM and then SIGKILL; then the reaper. Repeatable. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const child of [...this.#children].reverse()) await child.stop();
    this.#reaper.close();
  }

  async #reapLeftovers(): Promise<void> {
    const { busy } = await this.#pidFiles.reapLeftovers();
    if (busy !== null) {
      throw new SuperviseError(
        'data_in_use',
        `The data folder ${this.#dataDir} is in use by process ${busy}. Stop that one, or give another folder.`,
      );
    }
  }
}

class Child implements OwnedChild {
  readonly name: string;
  readonly logFile: string;
  restarts = 0;
  readonly #spec: ChildSpec;
  readonly #reaper: ReaperClient;
  readonly #pidFiles: PidFiles;
  readonly #onEvent: (event: SupervisorEvent) => void;
  #process: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #wanted = true;
  #started = false;
  #pauseMs = FIRST_PAUSE_MS;
  #wake = new AbortController();

  constructor(
    spec: ChildSpec,
    logFile: string,
    reaper: ReaperClient,
    pidFiles: PidFiles,
    onEvent: (event: SupervisorEvent) => void,
  ) {
    this.name = spec.name;
    this.logFile = logFile;
    this.#spec = spec;
    this.#reaper = reaper;
    this.#pidFiles = pidFiles;
    this.#onEvent = onEvent;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  async first(): Promise<void> {
    this.#spawn();
    await this.#untilReady();
    this.#started = true;
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    this.#wake.abort();
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    signalGroup(pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), this.#spec.stopTimeoutMs ?? 5_000);
    await this.#exited;
    clearTimeout(timer);
    this.#onEvent({ kind: 'stopped', name: this.name, pid });
  }

  #spawn(): void {
    const log = openSync(this.logFile, 'a');
    const env: NodeJS.ProcessEnv = { ...process.env, ...this.#spec.env };
    for (const [key, value] of Object.entries(env)) if (value === undefined) delete env[key];
    // A group of its own: Ctrl-C reaches only us, and we stop the children in order; and its children end with it.
    const child = spawn(this.#spec.command, [...this.#spec.args], {
      cwd: this.#spec.cwd,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#process = child;
    const startedAt = Date.now();
    const pid = child.pid;
    if (pid !== undefined) {
      this.#reaper.own(pid);
      this.#pidFiles.write(this.name, pid);
      this.#onEvent({ kind: 'started', name: this.name, pid });
    }
    this.#exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        if (this.#process !== child) return;
        this.#process = null;
        if (pid !== undefined) {
          signalGroup(pid, 'SIGKILL'); // whatever it started itself
          this.#reaper.disown(pid);
          this.#pidFiles.remove(this.name);
        }
        resolve();
        if (this.#wanted && this.#started) void this.#again(pid ?? 0, how, Date.now() - startedAt);
      };
      child.once('error', () => ended('could not be started'));
      child.once('exit', (code, signal) => ended(signal ?? `exit ${code}`));
    });
  }

  async #again(pid: number, how: string, livedMs: number): Promise<void> {
    const restart = (this.#spec.restart ?? 'always') === 'always';
    if (livedMs > STABLE_AFTER_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const pause = this.#pauseMs;
    this.#onEvent({ kind: 'crashed', name: this.name, pid, how, againInMs: restart ? pause : null });
    if (!restart) return;
    this.#pauseMs = Math.min(pause * 2, LONGEST_PAUSE_MS);
    await sleep(pause, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    if (!this.#wanted) return;
    this.restarts += 1;
    this.#spawn();
    const pidNow = this.#process?.pid;
    await this.#untilReady().catch((error: unknown) => {
      if (!this.#wanted) return;
      this.#onEvent({ kind: 'not_ready', name: this.name, why: error instanceof Error ? error.message : 'unknown' });
      // One that runs but never serves is as good as crashed: end it, and its end starts it again.
      if (pidNow !== undefined && this.#process?.pid === pidNow) signalGroup(pidNow, 'SIGKILL');
    });
  }

  async #untilReady(): Promise<void> {
    const child = this.#process;
    const until = Date.now() + (this.#spec.readyTimeoutMs ?? 30_000);
    for (;;) {
      if (this.#process !== child || child?.pid === undefined) {
        throw new SuperviseError(
          'start_failed',
          `${this.name} ended before it was ready; its own words stand in ${this.logFile}`,
        );
      }
      try {
        await this.#spec.ready?.();
        // Something else may answer on the same port: only a living child is ready.
        if (this.#process === child) break;
      } catch {
        // not yet
      }
      if (Date.now() > until)
        throw new SuperviseError(
          'start_failed',
          `${this.name} was not ready in time; its own words stand in ${this.logFile}`,
        );
      await sleep(50);
    }
    this.#onEvent({ kind: 'ready', name: this.name, pid: child?.pid ?? 0 });
  }
}
