/** What the demo looks at itself, past Habeas: the operators' own databases and vendor accounts. */
import { MongoClient } from 'mongodb';
import type { Stack } from '../stack/index.js';

/** How many documents of a database hold one of these texts anywhere (demo-sized: it reads everything). */
export async function documentsNaming(url: string, texts: readonly string[]): Promise<Record<string, number>> {
  const client = await MongoClient.connect(url, { readConcern: { level: 'majority' } });
  try {
    const counts: Record<string, number> = {};
    for (const { name } of await client.db().listCollections({}, { nameOnly: true }).toArray()) {
      let count = 0;
      for await (const document of client.db().collection(name).find({})) {
        const text = JSON.stringify(document).toLowerCase();
        if (texts.some((t) => text.includes(t.toLowerCase()))) count += 1;
      }
      if (count > 0) counts[name] = count;
    }
    return counts;
  } finally {
    await client.close();
  }
}

export async function countAll(url: string): Promise<Record<string, number>> {
  const client = await MongoClient.connect(url);
  try {
    const counts: Record<string, number> = {};
    for (const { name } of await client.db().listCollections({}, { nameOnly: true }).toArray())
      counts[name] = await client.db().collection(name).countDocuments({});
    return counts;
  } finally {
    await client.close();
  }
}

export function operatorUrl(stack: Stack, operator: string): string {
  return stack.environment[`${operator.toUpperCase()}_MONGODB_URL`] ?? '';
}

/** Customers of the Stripe counterpart with exactly this address. */
export async function stripeCustomers(stack: Stack, operator: string, email: string): Promise<number> {
  const name = operator.toUpperCase();
  const response = await fetch(
    `${stack.environment[`${name}_STRIPE_URL`]}/v1/customers?limit=100&email=${encodeURIComponent(email)}`,
    {
      headers: { authorization: `Bearer ${stack.environment[`${name}_STRIPE_KEY`]}` },
    },
  );
  return ((await response.json()) as { data: unknown[] }).data.length;
}

export interface MailListState {
  readonly contact: boolean;
  readonly unsubscribed: boolean;
}

export async function mailList(stack: Stack, operator: string, email: string): Promise<MailListState> {
  const name = operator.toUpperCase();
  const base = stack.environment[`${name}_SENDGRID_URL`];
  const headers = {
    authorization: `Bearer ${stack.environment[`${name}_SENDGRID_KEY`]}`,
    'content-type': 'application/json',
  };
  const search = await fetch(`${base}/v3/marketing/contacts/search/emails`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ emails: [email.toLowerCase()] }),
  });
  const found =
    search.status === 200
      ? ((await search.json()) as { result: Record<string, { contact?: unknown }> }).result[email.toLowerCase()]
          ?.contact !== undefined
      : false;
  const suppressed = (await (
    await fetch(`${base}/v3/asm/suppressions/global/${encodeURIComponent(email)}`, { headers })
  ).json()) as { recipient_email?: string };
  return { contact: found, unsubscribed: suppressed.recipient_email !== undefined };
}
