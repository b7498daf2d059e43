import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stripeConnector } from '../../../connectors/stripe/index.js';
import type { Connector } from '../../../domain/ports/connector.js';
import { freePort, portOpen } from '../../../dev/servers/index.js';
import { habeasHome } from '../../../dev/setup/paths.mjs';
import { heartbeat, identifier, Memory, Sink, target, tools } from '../connector-kit.js';
import { STRIPE } from './stripe-system.js';

/**
 * The shape of every call against Stripe's own description. stripe-mock refuses unknown paths and parameters and keeps
 * no state: acceptance is what counts here.
 */
const binary = find();
const how = 'GOBIN="$PWD/.habeas/go/bin" go install github.com/stripe/stripe-mock@v0.203.0';

function find(): string | null {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(homedir(), 'go', 'bin'),
    join(habeasHome(), 'go', 'bin'),
  ];
  for (const folder of folders) {
    const file = join(folder, 'stripe-mock');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return null;
}

describe.skipIf(binary === null)(
  `stripe-mock${binary === null ? ` (skipped: not installed, run: ${how})` : ''}`,
  () => {
    let child: ChildProcess;
    let connector: Connector;
    let output = '';

    beforeAll(async () => {
      const [http, https] = [await freePort(), await freePort()];
      // Both addresses, otherwise it also listens on all interfaces.
      child = spawn(binary ?? '', ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
      for (let tries = 0; ; tries++) {
        try {
          await portOpen(http);
          break;
        } catch (error) {
          if (tries > 100) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      connector = stripeConnector(
        STRIPE,
        tools({ url: `http://127.0.0.1:${http}`, key: 'sk_test_abc', timeoutSeconds: 10 }),
      );
    });
    afterAll(() => {
      child?.kill('SIGTERM');
    });

    it('accepts discovery, deletion, read-back and every list of the access bundle', async () => {
      const found = await connector.discover({
        right: 'erasure',
        identifiers: [identifier('customerId', 'cus_123', 'system'), identifier('email', 'a+b@example.com')],
        onlyOrganisation: null,
        datasets: null,
        heartbeat,
      });
      expect(found.caveats).not.toContain('search_unavailable');
      const invoices = found.refs.filter((ref) => ref.dataset === 'invoices');
      expect(invoices.length).toBeGreaterThan(0);
      const customers = found.refs.filter((ref) => ref.dataset === 'customers');
      expect(customers.map((ref) => ref.id)).toContain('cus_123');

      const targets = [target(STRIPE, 'customers', 'delete', customers), target(STRIPE, 'invoices', 'keep', invoices)];
      const input = { requestId: 'req_1', targets, identifiers: [], generation: 0, memory: new Memory(), heartbeat };
      expect(await connector.apply(input)).toMatchObject([
        { kind: 'applied', touched: customers.length },
        { kind: 'retained' },
      ]);
      await connector.verify(input);

      const sink = new Sink();
      await connector.collect({
        requestId: 'req_1',
        identifiers: [],
        targets: [target(STRIPE, 'customers', 'collect', customers), target(STRIPE, 'invoices', 'collect', invoices)],
        sink,
        heartbeat,
      });
      // Every list is one that Stripe offers, with parameters that it knows.
      expect(sink.records[0]?.data['unavailableLists']).toEqual([]);
      expect(JSON.stringify(sink.records)).not.toMatch(
        /"client_secret"|"receipt_url"|"hosted_invoice_url"|"fingerprint"/,
      );
      expect(await connector.healthcheck()).toMatchObject({ ok: true });
      expect(output).not.toMatch(/panic/i);
    });
  },
);
