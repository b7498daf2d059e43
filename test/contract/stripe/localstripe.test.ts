import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stripeConnector } from '../../../connectors/stripe/index.js';
import type { Connector } from '../../../domain/ports/connector.js';
import {
  LOCALSTRIPE_KEY,
  localstripeInstalled,
  resetLocalstripe,
  startLocalstripe,
  type RunningLocalstripe,
} from '../../../dev/counterparts/stripe.js';
import { heartbeat, identifier, Memory, Sink, target, tools } from '../connector-kit.js';
import { STRIPE } from './stripe-system.js';

/** State against a server that we did not write. Where it differs from Stripe, the connector tolerates it. */
const installed = localstripeInstalled();
describe.skipIf(!installed)(
  `localstripe${installed ? '' : ' (skipped: not installed, run: node dev/setup/setup.mjs)'}`,
  () => {
    let folder: string;
    let server: RunningLocalstripe;
    let connector: Connector;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'habeas-localstripe-'));
      server = await startLocalstripe({ dataDir: folder });
      connector = stripeConnector(STRIPE, tools({ url: server.url, key: LOCALSTRIPE_KEY }));
    });
    afterAll(async () => {
      await connector?.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(() => resetLocalstripe(server.url));

    async function create(path: string, body: Record<string, string>): Promise<string> {
      const answer = await fetch(`${server.url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${LOCALSTRIPE_KEY}` },
        body: new URLSearchParams(body),
      });
      expect(answer.status).toBe(200);
      return ((await answer.json()) as { id: string }).id;
    }

    async function invoiceOf(customer: string): Promise<string> {
      const answer = await fetch(`${server.url}/v1/invoices?customer=${customer}`, {
        headers: { authorization: `Bearer ${LOCALSTRIPE_KEY}` },
      });
      const { data } = (await answer.json()) as { data: { id: string }[] };
      return data[0]?.id ?? 'none';
    }

    it('finds by every spelling, deletes, keeps the invoice, and reads both back', async () => {
      const typed = await create('customers', { email: 'Kari.Holm@example.no', name: 'Kari Holm' });
      const lower = await create('customers', { email: 'kari.holm@example.no' });
      const stranger = await create('customers', { email: 'per@example.no' });
      // localstripe makes invoices for subscriptions only.
      await create('plans', { id: 'free', amount: '0', currency: 'nok', interval: 'month', 'product[name]': 'Free' });
      await create('subscriptions', { customer: typed, 'items[0][plan]': 'free' });
      const invoice = await invoiceOf(typed);

      const found = await connector.discover({
        right: 'erasure',
        identifiers: [identifier('email', 'Kari.Holm@example.no')],
        onlyOrganisation: null,
        datasets: null,
        heartbeat,
      });
      expect(new Set(found.refs.map((ref) => ref.id))).toEqual(new Set([typed, lower, invoice]));
      expect(found.refs.every((ref) => ref.review === null)).toBe(true);
      expect(found.refs.find((ref) => ref.id === invoice)?.hold?.law).toBe('se-bokforingslagen-7-2');
      expect(found.caveats).toEqual(expect.arrayContaining(['search_unavailable', 'active_subscriptions_end']));

      const targets = [
        target(STRIPE, 'customers', 'delete', found.refs),
        target(STRIPE, 'invoices', 'keep', found.refs),
      ];
      const input = { requestId: 'req_1', targets, identifiers: [], generation: 0, memory: new Memory(), heartbeat };
      expect(await connector.apply(input)).toMatchObject([{ kind: 'applied', touched: 2 }, { kind: 'retained' }]);
      expect(await connector.apply(input)).toMatchObject([{ kind: 'applied', touched: 0 }, { kind: 'retained' }]);
      // localstripe forgets a deleted customer altogether.
      expect(await connector.verify(input)).toMatchObject([
        { verdict: 'gone', method: 'absent' },
        { verdict: 'kept', remaining: 1 },
      ]);

      const gone = await fetch(`${server.url}/v1/customers/${typed}`, {
        headers: { authorization: `Bearer ${LOCALSTRIPE_KEY}` },
      });
      expect(gone.status).toBe(404);
      const other = await fetch(`${server.url}/v1/customers/${stranger}`, {
        headers: { authorization: `Bearer ${LOCALSTRIPE_KEY}` },
      });
      expect(other.status).toBe(200);
    });

    it('pages through 137 customers of one address', async () => {
      for (let at = 0; at < 137; at++) await create('customers', { email: 'many@example.no' });
      const found = await connector.discover({
        right: 'erasure',
        identifiers: [identifier('email', 'many@example.no')],
        onlyOrganisation: null,
        datasets: ['customers'],
        heartbeat,
      });
      expect(new Set(found.refs.map((ref) => ref.id)).size).toBe(137);
    });

    it('gives the records of an access request and names the lists that it does not know', async () => {
      const customer = await create('customers', { email: 'kari@example.no', name: 'Kari Holm' });
      const found = await connector.discover({
        right: 'access',
        identifiers: [identifier('customerId', customer, 'system')],
        onlyOrganisation: null,
        datasets: null,
        heartbeat,
      });
      const sink = new Sink();
      await connector.collect({
        requestId: 'req_1',
        identifiers: [],
        targets: [target(STRIPE, 'customers', 'collect', found.refs)],
        sink,
        heartbeat,
      });
      expect(sink.records[0]?.data).toMatchObject({ id: customer, name: 'Kari Holm', charges: [] });
      expect(sink.records[0]?.data['unavailableLists']).toContain('checkout_sessions');
    });

    it('is healthy with a key it accepts, and says so when it does not', async () => {
      expect(await connector.healthcheck()).toMatchObject({ ok: true });
      const refused = stripeConnector(STRIPE, tools({ url: server.url, key: 'nokey' }));
      expect(await refused.healthcheck()).toMatchObject({ ok: false, checks: [{ name: 'key', detail: 'auth' }] });
    });
  },
);
