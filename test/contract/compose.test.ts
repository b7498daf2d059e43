import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../../infra/settings.js';

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly restart?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

const text = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const example = readFileSync('.env.example', 'utf8');
/** Names that .env.example shows, set or commented out. */
const shown = new Set([...example.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1] ?? ''));

/** Everything that is wrong with a service; also applied to spoiled ones below. */
function faults(service: Service): string[] {
  const found: string[] = [];
  const [uid] = (service.user ?? '0').split(':');
  if (!/^\d+$/.test(uid ?? '') || Number(uid) === 0) found.push('runs as root, or as whoever the image says');
  if (service.read_only !== true) found.push('can write to its own file system');
  if ((service.tmpfs ?? []).length === 0) found.push('has no memory to write to');
  if (!(service.cap_drop ?? []).includes('ALL')) found.push('keeps capabilities');
  if (!(service.security_opt ?? []).includes('no-new-privileges:true')) found.push('may gain privileges');
  if (service.privileged === true) found.push('is privileged');
  if (!/^[a-z0-9./-]+:\d+\.\d+\.?[\w.-]*$/.test(service.image ?? '')) found.push('has no pinned tag');
  if (service.restart === undefined) found.push('does not say whether it starts again');
  if (service.restart !== 'no' && service.healthcheck === undefined) found.push('has no health check');
  for (const [name, value] of Object.entries(service.environment ?? {}))
    if (/PASSWORD|PWD|_KEY$|SECRET/.test(name) && !/^(\$\{[A-Z_]+(:[-?][^}]*)?\})?$/.test(value))
      found.push(`holds ${name}`);
  for (const value of Object.values(service.environment ?? {}))
    if (/\/\/[^:@/$]+:(?!\$\{)[^@/]*@/.test(value)) found.push('holds a password in an address');
  return found;
}

describe('docker-compose.yml', () => {
  it.each(Object.entries(compose.services))(
    '%s is hardened, pinned, checked, and holds no secret',
    (_name, service) => {
      expect(faults(service)).toEqual([]);
    },
  );

  it.each<[string, Partial<Service>]>([
    ['runs as root, or as whoever the image says', { user: undefined }],
    ['runs as root, or as whoever the image says', { user: '0:0' }],
    ['can write to its own file system', { read_only: false }],
    ['keeps capabilities', { cap_drop: [] }],
    ['may gain privileges', { security_opt: [] }],
    ['has no pinned tag', { image: 'postgres' }],
    ['has no pinned tag', { image: 'postgres:latest' }],
    ['has no health check', { healthcheck: undefined }],
    ['holds POSTGRES_PASSWORD', { environment: { POSTGRES_PASSWORD: 'secret' } }],
    ['holds a password in an address', { environment: { HABEAS_MONGODB_URL: 'mongodb://habeas:secret@mongodb' } }],
  ])('the check finds: %s', (fault, spoiled) => {
    expect(faults({ ...compose.services['postgres'], ...spoiled })).toContain(fault);
  });

  it('has the parts of the product', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['api', 'worker', 'temporal', 'postgres', 'mongodb', 'mail']),
    );
    expect(readFileSync('deploy/mongodb/start.sh', 'utf8')).toContain('--replSet habeas --keyFile');
  });

  it('keeps databases and Temporal on a network without a way out, and publishes only API and mail page', () => {
    expect(compose.networks['inner']?.internal).toBe(true);
    for (const name of ['mongodb', 'postgres', 'temporal']) expect(compose.services[name]?.networks).toEqual(['inner']);
    const published = Object.entries(compose.services).filter(([, service]) => service.ports !== undefined);
    expect(published.map(([name]) => name).sort()).toEqual(['api', 'mail']);
    expect(compose.services['mail']?.ports).toEqual(['127.0.0.1:1080:1080']);
  });

  it('mounts only files that exist', () => {
    const mounts = Object.values(compose.services).flatMap((service) => service.volumes ?? []);
    const files = mounts.map((mount) => mount.split(':')[0] ?? '').filter((path) => path.startsWith('./'));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(files.length).toBeGreaterThan(3);
  });

  it('gives API and worker only settings that exist, with values of the right form', () => {
    for (const name of ['api', 'worker']) {
      const environment = Object.fromEntries(
        Object.entries(compose.services[name]?.environment ?? {}).map(([key, value]) => [
          key,
          value.replace(
            /\$\{[A-Z_]+(?::-([^}]*)|:\?[^}]*)?\}/g,
            (_whole, fallback: string | undefined) => fallback ?? FILLED[key] ?? 'x',
          ),
        ]),
      );
      const settings = readSettings(environment);
      expect(settings.need('HABEAS_MONGODB_URL')).not.toBe(settings.need('HABEAS_LEDGER_MONGODB_URL'));
      expect(settings.get('HABEAS_EMBEDDED') as unknown).not.toBe(true);
    }
  });

  it('names in .env.example whatever it asks for', () => {
    const asked = [...text.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1] ?? '');
    expect(asked.filter((name) => !shown.has(name))).toEqual([]);
  });

  it.skipIf(!hasCompose())(
    `is accepted by docker compose${hasCompose() ? '' : ' (skipped: the docker client here has no compose plug-in)'}`,
    () => {
      const env = Object.fromEntries([...shown].map((name) => [name, process.env[name] ?? 'x']));
      execFileSync('docker', ['compose', 'config', '-q'], { env: { ...process.env, ...env } });
    },
  );
});

const FILLED: Readonly<Record<string, string>> = {
  HABEAS_MAIL_FROM: 'privacy@example.com',
  HABEAS_PUBLIC_URL: 'https://privacy.example.com',
};

function hasCompose(): boolean {
  return spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
}

describe('.env.example', () => {
  it('shows every setting, and none that does not exist', () => {
    const known = new Set(readSettings({}).table.map((row) => row.name));
    expect([...known].filter((name) => !shown.has(name))).toEqual([]);
    expect([...shown].filter((name) => name.startsWith('HABEAS_') && !known.has(name))).toEqual([]);
  });

  it('holds no secret', () => {
    const values = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].filter(([, , value]) => value !== '');
    expect(values.map(([, name]) => name)).toEqual(['HABEAS_PUBLIC_URL', 'HABEAS_MAIL_FROM']);
  });
});

describe('Dockerfile', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const stages = dockerfile.split(/^FROM /m).slice(1);

  it('builds in stages and ships production packages only, as somebody without rights', () => {
    expect(stages.length).toBeGreaterThan(2);
    const last = stages.at(-1) ?? '';
    expect(stages.every((stage) => stage.startsWith('node:20-bookworm-slim'))).toBe(true);
    expect(stages.some((stage) => stage.includes('npm ci --omit=dev'))).toBe(true);
    expect(last).toMatch(/^COPY --from=packages \S+\/node_modules/m);
    expect(last.match(/^USER .*$/gm)?.at(-1)).toBe('USER 10001:10001');
    expect(last).not.toMatch(/^(ENV|ARG) .*(KEY|PASSWORD|SECRET)/m);
  });

  it('is given every folder that the build compiles, and nothing else', () => {
    const given = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const { include } = JSON.parse(readFileSync('tsconfig.build.json', 'utf8')) as { include: string[] };
    const folders = [...new Set(include.map((path) => path.split('/')[0] ?? ''))];
    expect(folders.filter((folder) => !given.includes(folder))).toEqual([]);
    expect(readFileSync('.dockerignore', 'utf8').split('\n')[0]).toBe('*');
  });
});
