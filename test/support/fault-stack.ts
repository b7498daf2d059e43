/**
 * An embedded stack for fault tests: real MongoDB, Temporal, worker and API as processes; the vendors answer in the
 * test's own process, behind hops at which a test can act, and outlive every kill.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, ObjectId, type Db } from 'mongodb';
import type { RequestView } from '../../contracts/index.js';
import { openLedger } from '../../cli/ledger-export.js';
import { verifyFiles } from '../../cli/verify.js';
import { startSendgrid, type SendgridCounterpart } from '../../dev/counterparts/sendgrid/index.js';
import { Caller } from '../../dev/demo/caller.js';
import type { SupervisorEvent } from '../../dev/supervise/index.js';
import { databaseUrl, startStack, type Stack } from '../../dev/stack/index.js';
import { ScriptedStripe } from '../contract/stripe/scripted-stripe.js';
import { FaultProxy } from './fault-proxy.js';

export const SETTLED = ['awaiting_backup_expiry', 'closed'] as const;
const NAMES = ['MONGODB_URL', 'STRIPE_URL', 'STRIPE_KEY', 'SENDGRID_URL', 'SENDGRID_KEY'] as const;
const WAIT_MS = 120_000;

export class FaultStack {
  readonly stripe = new ScriptedStripe();
  /** In front of Stripe. */
  readonly payments = new FaultProxy(() => this.#stripePort);
  /** In front of the operators' own databases; Habeas' own store has no hop. */
  readonly app = new FaultProxy(() => this.#mongoPort);
  dataDir = '';
  /** What happened to the processes, in order. */
  readonly events: SupervisorEvent[] = [];
  sendgrid!: SendgridCounterpart;
  stack!: Stack;
  caller!: Caller;
  #stripePort = 0;
  #mongoPort = 0;
  #made = 0;

  async start(): Promise<void> {
    this.dataDir = mkdtempSync(join(tmpdir(), 'habeas-faults-'));
    this.#stripePort = Number(new URL(await this.stripe.start()).port);
    this.sendgrid = await startSendgrid();
    const [payments, app] = [await this.payments.start(), await this.app.start()];
    for (const operator of ['INFENTRE', 'DEFIGO']) {
      const values = [
        `mongodb://127.0.0.1:${app}/${operator.toLowerCase()}_app?directConnection=true`,
        `http://127.0.0.1:${payments}`,
        'sk_test_faults',
        this.sendgrid.url,
        'SG.faults',
      ];
      NAMES.forEach((name, i) => (process.env[`${operator}_${name}`] = values[i]));
      mkdirSync(join(this.dataDir, 'backups', operator.toLowerCase()), { recursive: true });
    }
    await this.up();
  }

  /** Starts the stack, for the first time or once more on the same folder. */
  async up(): Promise<void> {
    this.stack = await startStack({
      dataDir: this.dataDir,
      anyPort: true,
      people: 1,
      say: () => undefined,
      onEvent: (event) => void this.events.push(event),
    });
    this.#mongoPort = Number(new URL(this.stack.info.mongo).port);
    this.caller = new Caller(this.stack.info);
  }

  async stop(): Promise<void> {
    await this.stack?.stop();
    await Promise.all([this.payments.stop(), this.app.stop(), this.stripe.stop(), this.sendgrid?.close()]);
    for (const operator of ['INFENTRE', 'DEFIGO']) for (const name of NAMES) delete process.env[`${operator}_${name}`];
    if (this.dataDir !== '') rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Ends a child (default: kill -9) and awaits its end; the supervisor starts it again. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.stack.supervisor.children.find((c) => c.name === name);
    const pid = child?.pid;
    if (child === undefined || pid == null) throw new Error(`${name} does not run`);
    process.kill(pid, signal);
    while (child.pid === pid) await delay(10);
  }

  /** kill -9 of every process of the stack at the same moment, as a power cut does; nothing is started again. */
  async killAll(): Promise<void> {
    for (const { pid } of this.stack.supervisor.children) if (pid !== null) process.kill(pid, 'SIGKILL');
    await this.stack.stop();
  }

  async at<T>(database: string, work: (db: Db) => Promise<T>): Promise<T> {
    const client = await MongoClient.connect(databaseUrl(this.stack.info.mongo, database), {
      readConcern: { level: 'majority' },
    });
    try {
      return await work(client.db());
    } finally {
      await client.close();
    }
  }

  /** An administrator of Infentre with a customer at Stripe: controller data only, so nobody has to decide. */
  async administrator(): Promise<{ email: string; customer: string }> {
    this.#made += 1;
    const n = this.#made;
    const person = { email: `admin.${n}@example.com`, customer: `cus_f${n}` };
    this.stripe.add({ id: person.customer, email: person.email });
    await this.at('infentre_app', (db) =>
      db.collection<{ _id: string }>('admins').insertOne({
        _id: `adm_f${n}`,
        email: person.email,
        emailNorm: person.email,
        name: `Admin ${n}`,
        createdAt: new Date(Date.now() - 86_400_000),
      } as never),
    );
    return person;
  }

  /** A resident of Defigo with many door events: one part of many records in one store. */
  async resident(events: number): Promise<{ email: string; userId: ObjectId }> {
    this.#made += 1;
    const email = `resident.${this.#made}@example.no`;
    const userId = new ObjectId();
    const at = new Date(Date.now() - 86_400_000);
    await this.at('defigo_app', async (db) => {
      await db.collection('users').insertOne({ _id: userId, email, emailNorm: email, name: 'R', createdAt: at });
      await db
        .collection('access_events')
        .insertMany(Array.from({ length: events }, () => ({ userId, door: 'Heis', at })));
    });
    return { email, userId };
  }

  body(operator: string, email: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      operator,
      right: 'erasure',
      subject: { identifiers: [{ type: 'email', value: email }], language: 'en' },
      channel: 'panel',
      identity: { method: 'trusted_channel', level: 'substantial', identifiers: [0] },
      ...extra,
    };
  }

  erase(operator: string, email: string, extra: Record<string, unknown> = {}): Promise<string> {
    return this.caller.start(this.body(operator, email, extra));
  }

  /** Waits for a view that fits; what cannot be asked while a process is down is asked again. */
  async until(id: string, what: string, fits: (view: RequestView) => boolean): Promise<RequestView> {
    const end = Date.now() + WAIT_MS;
    let last: RequestView | null = null;
    for (;;) {
      last = await this.caller.view(id).catch(() => last);
      if (last !== null && fits(last)) return last;
      if (Date.now() > end) {
        const steps = last?.steps.map((s) => `${s.id} ${s.outcome} ${s.error ?? ''}`).join(', ');
        throw new Error(`${what}: still ${last?.state ?? 'unknown'}; ${steps ?? ''}`);
      }
      await delay(150);
    }
  }

  settled(id: string): Promise<RequestView> {
    return this.until(
      id,
      'the request finishes by itself',
      (v) => (SETTLED as readonly string[]).includes(v.state) && v.certificate !== null,
    );
  }

  /** What the stores say about a request, for comparison with its own steps. */
  async records(id: string): Promise<{
    journal: { part: string; state: string }[];
    deletions: { part: string; state: string }[];
    entries: string[];
  }> {
    const part = (row: { _id: unknown }): string => String(row._id).slice(id.length + 1);
    const journal = await this.at('habeas', (db) => db.collection('journal').find({ requestId: id }).toArray());
    const [deletions, entries] = await this.at('habeas_ledger', async (db) => [
      await db.collection('deletions').find({ requestId: id }).toArray(),
      await db.collection('ledger_entries').find({ requestId: id }).toArray(),
    ]);
    const rows = (list: { [key: string]: unknown; _id: unknown }[]): { part: string; state: string }[] =>
      list.map((row) => ({ part: part(row), state: String(row['state']) })).sort((a, b) => (a.part < b.part ? -1 : 1));
    return {
      journal: rows(journal),
      deletions: rows(deletions),
      entries: entries.map((e) => `${String(e['action'])} ${String(e['code'])} ${String(e['after'] ?? '')}`),
    };
  }

  /** Fetches certificate, keys and the operator's whole ledger, and checks them offline. */
  async proof(id: string): Promise<{ ok: boolean; lines: readonly string[] }> {
    const { auditor } = this.stack.info.tokens;
    const view = await this.caller.view(id);
    const answer = await this.caller.call('GET', `/v1/requests/${id}/certificate`, { token: auditor });
    const folder = mkdtempSync(join(this.dataDir, 'proof-'));
    mkdirSync(join(folder, 'keys'));
    const { keys } = await this.caller.must<{ keys: { kid: string }[] }>('GET', `/v1/operators/${view.operator}/keys`, {
      token: auditor,
    });
    for (const key of keys) writeFileSync(join(folder, 'keys', `${key.kid}.jwk`), JSON.stringify(key));
    const files = [join(folder, 'certificate.json'), join(folder, 'ledger.ndjson')];
    writeFileSync(files[0] ?? '', answer.body as Buffer);
    const lines: string[] = [];
    const { environment } = this.stack;
    await openLedger(
      {
        mongodbUrl: environment['HABEAS_MONGODB_URL'] ?? '',
        ledgerUrl: environment['HABEAS_LEDGER_MONGODB_URL'],
      },
      { operator: view.operator },
      (text) => void lines.push(text),
    );
    writeFileSync(files[1] ?? '', lines.join(''));
    return verifyFiles(files);
  }
}
