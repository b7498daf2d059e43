import { ConnectorError } from '../../domain/ports/connector.js';

export interface SendgridSettings {
  /** Scheme, host and port; no path, no trailing slash. */
  readonly url: string;
  readonly key: string;
  /** `eu`: marketing contacts are not offered on that host. */
  readonly region: 'global' | 'eu';
  /** Subusers beside the account of the key; each has lists and mail records of its own. */
  readonly subusers: readonly string[];
  readonly timeoutMs: number;
  /** How long the search may still answer a contact after its deletion job ended, before it counts as still there. */
  readonly searchLagMs: number;
  /** How long a deletion job may stay pending before a person has to look. */
  readonly jobDeadlineMs: number;
}

/**
 * Reads the settings of a SendGrid system: `url`, `key`, and optionally `region` (`global` | `eu`), `subusers` (list),
 * `timeoutSeconds` (20), `searchLagSeconds` (60), `jobDeadlineHours` (24).
 *
 * @throws ConnectorError `config`
 */
export function readSettings(settings: Readonly<Record<string, unknown>>): SendgridSettings {
  const { key, subusers = [] } = settings;
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key))
    throw new ConnectorError('config', 'sendgrid needs the setting key');
  const region = settings['region'] === undefined || settings['region'] === '' ? 'global' : settings['region'];
  if (region !== 'global' && region !== 'eu')
    throw new ConnectorError('config', 'sendgrid region must be global or eu');
  const names: unknown[] = Array.isArray(subusers)
    ? subusers
    : typeof subusers === 'string' && subusers !== ''
      ? subusers.split(',')
      : [];
  if (!names.every((name): name is string => typeof name === 'string' && /^[\x21-\x7e]+$/.test(name)))
    throw new ConnectorError('config', 'sendgrid subusers must be a list of names');
  const url = base(settings['url']);
  // Personal data of the EU region must not be asked for at the other host, and the other way round.
  const host = new URL(url).hostname;
  if ((host === 'api.eu.sendgrid.com' && region !== 'eu') || (host === 'api.sendgrid.com' && region === 'eu'))
    throw new ConnectorError('config', 'sendgrid url and region name different regions');
  return {
    url,
    key,
    region,
    subusers: [...new Set(names)],
    timeoutMs: amount(settings, 'timeoutSeconds', 20) * 1000,
    searchLagMs: amount(settings, 'searchLagSeconds', 60) * 1000,
    jobDeadlineMs: amount(settings, 'jobDeadlineHours', 24) * 3_600_000,
  };
}

function base(url: unknown): string {
  if (typeof url !== 'string' || !URL.canParse(url))
    throw new ConnectorError('config', 'sendgrid needs the setting url');
  const parsed = new URL(url);
  if (!/^https?:$/.test(parsed.protocol) || parsed.pathname !== '/' || parsed.search !== '' || parsed.username !== '')
    throw new ConnectorError('config', 'sendgrid url must be scheme, host and port only');
  return parsed.origin;
}

function amount(settings: Readonly<Record<string, unknown>>, name: string, standard: number): number {
  const value = Number(settings[name] ?? standard);
  if (!(value >= 0 && value <= 100_000)) throw new ConnectorError('config', `sendgrid setting ${name} is out of range`);
  return value;
}
