/**
 * The API over the real store, vault, keys and ledger, with the gateway as a port: for tests about HTTP. What a request
 * answers is scripted; starts and updates are recorded, and an update id gives its first result again, as Temporal does.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeApi } from '../../api/compose.js';
import { createApi, Refusal, GatewayError, type ApiDeps, type Gateway, type LiveView } from '../../api/index.js';
import type { RequestView, RoleName, Scope } from '../../contracts/index.js';
import type { CommandResult, RequestInput } from '../../domain/lifecycle/commands.js';
import type { RunFacts } from '../../domain/lifecycle/facts.js';
import type { FrozenPack } from '../../domain/policy/types.js';
import { openPlatform, type Platform } from '../../infra/platform.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { createLog } from '../../infra/telemetry/index.js';
import { createTokens } from '../../infra/identity/index.js';
import { testDatabase, type TestDatabase } from './mongo.js';

export interface Update {
  readonly requestId: string;
  readonly name: string;
  readonly updateId: string;
  readonly payload: Record<string, unknown>;
}

export class ScriptedGateway implements Gateway {
  readonly started: RequestInput[] = [];
  readonly updates: Update[] = [];
  readonly views = new Map<string, RequestView>();
  readonly #results = new Map<string, CommandResult>();
  down = false;
  /** Decides what a request says; throw Refusal to refuse. */
  answer: (update: Update) => CommandResult | Promise<CommandResult> = () => ({ revision: 2, state: 'identifying' });

  async start(input: RequestInput): Promise<void> {
    if (this.down) throw new GatewayError();
    if (!this.started.some((s) => s.requestId === input.requestId)) this.started.push(input);
  }
  async update(requestId: string, name: string, updateId: string, payload: object): Promise<CommandResult> {
    if (this.down) throw new GatewayError();
    const before = this.#results.get(updateId);
    if (before !== undefined) return before;
    const update = { requestId, name, updateId, payload: payload as Record<string, unknown> };
    const result = await this.answer(update);
    this.updates.push(update);
    this.#results.set(updateId, result);
    return result;
  }
  async view(requestId: string): Promise<LiveView | null> {
    const view = this.views.get(requestId);
    return this.down || view === undefined ? null : { view, approvals: [], busy: false };
  }
  readonly factsOf = new Map<string, RunFacts>();
  async facts(requestId: string): Promise<RunFacts | null> {
    return this.down ? null : (this.factsOf.get(requestId) ?? null);
  }
  async reachable(): Promise<boolean> {
    return !this.down;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
  readonly body: any;
  readonly text: string;
}

export interface Mail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface TestApi {
  readonly base: string;
  readonly deps: ApiDeps;
  readonly gateway: ScriptedGateway;
  readonly platform: Platform;
  readonly database: TestDatabase;
  readonly packs: ReadonlyMap<string, FrozenPack>;
  readonly mails: Mail[];
  /** World time that the API sees. */
  readonly clock: { now: Date };
  token(grant: {
    role?: RoleName;
    scopes?: Scope[];
    operator?: string;
    organisation?: string;
    days?: number;
  }): Promise<string>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Stops listening, with grace. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly key?: string;
  readonly ifMatch?: string;
}

export async function testApi(label: string, change: (deps: ApiDeps) => ApiDeps = (d) => d): Promise<TestApi> {
  const database = await testDatabase(label);
  const folder = await mkdtemp(join(tmpdir(), 'habeas-api-'));
  const url = new URL(database.url);
  url.pathname = `/${database.name}`;
  const platform = await openPlatform({
    mongodbUrl: url.toString(),
    keys: folder,
    namespace: 'default',
    log: createLog({ level: 'silent' }),
    appName: 'habeas-test',
  });
  const { packs, authorities } = await loadPolicies(policiesFolder(undefined));
  const gateway = new ScriptedGateway();
  const mails: Mail[] = [];
  const clock = { now: new Date() };
  const composed = await composeApi({
    platform,
    packs,
    authorities: [...authorities.values()],
    publicUrl: 'https://privacy.example.org',
    temporal: {
      client: { workflow: {} } as never,
      call: async () => Promise.reject(new Error('no Temporal in this test')),
      ping: async () => undefined,
    },
    mailer: {
      send: async (mail) => {
        mails.push(mail);
        return { accepted: true };
      },
    },
    now: () => clock.now,
    limits: { perPrincipal: 100_000, perStranger: 100_000, perSender: 100_000, perAddress: 100_000 },
  });
  const deps = change({ ...composed, gateway });
  const api = createApi(deps);
  const port = await api.start(0);
  const base = `http://127.0.0.1:${port}`;
  const tokens = createTokens({ db: platform.store.db, now: () => clock.now.getTime() });
  return {
    base,
    deps,
    gateway,
    platform,
    database,
    packs,
    mails,
    clock,
    async token({ role, scopes, operator, organisation, days }) {
      const grant = {
        name: 'test',
        role: role ?? null,
        scopes: scopes ?? [],
        operators: [operator ?? 'infentre'],
        organisation: organisation ?? null,
        expiresAt: new Date(clock.now.getTime() + (days ?? 30) * 86_400_000),
      };
      return (await tokens.issue(grant)).token;
    },
    async call(method, path, options = {}) {
      const headers: Record<string, string> = { ...options.headers };
      if (options.token !== undefined && options.token !== null) headers['authorization'] = `Bearer ${options.token}`;
      if (options.key !== undefined) headers['idempotency-key'] = options.key;
      if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
      const has = options.body !== undefined || options.raw !== undefined;
      if (has && headers['content-type'] === undefined) headers['content-type'] = 'application/json';
      const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
      const response = await fetch(`${base}${path}`, {
        method,
        headers,
        ...(payload === undefined ? {} : { body: payload }),
        redirect: 'manual',
      });
      const text = await response.text();
      const json = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
      return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : undefined, text };
    },
    stop: () => api.stop(),
    async close() {
      await api.stop(500);
      await platform.close();
      await database.client.db(`${database.name}_ledger`).dropDatabase();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export { Refusal };

/** A body that POST /v1/requests accepts; an invented person. */
export function requestBody(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    operator: 'infentre',
    right: 'erasure',
    subject: {
      identifiers: [{ type: 'email', value: 'kari.canary@example.no' }],
      contact: { email: 'kari.canary@example.no' },
      language: 'nb',
    },
    channel: 'email',
    ...change,
  };
}
