/** Settings of a MongoDB system in a pack. */
import type { ConnectorTools } from '../../domain/ports/connector.js';
import { failure } from './errors.js';

export interface MongoSettings {
  /** Connection string; may name a database. */
  readonly url: string;
  /** Database of datasets that name none; null = the one in `url`. */
  readonly database: string | null;
  /** `majority` unless the server is a stand-alone one that knows none. */
  readonly readConcern: 'majority' | 'local' | 'linearizable';
  /** More records than this for one person is an error (`too_many_targets`), never a plan. */
  readonly maxRecords: number;
  /** An address with more sign-ins than this is a role address: `too_many_people`. */
  readonly maxPeople: number;
  /** `any`: addresses and numbers are found in every spelling. `normalised`: the pack vouches that only the normal form is stored. */
  readonly spelling: 'any' | 'normalised';
  readonly timeoutMs: number;
  /** Undeclared fields that never leave in a copy of data, at any depth. */
  readonly secrets: readonly string[];
}

const SECRETS = [
  'password',
  'passwordHash',
  'passwordSalt',
  'hashedPassword',
  'hash',
  'salt',
  'secret',
  'totpSecret',
  'token',
  'accessToken',
  'refreshToken',
  'resetToken',
  'apiKey',
  'sessionToken',
];

/** Reads the resolved settings; ConnectorError `config` names the setting that is wrong, never its value. */
export function readSettings(raw: ConnectorTools['settings']): MongoSettings {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '') throw failure('config', `setting ${name}`);
    return value;
  };
  const count = (name: string, fallback: number): number => {
    const value = raw[name] ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw failure('config', `setting ${name}`);
    return value;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = text(name) ?? fallback;
    const found = allowed.find((a) => a === value);
    if (found === undefined) throw failure('config', `setting ${name}`);
    return found;
  };
  const url = text('url');
  if (url === undefined || !/^mongodb(\+srv)?:\/\//.test(url)) throw failure('config', 'setting url');
  const secrets = raw['secrets'] ?? SECRETS;
  if (!Array.isArray(secrets)) throw failure('config', 'setting secrets');
  return {
    url,
    database: text('database') ?? null,
    readConcern: oneOf('readConcern', ['majority', 'local', 'linearizable'], 'majority'),
    maxRecords: count('maxRecords', 2000),
    maxPeople: count('maxPeople', 25),
    spelling: oneOf('spelling', ['any', 'normalised'], 'any'),
    timeoutMs: count('timeoutMs', 30_000),
    secrets: secrets.map(String),
  };
}
