/**
 * What replay does not look at: how long timers run, when they fire, with which patience and which dates activities are
 * called. Taken out of a history as instants from its start, in hours, so that two runs of one life compare.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;
type Duration = { seconds?: unknown; nanos?: number | null } | null | undefined;

export interface Values {
  /** Instants that a timer was ever set to. */
  readonly armed: readonly string[];
  /** Those at which one fired; several parts a few milliseconds apart count once. */
  readonly fired: readonly string[];
  /** Per activity: its patience. */
  readonly patience: Readonly<Record<string, readonly string[]>>;
  /** Per activity and field: the instants it was given. */
  readonly instants: Readonly<Record<string, readonly string[]>>;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function valuesOf(history: History): Values {
  const events = history.events ?? [];
  const start = ms(events[0]?.eventTime);
  const hours = (at: number): string => ((at - start) / 3_600_000).toFixed(1).replace('-0.0', '0.0');
  const timers = new Map<string, string>();
  const armed = new Set<string>();
  const fired = new Set<string>();
  const patience = new Map<string, Set<string>>();
  const instants = new Map<string, Set<string>>();
  const add = (map: Map<string, Set<string>>, key: string, value: string): void => {
    map.set(key, (map.get(key) ?? new Set<string>()).add(value));
  };
  for (const event of events) {
    const timer = event.timerStartedEventAttributes;
    if (timer != null) {
      const at = hours(ms(event.eventTime) + ms(timer.startToFireTimeout));
      timers.set(timer.timerId ?? '', at);
      armed.add(at);
    }
    const over = event.timerFiredEventAttributes;
    if (over != null) fired.add(timers.get(over.timerId ?? '') ?? 'unknown');
    const activity = event.activityTaskScheduledEventAttributes;
    if (activity == null) continue;
    const name = activity.activityType?.name ?? '';
    const retry = activity.retryPolicy;
    add(
      patience,
      name,
      [
        `attempt ${ms(activity.startToCloseTimeout) / 1000} s`,
        `all ${ms(activity.scheduleToCloseTimeout) / 1000} s`,
        `heartbeat ${ms(activity.heartbeatTimeout) / 1000} s`,
        `again after ${ms(retry?.initialInterval) / 1000} s × ${retry?.backoffCoefficient ?? 0} to ${ms(retry?.maximumInterval) / 1000} s`,
        `attempts ${retry?.maximumAttempts ?? 0}`,
      ].join(', '),
    );
    for (const payload of activity.input?.payloads ?? []) {
      const value: unknown = JSON.parse(Buffer.from(payload.data ?? []).toString('utf8'));
      walk(value, name, (path, at) => add(instants, path, hours(at)));
    }
  }
  return { armed: sorted(armed), fired: sorted(fired), patience: plain(patience), instants: plain(instants) };
}

/** Every instant below a value; places in lists do not count, since parallel answers come in any order. */
function walk(value: unknown, path: string, found: (path: string, at: number) => void): void {
  if (typeof value === 'string' && INSTANT.test(value)) found(path, Date.parse(value));
  else if (Array.isArray(value)) for (const item of value) walk(item, path, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      // Moments of the run itself, not dates that it decides: they differ with the batching of answers.
      if (key === 'updatedAt' || key === 'notes') continue;
      walk(item, `${path}.${key}`, found);
    }
  }
}

function ms(value: Duration): number {
  return Number(value?.seconds ?? 0) * 1000 + Math.floor((value?.nanos ?? 0) / 1e6);
}

function sorted(values: Iterable<string>): string[] {
  return [...values].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
}

function plain(map: Map<string, Set<string>>): Record<string, readonly string[]> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, set]) => [key, sorted(set)]));
}

/** One hash over every source file whose code workflows can run: those reachable from workflows/index.ts by value imports. */
export function sourcesHash(root: string): string {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, type, path] of text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'/gms))
      if (type === undefined) visit(join(dirname(file), (path ?? '').replace(/\.js$/, '.ts')));
  };
  visit(join(root, 'workflows', 'index.ts'));
  const hash = createHash('sha256');
  for (const file of [...seen].sort()) hash.update(`${relative(root, file)}\0${readFileSync(file, 'utf8')}\0`);
  return `sha256:${hash.digest('hex')}`;
}
