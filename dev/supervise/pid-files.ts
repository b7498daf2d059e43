import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../setup/process.mjs';

interface PidRecord {
  readonly name: string;
  readonly pid: number;
  /** Boot and start time of the process: proof that the pid still means the process we started. */
  readonly identity: string;
  /** The same of the process that owns it; while that one lives, the child is nobody's leftover. */
  readonly owner: { readonly pid: number; readonly identity: string };
}

/** Pid files of one data folder: what runs for it, so that a later start can end what an earlier one left behind. */
export class PidFiles {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'run');
    mkdirSync(this.#folder, { recursive: true });
  }

  write(name: string, pid: number): void {
    const identity = processIdentity(pid);
    if (identity === null) return;
    const owner = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
    writeFileSync(this.#file(name), JSON.stringify({ name, pid, identity, owner } satisfies PidRecord));
  }

  remove(name: string): void {
    rmSync(this.#file(name), { force: true });
  }

  /**
   * Ends processes of earlier runs that are provably ours (same boot, same start time) and whose owner is gone.
   * A child whose owner lives means that the data folder is in use: `busy` names the owner's pid and nothing is ended.
   */
  async reapLeftovers(): Promise<{ readonly ended: readonly string[]; readonly busy: number | null }> {
    const records = readdirSync(this.#folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => this.#read(join(this.#folder, file)))
      .filter((record) => record !== null);
    const alive = records.filter((record) => processIdentity(record.pid) === record.identity);
    const owned = alive.find(
      (record) => record.owner.pid !== process.pid && processIdentity(record.owner.pid) === record.owner.identity,
    );
    if (owned !== undefined) return { ended: [], busy: owned.owner.pid };
    const leftovers = alive.filter((record) => record.owner.pid !== process.pid);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const living = leftovers.filter((record) => processIdentity(record.pid) === record.identity);
      for (const record of living) signalGroup(record.pid, signal);
      for (let i = 0; i < 60 && living.some((record) => processIdentity(record.pid) === record.identity); i += 1)
        await sleep(50);
    }
    for (const record of records) if (record.owner.pid !== process.pid) this.remove(record.name);
    return { ended: leftovers.map((record) => record.name), busy: null };
  }

  #file(name: string): string {
    return join(this.#folder, `${name}.json`);
  }

  #read(file: string): PidRecord | null {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as PidRecord;
    } catch {
      rmSync(file, { force: true }); // half-written
      return null;
    }
  }
}

/** Signals the whole group of a child (each child leads one), so that its own children end with it. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // gone already
  }
}
