/** `habeas doctor`: what is set, what answers, what the packs need; each fault with the way to mend it. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { createMailer } from '../infra/mail/index.js';
import { checkPolicies, faultLine, policiesFolder } from '../infra/policies/index.js';
import { loadSettings, packEnvironment, SettingsError, type Settings } from '../infra/settings.js';
import { connectStore } from '../infra/store/connect.js';
import { createConnectors } from '../worker/connectors.js';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Exit status: 0 when everything holds, 1 when a connection or pack does not, 2 when the settings themselves are wrong. */
export async function runDoctor(options: { readonly json?: boolean }, write: (line: string) => void): Promise<number> {
  let settings: Settings;
  try {
    settings = loadSettings();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const findings = error.faults.map((f): Finding => ({ name: f.name, ok: false, detail: f.detail }));
    report({ settings: [], findings }, options, write);
    return 2;
  }
  const findings = [...(await connections(settings)), ...(await packs(settings))];
  report({ settings: settings.table, findings }, options, write);
  return findings.every((f) => f.ok) ? 0 : 1;
}

function report(
  found: { readonly settings: Settings['table']; readonly findings: readonly Finding[] },
  options: { readonly json?: boolean },
  write: (line: string) => void,
): void {
  const ok = found.findings.every((f) => f.ok);
  if (options.json === true) return write(JSON.stringify({ ok, ...found }));
  if (found.settings.length > 0) write('Settings');
  for (const row of found.settings)
    write(`  ${row.name.padEnd(28)} ${row.source.padEnd(12)} ${row.shown === '' ? '-' : row.shown}   ${row.about}`);
  write('Checks');
  for (const f of found.findings) write(`  ${f.ok ? 'ok ' : 'NOT'}  ${f.name}: ${f.detail}`);
}

async function connections(settings: Settings): Promise<Finding[]> {
  return Promise.all([
    attempt('MongoDB', 'HABEAS_MONGODB_URL', async () => {
      const store = await connectStore({
        url: settings.need('HABEAS_MONGODB_URL'),
        ledgerUrl: settings.get('HABEAS_LEDGER_MONGODB_URL'),
        appName: 'habeas-doctor',
      });
      try {
        await store.ping();
        const build = (await store.db.command({ buildInfo: 1 })) as { version: string; secantusVersion?: string };
        return build.secantusVersion === undefined
          ? `version ${build.version}`
          : `SecantusDB ${build.secantusVersion}: for demo, development and tests only; production needs MongoDB 6 or newer as a replica set`;
      } finally {
        await store.close();
      }
    }),
    attempt('Temporal', 'HABEAS_TEMPORAL_ADDRESS', async () => {
      const [host = '', port = ''] = splitAddress(settings.get('HABEAS_TEMPORAL_ADDRESS'));
      const socket = connect({ host, port: Number(port) });
      try {
        await Promise.race([once(socket, 'connect'), timeout()]);
        return 'the port answers';
      } finally {
        socket.destroy();
      }
    }),
    attempt('Mail', 'HABEAS_SMTP_URL', async () => {
      const mailer = createMailer({ url: settings.need('HABEAS_SMTP_URL'), from: settings.get('HABEAS_MAIL_FROM') });
      try {
        await mailer.verify();
        return 'the server accepts us';
      } finally {
        mailer.close();
      }
    }),
    attempt('Keys', 'HABEAS_KEYS', async () => `folder ${settings.need('HABEAS_KEYS')}`),
  ]);
}

async function packs(settings: Settings): Promise<Finding[]> {
  const checked = await checkPolicies(policiesFolder(settings.get('HABEAS_POLICIES')));
  const findings = checked.faults.map((f): Finding => ({ name: 'pack', ok: false, detail: faultLine(f) }));
  const connectors = createConnectors(packEnvironment());
  try {
    for (const pack of checked.packs.values()) {
      findings.push({
        name: `pack ${pack.pack.operator}`,
        ok: true,
        detail: `version ${pack.pack.version}, ${pack.hash}`,
      });
      const pinned = regionFinding(pack.pack, settings.get('HABEAS_REGION'));
      if (pinned !== null) findings.push(pinned);
      for (const system of pack.pack.systems) {
        findings.push(
          await attempt(`${pack.pack.operator}/${system.id}`, 'the settings that the pack names as ${…}', async () => {
            const health = await connectors.connector(pack, system.id).healthcheck();
            const bad = health.checks.filter((c) => !c.ok);
            if (!health.ok) throw new Error(bad.map((c) => `${c.name}: ${c.detail}`).join('; '));
            return health.checks.map((c) => `${c.name} ${c.detail}`).join('; ');
          }),
        );
      }
      for (const backup of pack.pack.backups) {
        findings.push(
          await attempt(`${pack.pack.operator}/${backup.id}`, 'the folder that the pack names', async () => {
            const copies = await connectors.inventory(pack, backup.id).list();
            return `${copies.length} copies listed`;
          }),
        );
      }
    }
  } finally {
    await connectors.close();
  }
  return findings;
}

/** A pack that pins a region needs a worker that stands there: no other builds, keeps or sends its packages. */
export function regionFinding(
  pack: { readonly operator: string; readonly region: string | null },
  here: string | undefined,
): Finding | null {
  if (pack.region === null) return null;
  const ok = pack.region === here;
  return {
    name: `region of ${pack.operator}`,
    ok,
    detail: ok
      ? `packages are built here, in ${pack.region}`
      : `packages must be built in ${pack.region}, and this machine says ${here ?? 'nothing'}. Set HABEAS_REGION where a worker and its store stand there.`,
  };
}

async function attempt(name: string, setting: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: `${error instanceof Error ? error.message : 'failed'}. Check ${setting}.` };
  }
}

function splitAddress(address: string): string[] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), address.slice(at + 1)];
}

function timeout(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('no answer within 5 s')), 5_000).unref());
}
