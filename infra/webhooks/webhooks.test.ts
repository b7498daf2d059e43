/** Outgoing events against real receivers and the real store: what is sent, what is refused, what is written down. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSealer } from '../keys/index.js';
import { createDeliveryStore, type DeliveryStore } from '../store/deliveries.js';
import { createOrganisationStore, type OrganisationStore } from '../store/organisations.js';
import { createPartyStore } from '../store/parties.js';
import { testDatabase, type TestDatabase } from '../../test/support/mongo.js';
import {
  createAttempts,
  createOutgoing,
  endpointScope,
  isPublicAddress,
  newEndpointSecret,
  postOnce,
  urlFault,
} from './index.js';

let database: TestDatabase;
let organisations: OrganisationStore;
let deliveries: DeliveryStore;
const sealer = createSealer(new Uint8Array(32).fill(7), 'webhook-endpoint');
const secret = newEndpointSecret();
const servers: Server[] = [];
let serial = 0;

beforeAll(async () => {
  database = await testDatabase('webhooks');
  organisations = createOrganisationStore(database.db);
  deliveries = createDeliveryStore(database.db);
});
afterAll(() => database.drop());
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly path: string;
}

/** A receiver on this machine that answers as told and remembers what came. */
async function receiver(answer: (n: number) => { status: number; location?: string; body?: string } | null) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      seen.push({ headers: request.headers, body, path: request.url ?? '' });
      const reply = answer(seen.length);
      if (reply === null) return;
      response.writeHead(reply.status, reply.location === undefined ? {} : { location: reply.location });
      response.end(reply.body ?? '');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** An organisation with one endpoint, and one delivery to it. */
