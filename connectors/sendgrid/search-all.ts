import type { Heartbeat } from '../../domain/ports/connector.js';
import type { Contact, SendgridApi } from './endpoints.js';

const MAX_SEARCH = 100;
/** Longest address that the search takes; a contact cannot have a longer one. */
const MAX_ADDRESS = 100;

/**
 * Contacts of any number of addresses, in calls of at most 100. One invalid address spoils a whole call at the vendor, so
 * a refused call is halved until the address that spoils it stands alone.
 *
 * @returns hits by lower-cased address, and the addresses that the vendor refuses to search
 * @throws ConnectorError
 */
export async function searchAll(
  api: SendgridApi,
  addresses: readonly string[],
  heartbeat: Heartbeat,
): Promise<{ readonly found: ReadonlyMap<string, Contact>; readonly refused: readonly string[] }> {
  const found = new Map<string, Contact>();
  const refused = addresses.filter((address) => address.length > MAX_ADDRESS);
  const askable = addresses.filter((address) => address.length <= MAX_ADDRESS);
  const open: string[][] = [];
  for (let at = 0; at < askable.length; at += MAX_SEARCH) open.push(askable.slice(at, at + MAX_SEARCH));
  for (let batch = open.shift(); batch !== undefined; batch = open.shift()) {
    heartbeat();
    const hits = await api.searchContacts(batch);
    if (hits !== null) for (const [address, contact] of hits) found.set(address, contact);
    else if (batch.length === 1) refused.push(...batch);
    else open.unshift(batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1));
  }
  return { found, refused };
}
