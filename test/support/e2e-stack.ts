/**
 * The real embedded stack for end-to-end tests, once per test process: MongoDB, Temporal, mailbox, vendor counterparts,
 * worker and API as child processes from dist/. Nothing in it is a mock; tests drive it over HTTP as people and systems do.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import type { RequestView } from '../../contracts/index.js';
import type { CheckedProblem } from './e2e-calls.js';
import { Calls } from './e2e-calls.js';
import { databaseUrl, startStack, type Stack } from '../../dev/stack/index.js';
import { rootFolder } from '../../dev/setup/paths.mjs';
import type { FaultScript } from '../../dev/counterparts/sendgrid/index.js';

export type Operator = 'infentre' | 'defigo' | 'itefy' | 'faktry' | 'itpays';
export type { CheckedProblem };

export class E2e {
  readonly calls: Calls;

  constructor(
    readonly stack: Stack,
    readonly dataDir: string,
    readonly mongo: MongoClient,
  ) {
    this.calls = new Calls(stack.info);
  }

  /** The operator's own database, past Habeas. */
  db(operator: Operator) {
    return this.mongo.db(`${operator}_app`);
  }

  /** Habeas' own stores. */
  get store() {
    return this.mongo.db('habeas');
  }
  get ledgerStore() {
    return this.mongo.db('habeas_ledger');
  }

  /** How the mail provider misbehaves from now on; `{}` = not at all. */
  async mailFaults(script: FaultScript): Promise<void> {
    const url = this.stack.environment['INFENTRE_SENDGRID_URL'];
    const answer = await fetch(`${url}/_faults`, { method: 'POST', body: JSON.stringify(script) });
    if (!answer.ok) throw new Error(`faults: ${answer.status}`);
  }

  /** Every step of one system. */
  steps(view: RequestView, system: string): RequestView['steps'] {
    return view.steps.filter((step) => step.system === system);
  }
}

let running: Promise<E2e> | undefined;
let users = 0;

async function start(change: (policies: string) => void): Promise<E2e> {
  const dataDir = mkdtempSync(join(tmpdir(), `habeas-e2e-${process.pid}-`));
  const policies = impatient(dataDir);
  change(policies);
  const stack = await startStack({ dataDir, anyPort: true, people: 60, policies, say: () => undefined });
  const mongo = await MongoClient.connect(databaseUrl(stack.info.mongo, 'habeas'), {
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority' },
  });
  return new E2e(stack, dataDir, mongo);
}

/** The shipped packs, but a mail search that is late counts as late after two seconds instead of a minute. */
function impatient(dataDir: string): string {
  const folder = join(dataDir, 'policies');
  cpSync(join(rootFolder(), 'policies'), folder, { recursive: true });
  const file = join(folder, 'operators', 'infentre.yaml');
  const key = '      key: ${INFENTRE_SENDGRID_KEY}\n';
  const pack = readFileSync(file, 'utf8');
  if (!pack.includes(key)) throw new Error('the pack looks different now');
  writeFileSync(file, pack.replace(key, `${key}      searchLagSeconds: 2\n`));
  return folder;
}

/**
 * Call in a test file or a describe block; the returned function gives the stack once tests run. `change` may rewrite the
 * copied packs first (one stack per test file: the first call decides).
 */
export function useStack(change: (policies: string) => void = () => undefined): () => E2e {
  let e2e: E2e | undefined;
  beforeAll(async () => {
    users += 1;
    running ??= start(change);
    e2e = await running;
  }, 180_000);
  afterAll(async () => {
    users -= 1;
    if (users > 0 || e2e === undefined) return;
    running = undefined;
    await e2e.mongo.close();
    await e2e.stack.stop();
    rmSync(e2e.dataDir, { recursive: true, force: true });
  }, 60_000);
  return () => {
    if (e2e === undefined) throw new Error('the stack is up only while tests run');
    return e2e;
  };
}
