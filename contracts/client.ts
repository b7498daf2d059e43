/**
 * A typed client made of the endpoint table: no code generation, no drift. Only `fetch` is needed.
 * Example: `const habeas = client('http://127.0.0.1:8080', ENDPOINTS, {token}); await habeas.getRequest({params: {id}})`.
 */
import type * as z from 'zod';
import type { Endpoint } from './endpoint.js';
import type { Problem } from './problems.js';

type Input<T> = T extends z.ZodType ? z.input<T> : never;
type Fields<E extends Endpoint> = (E extends { params: infer P } ? { params: Input<P> } : unknown) &
  (E extends { body: infer B } ? { body: Input<B> } : unknown) &
  (E extends { query: infer Q } ? { query?: Input<Q> } : unknown) &
  (E extends { idempotency: 'required' } ? { idempotencyKey: string } : unknown) &
  (E extends { precondition: 'if-match' } ? { ifMatch: string } : unknown) & { headers?: Record<string, string> };
type Success<E extends Endpoint> = {
  [S in keyof E['responses']]: E['responses'][S] extends { schema: infer T }
    ? T extends z.ZodType
      ? z.output<T>
      : never
    : undefined;
}[keyof E['responses']];

export type Reply<T> =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: T;
      readonly etag: string | null;
      readonly location: string | null;
    }
  | { readonly ok: false; readonly status: number; readonly problem: Problem };

export type Client<A extends Readonly<Record<string, Endpoint>>> = {
  readonly [K in keyof A]: (input: Fields<A[K]>) => Promise<Reply<Success<A[K]>>>;
};

interface Loose {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  idempotencyKey?: string;
  ifMatch?: string;
  headers?: Record<string, string>;
}

/** Builds the address of a call: parameters into the path, the rest into the query. */
function address(base: string, endpoint: Endpoint, input: Loose): string {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''));
  const query = Object.entries(input.query ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return `${base.replace(/\/$/, '')}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** A client of the HTTP interface, typed by the endpoint table. @public */
export function client<A extends Readonly<Record<string, Endpoint>>>(
  base: string,
  api: A,
  options: { readonly token?: string; readonly fetch?: typeof fetch } = {},
): Client<A> {
  const send = options.fetch ?? fetch;
  const call = (endpoint: Endpoint) => async (input: Loose) => {
    const headers: Record<string, string> = { accept: 'application/json', ...input.headers };
    if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
    if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey;
    if (input.ifMatch !== undefined) headers['if-match'] = input.ifMatch;
    if (endpoint.body !== undefined) headers['content-type'] = 'application/json';
    const response = await send(address(base, endpoint, input), {
      method: endpoint.method,
      headers,
      ...(endpoint.body !== undefined ? { body: JSON.stringify(input.body ?? {}) } : {}),
    });
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
    if (!response.ok && response.status !== 304)
      return { ok: false, status: response.status, problem: json ? JSON.parse(text) : undefined };
    return {
      ok: true,
      status: response.status,
      body: json ? JSON.parse(text) : text === '' ? undefined : text,
      etag: response.headers.get('etag'),
      location: response.headers.get('location'),
    };
  };
  return Object.fromEntries(
    Object.entries(api).map(([name, endpoint]) => [name, call(endpoint)]),
  ) as unknown as Client<A>;
}
