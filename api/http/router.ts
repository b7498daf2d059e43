/** Express routes out of the endpoint table. Order of the gates: rate, sign-in, role, preconditions, body, schema, handler. */
import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import express, { type NextFunction, type Request, type RequestHandler, type Response, type Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import {
  DEFAULT_MAX_BYTES,
  ENDPOINTS,
  PROBLEMS,
  type Endpoint,
  type EndpointId,
  type Principal,
} from '../../contracts/index.js';
import { admit, assertWho, signIn } from '../auth.js';
import type { ApiDeps, ApiLimits } from '../deps.js';
import type { ApiMetrics } from '../health.js';
import type { Call, Handler, Reply } from './call.js';
import { requireIfMatch } from './etag.js';
import { idempotencyKey } from './idempotency.js';
import { HttpProblem, sendProblem } from './problem.js';
import { translate } from './translate.js';
import { check } from './validate.js';

export const DEFAULT_LIMITS: ApiLimits = {
  perPrincipal: 12_000,
  perStranger: 300,
  perSender: 3_000,
  perAddress: 30_000,
};

/** What express carries between our middlewares. */
interface Locals {
  traceId: string;
  principal: Principal | null;
  startedMs: number;
}
const localsOf = (response: Response): Locals => response.locals as unknown as Locals;

/** Trace id of the caller's traceparent (W3C), else a new one. */
export function trace(): RequestHandler {
  return (request, response, next) => {
    const given = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(request.get('traceparent') ?? '')?.[1];
    const locals = localsOf(response);
    locals.traceId = given ?? randomBytes(16).toString('hex');
    locals.principal = null;
    locals.startedMs = performance.now();
    response.setHeader('Habeas-Trace', locals.traceId);
    next();
  };
}

function limiter(
  perMinute: number,
  keyOf: (request: Request, response: Response) => string,
  show: boolean,
): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: show ? 'draft-8' : false,
    legacyHeaders: false,
    identifier: 'habeas',
    keyGenerator: keyOf,
    validate: { keyGeneratorIpFallback: false, trustProxy: false, xForwardedForHeader: false },
    handler: (_request, response) =>
      sendProblem(
        response,
        new HttpProblem('rate_limited', { headers: { 'Retry-After': '60' } }),
        localsOf(response).traceId,
      ),
  });
}

/** IPv6 strangers are counted by their /64: one line has that many addresses. */
export function addressKey(address: string | undefined): string {
  const plain = (address ?? 'unknown').replace(/^::ffff:/i, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}

const UNPARSED: ReadonlySet<string> = new Set(['receiveEvent']);
/** Their precise body schema depends on the path: the handler checks it. */
const CHECKED_BY_HANDLER: ReadonlySet<string> = new Set(['act']);

export function routes(deps: ApiDeps, table: Readonly<Record<EndpointId, Handler>>, metrics: ApiMetrics): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const perAddress = limiter(limits.perAddress, (request) => addressKey(request.ip), false);
  const perCaller = limiter(
    limits.perPrincipal,
    (_request, response) => localsOf(response).principal?.id ?? 'nobody',
    true,
  );
  const perStranger = limiter(limits.perStranger, (request) => addressKey(request.ip), true);
  const perSender = limiter(limits.perSender, (request) => addressKey(request.ip), true);
  const methods = new Map<string, Set<string>>();

  for (const [id, endpoint] of Object.entries(ENDPOINTS) as [EndpointId, Endpoint][]) {
    assertWho(id, endpoint);
    const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1');
    methods.set(path, (methods.get(path) ?? new Set()).add(endpoint.method));
    // Probes come often and from one place.
    const limited = !['getHealth', 'getReadiness', 'getMetrics'].includes(id);
    const auth: RequestHandler = async (request, response, next) => {
      localsOf(response).principal =
        endpoint.who === 'signature' ? null : await signIn(deps.verifier, request.get('authorization'));
      next();
    };
    const rate: RequestHandler = (request, response, next) => {
      const signed = endpoint.who === 'signature' ? perSender : perStranger;
      return (localsOf(response).principal === null ? signed : perCaller)(request, response, next);
    };
    const gate: RequestHandler = (request, response, next) => {
      admit(endpoint, localsOf(response).principal, request.get('habeas-code'));
      if (endpoint.idempotency === 'required') idempotencyKey(request.get('idempotency-key'));
      if (endpoint.precondition === 'if-match') requireIfMatch(request.get('if-match'));
      next();
    };
    const reader = bodyReader(id, endpoint);
    const run: RequestHandler = async (request, response) => {
      const call = callOf(deps, id, endpoint, request, response);
      await send(deps, response, await table[id](call), id);
    };
    router[endpoint.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete'](
      path,
      counted(metrics, id, endpoint),
      ...(limited ? [perAddress, auth, rate] : [auth]),
      gate,
      ...reader,
      run,
    );
  }
  for (const [path, known] of methods) {
    router.all(path, () => {
      throw new HttpProblem('method_not_allowed', { headers: { Allow: [...known].sort().join(', ') } });
    });
  }
  return router;
}

