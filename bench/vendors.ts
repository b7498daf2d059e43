/**
 * Store commands over four real systems: the connectors of the product against MongoDB and the stateful counterparts of
 * Stripe and SendGrid, and a folder of backups. What vendors' jobs and their memory add shows here.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, type Document } from 'mongodb';
import { startSendgrid, type SendgridCounterpart } from '../dev/counterparts/sendgrid/index.js';
import { LOCALSTRIPE_KEY, localstripeInstalled } from '../dev/counterparts/stripe.js';
import { seedOperator } from '../dev/people/index.js';
import { startLocalstripe } from '../dev/servers/index.js';
import { mailbox } from './mailbox.js';
import { Child } from './processes/child.js';
import type { Stack } from './stack.js';
import { storeCommands, type StoreFigures } from './store.js';

const DATABASE = 'infentre_bench';
const SENDGRID_KEY = 'SG.bench';

/** Null where localstripe is not installed. */
export async function vendorCommands(stack: Stack, requests: number): Promise<StoreFigures | null> {
  if (!localstripeInstalled()) return null;
  const mongoUrl = new URL(stack.mongo.url);
  mongoUrl.pathname = `/${DATABASE}`;
  const backups = join(stack.dataDir, 'backups');
  mkdirSync(backups);
  const stripe = await startLocalstripe({ dataDir: stack.dataDir, supervisor: stack.supervisor });
  const sendgrid = await startSendgrid();
  const smtp = await mailbox();
  const client = await MongoClient.connect(mongoUrl.href);
  try {
    await seedOperator({
      operator: 'infentre',
      mongoUrl: mongoUrl.href,
      database: DATABASE,
      count: 100,
      stripe: { url: stripe.url, key: LOCALSTRIPE_KEY },
      sendgrid: { url: sendgrid.url, key: SENDGRID_KEY },
    });
    const people = await peopleOf(client, stripe.url, sendgrid, requests + 3);
    const shared = { mongodbUrl: stack.mongo.url, temporal: stack.temporal.address, keys: stack.keys };
    const worker = await Child.start(
      'worker',
      { ...shared, connectors: 'real', smtpUrl: smtp.url, operators: ['bench'] },
      {
        INFENTRE_MONGODB_URL: mongoUrl.href,
        INFENTRE_STRIPE_URL: stripe.url,
        INFENTRE_STRIPE_KEY: LOCALSTRIPE_KEY,
        INFENTRE_SENDGRID_URL: sendgrid.url,
        INFENTRE_SENDGRID_KEY: SENDGRID_KEY,
        INFENTRE_BACKUPS: backups,
      },
    );
    const api = await Child.start('api', shared);
    try {
      const person = async (): Promise<string> => {
        const email = people.pop();
        if (email === undefined) throw new Error('too few people were seeded');
        return email;
      };
      return await storeCommands(
        stack,
        { worker, api, operator: 'bench', person },
        { systems: 4, budget: 40, requests },
      );
    } finally {
      await worker.stop();
      await api.stop();
    }
  } finally {
    await client.close();
    await smtp.close();
    await sendgrid.close();
  }
}

/**
 * People about whom nothing is doubtful (one account, nobody else names her address), made known to both vendors: the
 * seeding gives customer and contact to few people at once.
 */
async function peopleOf(
  client: MongoClient,
  stripeUrl: string,
  sendgrid: SendgridCounterpart,
  many: number,
): Promise<string[]> {
  const db = client.db();
  const users = await db.collection('users').find({}).toArray();
  const profiles = await db.collection('profiles').find({}).toArray();
  const naming = new Set(profiles.filter((p) => p['alternateEmail'] !== undefined).map((p) => p['userId']));
  const named = [
    ...profiles.map((p) => String(p['alternateEmail'])),
    ...(await db.collection('admins').find({}).toArray()).map((a) => String(a['emailNorm'])),
    ...users.flatMap((u) => [String(u['emailNorm']), ...oldOf(u)]),
  ];
  const known = new Set(sendgrid.state().contacts.map((c) => c.email));
  const chosen = users
    .slice(10)
    .filter((user) => {
      const email = String(user['emailNorm']);
      const alone = named.filter((n) => n === email).length === 1 && oldOf(user).length === 0 && !naming.has(user._id);
      return alone && user['stripeCustomerId'] === undefined && !known.has(email);
    })
    .slice(0, many);
  for (const user of chosen) {
    const answer = await fetch(new URL('/v1/customers', stripeUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${LOCALSTRIPE_KEY}` },
      body: new URLSearchParams({ email: String(user['emailNorm']), name: String(user['name']) }),
    });
    if (!answer.ok) throw new Error(`the Stripe counterpart answered ${answer.status}`);
    const { id } = (await answer.json()) as { readonly id: string };
    await db.collection('users').updateOne({ _id: user._id }, { $set: { stripeCustomerId: id } });
  }
  const emails = chosen.map((user) => String(user['emailNorm']));
  sendgrid.seed({
    contacts: emails.map((email) => ({ email })),
    accounts: { '': { activity: Object.fromEntries(emails.map((email) => [email, 3])) } },
  });
  return emails;
}

function oldOf(user: Document): string[] {
  return Array.isArray(user['oldEmails']) ? user['oldEmails'].map(String) : [];
}
