/** Pages of a list: `{data, nextCursor}` and the Link header of RFC 8288. */
import type { Call, Reply } from './call.js';

export function page(call: Call, path: string, data: readonly unknown[], nextCursor: string | null): Reply {
  if (nextCursor === null) return { status: 200, body: { data, nextCursor } };
  const query = Object.entries({ ...call.query, cursor: nextCursor })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return { status: 200, body: { data, nextCursor }, headers: { Link: `<${path}?${query}>; rel="next"` } };
}
