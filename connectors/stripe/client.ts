import Stripe from 'stripe';
import { ConnectorError } from '../../domain/ports/connector.js';
import type { Heartbeat } from '../../domain/ports/connector.js';
import { problemOf } from './errors.js';
import type { Mode, StripeSettings } from './settings.js';

export type Customer = Stripe.Customer;
export type DeletedCustomer = Stripe.DeletedCustomer;
export type Invoice = Stripe.Invoice;

/** A list of one person that is longer than this is not one person. */
const MAX_PAGES = 100;

/**
 * The SDK behind our rules: no retries of its own (Temporal retries, with our keys), no telemetry, time-outs, and errors
 * reduced to codes. Every call of the connector goes through here.
 */
export class StripeClient {
  readonly settings: StripeSettings;
  readonly sdk: Stripe;

  constructor(settings: StripeSettings) {
    this.settings = settings;
    this.sdk = new Stripe(settings.key, {
      host: settings.host,
      port: settings.port,
      protocol: settings.protocol,
      maxNetworkRetries: 0,
      telemetry: false,
      timeout: settings.timeoutMs,
      // With fetch a reset connection is tried once; the SDK's Node client tries it twice even with 0 retries.
      httpClient: Stripe.createFetchHttpClient(plainFetch),
      ...(settings.apiVersion === undefined
        ? {}
        : { apiVersion: settings.apiVersion as Stripe.StripeConfig['apiVersion'] }),
      ...(settings.account === undefined ? {} : { stripeAccount: settings.account }),
    });
  }

  /** Runs one SDK call. @throws ConnectorError; a missing object is `config` here, ask with `find` where it may be absent. */
  async call<T>(work: (sdk: Stripe) => Promise<T>): Promise<T> {
    try {
      return await work(this.sdk);
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.kind === 'missing') throw new ConnectorError('config', 'a stripe object is missing', { status: 404 });
      if (problem.kind === 'unknown_route')
        throw new ConnectorError('config', 'stripe does not offer this route', { status: 404 });
      throw problem.error;
    }
  }

  /** As `call`, with null for an object that does not exist in the mode and account of the key. */
  async find<T>(work: (sdk: Stripe) => Promise<T>): Promise<T | null> {
    try {
      return await work(this.sdk);
    } catch (thrown) {
      if (problemOf(thrown).kind === 'missing') return null;
      return this.call(() => Promise.reject(thrown));
    }
  }

  /** As `call`, with null where this account or counterpart does not offer the route or refuses its parameters. */
  async ifOffered<T>(work: (sdk: Stripe) => Promise<T>): Promise<T | null> {
    try {
      return await work(this.sdk);
    } catch (thrown) {
      const kind = problemOf(thrown).kind;
      if (kind === 'unknown_route' || kind === 'refused' || kind === 'missing') return null;
      return this.call(() => Promise.reject(thrown));
    }
  }

  /** Customer, tombstone (`deleted: true`) or null. @throws ConnectorError `wrong_mode` when the object is of the other mode. */
  async customer(id: string): Promise<Customer | DeletedCustomer | null> {
    const found = await this.find((sdk) => sdk.customers.retrieve(id));
    if (found !== null && found.deleted !== true) this.requireMode(found.livemode);
    return found;
  }

  /** @throws ConnectorError `wrong_mode` */
  requireMode(livemode: boolean): void {
    const { mode } = this.settings;
    if (mode !== null && (mode === 'live') !== livemode)
      throw new ConnectorError('wrong_mode', 'stripe answers for the other mode than the settings say');
  }

  /** Where an object was seen (mode and connected account), as text; goes into every ref, see `seenHere`. */
  scope(livemode: boolean): string {
    const mode: Mode = livemode ? 'live' : 'test';
    return this.settings.account === undefined ? mode : `${mode}@${this.settings.account}`;
  }

  /**
   * True when a ref of this kind was found with the mode and account that the key has now: only then does "missing"
   * mean "gone".
   */
  seenHere(kind: string): boolean {
    const scope = kind.slice(kind.indexOf(':') + 1);
    if (this.settings.mode !== null) return scope === this.scope(this.settings.mode === 'live');
    return scope === this.scope(false) || scope === this.scope(true);
  }

  /** All pages of a list of a v1 route, 100 at a time, oldest or newest first as the server has them. */
  async all<T extends { readonly id: string }>(
    page: (
      sdk: Stripe,
      cursor: { readonly limit: 100; readonly starting_after?: string },
    ) => Promise<{ data: T[]; has_more: boolean }>,
    heartbeat: Heartbeat,
  ): Promise<T[]> {
    const found: T[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      heartbeat();
      const cursor = after === undefined ? { limit: 100 as const } : { limit: 100 as const, starting_after: after };
      // "Missing" under a list is its parent (a customer that a counterpart forgot): nothing to list.
      const answer = await this.find((sdk) => page(sdk, cursor));
      if (answer === null) return found;
      found.push(...answer.data);
      after = answer.data.at(-1)?.id;
      if (!answer.has_more || after === undefined) return found;
    }
    throw new ConnectorError('too_many_targets', 'a stripe list of one person does not end');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A 404 that is not JSON is a server that does not know the route; said in Stripe's own words so that one rule fits both. */
const plainFetch: typeof fetch = async (input, init) => {
  const answer = await fetch(input, { ...init, redirect: 'manual' });
  if (answer.status !== 404 || (answer.headers.get('content-type') ?? '').includes('json')) return answer;
  await answer.body?.cancel();
  const body = { error: { type: 'invalid_request_error', message: 'Unrecognized request URL' } };
  return new Response(JSON.stringify(body), { status: 404, headers: { 'content-type': 'application/json' } });
};
