/**
 * The Stripe connector. Customers are deleted (with a read-back of the tombstone), invoices are kept under their hold.
 * settings.ts reads the settings, client.ts wraps the SDK, errors.ts reduces its errors, and each operation has a file.
 */
import Stripe from 'stripe';
import type { ConnectorDescription, ConnectorFactory } from '../../domain/ports/connector.js';
import { apply } from './apply.js';
import { StripeClient } from './client.js';
import { collect } from './collect.js';
import type { StripeContext } from './context.js';
import { discover } from './discover.js';
import { healthcheck } from './health.js';
import { readSettings } from './settings.js';
import { verify } from './verify.js';

/** @throws ConnectorError `config` or `wrong_mode`, see `readSettings` */
export const stripeConnector: ConnectorFactory = (system, tools) => {
  const client = new StripeClient(readSettings(tools.settings));
  const context: StripeContext = { system, client, tools };
  return {
    describe: () => description(client),
    healthcheck: () => healthcheck(context),
    discover: (input) =>
      discover(
        { ...context, tools: { ...tools, holdUntil: (d, on, flagged) => tools.holdUntil(d, on, flagged, input.asOf) } },
        input,
      ),
    collect: (input) => collect(context, input),
    apply: (input) => apply(context, input),
    verify: (input) => verify(context, input),
    close: () => client.close(),
  };
};

function description(client: StripeClient): ConnectorDescription {
  return {
    connector: 'stripe',
    version: '1',
    vendorApiVersion: client.settings.apiVersion ?? Stripe.API_VERSION,
    takes: ['customerId', 'email'],
    yields: ['customerId'],
    completeness: 'best_effort',
    caveats: ['guest_purchases_not_searched', 'copies_in_payments_stay', 'search_unavailable'],
    irreversible: true,
    asynchronous: false,
  };
}
