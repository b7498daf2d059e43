/** Readiness and metrics. Liveness needs neither. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { ApiDeps } from './deps.js';

const CHECK_MS = 2_000;

export interface Readiness {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** Asks every part under a deadline and names what is missing; details are codes, never messages. */
export async function readiness(deps: Pick<ApiDeps, 'checks'>): Promise<Readiness> {
  const checks = await Promise.all(
    deps.checks.map(async ({ name, check }) => {
      try {
        await within(check(), CHECK_MS);
        return { name, ok: true, detail: 'ok' };
      } catch (error) {
        const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
        return {
          name,
          ok: false,
          detail: typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? code : 'unavailable',
        };
      }
    }),
  );
  return { ok: checks.every((c) => c.ok), checks };
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('timeout'), { code: 'timeout' })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface ApiMetrics {
  readonly contentType: string;
  render(): Promise<string>;
  /** Labels are route templates and numbers: no ids, no addresses. */
  count(endpoint: string, method: string, status: number, seconds: number): void;
}

export function apiMetrics(): ApiMetrics {
  const registry = new Registry();
  const calls = new Counter({
    name: 'habeas_http_requests_total',
    help: 'HTTP calls',
    labelNames: ['endpoint', 'method', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'habeas_http_request_seconds',
    help: 'Time to answer',
    labelNames: ['endpoint'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    count(endpoint, method, status, took) {
      calls.inc({ endpoint, method, status: String(status) });
      seconds.observe({ endpoint }, took);
    },
  };
}
