/** Unauthenticated attempts: counted per operator, minute and address class, written to the ledger as one entry each. */
import type { ApiDeps } from '../deps.js';
import { draft } from '../ledger-notes.js';

/** Coarse on purpose: an address is personal data, and strangers must not be able to choose how many entries there are. */
export function addressClass(address: string): 'loopback' | 'private' | 'public_v4' | 'public_v6' {
  const plain = address.replace(/^::ffff:/i, '').toLowerCase();
  if (plain === '::1' || plain.startsWith('127.')) return 'loopback';
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.)/.test(plain) || /^(fc|fd|fe80)/.test(plain))
    return 'private';
  return plain.includes(':') ? 'public_v6' : 'public_v4';
}

export async function countAttempt(
  deps: Pick<ApiDeps, 'events' | 'policies'>,
  operator: unknown,
  address: string,
  now: Date,
): Promise<void> {
  // Only for operators that exist: a made-up name would open a log of its own.
  if (typeof operator !== 'string' || operator.length > 100 || (await deps.policies.current(operator)) === null) return;
  await deps.events.countAttempt(operator, Math.floor(now.getTime() / 60_000) * 60_000, addressClass(address));
}

/** Writes finished minutes to the ledger and drops their counters. Entry ids make a repeat harmless. Returns how many. */
export async function flushAttempts(deps: Pick<ApiDeps, 'events' | 'ledger'>, now: Date): Promise<number> {
  // A minute of grace, so that no counter still grows.
  const done = await deps.events.attemptsBefore(Math.floor(now.getTime() / 60_000) * 60_000 - 60_000, 500);
  if (done.length === 0) return 0;
  await deps.ledger.append(
    done.map((row) =>
      draft({
        id: `attempts/${row._id}`,
        operator: row.operator,
        at: new Date(row.minuteMs).toISOString(),
        actor: { kind: 'anonymous', role: 'anonymous', id: row.addressClass },
        action: 'events.unauthenticated',
        requestId: null,
        code: row.addressClass,
        after: { attempts: row.count },
      }),
    ),
  );
  await deps.events.dropAttempts(done.map((row) => row._id));
  return done.length;
}
