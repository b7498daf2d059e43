/**
 * The root of all keys: a provider holds key-encryption keys, one per epoch, and never hands them out.
 * Destroying an epoch is what makes backups of the store unreadable, so a provider must never bring one back.
 */
export interface KeyProvider {
  /** Makes the epoch's key unless it exists; idempotent. Throws KeyError `key_destroyed` for an epoch that was destroyed. */
  createEpoch(epoch: string): Promise<void>;
  /** Destroys for good and records it; idempotent. */
  destroyEpoch(epoch: string): Promise<void>;
  /** Throws KeyError `key_absent` (unknown epoch), `key_destroyed`. */
  wrap(epoch: string, plain: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
  /** Throws KeyError `key_absent`, `key_destroyed`, `key_damaged`. */
  unwrap(epoch: string, wrapped: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
}

const DAY_MS = 86_400_000;

/** Days of an epoch length such as `P7D` or `P1W`. Throws RangeError for anything else. */
export function epochDays(length: string): number {
  const match = /^P(\d{1,3})([DW])$/.exec(length);
  const days = match === null ? 0 : Number(match[1]) * (match[2] === 'W' ? 7 : 1);
  if (days < 1) throw new RangeError('epoch length must be PnD or PnW, at least one day');
  return days;
}

/**
 * Name of the epoch of a host time: `e` + its first day (UTC), for example `e2026-11-19`.
 * Epochs are counted from 1970-01-01, so every process finds the same one without asking.
 */
export function epochAt(worldMs: number, days: number): string {
  const start = Math.floor(worldMs / (days * DAY_MS)) * days * DAY_MS;
  return `e${new Date(start).toISOString().slice(0, 10)}`;
}

export const EPOCH_NAME = /^e\d{4}-\d{2}-\d{2}$/;
