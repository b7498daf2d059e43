/**
 * Breaches on real servers: reported over HTTP, searched in MongoDB, told by mail, steered by officers, with the
 * workflow's own time moved forward. The worker is a process of its own and is killed in the middle of telling people.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectId, type Db } from 'mongodb';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeApi } from '../../api/compose.js';
import { createBreachGateway } from '../../api/gateway/index.js';
import { createApi } from '../../api/index.js';
import type { BreachViewBody } from '../../contracts/index.js';
import { createTokens } from '../../infra/identity/index.js';
import { openPlatform, type Platform } from '../../infra/platform.js';
import { loadPack } from '../../infra/policies/index.js';
import { createPartyStore } from '../../infra/store/parties.js';
import { createLog } from '../../infra/telemetry/index.js';
import { advance, connectTemporal, type TemporalClient } from '../../infra/temporal/index.js';
import type { BreachWorkerInput } from '../support/breach-worker.js';
import { testDatabase, type TestDatabase } from '../support/mongo.js';

const OPERATOR = `b${randomBytes(4).toString('hex')}`;
const QUEUE = `breach-${OPERATOR}`;
const DPO = 'dpo@operator.example.no';
const packText = (peopleImmediately: boolean): string => `operator: ${OPERATOR}
version: "1"
legal: { name: Dør AS, orgNo: "900 000 000", address: "Gata 1, Oslo", dpo: ${DPO}, authority: no-datatilsynet }
timeZone: Europe/Oslo
country: "NO"
language: nb
regime: gdpr-eu
identify: { access: low, erasure: low }
approvals: [{ id: organisation, when: { role: processor }, by: organisation }]
breach: { peopleImmediately: ${peopleImmediately} }
systems:
  - id: app
    connector: mongodb
    settings: { url: "\${APP_URL}" }
    datasets:
      - id: users
        role: controller
        identifiers: { email: [email, oldEmails], userId: _id }
        createdAt: createdAt
        signIn: true
        account: building
        fields:
          email: { category: contact, purpose: account, basis: contract, source: subject }
          language: { category: preference, purpose: account, basis: contract, source: subject }
          building: { category: residence, purpose: account, basis: contract, source: subject }
        retention: { while: account_closed }
        erase: delete
      - id: door_events
        role: controller
        identifiers: { userId: userId }
        createdAt: at
        fields:
          userId: { category: access_log, purpose: door_access, basis: contract, source: observed }
          at: { category: access_log, purpose: door_access, basis: contract, source: observed }
        retention: { while: account_closed }
        erase: delete
      - id: members
        role: processor
        organisation: organisationId
        identifiers: { email: email }
        fields:
          email: { category: contact, purpose: membership, basis: contract, source: organisation }
        retention: { while: account_closed }
        erase: delete
`;

interface Mail {
  readonly to: string;
  readonly id: string;
  readonly text: string;
}

let base: TestDatabase;
let folder: string;
let platform: Platform;
let temporal: TemporalClient;
let smtp: SMTPServer;
let app: Db;
let input: BreachWorkerInput;
let worker: ChildProcess | null = null;
const mails: Mail[] = [];
/** Called when a whole mail has come in, before it is acknowledged. */
let onMail: (n: number) => void = () => undefined;
const officers: string[] = [];
const apis: { immediately: boolean; base: string; stop: () => Promise<void> }[] = [];

async function startWorker(immediately: boolean): Promise<void> {
  const own = { ...input, packText: packText(immediately) };
  const script = `import { runnerImport } from 'vite';
    const { module } = await runnerImport(${JSON.stringify(new URL('../support/breach-worker.ts', import.meta.url).pathname)}, { logLevel: 'silent', configFile: false });
    await module.main(${JSON.stringify(own)});
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  worker = child;
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('ready\n')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`worker ended: ${output}`)));
  });
}

async function stopWorker(): Promise<void> {
  const child = worker;
  worker = null;
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await new Promise((resolve) => child.once('exit', resolve));
}

async function startApi(immediately: boolean): Promise<void> {
  const { frozen, faults } = loadPack('p.yaml', packText(immediately), { authorities: new Set(['no-datatilsynet']) });
  expect(faults).toEqual([]);
  if (frozen === null) throw new Error('pack');
  const deps = await composeApi({
    platform,
    packs: new Map([[OPERATOR, frozen]]),
    temporal,
    mailer: { send: async () => ({ accepted: true }) },
  });
  const api = createApi({ ...deps, breachGateway: createBreachGateway({ temporal, taskQueue: QUEUE }) });
  apis.push({
    immediately,
    base: `http://127.0.0.1:${await api.start(0)}`,
    stop: () => api.stop(500),
  });
}

