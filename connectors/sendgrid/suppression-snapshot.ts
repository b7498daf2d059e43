import type { ApplyInput, Heartbeat, StepMemory } from '../../domain/ports/connector.js';
import type { SendgridContext } from './context.js';
import type { ListName, Suppression } from './endpoints.js';

/** Lists that say "do not mail me": losing one would mail the person again. */
const OBJECTIONS: ReadonlySet<ListName> = new Set(['global_unsubscribe', 'group_unsubscribe', 'spam_report']);
const MEMORY = 'suppressions';

interface Kept {
  readonly account: string;
  readonly address: string;
  readonly list: ListName;
  readonly group: number | null;
}

interface Snapshot {
  /** `account address` pairs that were read: they are never read again, a later reading might come after the loss. */
  readonly read: readonly string[];
  readonly kept: readonly Kept[];
}

/**
 * Reads the objections of these addresses before the first destructive call and keeps them in the step's memory. A
 * repeated attempt adds addresses but never replaces what was read before.
 *
 * @throws ConnectorError
 */
export async function takeSnapshot(
  context: SendgridContext,
  input: ApplyInput,
  addresses: readonly string[],
): Promise<void> {
  const before = await load(input.memory);
  const read = new Set(before.read);
  const kept = [...before.kept];
  for (const account of context.api.accounts)
    for (const address of addresses) {
      const name = `${account} ${address}`;
      if (read.has(name)) continue;
      input.heartbeat();
      for (const { list, group } of objections(await context.api.suppressions(account, address)))
        kept.push({ account, address, list, group });
      read.add(name);
    }
  if (read.size > before.read.length) await input.memory.save(MEMORY, { read: [...read], kept });
}

/** Objections of the snapshot that are no longer there. @throws ConnectorError */
export async function lostObjections(
  context: SendgridContext,
  memory: StepMemory,
  addresses: readonly string[],
): Promise<readonly Kept[]> {
  const { kept } = await load(memory);
  const lost: Kept[] = [];
  for (const account of context.api.accounts)
    for (const address of addresses) {
      const mine = kept.filter((one) => one.account === account && one.address === address);
      if (mine.length === 0) continue;
      const now = objections(await context.api.suppressions(account, address));
      // A spam report cannot be written back; a global unsubscribe stands in for it.
      const replaced = now.some((one) => one.list === 'global_unsubscribe');
      for (const one of mine) {
        const there = now.some(({ list, group }) => list === one.list && group === one.group);
        if (!there && !(one.list === 'spam_report' && replaced)) lost.push(one);
      }
    }
  return lost;
}

/**
 * Writes lost objections back. A lost spam report becomes a global unsubscribe, since only the vendor can make a report.
 *
 * @returns how many were written back
 * @throws ConnectorError
 */
export async function reassert(
  context: SendgridContext,
  input: { readonly memory: StepMemory; readonly heartbeat: Heartbeat },
  addresses: readonly string[],
): Promise<number> {
  const lost = await lostObjections(context, input.memory, addresses);
  for (const { account, address, list, group } of lost) {
    input.heartbeat();
    await context.api.unsubscribe(account, list === 'group_unsubscribe' ? group : null, [address]);
  }
  return lost.length;
}

function objections(all: readonly Suppression[]): readonly Suppression[] {
  return all.filter(({ list }) => OBJECTIONS.has(list));
}

async function load(memory: StepMemory): Promise<Snapshot> {
  return ((await memory.get(MEMORY)) as Snapshot | null | undefined) ?? { read: [], kept: [] };
}
