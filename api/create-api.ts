/** The HTTP process: app, timers for what must move on by itself, graceful stop. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { ApiDeps } from './deps.js';
import { docsPages } from './docs-page.js';
import { flushAttempts } from './events/attempts.js';
import { handlers } from './handlers/index.js';
import { apiMetrics } from './health.js';
import { HttpProblem } from './http/problem.js';
import { problems, routes, trace } from './http/router.js';
import { reconcileBreaches } from './handlers/breaches.js';
import { reconcile } from './start-request.js';

export interface Api {
  readonly app: Express;
  /** Listens (0 = any port) and starts the timers; resolves with the port. `host` default 127.0.0.1. */
  start(port: number, host?: string): Promise<number>;
  /** No new calls, lets running ones end, at most `graceMs` (default 5 s); then closes what is left. */
  stop(graceMs?: number): Promise<void>;
}

const TIMER_MS = 10_000;

export function createApi(deps: ApiDeps): Api {
  const metrics = apiMetrics();
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('trust proxy', deps.trustProxy ?? false);
  app.set('query parser', 'simple');
  app.use(trace());
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          fontSrc: ["'self'"],
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      crossOriginEmbedderPolicy: true,
      referrerPolicy: { policy: 'no-referrer' },
    }),
  );
  app.use(routes(deps, handlers(deps, metrics), metrics));
  app.use(docsPages());
  deps.mount?.(app);
  app.use(() => {
    throw new HttpProblem('not_found');
  });
  app.use(problems(deps));

  let server: Server | null = null;
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> = Promise.resolve();
  const tick = (): void => {
    working = (async () => {
      await reconcile(deps, deps.now());
      await reconcileBreaches(deps, deps.now());
      await flushAttempts(deps, deps.now());
    })()
      .catch(() => deps.log?.error('timer_failed', {}))
      .then(() => {
        if (server !== null) timer = setTimeout(tick, TIMER_MS).unref();
      });
  };

  return {
    app,
    async start(port, host = '127.0.0.1') {
      const started = createServer(app);
      started.requestTimeout = 60_000;
      started.headersTimeout = 20_000;
      started.maxHeadersCount = 100;
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.listen(port, host, () => {
          started.off('error', reject);
          resolve();
        });
      });
      server = started;
      timer = setTimeout(tick, TIMER_MS).unref();
      return (started.address() as AddressInfo).port;
    },
    async stop(graceMs = 5_000) {
      const running = server;
      server = null;
      if (timer !== null) clearTimeout(timer);
      if (running === null) return;
      const closed = new Promise<void>((resolve) => running.close(() => resolve()));
      running.closeIdleConnections();
      const force = setTimeout(() => running.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(force);
      await working;
    },
  };
}
