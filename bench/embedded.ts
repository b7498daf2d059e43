/**
 * The embedded stack as it is on a laptop: real MongoDB connector, real mail, MongoDB the only system, approval off.
 * How long one erasure takes alone, how long fifty take together, and what memory all processes then need.
 */
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { normaliseIdentifier } from '../domain/plan/normalise.js';
import { seedOperator } from '../dev/people/index.js';
import { processFigures } from './machine.js';
import { mailbox } from './mailbox.js';
import { Child } from './processes/child.js';
import { wallMs } from './processes/channel.js';
import { fileErasure, type Stack } from './stack.js';
import { percentile, round } from './stats.js';
import { storeCommands, type StoreFigures } from './store.js';

export interface EmbeddedFigures {
  /** People in the operator's own database when the bench begins. */
  readonly people: number;
  readonly lone: { readonly requests: number; readonly p50: number; readonly p95: number; readonly worst: number };
  readonly together: {
    readonly requests: number;
    readonly seconds: number;
    readonly perMinute: number;
    readonly p50: number;
    readonly p99: number;
  };
  /** Resident memory at its highest while fifty ran, in MB; null where there is no /proc. */
  readonly memory: { readonly total: number; readonly byProcess: Readonly<Record<string, number>> } | null;
  /** CPU per request while fifty ran, in ms. */
  readonly cpu: Readonly<Record<string, number | null>>;
  readonly store: StoreFigures;
  /** Records of erased people that were still there afterwards; anything but 0 makes every figure above worthless. */
  readonly left: number;
}

export interface EmbeddedPlan {
  readonly people: number;
  readonly lone: number;
  readonly together: number;
  readonly storeRequests: number;
  readonly say: (line: string) => void;
}

const DATABASE = 'defigo_bench';

export async function embeddedBench(stack: Stack, plan: EmbeddedPlan): Promise<EmbeddedFigures> {
  const mongoUrl = new URL(stack.mongo.url);
  mongoUrl.pathname = `/${DATABASE}`;
  plan.say(`seeding ${plan.people} people`);
  await seedOperator({ operator: 'defigo', mongoUrl: mongoUrl.href, database: DATABASE, count: plan.people });
  const client = await MongoClient.connect(mongoUrl.href);
  await addNormalisedCopies(client);
  const smtp = await mailbox();
  const shared = { mongodbUrl: stack.mongo.url, temporal: stack.temporal.address, keys: stack.keys };
  const worker = await Child.start(
    'worker',
    { ...shared, connectors: 'real', smtpUrl: smtp.url, operators: ['solo'] },
    { DEFIGO_MONGODB_URL: mongoUrl.href, DEFIGO_BACKUPS: join(stack.dataDir, 'backups') },
  );
  const api = await Child.start('api', shared);
  try {
    const people = await peopleOf(client, plan.lone + plan.together + plan.storeRequests + 12);
    const erased: string[] = [];
    const next = (): string => {
      const email = people.pop();
      if (email === undefined) throw new Error('too few people were seeded');
      erased.push(email);
      return email;
    };
    const one = async (): Promise<number> => {
      const email = next();
      const at = wallMs();
      const id = await fileErasure(stack, api.port ?? 0, 'solo', email);
      const marks = await worker.until(
        id,
        (m) => m.rested !== null && m.answered !== null && m.certified !== null,
        120_000,
      );
      return Math.max(marks.answered ?? 0, marks.certified ?? 0) - at;
    };
    plan.say('store commands');
    const store = await storeCommands(
      stack,
      { worker, api, operator: 'solo', person: async () => next() },
      { systems: 1, budget: 25, requests: plan.storeRequests },
    );
    plan.say('one at a time');
    for (let n = 0; n < 3; n += 1) await one();
    const lone: number[] = [];
    for (let n = 0; n < plan.lone; n += 1) lone.push(await one());
    plan.say(`${plan.together} at once`);
    const watch = watchMemory(stack, { worker, api });
    const before = cpuOf(stack, { worker, api });
    const begun = wallMs();
    const times = await Promise.all(Array.from({ length: plan.together }, one));
    const seconds = (wallMs() - begun) / 1000;
    const after = cpuOf(stack, { worker, api });
    const memory = watch();
    return {
      people: plan.people,
      lone: {
        requests: lone.length,
        p50: round(percentile(lone, 50), 0),
        p95: round(percentile(lone, 95), 0),
        worst: round(Math.max(...lone), 0),
      },
      together: {
        requests: plan.together,
        seconds: round(seconds, 2),
        perMinute: round((plan.together / seconds) * 60, 0),
        p50: round(percentile(times, 50), 0),
        p99: round(percentile(times, 99), 0),
      },
      memory,
      cpu: Object.fromEntries(
        Object.entries(after).map(([name, value]) => {
          const then = before[name] ?? null;
          return [name, value === null || then === null ? null : round((value - then) / plan.together, 1)];
        }),
      ),
      store,
      left: await client
        .db()
        .collection('users')
        .countDocuments({ emailNorm: { $in: erased } }),
    };
  } finally {
    await worker.stop();
    await api.stop();
    await smtp.close();
    await client.close();
  }
}

