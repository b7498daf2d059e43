import { createHash } from 'node:crypto';
import { ConnectorError, type ApplyInput, type StepMemory } from '../../domain/ports/connector.js';
import type { SendgridContext } from './context.js';

const MAX_ADDRESSES = 5000;
/** 256 KB for the whole body; a little is left for its frame. */
const MAX_BYTES = 256 * 1024 - 64;
const SCOPE = 'recipients.erasejob.create';

export interface Erasure {
  /** Addresses that the vendor refuses as invalid. */
  readonly refused: readonly string[];
  /** True when an account's key may not ask for erasure. */
  readonly scopeMissing: boolean;
}

/**
 * Asks for erasure of the mail records of these addresses in every account (there is no cascade to subusers), in jobs of
 * at most 5,000 addresses and 256 KB. One invalid address spoils a job, so a refused job is halved until that address
 * stands alone; everybody else's is sent. Accepted jobs are kept in memory and not sent again by a later attempt.
 *
 * @throws ConnectorError
 */
export async function eraseActivity(
  context: SendgridContext,
  input: ApplyInput,
  addresses: readonly string[],
): Promise<Erasure> {
  const refused = new Set<string>();
  let scopeMissing = false;
  for (const account of context.api.accounts) {
    if (!(await mayErase(context, account))) {
      scopeMissing = true;
      continue;
    }
    const open = chunks(addresses);
    for (let batch = open.shift(); batch !== undefined; batch = open.shift()) {
      const name = noteName(account, batch);
      if ((await input.memory.get(name)) != null) continue;
      input.heartbeat();
      const job = await context.api.eraseRecipients(account, batch);
      if (job !== null) await input.memory.save(name, { job, addresses: batch.length });
      else if (batch.length === 1) for (const address of batch) refused.add(address);
      else open.unshift(batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1));
    }
  }
  if (!scopeMissing && refused.size === 0) await input.memory.save(allName(addresses), true);
  return { refused: [...refused], scopeMissing };
}

/** True when every account accepted a job for every one of these addresses. */
export async function erasureAccepted(memory: StepMemory, addresses: readonly string[]): Promise<boolean> {
  return (await memory.get(allName(addresses))) === true;
}

async function mayErase(context: SendgridContext, account: string): Promise<boolean> {
  try {
    return (await context.api.scopes(account)).scopes.includes(SCOPE);
  } catch (error) {
    if (error instanceof ConnectorError && error.code === 'scope') return false;
    throw error;
  }
}

/** Batches within both limits of the vendor. */
export function chunks(addresses: readonly string[]): string[][] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const address of addresses) {
    const size = Buffer.byteLength(JSON.stringify(address)) + 1;
    if (batch.length === MAX_ADDRESSES || (batch.length > 0 && bytes + size > MAX_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(address);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function noteName(account: string, addresses: readonly string[]): string {
  return `erasejob/${digest([account, ...addresses])}`;
}

function allName(addresses: readonly string[]): string {
  return `erasure/${digest([...addresses].sort())}`;
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}
