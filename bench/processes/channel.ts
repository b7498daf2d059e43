/** What a measured process and the bench tell each other (Node's own channel between parent and child). */

/** One command that was sent to Habeas' own store. */
export interface CommandCount {
  readonly database: string;
  readonly collection: string;
  readonly command: string;
  readonly count: number;
}

export interface Usage {
  /** Microseconds of CPU since the process began: user and system. */
  readonly cpuUs: number;
  readonly commands: readonly CommandCount[];
}

export type ToChild = { readonly ask: 'usage' } | { readonly ask: 'stop' };

export type ToParent =
  | { readonly say: 'ready'; readonly port: number | null }
  | { readonly say: 'usage'; readonly usage: Usage }
  /** `answered`: the final letter was handed over; `certified`: the first certificate exists; `rested`: nothing more to do now. */
  | { readonly say: 'answered' | 'certified' | 'rested'; readonly id: string; readonly at: number };

/** Milliseconds on a clock that parent and children share. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

export function tell(message: ToParent): void {
  process.send?.(message);
}

/** Counts commands and answers the parent's questions; `stop` ends the process in order. */
export function measured(
  stop: () => Promise<void>,
): (name: string, collection: string | null, database: string) => void {
  const counts = new Map<string, CommandCount>();
  process.on('message', (message: ToChild) => {
    if (message.ask === 'usage') {
      const { user, system } = process.cpuUsage();
      tell({ say: 'usage', usage: { cpuUs: user + system, commands: [...counts.values()] } });
      return;
    }
    void stop()
      .catch(() => undefined)
      .then(() => process.exit(0));
  });
  // The bench is gone: so are we.
  process.on('disconnect', () => process.exit(0));
  return (command, target, database) => {
    const collection = target ?? '-';
    const key = `${database}/${collection}/${command}`;
    counts.set(key, { database, collection, command, count: (counts.get(key)?.count ?? 0) + 1 });
  };
}

/** Settings that the parent put into the environment. */
export function settings<T>(): T {
  return JSON.parse(process.env['HABEAS_BENCH_CHILD'] ?? '{}') as T;
}
