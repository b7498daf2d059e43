/** The client side: a lazy connection, deadlines on every call, and errors with a code. */
import { Client, Connection, ServiceError, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { KeyRing } from '../keys/index.js';
import { SEARCH_ATTRIBUTES, temporalOptions } from './options.js';

export interface TemporalSettings {
  /** `host:port` */
  readonly address: string;
  /** Default `default`. */
  readonly namespace?: string;
  readonly tls?: ConnectionOptions['tls'];
  readonly apiKey?: string;
  readonly keys: KeyRing;
  /** Shown as worker and client identity; `habeas` by default, since the SDK's own choice names the host. */
  readonly identity?: string;
}

export interface TemporalClient {
  readonly client: Client;
  readonly namespace: string;
  /**
   * Runs calls under a deadline (default 4 s): without one a call hangs through an outage. Updates and starts carry ids
   * of ours, so the caller may repeat them. Throws TemporalError `temporal_unavailable` (retryable) when the server or,
   * for updates and queries, a worker did not answer in time; other errors of the SDK pass.
   */
  call<T>(work: () => Promise<T>, ms?: number): Promise<T>;
  /** For readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export class TemporalError extends Error {
  static readonly NAME = 'TemporalError';
  readonly retryable = true;
  constructor(
    readonly code: 'temporal_unavailable',
    /** gRPC status, when there was one. */
    readonly status: number | undefined,
  ) {
    super(code);
    this.name = TemporalError.NAME;
  }
}

const CALL_MS = 4_000;
/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE */
const AWAY = new Set([1, 4, 8, 14]);

/** Connects at the first call, not now: an API process starts and answers 503 while Temporal is away. */
export function connectTemporal(settings: TemporalSettings): TemporalClient {
  const { namespace, dataConverter } = temporalOptions({ keys: settings.keys, namespace: settings.namespace });
  const connection = Connection.lazy({
    address: settings.address,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
    connectTimeout: CALL_MS,
  });
  const client = new Client({ connection, namespace, dataConverter, identity: settings.identity ?? 'habeas' });
  const call = async <T>(work: () => Promise<T>, ms = CALL_MS): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    // Waiting for a lazy connection is not under the call's deadline: this is.
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new TemporalError('temporal_unavailable', undefined)), ms + 250);
    });
    try {
      return await Promise.race([connection.withDeadline(Date.now() + ms, work), late]);
    } catch (error) {
      throw awayError(error) ?? error;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    client,
    namespace,
    call,
    async ping() {
      await call(() => connection.workflowService.describeNamespace({ namespace }));
    },
    close: () => connection.close(),
  };
}

function awayError(error: unknown): TemporalError | null {
  const inner = error instanceof ServiceError ? error.cause : error;
  const named = error instanceof Error && error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError';
  if (isGrpcServiceError(inner))
    return AWAY.has(inner.code) ? new TemporalError('temporal_unavailable', inner.code) : null;
  // `ensureConnected` of a lazy connection reports its own time-out.
  if (named || (error instanceof Error && /^Failed to connect/.test(error.message)))
    return new TemporalError('temporal_unavailable', undefined);
  return null;
}

const TYPES = {
  Keyword: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Datetime: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

/** Registers our search attributes on a server that was not started with them; idempotent. */
export async function ensureSearchAttributes(temporalClient: TemporalClient): Promise<void> {
  const { client, namespace, call } = temporalClient;
  const known = await call(() => client.connection.operatorService.listSearchAttributes({ namespace }));
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => known.customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await call(() =>
    client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, TYPES[type]])),
    }),
  );
}