function counted(metrics: ApiMetrics, id: string, endpoint: Endpoint): RequestHandler {
  return (_request, response, next) => {
    response.on('finish', () =>
      metrics.count(
        id,
        endpoint.method,
        response.statusCode,
        (performance.now() - localsOf(response).startedMs) / 1_000,
      ),
    );
    next();
  };
}

/** Raw bytes up to the row's limit; JSON is parsed from them, so that signatures see exactly what was sent. */
function bodyReader(id: string, endpoint: Endpoint): RequestHandler[] {
  if (endpoint.body === undefined) return [];
  const raw = express.raw({ type: () => true, limit: endpoint.maxBytes ?? DEFAULT_MAX_BYTES, inflate: false });
  const typed: RequestHandler = (request, _response, next) => {
    if (UNPARSED.has(id)) return next();
    if (request.is('application/json') !== 'application/json') throw new HttpProblem('unsupported_media_type');
    next();
  };
  return [typed, raw];
}

function parseJson(raw: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch {
    throw new HttpProblem('malformed_json');
  }
  return value;
}

function callOf(deps: ApiDeps, id: EndpointId, endpoint: Endpoint, request: Request, response: Response): Call {
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const parsed = endpoint.params?.safeParse(request.params);
  // An id that cannot be one is an address that does not exist.
  if (parsed !== undefined && !parsed.success) throw new HttpProblem('not_found');
  const query =
    endpoint.query === undefined ? {} : (check(endpoint.query, { ...request.query }) as Record<string, unknown>);
  let body: unknown;
  if (endpoint.body !== undefined && !UNPARSED.has(id)) {
    body = parseJson(raw);
    if (!CHECKED_BY_HANDLER.has(id)) body = check(endpoint.body, body);
    else if (typeof body !== 'object' || body === null)
      throw new HttpProblem('validation_failed', { errors: [{ pointer: '', detail: 'expected object' }] });
  }
  return {
    endpoint: id,
    principal: localsOf(response).principal,
    params: (parsed?.data ?? {}) as Record<string, string>,
    query,
    body,
    raw,
    header: (name) => request.get(name),
    address: request.ip ?? 'unknown',
    traceId: localsOf(response).traceId,
    now: deps.now(),
  };
}

async function send(deps: ApiDeps, response: Response, reply: Reply, id: string): Promise<void> {
  response.status(reply.status);
  if (reply.headers?.['Cache-Control'] === undefined) response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.stream !== undefined) {
    response.setHeader('Content-Type', reply.stream.type);
    try {
      await pipeline(reply.stream.data, response);
    } catch (error) {
      // The status is out already: the broken connection is the only honest sign.
      response.destroy();
      deps.log?.error('stream_broken', { route: id, code: translate(error).code });
      return;
    }
    await reply.stream.done().catch(() => deps.log?.error('after_stream_failed', { route: id }));
    return;
  }
  if (reply.bytes !== undefined) {
    response.setHeader('Content-Type', reply.bytes.type);
    response.end(Buffer.from(reply.bytes.data));
    return;
  }
  if (reply.body === undefined || reply.body === null) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(reply.body));
}

/** The last middleware: every error as problem+json. */
export function problems(deps: Pick<ApiDeps, 'log'>) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const problem = translate(error);
    const { traceId } = localsOf(response);
    if (PROBLEMS[problem.code].status >= 500 && problem.code !== 'not_yet_available') {
      const name = error instanceof Error ? error.name : 'unknown';
      deps.log?.error('request_failed', {
        code: problem.code,
        error: name,
        method: request.method,
        trace: traceId ?? '',
      });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendProblem(response, problem, traceId ?? '0'.repeat(32));
  };
}
