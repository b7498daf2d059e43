import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processIdentity } from '../setup/process.mjs';

/**
 * This process' side of the reaper: one reaper per process, started with the first child, started again with all
 * living pids when somebody killed it.
 */
export class ReaperClient {
  readonly #owned = new Map<number, string>();
  #reaper: ChildProcess | null = null;
  #closed = false;

  get pid(): number | undefined {
    return this.#reaper?.pid;
  }

  /** To be called straight after a spawn, in the same turn. */
  own(pid: number): void {
    const identity = processIdentity(pid);
    if (identity === null) return; // it is gone already
    this.#owned.set(pid, identity);
    this.#send(`+ ${pid} ${identity}`);
  }

  disown(pid: number): void {
    if (this.#owned.delete(pid)) this.#send(`- ${pid}`);
  }

  /** Ends the reaper; what is still owned is ended by it. */
  close(): void {
    this.#closed = true;
    this.#reaper?.stdin?.end();
  }

  #send(line: string): void {
    if (this.#reaper === null) {
      this.#start();
      return; // #start has sent everything that is owned
    }
    this.#reaper.stdin?.write(`${line}\n`);
  }

  #start(): void {
    const file = fileURLToPath(new URL('./reaper.mjs', import.meta.url));
    // A session of its own: a Ctrl-C in the terminal, or a signal to our group, must not reach it.
    const reaper = spawn(process.execPath, [file], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#reaper = reaper;
    reaper.unref();
    (reaper.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    reaper.stdin?.on('error', () => undefined);
    reaper.on('error', () => undefined);
    reaper.on('exit', () => {
      if (this.#reaper !== reaper) return;
      this.#reaper = null;
      if (!this.#closed && this.#owned.size > 0) this.#start();
    });
    for (const [pid, identity] of this.#owned) reaper.stdin?.write(`+ ${pid} ${identity}\n`);
  }
}
