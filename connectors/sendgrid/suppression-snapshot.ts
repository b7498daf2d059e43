import { ConnectorError, type ApplyInput, type Heartbeat, type StepMemory } from '../../domain/ports/connector.js';
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

/**
 * Objections of the old addresses that the new one does not have yet. Bounces and blocks are facts about the old mailbox
 * and do not move. A spam report becomes a global unsubscribe, since only the vendor can make a report.
 *
 * @throws ConnectorError
 */
export async function uncarried(
  context: SendgridContext,
  memory: StepMemory,
  from: readonly string[],
  to: string,
): Promise<readonly Omit<Kept, 'address'>[]> {
  const { kept } = await load(memory);
  const missing: Omit<Kept, 'address'>[] = [];
  for (const account of context.api.accounts) {
    const mine = kept
      .filter((one) => one.account === account && from.includes(one.address))
      .map(({ list, group }) => ({
        account,
        list: list === 'spam_report' ? ('global_unsubscribe' as const) : list,
        group,
      }));
    if (mine.length === 0) continue;
    const now = await context.api.suppressions(account, to);
    const wanted = new Map(mine.map((one) => [`${one.list} ${one.group ?? ''}`, one]));
    for (const one of wanted.values())
      if (!now.some(({ list, group }) => list === one.list && group === one.group)) missing.push(one);
  }
  return missing;
}

/**
 * Gives the new address every objection of the old ones, before any contact carries it: a move must never turn an opt-out
 * into a mailing. Idempotent.
 *
 * @throws ConnectorError `unavailable` when an objection did not stay
 */
export async function carryObjections(
  context: SendgridContext,
  input: ApplyInput,
  from: readonly string[],
  to: string,
): Promise<void> {
  const old = from.filter((address) => address !== to);
  await takeSnapshot(context, input, old);
  for (const { account, group } of await uncarried(context, input.memory, old, to)) {
    input.heartbeat();
    await context.api.unsubscribe(account, group, [to]);
  }
  if ((await uncarried(context, input.memory, old, to)).length > 0)
    throw new ConnectorError('unavailable', 'an objection did not stay at the new address');
}

function objections(all: readonly Suppression[]): readonly Suppression[] {
  return all.filter(({ list }) => OBJECTIONS.has(list));
}

async function load(memory: StepMemory): Promise<Snapshot> {
  return ((await memory.get(MEMORY)) as Snapshot | null | undefined) ?? { read: [], kept: [] };
}
