/** What the operating system says about processes and about this machine (Linux; elsewhere the figures are absent). */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly system: string;
  readonly cores: number;
  readonly model: string;
  readonly memoryGb: number;
  readonly node: string;
  readonly loadAverage: readonly number[];
}

export function machine(): Machine {
  return {
    system: `${type()} ${release()} ${process.arch}`,
    cores: cpus().length,
    model: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e8) / 10,
    node: process.version,
    loadAverage: loadavg().map((x) => Math.round(x * 100) / 100),
  };
}

export interface ProcessFigures {
  readonly cpuMs: number;
  readonly rssMb: number;
}

/** Clock ticks per second in /proc; fixed at 100 on Linux. */
const TICK_MS = 10;

/** CPU so far and memory now of a process and all its descendants; null where there is no /proc. */
export function processFigures(pid: number): ProcessFigures | null {
  const tree = treeOf(pid);
  if (tree === null) return null;
  let cpuMs = 0;
  let rssMb = 0;
  for (const { id, ticks } of tree) {
    cpuMs += ticks * TICK_MS;
    rssMb += residentMb(id);
  }
  return { cpuMs, rssMb };
}

interface Stat {
  readonly id: number;
  readonly parent: number;
  readonly ticks: number;
}

function treeOf(root: number): Stat[] | null {
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  const all = names.flatMap((name) => statOf(Number(name)) ?? []);
  const tree = all.filter((s) => s.id === root);
  // Grows while it is walked: children of children.
  for (const { id } of tree) tree.push(...all.filter((s) => s.parent === id));
  return tree;
}

function statOf(id: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The command's name, in brackets, may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { id, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

function residentMb(id: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
