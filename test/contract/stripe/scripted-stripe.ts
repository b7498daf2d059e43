/**
 * A small HTTP server that answers the way Stripe does where localstripe differs: tombstones, exact and case-sensitive
 * e-mail filter, late search, stored answers of keys, rate limits without Retry-After, modes. Facts from
 * docs/connectors/stripe.md; anything it does not know is refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedCustomer {
  readonly id: string;
  readonly email: string | null;
  deleted?: boolean;
  /** Not yet in the search index. */
  unindexed?: boolean;
  activeSubscriptions?: number;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Cut the connection instead. */
  readonly reset?: boolean;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly key: string | undefined;
}

const LIST_PARAMS = new Set([
  'email',
  'limit',
  'starting_after',
  'customer',
  'status',
  'charge',
  'expand[0]',
  'expand[1]',
]);
const EMPTY_LISTS =
  /^\/v1\/(customers\/[^/]+\/(payment_methods|tax_ids|balance_transactions|cash_balance_transactions)|payment_intents|setup_intents|invoiceitems|credit_notes|quotes|promotion_codes|refunds|disputes)$/;

export class ScriptedStripe {
  readonly customers = new Map<string, ScriptedCustomer>();
  readonly invoices: { id: string; customer: string; created: number }[] = [];
  readonly extra = new Map<string, Record<string, unknown>[]>();
  readonly seen: Seen[] = [];
  /** Objects that exist in the other mode only. */
  readonly otherMode = new Set<string>();
  /** Answers that are given once, by `METHOD path`, before the model is asked. */
  readonly #script = new Map<string, ScriptedAnswer[]>();
  /** Keyed calls whose answer is stored and replayed, 500s included. */
  readonly #stored = new Map<string, ScriptedAnswer>();
  storeAnswers = false;
  searchOffered = true;
  livemode = false;
  /** Deleted customers vanish altogether, as in localstripe. */
  forgetsDeleted = false;
  /** Says `deleted: true` and deletes nothing. */
  lies = false;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  add(...customers: ScriptedCustomer[]): void {
    for (const customer of customers) this.customers.set(customer.id, customer);
  }

  script(call: string, ...answers: ScriptedAnswer[]): void {
    this.#script.set(call, [...(this.#script.get(call) ?? []), ...answers]);
  }

