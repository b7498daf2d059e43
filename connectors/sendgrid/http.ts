import { ConnectorError } from '../../domain/ports/connector.js';
import type { SendgridSettings } from './settings.js';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface CallOptions {
  readonly body?: Readonly<Record<string, unknown>>;
  /** Subuser; '' = the account of the key. */
  readonly account?: string;
  /** Statuses that the caller understands, beside 2xx; everything else becomes a ConnectorError. */
  readonly accept?: readonly number[];
}

const RATE_STANDARD_MS = 60_000;
const RATE_LONGEST_MS = 15 * 60_000;
/** Above this `X-RateLimit-Reset` is an instant in seconds since 1970; below it, seconds to wait. Both are documented. */
const EPOCH_ABOVE = 1_000_000_000;

/**
 * One HTTP call: a time limit, no retries (Temporal retries), no redirects. `path` comes from endpoints.ts only.
 *
 * @throws ConnectorError `unavailable` (no connection, 5xx, an answer that is not JSON), `timeout`, `rate_limited` with
 *   `afterMs` from the vendor's header, `auth` (401), `scope` (403), `bug` (any other 4xx). The vendor's body goes no further.
 */
export async function request(
  settings: SendgridSettings,
  worldNow: () => Date,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options: CallOptions = {},
): Promise<Reply> {
  const { body, account = '', accept = [] } = options;
  const headers: Record<string, string> = { authorization: `Bearer ${settings.key}`, accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (account !== '') headers['on-behalf-of'] = account;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`${settings.url}${path}`, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(settings.timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'TimeoutError')
      throw new ConnectorError('timeout', 'sendgrid did not answer in time');
    throw new ConnectorError('unavailable', 'sendgrid cannot be reached');
  }
  const { status } = answer;
  if (!(status >= 200 && status < 300) && !accept.includes(status)) throw refused(answer, worldNow());
  return { status, body: parse(text, status), headers: answer.headers };
}

function parse(text: string, status: number): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ConnectorError('unavailable', 'sendgrid answered something that is not JSON', { status });
  }
}

function refused(answer: Response, now: Date): ConnectorError {
  const { status } = answer;
  if (status === 429)
    return new ConnectorError('rate_limited', 'sendgrid rate limit', { status, afterMs: waitOf(answer.headers, now) });
  if (status === 401) return new ConnectorError('auth', 'sendgrid refused the key', { status });
  if (status === 403) return new ConnectorError('scope', 'the sendgrid key lacks a scope', { status });
  if (status === 408 || status >= 500) return new ConnectorError('unavailable', 'sendgrid failed', { status });
  if (status >= 300 && status < 400)
    return new ConnectorError('config', 'sendgrid answered with a redirect', { status });
  return new ConnectorError('bug', 'sendgrid refused the request', { status });
}

function waitOf(headers: Headers, now: Date): number {
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (!Number.isFinite(reset) || reset < 0) return RATE_STANDARD_MS;
  const wait = reset > EPOCH_ABOVE ? reset * 1000 - now.getTime() : reset * 1000;
  return Math.min(Math.max(wait, 1000), RATE_LONGEST_MS);
}