let serial = 0;
async function call(
  immediately: boolean,
  method: string,
  path: string,
  body?: unknown,
  options: { officer?: number; key?: string } = {},
): Promise<{ status: number; body: Record<string, never> & BreachViewBody }> {
  serial += 1;
  const response = await fetch(`${apis.find((a) => a.immediately === immediately)?.base ?? ''}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${officers[options.officer ?? 0] ?? ''}`,
      'content-type': 'application/json',
      'idempotency-key': options.key ?? `k${serial}`,
      'if-match': '*',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

async function until(
  immediately: boolean,
  id: string,
  what: string,
  fits: (view: BreachViewBody) => boolean,
): Promise<BreachViewBody> {
  let last: BreachViewBody | null = null;
  for (let i = 0; i < 600; i += 1) {
    last = (await call(immediately, 'GET', `/v1/breaches/${id}`)).body;
    if (fits(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: ${JSON.stringify(last)}`);
}

/** The read model, as somebody sees it while nobody answers. */
const stored = (id: string) => platform.store.db.collection('breaches').findOne({ _id: id as never });
const people = (id: string) => platform.store.db.collection('breach_people').find({ breachId: id }).toArray();
const mailsTo = (to: string, part: string): Mail[] => mails.filter((m) => m.to === to && m.id.includes(part));
const FACTS = {
  nb: { nature: 'En nøkkel til databasen lå åpent.', advice: 'Bytt passord.' },
  sv: { nature: 'En nyckel till databasen låg öppen.' },
};

beforeAll(async () => {
  base = await testDatabase('breach');
  folder = await mkdtemp(join(tmpdir(), 'habeas-breach-'));
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const id = /^Message-ID:\s*<([^@>]*)@/im.exec(text)?.[1] ?? '';
        mails.push({ to: session.envelope.rcptTo[0]?.address ?? '', id, text });
        onMail(mails.length);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
  smtp.on('error', () => undefined);
  const { port } = smtp.server.address() as { port: number };
  const mongoUrl = base.url.replace('/?', `/${base.name}?`);
  const address = process.env['HABEAS_TEST_TEMPORAL_ADDRESS'] ?? '';
  input = {
    mongoUrl,
    keysFolder: folder,
    address,
    taskQueue: QUEUE,
    packText: '',
    appUrl: base.url.replace('/?', `/${base.name}_app?`),
    smtpUrl: `smtp://127.0.0.1:${port}`,
  };
  app = base.client.db(`${base.name}_app`);
  platform = await openPlatform({
    mongodbUrl: mongoUrl,
    keys: folder,
    namespace: 'default',
    log: createLog({ level: 'silent' }),
    appName: 'habeas-test',
  });
  temporal = connectTemporal({ address, keys: platform.keys });
  const tokens = createTokens({ db: platform.store.db });
  for (let i = 0; i < 2; i += 1) {
    const grant = {
      name: `officer ${i}`,
      role: 'privacy_officer',
      scopes: [],
      operators: [OPERATOR],
      organisation: null,
      expiresAt: new Date(Date.now() + 86_400_000),
    };
    officers.push((await tokens.issue(grant)).token);
  }
  await startApi(true);
  await startApi(false);
}, 60_000);

afterAll(async () => {
  await stopWorker();
  for (const api of apis) await api.stop();
  await temporal.close();
  await platform.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await app.dropDatabase();
  await base.client.db(`${base.name}_ledger`).dropDatabase();
  await base.drop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('an operator that promises to tell everybody at once', () => {
  const N = 200;

  it('tells each of 200 people once although the worker dies in the middle; reminds at 48 hours; closes', async () => {
    const users = Array.from({ length: N }, (_, i) => ({
      _id: new ObjectId(),
      email: `Resident.${i}@example.no`,
      // An old address in another spelling is the same person, not another one.
      oldEmails: i % 3 === 0 ? [`old.${i}@example.no`] : [],
      language: i % 10 === 0 ? 'sv-SE' : i % 10 === 1 ? 'fr' : 'nb',
      building: i < N ? 'b1' : 'b2',
      createdAt: new Date(),
    }));
    const outside = { _id: new ObjectId(), email: 'outside@example.no', building: 'b2', createdAt: new Date() };
    const nameless = { _id: new ObjectId(), building: 'b1', createdAt: new Date() };
    await app.collection<{ _id: ObjectId }>('users').insertMany([...users, outside, nameless]);
    // The same people once more in the door log, named by their id only; and one who is only there.
    await app
      .collection('door_events')
      .insertMany([
        ...users.slice(0, 50).map((u) => ({ userId: u._id, at: new Date('2026-11-20T10:00:00Z') })),
        { userId: outside._id, at: new Date('2026-01-01T10:00:00Z') },
      ]);
    await startWorker(true);
    let killed = false;
    onMail = () => {
      if (killed || mails.filter((m) => m.to.includes('esident')).length < 60) return;
      killed = true;
      worker?.kill('SIGKILL');
    };

    const awareAt = new Date(Date.now() - 60_000).toISOString();
    const body = {
      operator: OPERATOR,
      awareAt,
      query: [
        { system: 'app', dataset: 'users', filter: { building: 'b1' } },
        { system: 'app', dataset: 'door_events', from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' },
      ],
      facts: FACTS,
    };
    const made = await call(true, 'POST', '/v1/breaches', body, { key: 'first' });
    expect(made.status).toBe(202);
    const { id } = made.body;
    // An exact repeat is the same breach.
    expect((await call(true, 'POST', '/v1/breaches', body, { key: 'first' })).body.id).toBe(id);

    await until(true, id, 'the worker is killed', () => killed);
    const atKill = await people(id);
    expect(atKill.filter((p) => p['state'] === 'told').length).toBeLessThan(N);
    await stopWorker();
    await startWorker(true);
    const told = await until(true, id, 'everybody told', (v) => v.state === 'awaiting_authority');
    expect(told).toMatchObject({
      affected: { people: N + 1, unattributed: 0 },
      people: { notify: true, toTell: N + 1, told: N, noContact: 1, undeliverable: 0 },
      state: 'awaiting_authority',
      clock: {
        status: 'open',
        within: 'PT72H',
        dueAt: new Date(Math.floor(Date.parse(awareAt) / 1000) * 1000 + 72 * 3_600_000).toISOString(),
      },
    });

    // n people, n notices: one message id each, at most the mail that was under way twice.
    const notices = mails.filter((m) => /^resident/i.test(m.to));
    expect(new Set(notices.map((m) => m.to.toLowerCase())).size).toBe(N);
    expect(new Set(notices.map((m) => m.id)).size).toBe(N);
    expect(notices.length).toBeLessThanOrEqual(N + 1);
    expect(mails.some((m) => m.to.startsWith('outside') || m.to.startsWith('old.'))).toBe(false);
    const rows = await people(id);
    expect(rows.filter((p) => p['state'] === 'told').length).toBe(N);
    // In her language where it is known, else in the operator's.
    expect(notices.filter((m) => m.text.includes('Content-Language: sv')).length).toBeGreaterThanOrEqual(N / 10);
    expect(notices.find((m) => m.to === 'Resident.1@example.no')?.text).toContain('Content-Language: nb');

    // The draft is there long before the 72 hours are over, and says who is affected.
    expect(told.authority.draftComplete).toBe(true);
    const draft = (await call(true, 'GET', `/v1/breaches/${id}/draft`)).body as unknown as Record<string, string>;
    expect(draft['text']).toContain(`Berørte personer: omtrent ${N + 1}`);
    expect(draft['text']).toContain('Kategorier av personopplysninger: access_log, contact, preference, residence.');
    expect(draft['text']).toContain(DPO);
    expect(Date.parse(String(told.authority.draftedAt))).toBeLessThan(Date.parse(told.clock.dueAt));
    expect(mailsTo(DPO, '.draft').length).toBe(1);

    // Nobody recorded that the authority was told: at 48 hours, and not before, the officer is reminded. Once.
    const { client } = temporal;
    await advance(client, id, { seconds: 47 * 3600 });
    expect(mailsTo(DPO, '.reminder').length).toBe(0);
    await advance(client, id, { seconds: 2 * 3600 });
    await until(true, id, 'reminded', (v) => v.reminders.some((r) => r.kind === 'reminder' && r.sentAt !== null));
    expect(mailsTo(DPO, '.reminder').length).toBe(1);

    const notified = await call(true, 'POST', `/v1/breaches/${id}/actions/authority_notified`, {
      at: new Date().toISOString(),
      reference: 'DT-26/1234',
    });
    expect(notified.body).toMatchObject({ clock: { status: 'met' }, authority: { late: false } });
    expect(notified.body.allowedActions).toContain('people_by_hand');
    await call(true, 'POST', `/v1/breaches/${id}/actions/people_by_hand`, { reason: 'Notice in the stairwell.' });
    const closed = await until(true, id, 'closed', (v) => v.state === 'closed');
    expect(closed.simulatedTime).toBe(true);
    await advance(client, id, { seconds: 30 * 3600 });
    expect(mailsTo(DPO, '.overdue').length).toBe(0);

    // Nothing of anybody outside the vault; after the pack's time the contacts go too, the evidence stays.
    const text = JSON.stringify([await stored(id), rows]);
    expect(text).not.toMatch(/resident|example\.no/i);
    const vault = (): Promise<number> => platform.vault.list(id, 'people/').then((pages) => pages.length);
    expect(await vault()).toBeGreaterThan(0);
    await advance(client, id, { seconds: 31 * 86_400 });
    for (let i = 0; i < 100 && (await vault()) > 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await vault()).toBe(0);
    expect((await people(id)).filter((p) => p['state'] === 'told').length).toBe(N);
    const entries = await platform.store.ledgerDb.collection('ledger_entries').find({ operator: OPERATOR }).toArray();
    const actions = entries.filter((e) => String(e['after']).includes(id)).map((e) => String(e['action']));
    for (const action of ['breach.reported', 'breach.searched', 'breach.people_told', 'breach.authority_notified'])
      expect(actions).toContain(action);
  }, 300_000);

  it('nobody may decide that people are not told', async () => {
    const made = await call(true, 'POST', '/v1/breaches', {
      operator: OPERATOR,
      awareAt: new Date().toISOString(),
      query: { system: 'app', dataset: 'users', filter: { building: 'none' } },
      facts: FACTS,
    });
    await until(true, made.body.id, 'searched', (v) => v.affected.complete);
    const refused = await call(true, 'POST', `/v1/breaches/${made.body.id}/decision`, {
      notifyPeople: false,
      ground: '34-1',
      reason: 'Not needed.',
    });
    expect([refused.status, (refused.body as unknown as { code: string }).code]).toEqual([409, 'people_promised']);
  }, 60_000);
});

describe('a processor, and an operator that decides first', () => {
  it('tells the organisations, tells no person before two officers decided, and says when it was late', async () => {
    await stopWorker();
    onMail = () => undefined;
    await startWorker(false);
    const parties = createPartyStore(platform.store.db, {
      seal: () => Promise.reject(new Error('no')),
      open: () => Promise.reject(new Error('no')),
    });
    await parties.putOrganisation({
      operator: OPERATOR,
      organisation: 'acme',
      name: 'Acme',
      language: 'sv',
      contacts: { admin: 'admin@acme.example.se', dpo: 'dpo@acme.example.se', escalation: null },
    } as never);
    await app
      .collection('members')
      .insertMany([
        ...Array.from({ length: 3 }, (_, i) => ({ email: `m${i}@acme.example.se`, organisationId: 'acme' })),
        { email: 'm0@globex.example.se', organisationId: 'globex' },
        { email: 'stray@example.se' },
      ]);
    const made = await call(false, 'POST', '/v1/breaches', {
      operator: OPERATOR,
      awareAt: new Date().toISOString(),
      query: [
        { system: 'app', dataset: 'members' },
        { system: 'app', dataset: 'users', filter: { email: 'outside@example.no' } },
      ],
      facts: FACTS,
    });
    const { id } = made.body;
    const view = await until(
      false,
      id,
      'organisations told',
      (v) => v.organisations.length === 2 && v.organisations.every((o) => o.state !== 'pending'),
    );
    expect(view.organisations).toMatchObject([
      { organisation: 'acme', people: 3, state: 'told' },
      { organisation: 'globex', people: 1, state: 'no_contact' },
    ]);
    expect(view).toMatchObject({ state: 'awaiting_decision', affected: { people: 6, unattributed: 1 } });
    const [notice] = mails.filter((m) => m.to === 'dpo@acme.example.se');
    expect(notice?.text).toContain('Content-Language: sv');
    // Members are their organisation's to tell; the operator's own user waits for the decision.
    expect(mails.some((m) => /^(m\d@|stray|outside)/.test(m.to))).toBe(false);

    const silence = { notifyPeople: false, ground: '34-3-a', reason: 'The disk was encrypted.' };
    const first = await call(false, 'POST', `/v1/breaches/${id}/decision`, silence);
    expect(first.body.decision).toMatchObject({ notifyPeople: null, proposed: { ground: '34-3-a' } });
    const codeOf = async (body: unknown, officer: number): Promise<unknown> => {
      const answer = await call(false, 'POST', `/v1/breaches/${id}/decision`, body, { officer });
      return (answer.body as unknown as { code: string }).code;
    };
    expect(await codeOf(silence, 0)).toBe('four_eyes');
    expect(await codeOf({ ...silence, ground: '34-1' }, 1)).toBe('ground_differs');
    expect(await codeOf({ ...silence, ground: '34-3-c' }, 1)).toBe('validation_failed');
    const second = await call(false, 'POST', `/v1/breaches/${id}/decision`, silence, { officer: 1 });
    expect(second.body.decision).toMatchObject({ notifyPeople: false, ground: '34-3-a' });
    await call(false, 'POST', `/v1/breaches/${id}/actions/organisation_told`, {
      organisation: 'globex',
      reason: 'By phone.',
    });

    await advance(temporal.client, id, { seconds: 73 * 3600 });
    const late = await until(false, id, 'overdue', (v) =>
      v.reminders.some((r) => r.kind === 'overdue' && r.sentAt !== null),
    );
    expect(late.clock.status).toBe('overdue');
    expect(mailsTo(DPO, `${id}.overdue`).length).toBe(1);
    const early = await call(false, 'POST', `/v1/breaches/${id}/actions/authority_notified`, {
      at: '2020-01-01T00:00:00Z',
      reference: 'x',
    });
    expect((early.body as unknown as { code: string }).code).toBe('time_outside');
    await call(false, 'POST', `/v1/breaches/${id}/actions/authority_notified`, {
      at: new Date(Date.parse(late.clock.dueAt) + 60_000).toISOString(),
      reference: 'DT-26/1',
    });
    const closed = await until(false, id, 'closed', (v) => v.state === 'closed');
    expect(closed).toMatchObject({ clock: { status: 'met_late' }, people: { notify: false, told: 0 } });
    expect(mails.some((m) => /^(m\d@|stray|outside)/.test(m.to))).toBe(false);
    const draft = (await call(false, 'GET', `/v1/breaches/${id}/draft`)).body as unknown as { text: string };
    expect(draft.text).toContain('De berørte underrettes ikke (34-3-a)');
    expect(draft.text).toContain('The disk was encrypted.');
  }, 120_000);

  it('refuses what no pack knows, and starts nothing', async () => {
    const before = await platform.store.db.collection('breaches').countDocuments({});
    const wrong = await call(false, 'POST', '/v1/breaches', {
      operator: OPERATOR,
      awareAt: '2099-01-01T00:00:00Z',
      query: [
        { system: 'app', dataset: 'nothing' },
        { system: 'app', dataset: 'users', filter: { secret: 'x' } },
        { system: 'elsewhere', dataset: 'users' },
      ],
      systems: ['nowhere'],
      facts: { en: { nature: 'x' } },
    });
    const { errors } = wrong.body as unknown as { errors: { pointer: string }[] };
    expect([wrong.status, errors.map((e) => e.pointer).sort()]).toEqual([
      422,
      ['/awareAt', '/facts/nb', '/query/0/dataset', '/query/1/filter/secret', '/query/2/system', '/systems/0'],
    ]);
    expect(await platform.store.db.collection('breaches').countDocuments({})).toBe(before);
  });
});