  calls(method: string, path: string | RegExp): readonly Seen[] {
    return this.seen.filter(
      (one) => one.method === method && (typeof path === 'string' ? one.path === path : path.test(one.path)),
    );
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://vendor.invalid');
    const key = request.headers['idempotency-key'] as string | undefined;
    const call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, key };
    this.seen.push(call);
    const stored = this.storeAnswers && key !== undefined ? this.#stored.get(key) : undefined;
    const answer = stored ?? this.#script.get(`${call.method} ${call.path}`)?.shift() ?? this.#model(call);
    if (this.storeAnswers && key !== undefined && !answer.reset) this.#stored.set(key, answer);
    if (answer.reset === true) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'request-id': 'req_test',
      ...answer.headers,
    });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  #model({ method, path, query }: Seen): ScriptedAnswer {
    const unknown = [...query.keys()].find((name) => !LIST_PARAMS.has(name) && path !== '/v1/customers/search');
    if (unknown !== undefined)
      return failure(400, { code: 'parameter_unknown', message: `Received unknown parameter: ${unknown}` });
    const limit = Number(query.get('limit') ?? 10);
    if (!(limit >= 1 && limit <= 100)) return failure(400, { code: 'parameter_invalid_integer', message: 'limit' });
    const one = /^\/v1\/customers\/(cus_\w+)$/.exec(path)?.[1];
    if (one !== undefined && (method === 'GET' || method === 'DELETE')) return this.#one(method, one);
    if (method !== 'GET') return unrecognised(method, path);
    if (path === '/v1/customers/search') return this.#search(query);
    if (path === '/v1/customers')
      return this.#page(
        this.#live()
          .filter((c) => query.get('email') === null || c.email === query.get('email'))
          .map((c) => this.#view(c)),
        query,
        limit,
      );
    if (path === '/v1/invoices')
      return this.#page(
        this.invoices
          .filter((i) => i.customer === query.get('customer'))
          .map((i) => ({ ...i, object: 'invoice', livemode: this.livemode })),
        query,
        limit,
      );
    const invoice = this.invoices.find((i) => path === `/v1/invoices/${i.id}`);
    if (invoice !== undefined)
      return {
        status: 200,
        body: {
          ...invoice,
          object: 'invoice',
          livemode: this.livemode,
          customer_email: 'ana@example.com',
          hosted_invoice_url: 'https://bearer.invalid/x',
        },
      };
    if (path.startsWith('/v1/invoices/')) return failure(404, { code: 'resource_missing', message: 'No such invoice' });
    if (path === '/v1/subscriptions') return this.#page(this.#subscriptions(query.get('customer') ?? ''), query, limit);
    const extra = this.extra.get(path);
    if (extra !== undefined) return this.#page(extra, query, limit);
    if (EMPTY_LISTS.test(path)) return this.#page([], query, limit);
    return unrecognised(method, path);
  }

  #one(method: string, id: string): ScriptedAnswer {
    const customer = this.customers.get(id);
    if (this.otherMode.has(id))
      return failure(404, {
        code: 'resource_missing',
        message: `No such customer: '${id}'; a similar object exists in test mode, but a live mode key was used to make this request.`,
      });
    if (customer === undefined || (customer.deleted === true && (method === 'DELETE' || this.forgetsDeleted)))
      return failure(404, { code: 'resource_missing', message: `No such customer: '${id}'` });
    if (method === 'DELETE' && !this.lies) {
      customer.deleted = true;
      customer.activeSubscriptions = 0;
    }
    if (method === 'DELETE' || customer.deleted === true)
      return { status: 200, body: { id, object: 'customer', deleted: true } };
    return { status: 200, body: this.#view(customer) };
  }

  #live(): ScriptedCustomer[] {
    return [...this.customers.values()].filter((customer) => customer.deleted !== true);
  }

  #view({ id, email }: ScriptedCustomer): Record<string, unknown> & { id: string } {
    return { id, object: 'customer', email, name: 'Ana Lind', created: 1_700_000_000, livemode: this.livemode };
  }

  #subscriptions(customer: string): { id: string; status: string }[] {
    const count = this.customers.get(customer)?.activeSubscriptions ?? 0;
    return Array.from({ length: count }, (_, at) => ({ id: `sub_${at}`, status: 'active' }));
  }

  #search(query: URLSearchParams): ScriptedAnswer {
    if (!this.searchOffered) return unrecognised('GET', '/v1/customers/search');
    const email = /^email:"(.*)"$/.exec(query.get('query') ?? '')?.[1];
    if (email === undefined) return failure(400, { message: 'bad query' });
    const hits = this.#live().filter((c) => c.unindexed !== true && c.email?.toLowerCase() === email.toLowerCase());
    return {
      status: 200,
      body: {
        object: 'search_result',
        data: hits.slice(0, 100).map((c) => this.#view(c)),
        has_more: false,
        next_page: null,
      },
    };
  }

  #page(rows: readonly Record<string, unknown>[], query: URLSearchParams, limit: number): ScriptedAnswer {
    const after = query.get('starting_after');
    const from = after === null ? 0 : rows.findIndex((row) => row['id'] === after) + 1;
    return {
      status: 200,
      body: { object: 'list', data: rows.slice(from, from + limit), has_more: from + limit < rows.length },
    };
  }
}

export function failure(
  status: number,
  error: Record<string, unknown>,
  headers: Record<string, string> = {},
): ScriptedAnswer {
  return { status, body: { error: { type: 'invalid_request_error', ...error } }, headers };
}

function unrecognised(method: string, path: string): ScriptedAnswer {
  return failure(404, { message: `Unrecognized request URL (${method}: ${path}). Please see the documentation.` });
}
