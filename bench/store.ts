/**
 * How many commands one erasure sends to Habeas' own two databases, from the API's intake to its answer. Requests run one
 * at a time on processes that do nothing else, each after the background sealer has dealt with the one before.
 */
import { ulid } from 'ulid';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './processes/child.js';
import type { CommandCount, Usage } from './processes/channel.js';
import { fileErasure, type Stack } from './stack.js';
import { round } from './stats.js';

/** Commands that change something. A transaction's commit is listed apart: its writes are counted one by one. */
export const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify', 'bulkWrite']);

export interface StoreFigures {
  readonly systems: number;
  readonly requests: number;
  /** Per erasure, up to its answer (final letter and first certificate). */
  readonly writes: number;
  readonly reads: number;
  readonly commits: number;
  readonly budget: number;
  /** The erasure with the most. */
  readonly mostWrites: number;
  /** Per erasure, after the answer: read model, and sealing of what was noted last. */
  readonly writesAfterwards: number;
  /** Per erasure, by process, database, collection and command; most frequent first. */
  readonly commands: readonly (CommandCount & { readonly process: 'api' | 'worker' })[];
}

/** A bench of one pack: processes that already serve, and how an erasure is begun. */
export interface StoreSubject {
  readonly worker: Child;
  readonly api: Child;
  readonly operator: string;
  /** A new person whom every system holds. */
  person(): Promise<string>;
}

export async function storeCommands(
  stack: Stack,
  subject: StoreSubject,
  options: { readonly systems: number; readonly budget: number; readonly requests: number },
): Promise<StoreFigures> {
  // The first request of a process loads keys and packs that later ones find in memory.
  await eraseOne(stack, subject);
  const total = new Map<string, CommandCount & { readonly process: 'api' | 'worker' }>();
  let mostWrites = 0;
  let afterwards = 0;
  for (let n = 0; n < options.requests; n += 1) {
    const counts = await eraseOne(stack, subject);
    for (const one of counts.toAnswer) {
      const key = `${one.process}/${one.database}/${one.collection}/${one.command}`;
      total.set(key, { ...one, count: (total.get(key)?.count ?? 0) + one.count });
    }
    mostWrites = Math.max(mostWrites, writesOf(counts.toAnswer));
    afterwards += writesOf(counts.afterwards);
  }
  const commands = [...total.values()]
    .map((c) => ({ ...c, count: round(c.count / options.requests, 2) }))
    .filter((c) => c.count > 0)
    .sort((a, b) => b.count - a.count);
  const sum = (wanted: (command: string) => boolean): number =>
    round(
      commands.filter((c) => wanted(c.command)).reduce((all, c) => all + c.count, 0),
      2,
    );
  return {
    systems: options.systems,
    requests: options.requests,
    budget: options.budget,
    mostWrites,
    writesAfterwards: round(afterwards / options.requests, 2),
    writes: sum((c) => WRITES.has(c)),
    commits: sum((c) => c === 'commitTransaction' || c === 'abortTransaction'),
    reads: sum((c) => READS.has(c)),
    commands,
  };
}

const READS: ReadonlySet<string> = new Set(['find', 'getMore', 'aggregate', 'count', 'distinct']);
/** For what the sealer does after its last entry has its place. */
const SETTLE_MS = 300;

type Counted = CommandCount & { readonly process: 'api' | 'worker' };

function writesOf(counts: readonly Counted[]): number {
  return counts.reduce((sum, c) => sum + (WRITES.has(c.command) ? c.count : 0), 0);
}

/** Waits until the background sealer has dealt with everything; reads with a client of the bench, which is not counted. */
async function sealed(stack: Stack, operator: string): Promise<void> {
  const entries = stack.platform.store.ledgerDb.collection('ledger_entries');
  while ((await entries.findOne({ pendingOf: operator })) !== null) await delay(250);
}

async function eraseOne(
  stack: Stack,
  { api, worker, operator, person }: StoreSubject,
): Promise<{ toAnswer: Counted[]; afterwards: Counted[] }> {
  const look = (): Promise<Usage[]> => Promise.all([api.usage(), worker.usage()]);
  const email = await person();
  const before = await look();
  const id = await fileErasure(stack, api.port ?? 0, operator, email);
  await worker.until(id, (m) => m.answered !== null && m.certified !== null, 120_000);
  const answered = await look();
  await worker.until(id, (m) => m.rested !== null, 120_000);
  await sealed(stack, operator);
  await delay(SETTLE_MS);
  const after = await look();
  const between = (from: Usage[], to: Usage[]): Counted[] =>
    (['api', 'worker'] as const).flatMap((process, at) =>
      grown(from[at], to[at]).map((count) => ({ ...count, process })),
    );
  return { toAnswer: between(before, answered), afterwards: between(answered, after) };
}

function grown(before: Usage | undefined, after: Usage | undefined): CommandCount[] {
  const key = (c: CommandCount): string => `${c.database}/${c.collection}/${c.command}`;
  const then = new Map((before?.commands ?? []).map((c) => [key(c), c.count]));
  return (after?.commands ?? [])
    .map((c) => ({ ...c, count: c.count - (then.get(key(c)) ?? 0) }))
    .filter((c) => c.count > 0 && c.command !== 'hello' && c.command !== 'ping' && c.command !== 'endSessions');
}

/** A person whom the stub connectors hold. */
export const stubPerson = async (): Promise<string> => `${ulid().toLowerCase()}@example.com`;