async function delivery(url: string, allowLoopback = true, timeoutMs?: number) {
  const organisation = `org${(serial += 1)}`;
  await createPartyStore(database.db, { seal: async () => '', open: async () => '' }).putOrganisation({
    ...{ operator: 'op', organisation, name: organisation, language: 'en', country: null },
    contacts: { admin: null, dpo: null, escalation: null },
    answer: 'operator_answers',
    deliverTo: 'subject',
  });
  const id = `whe_${serial}`;
  const now = new Date();
  const sealed = await sealer.seal(endpointScope('op', organisation, id), secret);
  await organisations.changeEndpoints('op', organisation, async () => [
    {
      ...{ id, url, events: null, createdAt: now.toISOString(), disabledAt: null, disabledWhy: null },
      secrets: [{ sealed, createdAt: now.toISOString(), notAfter: null }],
    },
  ]);
  const started: string[] = [];
  const outgoing = createOutgoing({
    organisations,
    deliveries,
    start: async (d) => void started.push(`${d.id}/${d.run}`),
    now: () => new Date(),
  });
  const event = {
    ...{ id: `evt_${serial}`, type: 'approval.requested', operator: 'op', organisation },
    ...{ at: '2027-01-01T00:00:00.000Z', requestId: 'req_1', approvalId: 'apr_1', data: { approvalId: 'apr_1' } },
  };
  await outgoing.send([event]);
  const attempts = createAttempts({
    organisations,
    deliveries,
    sealer,
    post: { allowLoopback, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    now: () => new Date(),
  });
  const deliveryId = String(started[0]).split('/')[0] ?? '';
  return { organisation, deliveryId, attempts, outgoing, event, started };
}

describe('an attempt', () => {
  test('is signed so that the reference library accepts it, holds ids only, and is sent once', async () => {
    const { seen, url } = await receiver(() => ({ status: 200, body: 'canary-answer' }));
    const { attempts, deliveryId } = await delivery(url);
    expect(await attempts.attempt(deliveryId, false)).toEqual({ result: 'delivered', code: 'ok' });
    const [got] = seen;
    const verified = new Webhook(secret).verify(got?.body ?? '', got?.headers as Record<string, string>);
    expect(verified).toEqual({
      type: 'approval.requested',
      timestamp: '2027-01-01T00:00:00.000Z',
      operator: 'op',
      organisation: `org${serial}`,
      data: { approvalId: 'apr_1' },
    });
    expect(got?.headers['webhook-id']).toBe(`evt_${serial}`);
    // A repeat after a lost answer sends nothing more.
    expect(await attempts.attempt(deliveryId, false)).toEqual({ result: 'delivered', code: 'ok' });
    expect(seen).toHaveLength(1);
    const doc = await deliveries.get(deliveryId);
    expect(doc).toMatchObject({ state: 'delivered', attempts: [{ code: 'ok' }] });
    expect(JSON.stringify(doc)).not.toContain('canary-answer');
    expect(() => new Webhook(newEndpointSecret()).verify(got?.body ?? '', got?.headers as never)).toThrow();
  });

  test('that fails is tried again; the last one is the end; a resend is the same event', async () => {
    const { seen, url } = await receiver((n) => ({ status: n <= 2 ? 500 : 204 }));
    const { attempts, deliveryId, outgoing, started } = await delivery(url);
    expect(await attempts.attempt(deliveryId, false)).toEqual({ result: 'retry', code: 'http_500' });
    expect((await deliveries.get(deliveryId))?.state).toBe('pending');
    expect(await attempts.attempt(deliveryId, true)).toEqual({ result: 'over', code: 'http_500' });
    expect((await deliveries.get(deliveryId))?.state).toBe('failed');
    await outgoing.resend(deliveryId);
    expect(started.at(-1)).toBe(`${deliveryId}/2`);
    expect((await attempts.attempt(deliveryId, false)).result).toBe('delivered');
    expect(new Set(seen.map((s) => `${s.headers['webhook-id']} ${s.body}`)).size).toBe(1);
    expect((await deliveries.get(deliveryId))?.attempts.map((a) => a.code)).toEqual(['http_500', 'http_500', 'ok']);
  });

  test('410 switches the endpoint off for good', async () => {
    const { seen, url } = await receiver(() => ({ status: 410 }));
    const { attempts, deliveryId, organisation, outgoing, event } = await delivery(url);
    expect(await attempts.attempt(deliveryId, false)).toEqual({ result: 'over', code: 'gone' });
    const doc = await organisations.get('op', organisation);
    expect(doc?.endpoints?.[0]).toMatchObject({ disabledWhy: 'gone' });
    expect(await outgoing.send([{ ...event, id: 'evt_next' }])).toEqual([{ id: 'evt_next', endpoints: 0 }]);
    expect((await attempts.attempt(deliveryId, false)).code).toBe('endpoint_disabled');
    expect(seen).toHaveLength(1);
  });

  test('follows no redirect', async () => {
    const inner = await receiver(() => ({ status: 200 }));
    const { url } = await receiver(() => ({ status: 307, location: inner.url }));
    const { attempts, deliveryId } = await delivery(url);
    expect(await attempts.attempt(deliveryId, false)).toEqual({ result: 'retry', code: 'redirect_refused' });
    expect(inner.seen).toEqual([]);
  });

  test('ends when the receiver is silent or not there', async () => {
    const { url } = await receiver(() => null);
    const silent = await delivery(url, true, 300);
    expect((await silent.attempts.attempt(silent.deliveryId, false)).code).toBe('timeout');
    const away = await delivery('http://127.0.0.1:9/hook');
    expect((await away.attempts.attempt(away.deliveryId, false)).code).toBe('unreachable');
  });

  test('goes nowhere that is not public, outside the embedded stack', async () => {
    const { seen, url } = await receiver(() => ({ status: 200 }));
    for (const [address, code] of [
      [url, 'not_https'],
      [url.replace('http:', 'https:'), 'address_refused'],
      ['https://10.0.0.1/hook', 'address_refused'],
      ['https://[fd00::1]/hook', 'address_refused'],
    ] as const) {
      const { attempts, deliveryId } = await delivery(address, false);
      expect(await attempts.attempt(deliveryId, false), address).toEqual({ result: 'over', code });
    }
    expect(seen).toEqual([]);
  });
});

test('what a name resolves to is checked when connecting: one address that is not public refuses it', async () => {
  const { seen, url } = await receiver(() => ({ status: 200 }));
  const port = new URL(url).port;
  const to = (...addresses: string[]) =>
    ((_name: string, _options: unknown, done: (e: null, a: { address: string; family: number }[]) => void) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as never;
  const post = (...addresses: string[]) =>
    postOnce(`https://hooks.example.com:${port}/hook`, {}, '{}', { allowLoopback: false, resolve: to(...addresses) });
  for (const addresses of [['127.0.0.1'], ['93.184.215.14', '10.0.0.7'], ['::1'], ['169.254.169.254'], ['0.0.0.0']])
    await expect(post(...addresses), addresses.join()).rejects.toMatchObject({ code: 'address_refused' });
  expect(seen).toEqual([]);
});

describe('public addresses', () => {
  test('of version 4: everything outside the special ranges', () => {
    for (const ip of ['8.8.8.8', '93.184.215.14', '172.15.255.255', '172.32.0.1', '100.63.0.1', '192.167.1.1'])
      expect(isPublicAddress(ip), ip).toBe(true);
    for (const ip of ['172.16.0.1', '172.31.255.255', '100.64.0.1', '192.168.0.1', '224.0.0.1', '255.255.255.255'])
      expect(isPublicAddress(ip), ip).toBe(false);
    fc.assert(
      fc.property(fc.constantFrom('10', '127', '0', '240', '255'), fc.ipV4(), (first, rest) => {
        expect(isPublicAddress([first, ...rest.split('.').slice(1)].join('.'))).toBe(false);
      }),
    );
  });

  test('of version 6: global unicast only, and nothing that carries another address in it', () => {
    expect(isPublicAddress('2606:4700:4700::1111')).toBe(true);
    for (const ip of [
      ...['::', '::1', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '2001:db8::1', '2002:7f00:1::', '2001::1'],
      ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '64:ff9b::7f00:1', '::127.0.0.1'],
    ])
      expect(isPublicAddress(ip), ip).toBe(false);
  });

  test('nothing that is no address, and no other scheme', () => {
    for (const text of ['', 'localhost', 'example.com', '8.8.8.8.8', '1'])
      expect(isPublicAddress(text), text).toBe(false);
    for (const url of ['gopher://example.com', 'file:///etc/passwd', 'http://example.com', 'https://0x7f.1/', 'x'])
      expect(urlFault(url, false), url).not.toBe(null);
    expect(urlFault('https://example.com/hook', false)).toBe(null);
    expect(urlFault('http://127.0.0.1:8080/hook', true)).toBe(null);
    expect(urlFault('http://example.com/hook', true)).toBe('not_https');
  });
});
