/**
 * Settings: the environment, and a `.env` file where there is one (the environment wins). Every setting knows where its
 * value comes from; a name that begins with HABEAS_ and is not known is an error, since a misspelt setting is worse than
 * a missing one. Source of names: docs/interfaces.md section 9.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import * as z from 'zod';

const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)),
      `must be an address with ${protocols.join(' or ')}`,
    );
const text = z.string().min(1);
const yes = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');

interface Setting {
  readonly schema: z.ZodType;
  readonly about: string;
  readonly fallback?: string;
  /** Shown as `set`, never by its value. */
  readonly secret?: true;
  /** Addresses are shown without user and password. */
  readonly address?: true;
}

const SETTINGS = {
  HABEAS_MONGODB_URL: { schema: url('mongodb', 'mongodb+srv'), about: "Habeas' own store", address: true },
  HABEAS_LEDGER_MONGODB_URL: {
    schema: url('mongodb', 'mongodb+srv'),
    about: 'ledger and deletion ledger: another database, other credentials',
    address: true,
  },
  HABEAS_TEMPORAL_ADDRESS: {
    schema: z.string().regex(/^[^\s/:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'must be host:port'),
    about: 'Temporal',
    fallback: '127.0.0.1:7233',
  },
  HABEAS_TEMPORAL_NAMESPACE: { schema: text, about: 'Temporal namespace', fallback: 'default' },
  HABEAS_TEMPORAL_TLS: { schema: yes, about: 'speak TLS to Temporal', fallback: '0' },
  HABEAS_TEMPORAL_TLS_CA: { schema: text, about: 'file with the certificate authority of Temporal' },
  HABEAS_TEMPORAL_TLS_CERT: { schema: text, about: 'file with the client certificate for Temporal' },
  HABEAS_TEMPORAL_TLS_KEY: { schema: text, about: 'file with its key' },
  HABEAS_TEMPORAL_API_KEY: { schema: text, about: 'API key for Temporal', secret: true },
  HABEAS_POLICIES: { schema: text, about: 'folder with regimes/ and operators/; default: the shipped ones' },
  HABEAS_PUBLIC_URL: {
    schema: url('http', 'https'),
    about: 'where people reach Habeas',
    fallback: 'http://127.0.0.1:8080',
  },
  HABEAS_HOST: { schema: text, about: 'address to listen on', fallback: '127.0.0.1' },
  HABEAS_PORT: { schema: z.coerce.number().int().min(0).max(65_535), about: 'port to listen on', fallback: '8080' },
  HABEAS_TRUST_PROXY: {
    schema: z.coerce.number().int().min(0).max(10),
    about: 'number of reverse proxies in front',
    fallback: '0',
  },
  HABEAS_KEYS: { schema: text, about: 'key provider: a folder (file provider)' },
  HABEAS_SMTP_URL: { schema: url('smtp', 'smtps'), about: 'outgoing mail', address: true },
  HABEAS_MAIL_FROM: {
    schema: z.string().regex(/^[^\s<>@]+@[^\s<>@]+$/, 'must be a mail address'),
    about: 'sender of mails',
    fallback: 'privacy@example.com',
  },
  HABEAS_REGION: {
    schema: z.string().regex(/^[A-Z][A-Za-z0-9-]{1,30}$/, 'must be a region such as EEA or UK'),
    about: 'where this worker stands; packages of packs with a region are built only there',
  },
  HABEAS_LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    about: 'how much is logged',
    fallback: 'info',
  },
  HABEAS_OIDC_ISSUER: { schema: url('http', 'https'), about: 'sign-in of people (not used yet)' },
  HABEAS_OIDC_CLIENT_ID: { schema: text, about: 'sign-in of people (not used yet)' },
  HABEAS_OIDC_CLIENT_SECRET: { schema: text, about: 'sign-in of people (not used yet)', secret: true },
  HABEAS_WORKER_PORT: {
    schema: z.coerce.number().int().min(1).max(65_535),
    about: 'port on which a worker shows its health',
  },
  HABEAS_EMBEDDED: { schema: yes, about: 'set by the embedded stack for its own processes', fallback: '0' },
  HABEAS_ALLOW_DOWNLOAD: { schema: yes, about: 'lets the set-up download a real mongod', fallback: '0' },
  HABEAS_HOME: { schema: text, about: 'folder of the set-up; default: .habeas in the project' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
type Value<N extends SettingName> =
  | z.output<(typeof SETTINGS)[N]['schema']>
  | ((typeof SETTINGS)[N] extends { fallback: string } ? never : undefined);

export interface SettingRow {
  readonly name: string;
  readonly about: string;
  readonly source: 'environment' | 'file' | 'default' | 'unset';
  /** As it may be shown: secrets masked, addresses without credentials. */
  readonly shown: string;
}

export interface Settings {
  get<N extends SettingName>(name: N): Value<N>;
  /** Throws SettingsError naming it when it is not set. */
  need<N extends SettingName>(name: N): z.output<(typeof SETTINGS)[N]['schema']>;
  readonly table: readonly SettingRow[];
}

/** Every fault at once, by name; values never stand in the message. */
export class SettingsError extends Error {
  readonly code = 'settings_invalid';
  readonly faults: readonly { readonly name: string; readonly detail: string }[];
  constructor(faults: readonly { readonly name: string; readonly detail: string }[]) {
    super(`settings_invalid: ${faults.map((f) => `${f.name} ${f.detail}`).join('; ')}`);
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

/** Names for tests only; they are not settings of the product. */
const FOR_TESTS = /^HABEAS_(TEST_|BENCH_|VENDOR_SPECS$)/;

/**
 * Reads settings from an environment and, below it, a `.env` file's text.
 * Errors: SettingsError `settings_invalid` (unknown HABEAS_ name, value of the wrong form).
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, string | undefined>> = {},
): Settings {
  const faults: { name: string; detail: string }[] = [];
  for (const name of new Set([...Object.keys(env), ...Object.keys(file)])) {
    if (name.startsWith('HABEAS_') && !Object.hasOwn(SETTINGS, name) && !FOR_TESTS.test(name))
      faults.push({ name, detail: 'is not a setting of Habeas' });
  }
  const values = new Map<string, unknown>();
  const table: SettingRow[] = [];
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting][]) {
    const given = present(env[name]) ?? present(file[name]);
    const source =
      present(env[name]) !== undefined
        ? 'environment'
        : given !== undefined
          ? 'file'
          : setting.fallback !== undefined
            ? 'default'
            : 'unset';
    const raw = given ?? setting.fallback;
    table.push({ name, about: setting.about, source, shown: raw === undefined ? '' : shown(setting, raw) });
    if (raw === undefined) continue;
    const parsed = setting.schema.safeParse(raw);
    if (parsed.success) values.set(name, parsed.data);
    else
      faults.push({
        name,
        detail:
          parsed.error.issues[0]?.code === 'custom' || parsed.error.issues[0]?.code === 'invalid_format'
            ? (parsed.error.issues[0]?.message ?? 'is not valid')
            : 'is not valid',
      });
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    get: (name) => values.get(name) as never,
    need: (name) => {
      const value = values.get(name);
      if (value === undefined) throw new SettingsError([{ name, detail: 'is not set' }]);
      return value as never;
    },
    table,
  };
}

/** Settings of this process: its environment and `.env` of the working folder. */
export function loadSettings(env: Readonly<Record<string, string | undefined>> = process.env, path = '.env'): Settings {
  return readSettings(env, existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {});
}

/** What packs take `${NAME}` from: the process' environment, and below it the `.env` file. */
export function packEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
  path = '.env',
): Readonly<Record<string, string | undefined>> {
  return { ...(existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}), ...env };
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function shown(setting: Setting, raw: string): string {
  if (setting.secret === true) return 'set';
  if (setting.address !== true || !URL.canParse(raw)) return raw;
  const address = new URL(raw);
  return address.username === '' && address.password === '' ? raw : raw.replace(/\/\/[^@/]*@/, '//***@');
}