/**
 * Indexed normalised copies of phone and residents' e-mail, as the connector's docs recommend and as the demo data has
 * for the account's own e-mail: without them each search scans the collection, and the scans are what is measured.
 */
async function addNormalisedCopies(client: MongoClient): Promise<void> {
  const db = client.db();
  const users = await db
    .collection('users')
    .find({}, { projection: { phone: 1 } })
    .toArray();
  await db.collection('users').bulkWrite(
    users.map((user) => ({
      updateOne: {
        filter: { _id: user._id },
        update: { $set: { phoneNorm: normaliseIdentifier('phone', String(user['phone'])) } },
      },
    })),
  );
  const apartments = await db.collection('apartments').find({}).toArray();
  await db.collection('apartments').bulkWrite(
    apartments.map((apartment) => ({
      updateOne: {
        filter: { _id: apartment._id },
        update: {
          $set: {
            residents: (apartment['residents'] as { email: string }[]).map((resident) => ({
              ...resident,
              emailNorm: normaliseIdentifier('email', resident.email),
            })),
          },
        },
      },
    })),
  );
  await db.collection('users').createIndex({ phoneNorm: 1 });
  await db.collection('apartments').createIndex({ 'residents.emailNorm': 1 });
}

/** People of the crowd, not of the cast: their stories (shared mailboxes, holds) are other tests' business. */
async function peopleOf(client: MongoClient, count: number): Promise<string[]> {
  const users = await client
    .db()
    .collection('users')
    .find({}, { projection: { emailNorm: 1 } })
    .toArray();
  const once = new Map<string, number>();
  for (const { emailNorm } of users) once.set(String(emailNorm), (once.get(String(emailNorm)) ?? 0) + 1);
  return [...once]
    .filter(([, n]) => n === 1)
    .map(([email]) => email)
    .slice(10, 10 + count);
}

type Measured = Readonly<Record<'worker' | 'api', Child>>;

function figuresOf(stack: Stack, children: Measured): Record<string, ReturnType<typeof processFigures>> {
  return {
    worker: processFigures(children.worker.pid),
    api: processFigures(children.api.pid),
    temporal: stack.figures('temporal'),
    mongodb: stack.figures('mongo'),
  };
}

function cpuOf(stack: Stack, children: Measured): Record<string, number | null> {
  return Object.fromEntries(Object.entries(figuresOf(stack, children)).map(([name, f]) => [name, f?.cpuMs ?? null]));
}

/** Looks twice a second; the returned function ends it and gives the moment with the highest sum. */
function watchMemory(stack: Stack, children: Measured): () => EmbeddedFigures['memory'] {
  let highest: EmbeddedFigures['memory'] = null;
  const look = (): void => {
    const figures = figuresOf(stack, children);
    const byProcess: Record<string, number> = {};
    for (const [name, f] of Object.entries(figures)) {
      if (f === null) return;
      byProcess[name] = round(f.rssMb, 0);
    }
    const total = round(
      Object.values(byProcess).reduce((sum, mb) => sum + mb, 0),
      0,
    );
    if (highest === null || total > highest.total) highest = { total, byProcess };
  };
  look();
  const timer = setInterval(look, 500);
  return () => {
    clearInterval(timer);
    look();
    return highest;
  };
}
