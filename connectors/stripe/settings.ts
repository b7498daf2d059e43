import { ConnectorError } from '../../domain/ports/connector.js';

export type Mode = 'test' | 'live';

export interface StripeSettings {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'http' | 'https';
  readonly key: string;
  /** Undefined = the version that the SDK is pinned to. */
  readonly apiVersion: string | undefined;
  /** Connected account (`acct_…`) that every call is made for. */
  readonly account: string | undefined;
  /** What the key works on; null when neither the key nor the settings say so (a counterpart with keys of its own). */
  readonly mode: Mode | null;
  readonly askOnActiveSubscription: boolean;
  readonly timeoutMs: number;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads the settings of a Stripe system: `url`, `key`, and optionally `apiVersion`, `account`, `mode` (`test` | `live`),
 * `askOnActiveSubscription` (default false), `timeoutSeconds` (default 30).
 *
 * @throws ConnectorError `config` (missing or malformed setting, live key over plain http, live key without `mode: live`),
 *   `wrong_mode` (key and `mode` differ). A live key needs `mode: live` written down, so that nobody erases at the real
 *   vendor by exchanging one variable.
 */
export function readSettings(settings: Readonly<Record<string, unknown>>): StripeSettings {
  const url = text(settings, 'url');
  const key = text(settings, 'key');
  if (url === undefined || key === undefined)
    throw new ConnectorError('config', 'stripe needs the settings url and key');
  const parsed = parse(url);
  if (!/^[\w-]+$/.test(key)) throw new ConnectorError('config', 'stripe key has characters that no key has');
  const wanted = text(settings, 'mode');
  if (wanted !== undefined && wanted !== 'test' && wanted !== 'live')
    throw new ConnectorError('config', 'stripe mode must be test or live');
  const ofKey = /^[sr]k_(test|live)_/.exec(key)?.[1] as Mode | undefined;
  if (ofKey !== undefined && wanted !== undefined && ofKey !== wanted)
    throw new ConnectorError('wrong_mode', 'stripe key and setting mode differ');
  if (ofKey === 'live' && wanted === undefined)
    throw new ConnectorError('config', 'a live stripe key needs the setting mode: live');
  if (ofKey === 'live' && parsed.protocol === 'http:' && !LOOPBACK.has(parsed.hostname))
    throw new ConnectorError('config', 'a live stripe key is never sent over plain http');
  const seconds = Number(settings['timeoutSeconds'] ?? 30);
  if (!(seconds > 0 && seconds <= 300))
    throw new ConnectorError('config', 'stripe timeoutSeconds must be above 0 and at most 300');
  const protocol = parsed.protocol === 'http:' ? 'http' : 'https';
  return {
    host: parsed.hostname,
    port: parsed.port === '' ? (protocol === 'http' ? 80 : 443) : Number(parsed.port),
    protocol,
    key,
    apiVersion: text(settings, 'apiVersion'),
    account: text(settings, 'account'),
    mode: ofKey ?? wanted ?? null,
    askOnActiveSubscription:
      settings['askOnActiveSubscription'] === true || settings['askOnActiveSubscription'] === 'true',
    timeoutMs: seconds * 1000,
  };
}

function parse(url: string): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new ConnectorError('config', 'stripe url is not a URL');
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw new ConnectorError('config', 'stripe url must be http or https');
  // The SDK knows host and port only: a path would be dropped without a word.
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.username !== '')
    throw new ConnectorError('config', 'stripe url must be scheme, host and port only');
  return parsed;
}

function text(settings: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = settings[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new ConnectorError('config', `stripe setting ${name} must be text`);
  return value;
}
