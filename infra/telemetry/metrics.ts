/**
 * Numbers for `/metrics`. Labels are operators, rights, states, connectors and codes of closed or small sets: no request
 * id, no person, nothing that grows with the number of requests.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { OnCommand } from '../store/connect.js';
import { safe } from './log.js';

export interface Metrics {
  readonly registry: Registry;
  readonly contentType: string;
  /** Text in the Prometheus format. */
  text(): Promise<string>;
  /** A request entered a state. */
  requestState(labels: { readonly operator: string; readonly right: string; readonly state: string }): void;
  /** An answer was given, in time or late. */
  requestAnswered(labels: {
    readonly operator: string;
    readonly right: string;
    readonly clock: 'met' | 'met_late';
  }): void;
  /** An activity ended: `code` is `ok` or the stable code of its error. */
  activity(
    labels: { readonly activity: string; readonly connector: string; readonly code: string },
    seconds: number,
  ): void;
  http(labels: { readonly method: string; readonly route: string; readonly status: number }, seconds: number): void;
  mail(code: string): void;
  /** Give it to `connectStore`. */
  readonly storeCommand: OnCommand;
  /** Age of the oldest ledger entry that no batch covers yet; 0 when all are sealed. */
  sealerLag(operator: string, seconds: number): void;
}

const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** One registry per process; tests make their own. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.process === true) collectDefaultMetrics({ register: registry });
  const state = new Counter({
    name: 'habeas_request_states_total',
    help: 'Requests that entered a state',
    labelNames: ['operator', 'right', 'state'],
    registers,
  });
  const answered = new Counter({
    name: 'habeas_request_answers_total',
    help: 'Requests answered, in time or late',
    labelNames: ['operator', 'right', 'clock'],
    registers,
  });
  const activities = new Histogram({
    name: 'habeas_activity_seconds',
    help: 'Activity attempts by outcome code',
    labelNames: ['activity', 'connector', 'code'],
    buckets: SECONDS,
    registers,
  });
  const http = new Histogram({
    name: 'habeas_http_seconds',
    help: 'HTTP answers',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const mail = new Counter({
    name: 'habeas_mails_total',
    help: 'Mails handed to the mail server, by code',
    labelNames: ['code'],
    registers,
  });
  const commands = new Counter({
    name: 'habeas_store_commands_total',
    help: 'Commands sent to the own store',
    labelNames: ['command', 'collection'],
    registers,
  });
  const lag = new Gauge({
    name: 'habeas_sealer_lag_seconds',
    help: 'Age of the oldest unsealed ledger entry',
    labelNames: ['operator'],
    registers,
  });
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    requestState: (labels) => state.inc(cleaned(labels)),
    requestAnswered: (labels) => answered.inc(cleaned(labels)),
    activity: (labels, seconds) => activities.observe(cleaned(labels), seconds),
    http: (labels, seconds) =>
      http.observe({ ...cleaned({ method: labels.method, route: labels.route }), status: labels.status }, seconds),
    mail: (code) => mail.inc(cleaned({ code })),
    storeCommand: (name, collection) => commands.inc(cleaned({ command: name, collection: collection ?? 'none' })),
    sealerLag: (operator, seconds) => lag.set(cleaned({ operator }), seconds),
  };
}

function cleaned<K extends string>(labels: Readonly<Record<K, string>>): Record<K, string> {
  const result = {} as Record<K, string>;
  for (const name of Object.keys(labels) as K[]) {
    const value = labels[name];
    // Route templates carry braces.
    result[name] = name === 'route' ? (/^\/[A-Za-z0-9_./{}-]*$/.test(value) ? value : safe('withheld')) : safe(value);
  }
  return result;
}
